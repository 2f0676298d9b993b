//! Whether the physics is physics: energy, contact, limits.

mod contact;
mod limits;

use striatum_robots::RobotSpec;

use super::{TaskId, World, WorldConfig};

pub(super) fn world(task: TaskId, config: WorldConfig) -> World {
    let robot = RobotSpec::builtin("panda").expect("built in");
    World::new(task, &robot, config).expect("the Panda does every task")
}
