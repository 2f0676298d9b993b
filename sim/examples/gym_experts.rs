//! Runs the experts through a gym's actions and prints how often they succeed, how many steps they take, and how long it took.
//!
//! `cargo run -p striatum-sim --example gym_experts -- [seeds] [task or all] [physics hertz] [noise] [seconds]`
#![allow(clippy::print_stdout)]

use std::time::Instant;

use striatum_robots::RobotSpec;
use striatum_sim::{Gym, GymConfig, TaskId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seeds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    let only = arguments.next().and_then(|name| TaskId::from_name(&name).ok());
    let mut given = || arguments.next().and_then(|text| text.parse::<f64>().ok());
    let (physics_hz, expert_noise, max_secs) = (given(), given(), given());
    let robot = RobotSpec::builtin("panda")?;
    println!("task        successes  steps of a success (mean, most)  numbers  secs an episode");
    for task in TaskId::ALL.into_iter().filter(|task| only.is_none_or(|only| only == *task)) {
        let usual = GymConfig::of(task);
        let config = GymConfig {
            physics_hz: physics_hz.unwrap_or(usual.physics_hz),
            expert_noise: expert_noise.unwrap_or(usual.expert_noise),
            max_secs: max_secs.unwrap_or(usual.max_secs),
            ..usual
        };
        let mut gym = Gym::new(task, &robot, config)?;
        let (start, mut action) = (Instant::now(), Vec::new());
        let mut taken = Vec::new();
        for seed in 0..seeds {
            gym.reset(seed)?;
            for step in 1_u32.. {
                gym.expert_action(&mut action);
                if gym.step(&action)?.ended {
                    if gym.world().truth().success {
                        taken.push(step);
                    }
                    break;
                }
            }
        }
        let mean = f64::from(taken.iter().sum::<u32>()) / f64::from(u32::try_from(taken.len())?.max(1));
        let most = taken.iter().max().copied().unwrap_or(0);
        let secs = start.elapsed().as_secs_f64() / seeds as f64;
        let (observed, acted) = (gym.observation_len(), gym.action_len());
        println!(
            "{:<11} {:>4}/{seeds:<4} {mean:>8.1} {most:>5} {observed:>16}+{acted} {secs:>8.3}",
            task.name(),
            taken.len()
        );
    }
    Ok(())
}
