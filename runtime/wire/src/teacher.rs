//! What the slow teacher says of a frame set, some time after the reward of the same frame set was published.

use striatum_core::StampNanos;

use crate::error::Error;
use crate::fields::{in_range, message};
use crate::ids::{BundleHash, EpisodeId};

message! {
    /// `striatum_msgs/msg/TeacherScore`: a late word on one frame set. No published reward changes by it; the rewards of the same
    /// capture range are those of the same state. `msg/TeacherScore.msg` is the same list for ROS 2 tools.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct TeacherScore {
        /// Counts the questions of one epoch from 1 on; one without an answer leaves a gap.
        pub sequence: u64,
        /// Which run of the runtime.
        pub epoch: u64,
        /// The episode that was open; [`EpisodeId::NONE`] while none was.
        pub episode: EpisodeId,
        /// The learner's step that was answered last when the frame set was scored; 0 is the state of `begin`.
        pub step: u64,
        /// The frame set's number.
        pub frame_set: u64,
        /// Capture time of the frame set's oldest image, Unix nanoseconds.
        pub capture_oldest_nanos: StampNanos,
        /// Capture time of the frame set's newest image, Unix nanoseconds.
        pub capture_newest_nanos: StampNanos,
        /// When the teacher was asked, Unix nanoseconds.
        pub asked_nanos: StampNanos,
        /// From then to its answer, nanoseconds.
        pub latency_nanos: u64,
        /// It took longer than the configured deadline.
        pub late: bool,
        /// Perspectives that voted among those that see the references: 0, 1 or 2. Without one the numbers below are
        /// placeholders.
        pub votes: u8,
        /// The teacher's progress in \[0, 1\].
        pub progress_mean: f64,
        /// Its standard deviation, progress units.
        pub progress_std: f64,
        /// Which hops were voted for: 1 incremental, 2 forward, 4 backward. The others are 0.
        pub hops: u8,
        /// Expected hop from the frame set that the teacher saw before, in \[-1, 1\].
        pub hop_incremental: f64,
        /// Expected hop from the start.
        pub hop_forward: f64,
        /// Expected hop from the goal.
        pub hop_backward: f64,
        /// What the student said of the same frame set, before any correction.
        pub student_progress: f64,
        /// Revision of the model that the student spoke with.
        pub model_revision: u64,
        /// SHA-256 of the teacher's manifest; all zero for one that is remote.
        pub teacher_hash: BundleHash,
    }
}

impl TeacherScore {
    /// Bit of [`hops`](Self::hops): incremental.
    pub const HOP_INCREMENTAL: u8 = 1;
    /// Bit of [`hops`](Self::hops): forward.
    pub const HOP_FORWARD: u8 = 2;
    /// Bit of [`hops`](Self::hops): backward.
    pub const HOP_BACKWARD: u8 = 4;

    fn check(&self) -> Result<(), Error> {
        for (field, found) in [("progress_mean", self.progress_mean), ("student_progress", self.student_progress)] {
            in_range(Self::NAME, field, found, "in [0, 1]", |v| (0.0..=1.0).contains(&v))?;
        }
        in_range(Self::NAME, "progress_std", self.progress_std, "finite and 0 or more", |v| v >= 0.0)?;
        let hops = [
            ("hop_incremental", self.hop_incremental),
            ("hop_forward", self.hop_forward),
            ("hop_backward", self.hop_backward),
        ];
        for (field, found) in hops {
            in_range(Self::NAME, field, found, "in [-1, 1]", |v| (-1.0..=1.0).contains(&v))?;
        }
        let wrong = |field, why| Err(Error::Contradiction { message: Self::NAME, field, why });
        if self.hops > 7 {
            return wrong("hops", "is no sum of 1, 2 and 4");
        }
        let goal_hops = self.hops & (Self::HOP_FORWARD | Self::HOP_BACKWARD);
        if u32::from(self.votes) != goal_hops.count_ones() {
            return wrong("votes", "is not how many of forward and backward are in hops");
        }
        if self.capture_oldest_nanos > self.capture_newest_nanos {
            return wrong("capture_oldest_nanos", "is later than capture_newest_nanos; the sender mixed the two up");
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "teacher_tests.rs"]
mod tests;
