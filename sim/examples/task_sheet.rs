//! A contact sheet of each task, as its expert does it: `cargo run -p striatum-sim --example task_sheet FOLDER [none|low|medium|high]`.
//!
//! One PNG a task: a row for each camera, six moments from left to right.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use striatum_frames::{Image, encode_png};
use striatum_robots::RobotSpec;
use striatum_sim::{Expert, Level, Studio, StudioConfig, TaskId, World, WorldConfig, contact_sheet};

const MOMENTS: usize = 6;
const SIDE: u32 = 128;
const SEED: u64 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("give the folder to write to")?;
    let level = match arguments.next().as_deref() {
        None | Some("none") => Level::None,
        Some("low") => Level::Low,
        Some("medium") => Level::Medium,
        Some("high") => Level::High,
        Some(other) => return Err(format!("`{other}` is no level: give none, low, medium or high").into()),
    };
    std::fs::create_dir_all(&folder)?;
    for task in TaskId::ALL {
        let path = Path::new(&folder).join(format!("{}.png", task.name()));
        std::fs::write(&path, encode_png(&sheet(task, level)?)?)?;
        println!("{}", path.display());
    }
    Ok(())
}

fn sheet(task: TaskId, level: Level) -> Result<Image, Box<dyn Error>> {
    let robot = RobotSpec::builtin("panda")?;
    let mut world = World::new(task, &robot, WorldConfig::default())?;
    let config = StudioConfig { width: SIDE, height: SIDE, level, ..StudioConfig::default() };
    let mut studio = Studio::new(&robot, None, config)?;
    let actions = play(&mut world, |_, _| Ok(()))?;
    let mut moments = Vec::new();
    studio_begin(&mut world, &mut studio)?;
    play(&mut world, |world, action| {
        if action == actions * moments.len() / (MOMENTS - 1) {
            let mut images = studio.blank();
            studio.shoot(world, &mut images)?;
            moments.push(images);
        }
        Ok(())
    })?;
    let views = studio.views().len();
    let pictures: Vec<&Image> =
        (0..views).flat_map(|view| moments.iter().filter_map(move |images| images.get(view))).collect();
    Ok(contact_sheet(&pictures, moments.len(), &[])?)
}

fn studio_begin(world: &mut World, studio: &mut Studio) -> Result<(), Box<dyn Error>> {
    world.reset(SEED)?;
    studio.dress(world, SEED);
    Ok(())
}

/// Has the expert do the task; `look` sees the world before each action and after the last. How many actions there were.
fn play(
    world: &mut World,
    mut look: impl FnMut(&World, usize) -> Result<(), Box<dyn Error>>,
) -> Result<usize, Box<dyn Error>> {
    world.reset(SEED)?;
    let mut expert = Expert::new(world);
    let mut actions = 0;
    loop {
        look(world, actions)?;
        if world.ended() {
            return Ok(actions);
        }
        let action = expert.act(world);
        world.act(&action)?;
        actions += 1;
    }
}
