//! Drawing takes no memory once it is warm: neither a moving arm nor what comes into view or goes out of it asks for more.
#![allow(clippy::expect_used)]

use striatum_frames::Image;
use striatum_robots::RobotSpec;
use striatum_sim::{Expert, Level, Look, Renderer, Studio, StudioConfig, TaskId, World, WorldConfig, tabletop};

#[test]
fn a_warm_renderer_does_not_allocate() {
    const SIDE: u32 = 96;
    let mut renderer = Renderer::new(SIDE, SIDE).expect("a size");
    let mut image = Image::filled(SIDE, SIDE, [0; 3]);
    let look = Look { noise_levels: 2.0, ..Look::standard() };
    let worlds: Vec<_> = (0..10).map(|step| tabletop(SIDE, SIDE, step as f32 / 10.0)).collect();
    let mut draw = |at: usize| {
        let world = &worlds[at];
        for camera in &world.cameras {
            renderer.render(&world.scene, camera, &look, at as u64, &mut image).expect("it can be drawn");
        }
    };
    draw(0);
    assert_eq!(allocation_counter::measure(|| (1..10).for_each(&mut draw)).count_total, 0);
}

/// As a world is served and recorded: a robot's cameras, one of them in its hand, things on the table, an expert that moves.
#[test]
fn a_warm_studio_does_not_allocate() {
    let robot = RobotSpec::builtin("panda").expect("built in");
    let mut world = World::new(TaskId::PickPlace, &robot, WorldConfig::default()).expect("the Panda does every task");
    world.reset(3).expect("a world");
    let config = StudioConfig { width: 96, height: 64, level: Level::High, ..StudioConfig::default() };
    let mut studio = Studio::new(&robot, None, config).expect("the robot's cameras");
    studio.dress(&world, 3);
    let mut images = studio.blank();
    studio.shoot(&world, &mut images).expect("it can be drawn");
    let mut expert = Expert::new(&world);
    for moment in 0..60 {
        let action = expert.act(&world);
        world.act(&action).expect("before the end");
        let counted = allocation_counter::measure(|| studio.shoot(&world, &mut images).expect("it can be drawn"));
        assert_eq!(counted.count_total, 0, "after {moment} actions");
    }
}
