//! Actions in: what a learner asks of the robot for its next control period.

use striatum_core::StampNanos;

use crate::error::Error;
use crate::fields::{in_range, listed_enum, message, wire_enum};

/// The most values a delta has.
pub const DELTA_MAX: usize = 16;
/// Values of a delta of the end effector: three metres, three radians.
const POSE_VALUES: usize = 6;

listed_enum! {
    /// What the values of a delta are.
    ActionKind, 2:
    /// Three metres and three radians (axis times angle) in base axes.
    EndEffectorDelta = 0, "end_effector_delta";
    /// One value for each arm joint: radians, or metres where it slides.
    JointDelta = 1, "joint_delta";
}
wire_enum!(ActionKind: "0 end_effector_delta or 1 joint_delta", EndEffectorDelta = 0, JointDelta = 1);

listed_enum! {
    /// Why an action was not used.
    ActionLoss, 7:
    /// Its bytes are no action.
    Malformed = 0, "malformed";
    /// A value is not finite, outside its range, or there are too many or too few.
    OutOfRange = 1, "out_of_range";
    /// The world belongs to another client, or was reset since.
    WrongToken = 2, "wrong_token";
    /// No episode runs.
    NoEpisode = 3, "no_episode";
    /// The expert drives this episode.
    ExpertDrives = 4, "expert_drives";
    /// Stamped too long ago, or in the future.
    Stale = 5, "stale";
    /// A newer one came within the same control period.
    Replaced = 6, "replaced";
}

message! {
    /// What the robot is to do in its next control period; the newest one counts.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Action {
        /// When it was decided, Unix nanoseconds.
        pub stamp_nanos: StampNanos,
        /// From [`ResetReply`](crate::ResetReply): whose world it is; never 0.
        pub token: u64,
        /// What `delta` is.
        pub kind: ActionKind,
        /// 6 values for the end effector, or one for each arm joint.
        pub delta: heapless::Vec<f64, DELTA_MAX>,
        /// Opening of the gripper from 0 (closed) to 1 (open).
        pub gripper: f64,
    }
}

impl Action {
    fn check(&self) -> Result<(), Error> {
        let wrong = |field, why| Err(Error::Contradiction { message: Self::NAME, field, why });
        if self.token == 0 {
            return wrong("token", "is 0; take it from the reply to reset");
        }
        match self.kind {
            ActionKind::EndEffectorDelta if self.delta.len() != POSE_VALUES => {
                return wrong("delta", "must have 6 values for the end effector: 3 metres and 3 radians");
            }
            ActionKind::JointDelta if self.delta.is_empty() => {
                return wrong("delta", "is empty; give one value for each arm joint");
            }
            _ => {}
        }
        self.delta.iter().try_for_each(|value| in_range(Self::NAME, "delta", *value, "finite", |_| true))?;
        in_range(Self::NAME, "gripper", self.gripper, "0 (closed) to 1 (open)", |v| (0.0..=1.0).contains(&v))
    }
}
