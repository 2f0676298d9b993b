//! Prints how fast the worlds run on one core, and how much memory a thousand resets take.
//!
//! `cargo run -p striatum-sim --example physics_speed -- [robot]`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Instant;

use striatum_robots::RobotSpec;
use striatum_sim::{Expert, Scene, TaskId, World, WorldConfig};

/// Resident memory of this process, in KiB; 0 where the system does not say.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Plays episodes with the expert, without cameras; physics steps, actions and seconds spent in `act`.
fn play(world: &mut World, episodes: u64) -> Result<(f64, f64, f64), Box<dyn std::error::Error>> {
    let (mut acting, mut simulated) = (0.0, 0.0);
    let mut actions = 0.0;
    for seed in 0..episodes {
        world.reset(seed)?;
        let mut expert = Expert::new(world);
        while !world.ended() {
            let action = expert.act(world);
            let start = Instant::now();
            world.act(&action)?;
            acting += start.elapsed().as_secs_f64();
            actions += 1.0;
        }
        simulated += world.time_secs();
    }
    Ok((acting, simulated, actions))
}

fn speeds(robot: &RobotSpec) -> Result<(), Box<dyn std::error::Error>> {
    println!("task        physics steps/s   us/step   times real time");
    for task in TaskId::ALL {
        let config = WorldConfig::default();
        let mut world = World::new(task, robot, config)?;
        play(&mut world, 1)?;
        let (acting, simulated, _) = play(&mut world, 5)?;
        let steps = simulated * config.physics_hz;
        println!(
            "{:<11} {:>15.0} {:>9.1} {:>17.1}",
            task.name(),
            steps / acting,
            1e6 * acting / steps,
            simulated / acting
        );
    }
    Ok(())
}

fn memory(robot: &RobotSpec) -> Result<(), Box<dyn std::error::Error>> {
    println!("resets      KiB resident   ms/reset");
    for task in [TaskId::PickPlace, TaskId::Door] {
        let mut world = World::new(task, robot, WorldConfig::default())?;
        let mut scene = Scene::default();
        for upto in [10_u64, 100, 500, 1000] {
            let start = Instant::now();
            let from = upto / 2;
            for seed in from..upto {
                world.reset(seed)?;
                let action = Expert::new(&world).act(&world);
                world.act(&action)?;
                world.scene(&mut scene);
            }
            let millis = 1e3 * start.elapsed().as_secs_f64() / (upto - from) as f64;
            println!("{:<6} {:>4} {:>13} {millis:>10.2}", task.name(), upto, resident_kib());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let robot = std::env::args().nth(1).unwrap_or_else(|| "panda".to_owned());
    let result = RobotSpec::open(&robot).map_err(Into::into).and_then(|robot| {
        speeds(&robot)?;
        memory(&robot)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
