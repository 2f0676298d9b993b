//! Energy, rest, tunnelling, penetration, and that a grasp is friction and nothing else.

use nalgebra::Isometry3;
use rapier3d::math::Vector;

use super::world;
use crate::physics::convert::real;
use crate::physics::stage::{Object, Stage};
use crate::physics::tasks::Task;
use crate::physics::{Action, Expert, TaskId, World, WorldConfig};
use crate::scene::{Geometry, Role};

const CUBE: Geometry = Geometry::Box { half_metres: [0.0225; 3] };

fn stage() -> Stage {
    let mut stage = Stage::new(WorldConfig::default().step_secs());
    stage.furnish([0.35, 0.0], [0.6, 0.6]);
    stage
}

/// Kinetic energy and height energy of an object, joules.
fn energy(stage: &Stage, object: &Object) -> f64 {
    let body = &stage.world.bodies[object.body];
    f64::from(body.kinetic_energy()) + f64::from(body.mass()) * 9.81 * f64::from(body.translation().z)
}

#[test]
fn a_thrown_cube_loses_energy_and_comes_to_rest() {
    let mut stage = stage();
    let start = Isometry3::new(nalgebra::Vector3::new(0.4, 0.0, 0.12), nalgebra::Vector3::new(0.3, 0.2, 0.1));
    let cube = stage.object(CUBE, &start, 0.08, Role::Object(0));
    stage.world.bodies[cube.body].set_linvel(Vector::new(0.5, 0.2, 0.0), true);
    let mut before = energy(&stage, &cube);
    for _ in 0..750 {
        stage.world.step();
        let now = energy(&stage, &cube);
        // Pushing a penetration out may give back a little of what the fall was worth (0.09 J).
        assert!(now <= before + 2e-4, "energy grew from {before} to {now} J");
        before = now;
    }
    assert!(stage.velocity_of(cube.body).norm() < 1e-3, "still moving at {:?}", stage.velocity_of(cube.body));
    let rest = stage.pose_of(cube.body).translation.z;
    assert!((rest - 0.0225).abs() < 5e-4, "rests at {rest} m");
}

#[test]
fn a_fast_cube_goes_neither_through_the_table_nor_through_a_thin_wall() {
    for (velocity, start) in [([0.0, 0.0, -6.0], [0.4, 0.0, 0.5]), ([5.0, 0.0, 0.0], [0.2, 0.0, 0.03])] {
        let mut stage = stage();
        let wall = Geometry::Box { half_metres: [0.002, 0.2, 0.2] };
        stage.fix(wall, &Isometry3::translation(0.6, 0.0, 0.2), Role::Fixture);
        let cube = stage.object(CUBE, &Isometry3::translation(start[0], start[1], start[2]), 0.08, Role::Object(0));
        stage.world.bodies[cube.body].set_linvel(Vector::new(velocity[0], velocity[1], velocity[2]), true);
        for _ in 0..250 {
            stage.world.step();
            let at = stage.pose_of(cube.body).translation;
            assert!(at.z > 0.01 && at.x < 0.6, "went through at {at}");
        }
    }
}

/// Runs an expert until it holds the cube above the table.
fn carrying() -> World {
    let mut world = world(TaskId::PickPlace, WorldConfig::default());
    let mut expert = Expert::new(&world);
    while world.phase_names()[world.truth().phase] != "carry" {
        let action = expert.act(&world);
        world.act(&action).expect("before the end");
    }
    world
}

#[test]
fn a_held_cube_is_penetrated_by_less_than_a_millimetre() {
    let world = carrying();
    let Task::PickPlace(task) = &world.play.task else { panic!("another task") };
    let pairs = world.play.stage.world.narrow_phase.contact_pairs_with(task.delivery.object.collider);
    let points = pairs.flat_map(|pair| pair.manifolds()).flat_map(|manifold| &manifold.points);
    let deepest = points.map(|point| point.dist).fold(f32::INFINITY, f32::min);
    assert!(deepest < 0.0, "nothing presses on the cube");
    assert!(deepest > -0.001, "the fingers are {} m inside the cube", -deepest);
}

#[test]
fn a_grasp_is_friction_alone() {
    let mut world = carrying();
    assert_eq!(world.play.stage.world.impulse_joints.len(), 0, "something is attached");
    let Task::PickPlace(task) = &world.play.task else { panic!("another task") };
    let cube = task.delivery.object;
    let held = world.play.stage.pose_of(cube.body).translation.z;
    for _ in 0..5 {
        world.act(&Action::stay(0.0)).expect("before the end");
    }
    let still = world.play.stage.pose_of(cube.body).translation.z;
    assert!((still - held).abs() < 0.03, "the cube slipped from {held} to {still} m");
    world.play.stage.world.colliders[cube.collider].set_friction(0.0);
    let fingers: Vec<_> = world.play.arm.finger_colliders.iter().flatten().copied().collect();
    for finger in fingers {
        world.play.stage.world.colliders[finger].set_friction(0.0);
    }
    for _ in 0..5 {
        world.act(&Action::stay(0.0)).expect("before the end");
    }
    let fallen = world.play.stage.pose_of(cube.body).translation.z;
    assert!(fallen < 0.05, "without friction the cube hangs at {fallen} m");
}

#[test]
fn a_cube_that_is_too_heavy_for_the_grip_stays_on_the_table() {
    let mut world = world(TaskId::PickPlace, WorldConfig { max_actions: 120, ..WorldConfig::default() });
    let Task::PickPlace(task) = &world.play.task else { panic!("another task") };
    let cube = task.delivery.object;
    // Twice what two pads of 30 N hold at a friction of 0.9.
    world.play.stage.world.colliders[cube.collider].set_mass(real(2.0 * 2.0 * 0.9 * 30.0 / 9.81));
    let mut expert = Expert::new(&world);
    while !world.ended() {
        let action = expert.act(&world);
        world.act(&action).expect("before the end");
    }
    assert!(!world.truth().success);
    assert!(world.play.stage.pose_of(cube.body).translation.z < 0.05);
}
