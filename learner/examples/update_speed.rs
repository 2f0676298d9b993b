//! How long an update takes, and whether it comes to the same bits twice. Compare processor time: `time` before the command.
//!
//! `cargo run -p striatum-learner --example update_speed -- [units of a hidden layer] [critics] [updates]`
#![allow(clippy::print_stdout)]

use std::time::Instant;

use striatum_learner::{Result, Sac, SacConfig, Transition};

const OBSERVATION: usize = 27;
const ACTION: usize = 4;

fn run(hidden: usize, critics: usize, updates: u32) -> Result<u32> {
    let config = SacConfig { hidden, critics, subset: critics, actor_every: 1, actor_after: 0, ..SacConfig::default() };
    let mut sac = Sac::new(OBSERVATION, ACTION, config, 1)?;
    let (mut state, mut action) = (vec![0.0; OBSERVATION], Vec::new());
    for step in 0..500_u16 {
        let before = state.clone();
        sac.act(&before, true, &mut action)?;
        for (index, value) in state.iter_mut().enumerate() {
            *value = 0.9 * *value + 0.1 * action[index % ACTION];
        }
        let reward = state[0] - f32::from(step % 2);
        sac.remember(Transition {
            observation: &before,
            action: &action,
            reward,
            discount: 0.98,
            next_observation: &state,
            potentials: [0.0; 2],
        })?;
    }
    let start = Instant::now();
    let mut last = 0.0;
    for _ in 0..updates {
        last = sac.update()?.critic;
    }
    let ms = start.elapsed().as_secs_f64() * 1e3 / f64::from(updates);
    println!("{hidden} units, {critics} critics: {ms:.2} ms an update, last loss {:08x}", last.to_bits());
    Ok(last.to_bits())
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u32>().ok());
    let mut next = |usual: u32| arguments.next().flatten().unwrap_or(usual);
    let (hidden, critics, updates) = (next(64) as usize, next(5) as usize, next(200));
    let same = run(hidden, critics, updates)? == run(hidden, critics, updates)?;
    println!("{}", if same { "the same bits twice" } else { "NOT the same bits twice" });
    Ok(())
}
