//! The one message that the runtime exists for: a shaped reward with everything a learner needs to check it or to shape by
//! itself.

use striatum_core::{Ending, ShapingMode, StampNanos, Success, SuccessSource, ViewMask};

use crate::error::Error;
use crate::fields::{in_range, message, wire_enum};
use crate::ids::{BundleHash, EpisodeId, QualityFlags};

wire_enum!(Ending: "0 running, 1 terminated or 2 truncated", Running = 0, Terminated = 1, Truncated = 2);
wire_enum!(Success: "0 unknown, 1 no or 2 yes", Unknown = 0, No = 1, Yes = 2);
wire_enum!(
    SuccessSource: "0 none, 1 operator, 2 sensor, 3 simulation, 4 classifier or 5 model",
    None = 0, Operator = 1, Sensor = 2, Simulation = 3, Classifier = 4, Model = 5
);
wire_enum!(
    ShapingMode: "0 off, 1 potential, 2 naive_difference or 3 naive_progress",
    Off = 0, Potential = 1, NaiveDifference = 2, NaiveProgress = 3
);

message! {
    /// `striatum_msgs/msg/ShapedReward`: one transition's reward. `msg/ShapedReward.msg` is the same list for ROS 2 tools.
    /// Every message has the same length.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct ShapedReward {
        /// Counts the messages of one epoch from 1 on; a gap means that a message was lost.
        pub sequence: u64,
        /// Which run of the runtime: a new one after every restart.
        pub epoch: u64,
        /// The episode; [`EpisodeId::NONE`] while none is open.
        pub episode: EpisodeId,
        /// The learner's step: this is the transition `step - 1 -> step`. Without an episode: the frame set's number.
        pub step: u64,
        /// Capture time of the frame set's oldest image, Unix nanoseconds; 0 before the first frame set.
        pub capture_oldest_nanos: StampNanos,
        /// Capture time of the frame set's newest image, Unix nanoseconds.
        pub capture_newest_nanos: StampNanos,
        /// When the message was encoded, Unix nanoseconds.
        pub published_nanos: StampNanos,
        /// The reward may be learnt from. False: the numbers are placeholders, the flags say why.
        pub valid: bool,
        /// How the shaping term was made.
        pub shaping_mode: ShapingMode,
        /// The learner's discount in (0, 1].
        pub gamma: f64,
        /// The exponent of gamma in this transition, > 0.
        pub k: f64,
        /// Phi(s), before the transition.
        pub potential_prev: f64,
        /// Phi(s'), as the shaping term used it: 0 at an end that does not bootstrap.
        pub potential: f64,
        /// The shaping term F; `gamma^k * potential - potential_prev` in mode `potential`.
        pub shaping: f64,
        /// The task's own reward: 1 on a certified success, else 0.
        pub gold: f64,
        /// gold + shaping.
        pub reward: f64,
        /// Estimated progress in \[0, 1\].
        pub progress_mean: f64,
        /// Standard deviation of that estimate, in progress units.
        pub progress_std: f64,
        /// Out-of-distribution score: 0 at the heart of the demonstrations, 1 at the fitted limit.
        pub ood: f64,
        /// Finite readings the estimate was made from.
        pub votes: u8,
        /// The views that took part, bit i for view i of the bundle.
        pub views_used: ViewMask,
        /// Does the transition end the episode, and how?
        pub ending: Ending,
        /// The learner bootstraps from s' (so Phi(s') was not set to 0).
        pub bootstraps: bool,
        /// Was the task done?
        pub success: Success,
        /// Who says so.
        pub success_source: SuccessSource,
        /// What to know before trusting it.
        pub quality: QualityFlags,
        /// SHA-256 of the bundle's manifest.
        pub bundle_hash: BundleHash,
        /// Revision of the loaded model: 0 as the bundle has it, else the number of the update in force; numbers rise.
        pub model_revision: u64,
    }
}

impl ShapedReward {
    fn check(&self) -> Result<(), Error> {
        let range = |field, found, must, accepts| in_range(Self::NAME, field, found, must, accepts);
        range("gamma", self.gamma, "in (0, 1]", |v| v > 0.0 && v <= 1.0)?;
        range("k", self.k, "finite and above 0", |v| v > 0.0)?;
        let finite = [
            ("potential_prev", self.potential_prev),
            ("potential", self.potential),
            ("shaping", self.shaping),
            ("gold", self.gold),
            ("reward", self.reward),
            ("ood", self.ood),
        ];
        for (field, found) in finite {
            range(field, found, "finite", |_| true)?;
        }
        range("progress_mean", self.progress_mean, "in [0, 1]", |v| (0.0..=1.0).contains(&v))?;
        range("progress_std", self.progress_std, "finite and 0 or more", |v| v >= 0.0)?;
        if self.capture_oldest_nanos > self.capture_newest_nanos {
            let why = "is later than capture_newest_nanos; the sender mixed the two up";
            return Err(Error::Contradiction { message: Self::NAME, field: "capture_oldest_nanos", why });
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "reward_tests.rs"]
mod tests;
