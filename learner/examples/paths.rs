//! Path integrals on one scene of a simulated task, from a demonstration in another: how many rollouts of each step succeed.
//!
//! `cargo run -p striatum-learner --example paths -- TASK [DEMONSTRATION'S SEED] [SCENE'S SEED] [STEPS] [NOISE]`
#![allow(clippy::print_stdout)]

use striatum_learner::{Pi2, Pi2Config};
use striatum_robots::RobotSpec;
use striatum_sim::{Gym, GymConfig, TaskId};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const DISCOUNT: f64 = 0.97;

/// The return of a rollout under true-progress shaping, and whether it succeeded.
fn play(gym: &mut Gym, seed: u64, actions: &[f32]) -> Outcome<(f64, bool)> {
    gym.reset(seed)?;
    let rows: Vec<&[f32]> = actions.chunks_exact(gym.action_len()).collect();
    let (mut kept, mut value) = (1.0, 0.0);
    let mut before = gym.world().truth().progress;
    for step in 0.. {
        let mut action = rows[usize::min(step, rows.len() - 1)].to_vec();
        if step >= rows.len() {
            // The arm stays where it is, the gripper as it was.
            action.iter_mut().take(Gym::MOVES).for_each(|number| *number = 0.0);
        }
        let taken = gym.step(&action)?;
        let done = taken.ended && taken.truth.success;
        let after = if done { 0.0 } else { taken.truth.progress };
        value += kept * (f64::from(u8::from(done)) + DISCOUNT * after - before);
        kept *= DISCOUNT;
        before = after;
        if taken.ended {
            return Ok((value, done));
        }
    }
    Err("an episode ends".into())
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let task = TaskId::from_name(&arguments.next().ok_or("give a task, as door")?)?;
    let mut next = |usual: &str| arguments.next().unwrap_or_else(|| usual.to_owned());
    let (shown, scene, steps) = (next("1").parse()?, next("2").parse()?, next("11").parse::<u32>()?);
    let noise = next("0.3").parse()?;
    let mut gym =
        Gym::new(task, &RobotSpec::builtin("panda")?, GymConfig { expert_noise: 0.0, ..GymConfig::of(task) })?;
    let (mut demonstration, mut action) = (Vec::new(), Vec::new());
    gym.reset(shown)?;
    loop {
        gym.expert_action(&mut action);
        demonstration.extend_from_slice(&action);
        if gym.step(&action)?.ended {
            break;
        }
    }
    let mut pi2 = Pi2::new(&demonstration, gym.action_len(), Pi2Config { noise, ..Pi2Config::default() }, 0)?;
    let mut actions = Vec::new();
    for step in 0..=steps {
        pi2.best(&mut actions);
        let (value, done) = play(&mut gym, scene, &actions)?;
        let progress = gym.world().truth().progress;
        let mut successes = 0;
        for _ in 0..Pi2Config::default().rollouts {
            pi2.propose(&mut actions);
            let (value, done) = play(&mut gym, scene, &actions)?;
            #[allow(clippy::cast_possible_truncation)]
            pi2.hear(-value as f32)?;
            successes += u32::from(done);
        }
        println!(
            "step {step:>2}: {successes:>2} of 10 succeed; the middle: {done} value {value:.3} progress {progress:.2}"
        );
    }
    Ok(())
}
