//! The robot's own limits: speeds, efforts, positions, the workspace.

use nalgebra::Isometry3;
use rapier3d::dynamics::RigidBodyHandle;

use super::world;
use crate::physics::dice::Dice;
use crate::physics::{Action, TaskId, World, WorldConfig};
use crate::scene::{Geometry, Role};

fn push_on(x: f64, y: f64, z: f64) -> Action {
    Action::EndEffector { delta_position_metres: [x, y, z], delta_rotation_radians: [0.0; 3], gripper: 0.0 }
}

fn assert_within(world: &World) {
    for (j, &link) in world.model.arm.iter().enumerate() {
        let (limits, joints) = (&world.model.links[link], &world.play.joints);
        let (at, speed) = (joints.positions[j], joints.velocities[j].abs());
        assert!(speed <= 1.0001 * limits.max_speed, "joint {j} turns at {speed} of {}", limits.max_speed);
        assert!(at > limits.lower - 0.01 && at < limits.upper + 0.01, "joint {j} is at {at}");
    }
}

#[test]
fn no_joint_is_faster_than_its_limit_whatever_is_asked() {
    let config = WorldConfig { control_hz: 50.0, max_actions: 10_000, ..WorldConfig::default() };
    let mut world = world(TaskId::Push, config);
    let mut dice = Dice::new(7, 9);
    for step in 0..400 {
        let action = if step % 2 == 0 {
            push_on(dice.between(-5.0, 5.0), dice.between(-5.0, 5.0), dice.between(-5.0, 5.0))
        } else {
            let delta_radians = (0..7).map(|_| dice.between(-9.0, 9.0)).collect();
            Action::Joint { delta_radians, gripper: dice.between(0.0, 1.0) }
        };
        world.act(&action).expect("finite");
        assert_within(&world);
    }
}

#[test]
fn the_tool_stays_in_its_workspace() {
    for (x, y, z) in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, -0.1), (-1.0, 0.0, 0.0)] {
        let mut world = world(TaskId::Push, WorldConfig::default());
        for _ in 0..40 {
            world.act(&push_on(x, y, z)).expect("finite");
            let at = world.world_from_tool().translation.vector;
            let [low, high] = world.model.workspace;
            for axis in 0..3 {
                assert!(at[axis] > low[axis] - 0.02 && at[axis] < high[axis] + 0.02, "the tool is at {at:?}");
            }
        }
    }
}

/// A heavy weightless box before the hand; what it gains in speed is the force that the hand presses with.
fn with_box(world: &mut World, kg: f64) -> RigidBodyHandle {
    let tool = world.world_from_tool().translation;
    let form = Geometry::Box { half_metres: [0.05, 0.2, 0.2] };
    let at = Isometry3::translation(tool.x + 0.05 + 0.02, tool.y, tool.z);
    let object = world.play.stage.object(form, &at, kg, Role::Fixture);
    world.play.stage.world.bodies[object.body].set_gravity_scale(0.0, true);
    object.body
}

/// How hard the hand presses with its motors weakened to this share.
fn pressed_newtons(lead: f64, share: f64) -> f64 {
    const KG: f64 = 4000.0;
    let mut world = world(TaskId::Push, WorldConfig { max_lead_metres: lead, ..WorldConfig::default() });
    world.model.links.iter_mut().for_each(|link| link.max_effort *= share);
    world.reset(0).expect("a world");
    let body = with_box(&mut world, KG);
    for _ in 0..20 {
        world.act(&push_on(0.01, 0.0, 0.0)).expect("finite");
    }
    let before = world.play.stage.velocity_of(body).x;
    for _ in 0..10 {
        world.act(&push_on(0.01, 0.0, 0.0)).expect("finite");
    }
    (world.play.stage.velocity_of(body).x - before) * KG
}

#[test]
fn a_hand_against_a_wall_presses_no_harder_than_its_motors_can() {
    let world = world(TaskId::Push, WorldConfig::default());
    let jacobian = world.reach_jacobian().expect("seven joints");
    let most = world
        .model
        .arm
        .iter()
        .enumerate()
        .map(|(j, &link)| world.model.links[link].max_effort / jacobian[(0, j)].abs().max(1e-9));
    let most = most.fold(f64::INFINITY, f64::min);
    let pressed = pressed_newtons(0.2, 1.0);
    assert!(pressed > 20.0, "it hardly pressed: {pressed} N");
    assert!(pressed < 1.1 * most, "it pressed with {pressed} N, its weakest joint can do {most} N");
    let weak = pressed_newtons(0.2, 0.2);
    assert!(weak < 0.6 * pressed, "with a fifth of the effort it presses with {weak} N, not with {pressed} N");
}

#[test]
fn the_lead_bounds_the_push() {
    let (short, long) = (pressed_newtons(0.01, 1.0), pressed_newtons(0.05, 1.0));
    assert!(short > 0.5 && long > 1.3 * short, "{short} N with 10 mm of lead, {long} N with 50 mm");
}
