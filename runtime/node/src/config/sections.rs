//! The sections of the configuration, with the unit, default and effect of every key.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use striatum_core::{Fuser, FusionConfig, FusionRule, Perspectives, SuccessRule};
use striatum_models::ReuseRule;

use super::secs_to_nanos;
use crate::error::{Error, Result};
use crate::pipeline::{OOD_HOLD, SuccessConfig, secs};

/// Where frames come from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceConfig {
    /// Images over zenoh, stamped at capture, under `striatum/<robot>/frames/<view>`.
    #[default]
    Zenoh,
    /// An EPISODE folder played at its own rate.
    Episode {
        /// The folder.
        path: PathBuf,
        /// Speed: 1 is the episode's own. Default 1.
        #[serde(default = "one")]
        rate: f64,
    },
}

/// zenoh endpoints. Multicast scouting is off unless asked for, so that two robots on one network do not meet by chance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ZenohConfig {
    /// Endpoints to connect to, for example `tcp/127.0.0.1:7447`.
    pub connect: Vec<String>,
    /// Endpoints to listen on. Default: `tcp/127.0.0.1:7447`, unless `connect` or `multicast` is given.
    pub listen: Vec<String>,
    /// Look for peers by multicast. Default false.
    pub multicast: bool,
}

/// What time it is for the engine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeSection {
    /// `wall` (default) or `lock_step`.
    pub clock: ClockName,
}

/// Name of a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockName {
    /// The computer's.
    #[default]
    Wall,
    /// The newest stamp of a frame or request: for a world that waits for its learner. Deadlines never pass while it stands still.
    LockStep,
}

impl ClockName {
    /// As in the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::LockStep => "lock_step",
        }
    }
}

/// Lining up views by capture time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncSection {
    /// Largest difference of capture times inside a frame set, seconds. Default 0.016, half a period at 30 Hz: keep it at
    /// most half the slowest camera's period, or neighbouring frames are taken for frames of one instant.
    pub max_skew_secs: f64,
    /// How long a frame set waits for its missing views, seconds of arrival time. Default 0.1.
    pub view_deadline_secs: f64,
    /// At most one frame set per period of capture time, seconds; 0 takes every one. Default 0.2: 5 rewards a second.
    pub period_secs: f64,
    /// What to do while a view is missing: `wait`, `degrade` (score the views there are) or `hold` (keep the value). Default `degrade`.
    pub drop_out: DropOutName,
    /// A camera whose content does not change for this long is frozen, seconds of capture time; 0 turns the check off. Default 2.
    pub frozen_after_secs: f64,
}

/// Name of a drop-out policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropOutName {
    /// No frame set until the view returns.
    Wait,
    /// Score the views that are there, flagged `degraded`.
    Degrade,
    /// Keep the last value, flagged `held`.
    Hold,
}

/// Fusing the perspectives; see the reward guide for what each rule does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FusionSection {
    /// `memoryless` (default), `plain`, `consistency` or `paper`.
    pub rule: FusionName,
    /// Sharpness of the consistency weight. Default 20, as in the paper's simulation runs.
    pub alpha: f64,
    /// Smallest divisor of the relative gap. Default 0.5.
    pub floor: f64,
    /// The perspectives that take part: all three by default, fewer for comparison.
    pub perspectives: Vec<PerspectiveName>,
}

/// Name of a perspective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerspectiveName {
    /// From the frame set before.
    Incremental,
    /// From the demonstration's start.
    Forward,
    /// From the demonstration's goal.
    Backward,
}

/// Name of a fusion rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FusionName {
    /// Mean of forward and backward; a function of the frame set alone.
    Memoryless,
    /// Mean of the three perspectives.
    Plain,
    /// Consistency-weighted, with a floor under the divisor.
    Consistency,
    /// Consistency-weighted as printed in the paper, from 0.
    Paper,
}

/// Progress to potential: `scale * progress + shift`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PotentialSection {
    /// Default 1.
    pub scale: f64,
    /// Default 0.
    pub shift: f64,
}

/// Shaping, gold and the discount.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RewardSection {
    /// Discount used while no episode is open, for watching and recording. Default 0.99. An episode's is the learner's.
    pub gamma: f64,
    /// Refuse a learner whose gamma is not `gamma`. Default false.
    pub lock_gamma: bool,
    /// `potential` (default), `off`, `naive_difference` or `naive_progress` (the last two for comparison only).
    pub mode: String,
    /// Sources of success that pay gold. Default operator, sensor, simulation.
    pub gold_sources: Vec<String>,
    /// Out-of-distribution score above which a frame set is flagged, and does not count for the model's own success. Default 1: the limit fitted with the bundle.
    pub ood_limit: f64,
    /// Out-of-distribution score that every view must be above before nothing is believed and the value is held. Default 3.
    pub ood_hold: f64,
    /// How long `begin` waits for its first frame set, seconds. Default 5.
    pub begin_timeout_secs: f64,
}

/// When the model's own word that the goal is reached is reported as success, source `model`. It pays gold only if
/// `reward.gold_sources` lists `model`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SuccessSection {
    /// From this share of belief on the goal is seen, in (0, 1]. Default: as the bundle says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// For so long in all it must be seen, seconds of capture time, at most `window_secs`. Default 0.5.
    pub held_secs: f64,
    /// Inside the last so many seconds of capture time, at most 60. Default 1.
    pub window_secs: f64,
}

/// Looking at fewer pictures.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderSection {
    /// A view's features are taken again while no block of 16 x 16 pixels of its resized picture differs from the encoded one by
    /// more than this on average, 8-bit steps up to 255. Default 0: every picture is encoded.
    pub reuse_unchanged: f64,
    /// How long features are taken again at most, seconds of capture time. Default 1.
    pub reuse_secs: f64,
}

/// Recording to MCAP.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordSection {
    /// The file to write. Where it exists, the new recording gets a number: `run-2.mcap`.
    pub path: PathBuf,
    /// Seconds between flush and fsync: what a power cut can lose. Default 1.
    #[serde(default = "one")]
    pub flush_secs: f64,
    /// Bytes that may wait for the disk before messages are dropped and counted. Default 64 MiB.
    #[serde(default = "default_queue_bytes")]
    pub queue_bytes: usize,
}

/// The shortest time that anything can be asked to last, seconds.
const SHORTEST_SECS: f64 = 0.001;

fn one() -> f64 {
    1.0
}

fn default_queue_bytes() -> usize {
    64 << 20
}

impl Default for SyncSection {
    fn default() -> Self {
        Self {
            max_skew_secs: 0.016,
            view_deadline_secs: 0.1,
            period_secs: 0.2,
            drop_out: DropOutName::Degrade,
            frozen_after_secs: 2.0,
        }
    }
}

impl Default for FusionSection {
    fn default() -> Self {
        let perspectives = [PerspectiveName::Incremental, PerspectiveName::Forward, PerspectiveName::Backward];
        Self { rule: FusionName::Memoryless, alpha: 20.0, floor: 0.5, perspectives: perspectives.to_vec() }
    }
}

impl Default for PotentialSection {
    fn default() -> Self {
        Self { scale: 1.0, shift: 0.0 }
    }
}

impl Default for EncoderSection {
    fn default() -> Self {
        Self { reuse_unchanged: 0.0, reuse_secs: 1.0 }
    }
}

impl EncoderSection {
    /// The rule; `None` where every picture is encoded. `place` names where the two numbers were given.
    ///
    /// # Errors
    /// A number out of range, with its name.
    pub(crate) fn rule(&self, place: &str) -> Result<Option<ReuseRule>> {
        let most_nanos = secs_to_nanos(self.reuse_secs, 0.0, 3600.0, place, "encoder.reuse_secs")?;
        if self.reuse_unchanged == 0.0 {
            return Ok(None);
        }
        let refuse = |error: striatum_models::Error| Error::input(place, error.to_string(), "mend the number");
        ReuseRule::new(self.reuse_unchanged, most_nanos).map(Some).map_err(refuse)
    }
}

impl Default for RewardSection {
    fn default() -> Self {
        Self {
            gamma: 0.99,
            lock_gamma: false,
            mode: "potential".to_owned(),
            gold_sources: ["operator", "sensor", "simulation"].map(str::to_owned).to_vec(),
            ood_limit: 1.0,
            ood_hold: OOD_HOLD,
            begin_timeout_secs: 5.0,
        }
    }
}

impl Default for SuccessSection {
    fn default() -> Self {
        Self { share: None, held_secs: secs(SuccessRule::HELD_NANOS), window_secs: secs(SuccessRule::WINDOW_NANOS) }
    }
}

impl SuccessSection {
    pub(super) fn config(&self, place: &str) -> Result<SuccessConfig> {
        let most = secs(SuccessRule::MAX_WINDOW_NANOS);
        let window_nanos = secs_to_nanos(self.window_secs, SHORTEST_SECS, most, place, "success.window_secs")?;
        let held_nanos = secs_to_nanos(self.held_secs, SHORTEST_SECS, self.window_secs, place, "success.held_secs")?;
        let config = SuccessConfig { share: self.share, held_nanos, window_nanos };
        let refuse = |error: Error| Error::input(format!("{place}, success.share"), error.to_string(), "mend it");
        config.rule(None).map_err(refuse)?;
        Ok(config)
    }
}

impl FusionSection {
    /// # Errors
    /// A number out of range, or a rule that hears none of its perspectives.
    pub(super) fn rule(&self, place: &str, positive: &dyn Fn(f64, &str) -> Result<f64>) -> Result<FusionConfig> {
        let alpha = positive(self.alpha, "fusion.alpha")?;
        let floor = positive(self.floor, "fusion.floor")?;
        let config = match self.rule {
            FusionName::Memoryless => FusionConfig::memoryless(),
            FusionName::Plain => FusionConfig::plain(),
            FusionName::Consistency => {
                FusionConfig { rule: FusionRule::Consistency { alpha, floor }, ..FusionConfig::consistency() }
            }
            FusionName::Paper => FusionConfig::paper(),
        };
        let place = format!("{place}, fusion.perspectives");
        let twice = |at: &usize| self.perspectives[..*at].contains(&self.perspectives[*at]);
        if (0..self.perspectives.len()).any(|at| twice(&at)) {
            return Err(Error::input(place, "names one twice", "name each once"));
        }
        let heard = |name| self.perspectives.contains(&name);
        let heard = Perspectives {
            incremental: heard(PerspectiveName::Incremental),
            forward: heard(PerspectiveName::Forward),
            backward: heard(PerspectiveName::Backward),
        };
        let config = FusionConfig { heard, ..config };
        // Everything else has been checked above.
        Fuser::new(config).map(|_| config).map_err(|error| {
            let mend =
                "add a perspective, or take a rule with a memory (`plain`, `consistency`) for `incremental` alone";
            Error::input(place, error.to_string(), mend)
        })
    }
}
