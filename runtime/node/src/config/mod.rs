//! The configuration of `striatum run`: one TOML file, every key checked before the first frame.

mod sections;
mod teacher;
mod text;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use striatum_core::{Discount, EpisodeRules, KMode, PotentialFn, ShapingMode, SourceSet, SuccessSource};
use striatum_frames::{DropOut, FrozenPolicy, SyncConfig};
use striatum_models::{MembersConfig, SessionConfig};

use crate::error::{Error, Result};
use crate::pipeline::PipelineConfig;

pub(crate) use sections::{
    ClockName, DropOutName, EncoderSection, FusionSection, PotentialSection, RecordSection, RewardSection,
    SourceConfig, SuccessSection, SyncSection, TimeSection, ZenohConfig,
};

pub(crate) use teacher::{RemoteConfig, TeacherSection, TeacherSource};

/// What `striatum run` does. Paths are relative to the folder of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The bundle folder that `striatum adapt` made.
    pub bundle: PathBuf,
    /// The robot's name in every key: `striatum/<robot>/...`. Default `robot`.
    #[serde(default = "default_robot")]
    pub robot: String,
    /// Where frames come from. Default: zenoh.
    #[serde(default)]
    pub source: SourceConfig,
    /// zenoh endpoints.
    #[serde(default)]
    pub zenoh: ZenohConfig,
    /// What time it is for the engine.
    #[serde(default)]
    pub time: TimeSection,
    /// Lining up views by capture time.
    #[serde(default)]
    pub sync: SyncSection,
    /// Which of the bundle's models answer, and how they are fused.
    #[serde(default)]
    pub models: MembersConfig,
    /// Fusing the perspectives.
    #[serde(default)]
    pub fusion: FusionSection,
    /// Progress to potential.
    #[serde(default)]
    pub potential: PotentialSection,
    /// Shaping, gold and the discount.
    #[serde(default)]
    pub reward: RewardSection,
    /// The model's own word of success.
    #[serde(default)]
    pub success: SuccessSection,
    /// ONNX Runtime: threads, spinning, execution providers in order.
    #[serde(default)]
    pub session: SessionConfig,
    /// Which pictures are encoded.
    #[serde(default)]
    pub encoder: EncoderSection,
    /// A slow teacher; none where the section is absent.
    pub teacher: Option<TeacherSection>,
    /// Recording to MCAP; off where the section is absent.
    pub record: Option<RecordSection>,
}

fn default_robot() -> String {
    "robot".to_owned()
}

impl Config {
    /// Reads and checks a file; also returns its text, for the record.
    ///
    /// # Errors
    /// An unreadable file, an unknown key (with the nearest that exists), or a value out of range, each with its place.
    pub fn read(path: &Path) -> Result<(Self, String)> {
        let (mut config, text): (Self, String) = text::read(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        config.bundle = folder.join(&config.bundle);
        if let SourceConfig::Episode { path, .. } = &mut config.source {
            *path = folder.join(&*path);
        }
        if let Some(record) = &mut config.record {
            record.path = folder.join(&record.path);
        }
        if let Some(teacher) = &mut config.teacher {
            teacher.relative_to(folder);
        }
        config.check(&path.display().to_string())?;
        Ok((config, text))
    }

    /// Parses text that was recorded; paths are left as they stand.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let config: Self = text::parse(text, place)?;
        config.check(place)?;
        Ok(config)
    }

    fn check(&self, place: &str) -> Result<()> {
        self.pipeline(1, place)?;
        self.session
            .validate()
            .map_err(|error| Error::input(place, error.to_string(), "mend the [session] section"))?;
        self.encoder.rule(place)?;
        if self.time.clock == ClockName::LockStep && matches!(self.source, SourceConfig::Episode { .. }) {
            let what = "is lock_step, and an episode plays by the wall clock";
            return Err(Error::input(format!("{place}, time.clock"), what, "give wall, or frames over zenoh"));
        }
        self.models.validate().map_err(|error| Error::input(place, error.to_string(), "mend the [models] section"))?;
        striatum_wire::Keys::new(&self.robot)?;
        if let SourceConfig::Episode { rate, .. } = &self.source
            && !(rate.is_finite() && (0.01..=100.0).contains(rate))
        {
            return Err(Error::input(
                format!("{place}, source.rate"),
                format!("is {rate}"),
                "give a speed in [0.01, 100]",
            ));
        }
        if let Some(teacher) = &self.teacher {
            teacher.source(place)?;
            teacher.rules(place)?;
        }
        if let Some(record) = &self.record {
            secs_to_nanos(record.flush_secs, 0.01, 3600.0, place, "record.flush_secs")?;
            if record.queue_bytes < 1 << 20 {
                return Err(Error::input(
                    format!("{place}, record.queue_bytes"),
                    "is below 1 MiB",
                    "give at least 1048576",
                ));
            }
        }
        Ok(())
    }

    /// The pipeline's configuration for `views` views.
    ///
    /// # Errors
    /// A value out of range, with its key.
    pub fn pipeline(&self, views: usize, place: &str) -> Result<PipelineConfig> {
        let nanos = |value, max, key| secs_to_nanos(value, 0.0, max, place, key);
        let sync = SyncConfig {
            views,
            max_skew_nanos: nanos(self.sync.max_skew_secs, 10.0, "sync.max_skew_secs")?,
            view_deadline_nanos: nanos(self.sync.view_deadline_secs, 60.0, "sync.view_deadline_secs")?,
            period_nanos: nanos(self.sync.period_secs, 3600.0, "sync.period_secs")?,
            drop_out: match self.sync.drop_out {
                DropOutName::Wait => DropOut::Wait,
                DropOutName::Degrade => DropOut::Degrade,
                DropOutName::Hold => DropOut::Hold,
            },
            frozen_after_nanos: nanos(self.sync.frozen_after_secs, 3600.0, "sync.frozen_after_secs")?,
            frozen: FrozenPolicy::Exclude,
        };
        let positive = |value: f64, key: &str| {
            if value.is_finite() && value > 0.0 {
                Ok(value)
            } else {
                Err(Error::input(format!("{place}, {key}"), format!("is {value}"), "give a number above 0"))
            }
        };
        Ok(PipelineConfig {
            sync,
            fusion: self.fusion.rule(place, &positive)?,
            potential: PotentialFn::new(self.potential.scale, self.potential.shift).map_err(|error| {
                Error::input(format!("{place}, potential"), error.to_string(), "mend scale or shift")
            })?,
            rules: self.watch_rules(place)?,
            ood_limit: positive(self.reward.ood_limit, "reward.ood_limit")?,
            ood_hold: positive(self.reward.ood_hold, "reward.ood_hold")?,
            success: self.success.config(place)?,
        })
    }

    /// The rules that hold while no episode is open: the config's gamma, k = 1.
    fn watch_rules(&self, place: &str) -> Result<EpisodeRules> {
        let mode = ShapingMode::from_name(&self.reward.mode).ok_or_else(|| {
            Error::input(
                format!("{place}, reward.mode"),
                format!("`{}` is not a shaping mode", self.reward.mode),
                "give potential, off, naive_difference or naive_progress",
            )
        })?;
        let mut gold_sources = SourceSet::EMPTY;
        for name in &self.reward.gold_sources {
            let source = SuccessSource::from_name(name).filter(|source| *source != SuccessSource::None);
            gold_sources = gold_sources.with(source.ok_or_else(|| {
                Error::input(
                    format!("{place}, reward.gold_sources"),
                    format!("`{name}` is not a source of success"),
                    "give operator, sensor, simulation, classifier or model",
                )
            })?);
        }
        Ok(EpisodeRules {
            discount: Discount::new(self.reward.gamma).map_err(|error| {
                Error::input(format!("{place}, reward.gamma"), error.to_string(), "give a discount")
            })?,
            bootstrap_on_truncation: true,
            terminate_on_success: false,
            k_mode: KMode::Unit,
            period_nanos: 0,
            mode,
            gold_sources,
        })
    }

    /// How long `begin` waits for its first frame set.
    pub(crate) fn begin_timeout_nanos(&self) -> Result<u64> {
        secs_to_nanos(self.reward.begin_timeout_secs, 0.0, 600.0, "configuration", "reward.begin_timeout_secs")
    }
}

/// Seconds in a range to whole nanoseconds.
pub(super) fn secs_to_nanos(secs: f64, min: f64, max: f64, place: &str, key: &str) -> Result<u64> {
    if secs.is_finite() && (min..=max).contains(&secs) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in [0, 3600] s, checked above")]
        Ok((secs * 1e9).round() as u64)
    } else {
        Err(Error::input(format!("{place}, {key}"), format!("is {secs}"), format!("give seconds in [{min}, {max}]")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_configuration_is_a_bundle() {
        let config = Config::parse("bundle = \"b\"", "t").expect("defaults");
        assert_eq!(config.robot, "robot");
        let pipeline = config.pipeline(3, "t").expect("defaults are in range");
        assert_eq!(pipeline.sync.max_skew_nanos, 16_000_000);
        assert!(!config.session.spinning);
    }

    #[test]
    fn values_out_of_range_name_their_key() {
        for (text, key) in [
            ("[sync]\nmax_skew_secs = -1.0", "max_skew_secs"),
            ("[reward]\nmode = \"naive\"", "reward.mode"),
            ("[reward]\ngold_sources = [\"hope\"]", "gold_sources"),
            ("[reward]\ngamma = 1.5", "discount"),
            ("[reward]\nood_hold = 0.0", "reward.ood_hold"),
            ("[success]\nheld_secs = 2.0", "success.held_secs"),
            ("[success]\nwindow_secs = 61.0", "success.window_secs"),
            ("[success]\nshare = 0.0", "success share"),
            ("[fusion]\nalpha = 0.0", "fusion.alpha"),
            ("[fusion]\nperspectives = []", "fusion.perspectives"),
            ("[fusion]\nperspectives = [\"forward\", \"forward\"]", "fusion.perspectives"),
            ("[fusion]\nperspectives = [\"incremental\"]", "fusion.perspectives"),
            ("[encoder]\nreuse_unchanged = -1.0", "encoder.reuse_unchanged"),
            ("[encoder]\nreuse_secs = -1.0", "encoder.reuse_secs"),
            ("[models]\nmax_std = 0.0", "models.max_std"),
            ("[models]\nmembers = [\"grm\", \"grm\"]", "models.members"),
            ("[models]\nmembers = [\"gym\"]", "`gym`"),
            ("[models]\nfusion = \"vote\"", "`vote`"),
            ("robot = \"my robot\"", "robot"),
            ("[source]\nkind = \"episode\"\npath = \"e\"\nrate = 0.0", "source.rate"),
        ] {
            // top-level keys come before the first section
            let whole = if text.starts_with('[') {
                format!("bundle = \"b\"\n{text}")
            } else {
                format!("{text}\nbundle = \"b\"")
            };
            let error = Config::parse(&whole, "t").expect_err(key).to_string();
            assert!(error.contains(key), "{key}: {error}");
        }
    }

    #[test]
    fn unknown_keys_of_every_section_are_named() {
        for (text, near) in [
            ("[models]\nmember = []", "members"),
            ("[sync]\nmax_skew = 1.0", "max_skew_secs"),
            ("[session]\nspin = true", "spinning"),
        ] {
            let error = Config::parse(&format!("bundle = \"b\"\n{text}"), "t").expect_err(near).to_string();
            assert!(error.contains(near), "{error}");
        }
    }

    #[test]
    fn keys_that_counted_frame_sets_are_refused_with_those_that_measure_time() {
        for text in ["needed = 3", "window = 5"] {
            let text = format!("bundle = \"b\"\n[success]\n{text}");
            let error = Config::parse(&text, "the recorded configuration").expect_err("gone").to_string();
            assert!(error.starts_with("the recorded configuration, line 3") && !error.contains('\n'), "{error}");
            assert!(error.contains("held_secs = 0.5 and window_secs = 1.0"), "{error}");
        }
        let text = "bundle = \"b\"\n[success]\nshare = 0.4\nheld_secs = 1.5\nwindow_secs = 2.0";
        let success = Config::parse(text, "t").and_then(|config| config.pipeline(1, "t")).expect("in range").success;
        assert_eq!(
            (success.share, success.held_nanos, success.window_nanos),
            (Some(0.4), 1_500_000_000, 2_000_000_000)
        );
    }
}
