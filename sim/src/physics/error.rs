//! What can go wrong with a world: each message is one line saying what, where, and how to mend it.

use thiserror::Error;

/// A result of a world.
pub type WorldResult<T> = std::result::Result<T, WorldError>;

/// Why a world could not be made, or why it refused an action. A refusal leaves the world as it was.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A value of an action is NaN or infinite.
    #[error("action, {field}[{index}]: is {value}; give a finite number")]
    NotFinite {
        /// Which part of the action.
        field: &'static str,
        /// Which element of it.
        index: usize,
        /// What was given.
        value: f64,
    },
    /// A joint action has another number of joints than the arm.
    #[error("action, delta_radians: has {given} values; give {wanted}, one for each arm joint")]
    JointCount {
        /// Values given.
        given: usize,
        /// Joints of the arm.
        wanted: usize,
    },
    /// An action of numbers has another length than the task's.
    #[error("action: has {given} values; give {wanted}")]
    ActionLen {
        /// Values given.
        given: usize,
        /// Numbers of an action.
        wanted: usize,
    },
    /// The gripper's command is outside [0, 1].
    #[error("action, gripper: is {value}; give an opening from 0 (closed) to 1 (open)")]
    Gripper {
        /// What was given.
        value: f64,
    },
    /// An action after the end of an episode.
    #[error("action: the episode ended after {steps} actions; call reset")]
    Ended {
        /// Actions of the episode.
        steps: usize,
    },
    /// A world was used before its first reset, or its robot blew up.
    #[error("world: the state is not finite at {secs:.3} s; call reset and report the seed")]
    Diverged {
        /// Simulated time.
        secs: f64,
    },
    /// A figure of the configuration that cannot be.
    #[error("world configuration, {key}: is {value}; {mend}")]
    Config {
        /// Which one.
        key: &'static str,
        /// What was given.
        value: f64,
        /// How to mend it.
        mend: &'static str,
    },
    /// The robot cannot do the task.
    #[error("robot `{robot}`, {element}: {what}; {mend}")]
    Robot {
        /// Its name.
        robot: String,
        /// A link, a joint, the gripper, or a place of the task.
        element: String,
        /// What is wrong.
        what: String,
        /// How to mend it.
        mend: String,
    },
    /// A task of that name does not exist.
    #[error("task `{name}`: is not known; there are push, pick_place, tidy, door and peg")]
    UnknownTask {
        /// The name asked for.
        name: String,
    },
    /// A failure of that name does not exist.
    #[error("failure `{name}`: is not known; there are drop, miss, jam, stall, wrong_object and undo")]
    UnknownFailure {
        /// The name asked for.
        name: String,
    },
    /// A failure that a task does not have.
    #[error("task `{task}`, failure `{failure}`: this task has none such; {mend}")]
    NoSuchFailure {
        /// The task.
        task: &'static str,
        /// The failure asked for.
        failure: &'static str,
        /// Which ones it has.
        mend: String,
    },
}
