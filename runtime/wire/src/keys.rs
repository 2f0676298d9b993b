//! Every key expression, and the zenoh content types that go with them. Nothing else in the project spells a key.
//!
//! | key | what | who | content type |
//! |---|---|---|---|
//! | `striatum/<robot>/frames/<view>` | one image of one camera | cameras, `striatum play`, `striatum sim` put | `application/cdr;sensor_msgs/msg/CompressedImage` or `.../Image` |
//! | `striatum/<robot>/reward` | every shaped reward | the runtime puts | `application/cdr;striatum_msgs/msg/ShapedReward` |
//! | `striatum/<robot>/status` | health, once a second | the runtime puts | `application/cdr;striatum_msgs/msg/Status` |
//! | `striatum/<robot>/teacher` | what the slow teacher says, late | the runtime puts | `application/cdr;striatum_msgs/msg/TeacherScore` |
//! | `striatum/<robot>/episode/begin` | queryable: open an episode | the learner asks | `.../BeginRequest` in, `.../BeginReply` out |
//! | `striatum/<robot>/episode/step` | queryable: the reward of a step | the learner asks | `.../StepRequest` in, `.../ShapedReward` out |
//! | `striatum/<robot>/episode/abort` | queryable: close without a reward | the learner asks | `.../AbortRequest` in, `.../AbortReply` out |
//! | `striatum/<robot>/joint_state` | where the joints are | the robot, or a served world, puts | `application/cdr;sensor_msgs/msg/JointState` |
//! | `striatum/<robot>/action` | what the robot is to do next | the learner puts | `.../Action` |
//! | `striatum/<robot>/world/reset` | queryable: begin an episode of a served world | the learner asks | `.../ResetRequest` in, `.../ResetReply` out |
//! | `striatum/<robot>/world/truth` | what is true of a served world | the world puts | `.../Truth` |
//! | `striatum/<robot>/world/alive/<epoch>` | liveliness token, likewise | a served world declares | |
//! | `striatum/<robot>/alive/<epoch>` | liveliness token, epoch in 16 hex digits | the runtime declares | |
//!
//! A refused query is answered with an error reply, `text/plain`: see [`Refusal`](crate::Refusal). Robot and view names are
//! 1 to 64 characters of `a-z`, `0-9` and `_`.

use core::fmt;

use crate::error::{Error, short};

/// The longest robot or view name, in bytes.
pub const NAME_MAX: usize = 64;
/// The longest key: `striatum/`, a robot, `/frames/`, a view.
pub const KEY_MAX: usize = 9 + NAME_MAX + 8 + NAME_MAX;
/// A key or key expression.
pub type Key = heapless::String<KEY_MAX>;

/// zenoh content types ("encodings") of what travels under the keys.
pub mod encoding {
    /// A compressed image.
    pub const COMPRESSED_IMAGE: &str = "application/cdr;sensor_msgs/msg/CompressedImage";
    /// A raw image.
    pub const IMAGE: &str = "application/cdr;sensor_msgs/msg/Image";
    /// A shaped reward.
    pub const SHAPED_REWARD: &str = "application/cdr;striatum_msgs/msg/ShapedReward";
    /// A status.
    pub const STATUS: &str = "application/cdr;striatum_msgs/msg/Status";
    /// What the slow teacher says.
    pub const TEACHER_SCORE: &str = "application/cdr;striatum_msgs/msg/TeacherScore";
    /// The query that opens an episode.
    pub const BEGIN_REQUEST: &str = "application/cdr;striatum_msgs/msg/BeginRequest";
    /// Its reply.
    pub const BEGIN_REPLY: &str = "application/cdr;striatum_msgs/msg/BeginReply";
    /// The query for a step's reward; the reply is a shaped reward.
    pub const STEP_REQUEST: &str = "application/cdr;striatum_msgs/msg/StepRequest";
    /// The query that closes an episode.
    pub const ABORT_REQUEST: &str = "application/cdr;striatum_msgs/msg/AbortRequest";
    /// Its reply.
    pub const ABORT_REPLY: &str = "application/cdr;striatum_msgs/msg/AbortReply";
    /// Where a robot's joints are.
    pub const JOINT_STATE: &str = "application/cdr;sensor_msgs/msg/JointState";
    /// What a robot is to do next.
    pub const ACTION: &str = "application/cdr;striatum_msgs/msg/Action";
    /// The query that begins an episode of a served world.
    pub const RESET_REQUEST: &str = "application/cdr;striatum_msgs/msg/ResetRequest";
    /// Its reply.
    pub const RESET_REPLY: &str = "application/cdr;striatum_msgs/msg/ResetReply";
    /// What is true of a served world.
    pub const TRUTH: &str = "application/cdr;striatum_msgs/msg/Truth";
    /// An error reply: one line of text.
    pub const REFUSAL: &str = "text/plain";
}

/// A robot's or view's name: 1 to [`NAME_MAX`] characters of `a-z`, `0-9` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(heapless::String<NAME_MAX>);

impl Name {
    /// Checks a robot's name.
    ///
    /// # Errors
    /// When it cannot be a part of a key.
    pub fn robot(name: &str) -> Result<Self, Error> {
        Self::checked("robot", name)
    }

    /// Checks a view's name.
    ///
    /// # Errors
    /// When it cannot be a part of a key.
    pub fn view(name: &str) -> Result<Self, Error> {
        Self::checked("view", name)
    }

    fn checked(what: &'static str, name: &str) -> Result<Self, Error> {
        let wrong = |why| Error::Name { what, found: short(name), why };
        if name.is_empty() {
            return Err(wrong("it is empty"));
        }
        if !name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            return Err(wrong("it has other characters"));
        }
        heapless::String::try_from(name).map(Self).map_err(|_| wrong("it is too long"))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys of one robot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    robot: Name,
}

impl Keys {
    /// The keys of the robot with this name.
    ///
    /// # Errors
    /// When the name cannot be a part of a key.
    pub fn new(robot: &str) -> Result<Self, Error> {
        Name::robot(robot).map(|robot| Self { robot })
    }

    /// The robot's name.
    #[must_use]
    pub fn robot(&self) -> &Name {
        &self.robot
    }

    /// Where a view's images are put.
    #[must_use]
    pub fn frames(&self, view: &Name) -> Key {
        self.key(&["/frames/", view.as_str()])
    }

    /// The images of every view, for a subscriber.
    #[must_use]
    pub fn frames_any(&self) -> Key {
        self.key(&["/frames/*"])
    }

    /// Where rewards are put.
    #[must_use]
    pub fn reward(&self) -> Key {
        self.key(&["/reward"])
    }

    /// Where the status is put.
    #[must_use]
    pub fn status(&self) -> Key {
        self.key(&["/status"])
    }

    /// Where the slow teacher's scores are put.
    #[must_use]
    pub fn teacher(&self) -> Key {
        self.key(&["/teacher"])
    }

    /// The queryable that opens an episode.
    #[must_use]
    pub fn episode_begin(&self) -> Key {
        self.key(&["/episode/begin"])
    }

    /// The queryable that answers steps.
    #[must_use]
    pub fn episode_step(&self) -> Key {
        self.key(&["/episode/step"])
    }

    /// The queryable that closes an episode without a reward.
    #[must_use]
    pub fn episode_abort(&self) -> Key {
        self.key(&["/episode/abort"])
    }

    /// Where joint states are put.
    #[must_use]
    pub fn joint_state(&self) -> Key {
        self.key(&["/joint_state"])
    }

    /// Where actions are put.
    #[must_use]
    pub fn action(&self) -> Key {
        self.key(&["/action"])
    }

    /// The queryable that begins an episode of a served world.
    #[must_use]
    pub fn world_reset(&self) -> Key {
        self.key(&["/world/reset"])
    }

    /// Where the truth of a served world is put.
    #[must_use]
    pub fn world_truth(&self) -> Key {
        self.key(&["/world/truth"])
    }

    /// The liveliness token of one served world.
    #[must_use]
    pub fn world_alive(&self, epoch: u64) -> Key {
        self.key(&["/world/alive/", digits(&mut [0; 16], epoch)])
    }

    /// The tokens of every served world of this name, of which there is to be one.
    #[must_use]
    pub fn world_alive_any(&self) -> Key {
        self.key(&["/world/alive/*"])
    }

    /// The liveliness token of one run of the runtime.
    #[must_use]
    pub fn alive(&self, epoch: u64) -> Key {
        self.key(&["/alive/", digits(&mut [0; 16], epoch)])
    }

    /// The tokens of every run, for a liveliness subscriber.
    #[must_use]
    pub fn alive_any(&self) -> Key {
        self.key(&["/alive/*"])
    }

    /// The view whose images travel under `key`.
    ///
    /// # Errors
    /// When it is not a frames key of this robot.
    pub fn view_of(&self, key: &str) -> Result<Name, Error> {
        let view = self.rest_of(key).and_then(|rest| rest.strip_prefix("frames/"));
        match view {
            Some(view) => Name::view(view),
            None => Err(Error::Key { found: short(key), must: "striatum/<this robot>/frames/<view>" }),
        }
    }

    /// The epoch of the run whose liveliness token is `key`.
    ///
    /// # Errors
    /// When it is not a liveliness key of this robot.
    pub fn epoch_of(&self, key: &str) -> Result<u64, Error> {
        self.rest_of(key)
            .and_then(|rest| rest.strip_prefix("alive/"))
            .filter(|digits| digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .ok_or_else(|| Error::Key { found: short(key), must: "striatum/<this robot>/alive/<16 hex digits>" })
    }

    fn rest_of<'k>(&self, key: &'k str) -> Option<&'k str> {
        key.strip_prefix("striatum/")?.strip_prefix(self.robot.as_str())?.strip_prefix('/')
    }

    fn key(&self, rest: &[&str]) -> Key {
        let mut key = Key::new();
        for part in ["striatum/", self.robot.as_str()].iter().chain(rest) {
            // KEY_MAX is the longest key that checked names can make, so nothing is ever cut.
            let pushed = key.push_str(part);
            debug_assert!(pushed.is_ok(), "KEY_MAX is too small for {part}");
        }
        key
    }
}

/// An epoch in hexadecimal.
fn digits(buffer: &mut [u8; 16], epoch: u64) -> &str {
    for (digit, shift) in buffer.iter_mut().zip((0..16).rev()) {
        // Masked to four bits, so the index is below 16.
        *digit = b"0123456789abcdef"[(epoch >> (4 * shift) & 0xf) as usize];
    }
    core::str::from_utf8(buffer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_keys_holds() {
        let keys = Keys::new("aloha_2").unwrap();
        let view = Name::view("cam_high").unwrap();
        assert_eq!(keys.frames(&view), "striatum/aloha_2/frames/cam_high");
        assert_eq!(keys.frames_any(), "striatum/aloha_2/frames/*");
        assert_eq!(keys.reward(), "striatum/aloha_2/reward");
        assert_eq!(keys.status(), "striatum/aloha_2/status");
        assert_eq!(keys.teacher(), "striatum/aloha_2/teacher");
        assert_eq!(keys.episode_begin(), "striatum/aloha_2/episode/begin");
        assert_eq!(keys.episode_step(), "striatum/aloha_2/episode/step");
        assert_eq!(keys.episode_abort(), "striatum/aloha_2/episode/abort");
        assert_eq!(keys.joint_state(), "striatum/aloha_2/joint_state");
        assert_eq!(keys.action(), "striatum/aloha_2/action");
        assert_eq!(keys.world_reset(), "striatum/aloha_2/world/reset");
        assert_eq!(keys.world_truth(), "striatum/aloha_2/world/truth");
        assert_eq!(keys.world_alive(0xab), "striatum/aloha_2/world/alive/00000000000000ab");
        assert_eq!(keys.world_alive_any(), "striatum/aloha_2/world/alive/*");
        assert_eq!(keys.alive(0xab), "striatum/aloha_2/alive/00000000000000ab");
        assert_eq!(keys.alive_any(), "striatum/aloha_2/alive/*");
    }

    #[test]
    fn a_content_type_ends_in_the_type_it_names() {
        for (content_type, of) in [
            (encoding::COMPRESSED_IMAGE, crate::CompressedImage::TYPE),
            (encoding::IMAGE, crate::RawImage::TYPE),
            (encoding::SHAPED_REWARD, crate::ShapedReward::TYPE),
            (encoding::STATUS, crate::Status::TYPE),
            (encoding::TEACHER_SCORE, crate::TeacherScore::TYPE),
            (encoding::BEGIN_REQUEST, crate::BeginRequest::TYPE),
            (encoding::BEGIN_REPLY, crate::BeginReply::TYPE),
            (encoding::STEP_REQUEST, crate::StepRequest::TYPE),
            (encoding::ABORT_REQUEST, crate::AbortRequest::TYPE),
            (encoding::ABORT_REPLY, crate::AbortReply::TYPE),
            (encoding::JOINT_STATE, crate::JointState::TYPE),
            (encoding::ACTION, crate::Action::TYPE),
            (encoding::RESET_REQUEST, crate::ResetRequest::TYPE),
            (encoding::RESET_REPLY, crate::ResetReply::TYPE),
            (encoding::TRUTH, crate::Truth::TYPE),
        ] {
            assert_eq!(content_type.strip_prefix("application/cdr;"), Some(of));
        }
    }

    #[test]
    fn views_and_epochs_are_read_back() {
        let keys = Keys::new("r").unwrap();
        for epoch in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            assert_eq!(keys.epoch_of(&keys.alive(epoch)), Ok(epoch));
        }
        let view = Name::view("wrist_left").unwrap();
        assert_eq!(keys.view_of(&keys.frames(&view)), Ok(view));
        for key in
            ["striatum/r/reward", "striatum/other/frames/v", "striatum/rr/frames/v", "frames/v", "striatum/r/frames"]
        {
            assert!(matches!(keys.view_of(key), Err(Error::Key { .. })), "{key}");
        }
        assert!(matches!(keys.view_of("striatum/r/frames/a/b"), Err(Error::Name { .. })));
        assert!(keys.epoch_of("striatum/r/alive/+0000000000000ab").is_err());
        assert!(keys.epoch_of("striatum/r/alive/ab").is_err());
    }

    #[test]
    fn names_that_would_change_a_key_are_refused() {
        let long = "x".repeat(NAME_MAX + 1);
        for name in ["", "a/b", "*", "Cam", "cam high", "käm", "a-b", "$*", long.as_str()] {
            assert!(Name::view(name).is_err(), "{name}");
            assert!(Keys::new(name).is_err(), "{name}");
        }
    }

    #[test]
    fn the_longest_names_fit() {
        let name = "x".repeat(NAME_MAX);
        let keys = Keys::new(&name).unwrap();
        assert_eq!(keys.frames(&Name::view(&name).unwrap()).len(), KEY_MAX);
        assert_eq!(keys.alive(u64::MAX).len(), 9 + NAME_MAX + 7 + 16);
    }
}
