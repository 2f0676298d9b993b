//! The status message, once a second: is the runtime well, what does it do, what did it drop and where does the time go.

use striatum_core::StampNanos;

use crate::error::Error;
use crate::fields::{in_range, listed_enum, message, wire_enum};
use crate::ids::BundleHash;

/// The longest detail text, in bytes.
pub const DETAIL_MAX: usize = 256;
/// A detail text.
pub type Detail = heapless::String<DETAIL_MAX>;

listed_enum! {
    /// What the runtime is doing.
    State, 6:
    /// Loading the bundle, opening sockets.
    Starting = 0, "starting";
    /// Ready, but no complete frame set has come yet.
    WaitingForFrames = 1, "waiting_for_frames";
    /// Scoring frames with no episode open.
    Watching = 2, "watching";
    /// Scoring frames for an open episode.
    InEpisode = 3, "in_episode";
    /// Working, but without something it should have: a view, the recording.
    Degraded = 4, "degraded";
    /// Not producing rewards that can be learnt from.
    Failing = 5, "failing";
}
wire_enum!(
    State: "0 starting, 1 waiting_for_frames, 2 watching, 3 in_episode, 4 degraded or 5 failing",
    Starting = 0, WaitingForFrames = 1, Watching = 2, InEpisode = 3, Degraded = 4, Failing = 5
);

listed_enum! {
    /// Is the run being recorded?
    Recording, 3:
    /// Not asked for.
    Off = 0, "off";
    /// Yes.
    On = 1, "on";
    /// Asked for, but it stopped: rewards go on, `detail` says why.
    Failed = 2, "failed";
}
wire_enum!(Recording: "0 off, 1 on or 2 failed", Off = 0, On = 1, Failed = 2);

listed_enum! {
    /// How the slow teacher does. Rewards do not wait for it, whatever it does.
    TeacherState, 6:
    /// None is configured.
    Off = 0, "off";
    /// Being opened.
    Loading = 1, "loading";
    /// It answers.
    Ready = 2, "ready";
    /// It has had a question for longer than its deadline.
    Stalled = 3, "stalled";
    /// It failed to answer the last question.
    Failing = 4, "failing";
    /// It could not be opened, or died: nobody is asked any more.
    Stopped = 5, "stopped";
}
wire_enum!(
    TeacherState: "0 off, 1 loading, 2 ready, 3 stalled, 4 failing or 5 stopped",
    Off = 0, Loading = 1, Ready = 2, Stalled = 3, Failing = 4, Stopped = 5
);

listed_enum! {
    /// What became of questions to the teacher.
    TeacherCount, 6:
    /// Frame sets that were offered to it.
    Asked = 0, "asked";
    /// Answers, late ones and those without a vote among them.
    Answered = 1, "answered";
    /// Answers after the deadline.
    Late = 2, "late";
    /// Questions that a newer one replaced before the teacher took them, or answers that nobody took.
    Dropped = 3, "dropped";
    /// Questions without an answer, because the teacher failed.
    Failed = 4, "failed";
    /// Answers without a vote: text that is no answer among them.
    NoVote = 5, "no_vote";
}

listed_enum! {
    /// Why something was dropped.
    DropCause, 13:
    /// A newer frame of the same view came before this one was used.
    Overwritten = 0, "overwritten";
    /// Captured before one of the same view that was used already.
    OutOfOrder = 1, "out_of_order";
    /// The same stamp and view again.
    Duplicate = 2, "duplicate";
    /// Came after its set's deadline.
    TooLate = 3, "too_late";
    /// Too far in time from the other views.
    Skew = 4, "skew";
    /// Its bytes are not an image we can read.
    Undecodable = 5, "undecodable";
    /// A message that is not one of ours.
    NotOurs = 6, "not_ours";
    /// From a view the bundle does not have.
    UnknownView = 7, "unknown_view";
    /// From a camera whose picture has not changed for too long.
    Frozen = 8, "frozen";
    /// A score that was NaN or infinite.
    NonFinite = 9, "non_finite";
    /// The recorder's queue was full.
    RecorderFull = 10, "recorder_full";
    /// The recorder could not write.
    RecorderFailed = 11, "recorder_failed";
    /// zenoh did not take the message.
    PublishFailed = 12, "publish_failed";
}

listed_enum! {
    /// A stage of the road from a frame to a reward.
    Stage, 9:
    /// From the socket to a frame in hand.
    Receive = 0, "receive";
    /// JPEG to pixels.
    Decode = 1, "decode";
    /// Lining up the views.
    Synchronise = 2, "synchronise";
    /// Resize and normalise.
    Preprocess = 3, "preprocess";
    /// The backbone.
    Encode = 4, "encode";
    /// The heads.
    Score = 5, "score";
    /// Fusion, potential, shaping.
    FuseShape = 6, "fuse_shape";
    /// Encoding to wire bytes and handing them to zenoh.
    Publish = 7, "publish";
    /// Handing over to the recorder.
    Record = 8, "record";
}

message! {
    /// `striatum_msgs/msg/Status`, once a second. Counts are since the start of the epoch. `msg/Status.msg` is the same list
    /// for ROS 2 tools.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Status version 3 {
        /// Which run of the runtime.
        pub epoch: u64,
        /// What it is doing.
        pub state: State,
        /// How long it has been running, nanoseconds.
        pub uptime_nanos: u64,
        /// When this was written, Unix nanoseconds.
        pub stamp_nanos: StampNanos,
        /// SHA-256 of the bundle's manifest; all zero before one is loaded.
        pub bundle_hash: BundleHash,
        /// Revision of the loaded model.
        pub model_revision: u64,
        /// Complete frame sets scored.
        pub frame_sets: u64,
        /// Reward messages published.
        pub rewards: u64,
        /// Learner steps answered.
        pub steps: u64,
        /// Of the rewards, those with a held potential.
        pub held: u64,
        /// Pictures that the backbone looked at.
        pub images_encoded: u64,
        /// Pictures whose features were taken again instead, as `[encoder]` of the configuration allows.
        pub images_reused: u64,
        /// Frame sets per second over the last second.
        pub frame_sets_per_sec: f64,
        /// Rewards per second over the last second.
        pub rewards_per_sec: f64,
        /// What was dropped, by [`DropCause::index`].
        pub drops: [u64; DropCause::COUNT],
        /// Median latency of each stage in nanoseconds, by [`Stage::index`]; 0 where nothing was measured.
        pub stage_p50_nanos: [u64; Stage::COUNT],
        /// 99th percentile of each stage in nanoseconds, by [`Stage::index`].
        pub stage_p99_nanos: [u64; Stage::COUNT],
        /// Is the run being recorded?
        pub recording: Recording,
        /// How the slow teacher does.
        pub teacher: TeacherState,
        /// What became of questions to it, by [`TeacherCount::index`].
        pub teacher_counts: [u64; TeacherCount::COUNT],
        /// Why the teacher is stalled, failing or stopped, one line; empty while it is not.
        pub teacher_reason: Detail,
        /// The newest thing a person should know, one line; empty when all is well.
        pub detail: Detail,
    }
}

impl Status {
    /// Everything zero: a runtime of this epoch that has just started.
    #[must_use]
    pub const fn starting(epoch: u64) -> Self {
        Self {
            epoch,
            state: State::Starting,
            uptime_nanos: 0,
            stamp_nanos: StampNanos(0),
            bundle_hash: BundleHash([0; 32]),
            model_revision: 0,
            frame_sets: 0,
            rewards: 0,
            steps: 0,
            held: 0,
            images_encoded: 0,
            images_reused: 0,
            frame_sets_per_sec: 0.0,
            rewards_per_sec: 0.0,
            drops: [0; DropCause::COUNT],
            stage_p50_nanos: [0; Stage::COUNT],
            stage_p99_nanos: [0; Stage::COUNT],
            recording: Recording::Off,
            teacher: TeacherState::Off,
            teacher_counts: [0; TeacherCount::COUNT],
            teacher_reason: Detail::new(),
            detail: Detail::new(),
        }
    }

    /// How often something was dropped for this reason.
    #[must_use]
    pub const fn dropped(&self, cause: DropCause) -> u64 {
        self.drops[cause.index()]
    }

    /// Puts as much of `text` into the detail as fits, on one line.
    pub fn set_detail(&mut self, text: &str) {
        set(&mut self.detail, text);
    }

    /// The same for the teacher's reason.
    pub fn set_teacher_reason(&mut self, text: &str) {
        set(&mut self.teacher_reason, text);
    }

    /// What became of questions to the teacher.
    #[must_use]
    pub const fn teacher_count(&self, of: TeacherCount) -> u64 {
        self.teacher_counts[of.index()]
    }

    fn check(&self) -> Result<(), Error> {
        let rates = [("frame_sets_per_sec", self.frame_sets_per_sec), ("rewards_per_sec", self.rewards_per_sec)];
        rates
            .into_iter()
            .try_for_each(|(field, found)| in_range(Self::NAME, field, found, "finite and 0 or more", |v| v >= 0.0))
    }
}

fn set(detail: &mut Detail, text: &str) {
    detail.clear();
    for c in text.chars() {
        if detail.push(if c.is_control() { ' ' } else { c }).is_err() {
            break;
        }
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
