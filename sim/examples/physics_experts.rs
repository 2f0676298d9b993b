//! Runs every expert over many seeds and prints how often each succeeds, and how often each failure fails.
//!
//! `cargo run -p striatum-sim --example physics_experts -- [seeds] [task or all] [seeds of failures] [robot] [control hertz]`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Instant;

use striatum_robots::RobotSpec;
use striatum_sim::{Expert, FailureKind, TaskId, World, WorldConfig, WorldResult};

struct Tally {
    runs: u32,
    successes: u32,
    secs: f64,
    failed_seeds: Vec<u64>,
}

fn run(world: &mut World, seed: u64, failure: Option<FailureKind>) -> WorldResult<(bool, f64)> {
    world.reset(seed)?;
    let mut expert = match failure {
        None => Expert::new(world),
        Some(failure) => Expert::failing(world, failure)?,
    };
    // As recorded: an episode also ends once it has settled.
    while !(world.ended() || expert.finished(world) && world.still_secs() > 1.999) {
        let action = expert.act(world);
        world.act(&action)?;
    }
    Ok((world.truth().success, world.time_secs()))
}

fn tally(world: &mut World, seeds: u64, failure: Option<FailureKind>) -> WorldResult<Tally> {
    let mut tally = Tally { runs: 0, successes: 0, secs: 0.0, failed_seeds: Vec::new() };
    for seed in 0..seeds {
        let (success, secs) = run(world, seed, failure)?;
        tally.runs += 1;
        tally.secs += secs;
        if success {
            tally.successes += 1;
        } else {
            tally.failed_seeds.push(seed);
        }
    }
    Ok(tally)
}

fn print(task: TaskId, name: &str, tally: &Tally, wall_secs: f64) {
    let mean = tally.secs / f64::from(tally.runs.max(1));
    println!(
        "{:<11} {name:<13} {:>4}/{:<4} {mean:>6.1} s {wall_secs:>7.1} s",
        task.name(),
        tally.successes,
        tally.runs
    );
}

fn table(
    seeds: u64,
    only: Option<TaskId>,
    failure_seeds: u64,
    robot: &str,
    control_hz: f64,
) -> Result<(), Box<dyn std::error::Error>> {
    let robot = RobotSpec::open(robot)?;
    let usual = WorldConfig::default();
    let more = control_hz / usual.control_hz;
    // Thirty seconds at any rate.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let max_actions = (300.0 * more) as usize;
    let config = WorldConfig { control_hz, max_actions, ..usual };
    println!("task        expert       successes  episode    wall");
    for task in TaskId::ALL.into_iter().filter(|task| only.is_none_or(|only| only == *task)) {
        let mut world = World::new(task, &robot, config)?;
        let start = Instant::now();
        let expert = tally(&mut world, seeds, None)?;
        print(task, "expert", &expert, start.elapsed().as_secs_f64());
        if !expert.failed_seeds.is_empty() {
            println!("            not done: {:?}", expert.failed_seeds);
        }
        for &failure in FailureKind::supported(task) {
            let start = Instant::now();
            let failing = tally(&mut world, failure_seeds, Some(failure))?;
            print(task, failure.name(), &failing, start.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seeds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100);
    let only = arguments.next().and_then(|name| TaskId::from_name(&name).ok());
    let failures = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(seeds.min(20));
    let robot = arguments.next().unwrap_or_else(|| "panda".to_owned());
    let control_hz = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10.0);
    match table(seeds, only, failures, &robot, control_hz) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
