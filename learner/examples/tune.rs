//! Learns one simulated task from its true state, and prints how often it succeeds on the way: what the defaults were
//! found with.
//!
//! `cargo run -p striatum-learner --example tune -- TASK [KEY=VALUE...]`; keys: `reward` (sparse or true), `noise` (of the true potential, standard
//! deviation), `seen` (whether critics are told it), `seed`, `rollouts`,
//! `demonstrations`, `updates` (for each step), `gamma`, `every` (rollouts between evaluations), `evaluations` (episodes of
//! each), and every number of `SacConfig`.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::Instant;

use striatum_learner::{Random, Sac, SacConfig, Transition};
use striatum_robots::RobotSpec;
use striatum_sim::{Gym, GymConfig, TaskId};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Seeds of demonstrations and of evaluations; rollouts have the learner's own.
const DEMONSTRATIONS_FROM: u64 = 1_000_000;
const EVALUATIONS_FROM: u64 = 2_000_000;
/// A demonstration that fails is left out; so many seeds are tried.
const SEEDS_TRIED: u64 = 1000;

struct Plan {
    shaped: bool,
    /// Standard deviation of an error of the potential, drawn anew in each state.
    noise: f64,
    /// Whether the critics are told the potential.
    seen: bool,
    seed: u64,
    rollouts: u64,
    demonstrations: u64,
    updates: u64,
    gamma: f64,
    every: u64,
    evaluations: u64,
}

/// What an episode was like.
#[derive(Default)]
struct Played {
    steps: u64,
    success: bool,
    progress: f64,
}

enum Driver {
    Expert,
    Explore,
    Settled,
}

struct Trial {
    plan: Plan,
    gym: Gym,
    sac: Sac,
    physics_secs: f64,
    learning_secs: f64,
}

impl Trial {
    /// One episode; what it was like, and its transitions in order.
    fn play(&mut self, seed: u64, driver: &Driver, learn: bool) -> Outcome<(Played, Vec<Vec<f32>>)> {
        let (mut now, mut next, mut action) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = Vec::new();
        let mut played = Played::default();
        let start = Instant::now();
        self.gym.reset(seed)?;
        self.gym.observe(&mut now);
        self.physics_secs += start.elapsed().as_secs_f64();
        // Of a stream that no learner has.
        let mut chance = Random::new(seed, 9);
        let mut potential = self.gym.world().truth().progress + self.plan.noise * f64::from(chance.normal());
        loop {
            let start = Instant::now();
            match driver {
                Driver::Expert => self.gym.expert_action(&mut action),
                Driver::Explore => self.sac.act(&now, true, &mut action)?,
                Driver::Settled => self.sac.act(&now, false, &mut action)?,
            }
            let step = self.gym.step(&action)?;
            self.gym.observe(&mut next);
            self.physics_secs += start.elapsed().as_secs_f64();
            played.steps += 1;
            let terminal = step.ended && step.truth.success;
            let seen = step.truth.progress + self.plan.noise * f64::from(chance.normal());
            let after = if terminal { 0.0 } else { seen };
            let gold = f64::from(u8::from(terminal));
            let shaping = if self.plan.shaped { self.plan.gamma * after - potential } else { 0.0 };
            #[allow(clippy::cast_possible_truncation)]
            let potentials =
                if self.plan.shaped && self.plan.seen { [potential as f32, after as f32] } else { [0.0; 2] };
            potential = seen;
            played.progress = played.progress.max(step.truth.progress);
            #[allow(clippy::cast_possible_truncation)]
            let (reward, discount) = ((gold + shaping) as f32, if terminal { 0.0 } else { self.plan.gamma as f32 });
            if matches!(driver, Driver::Expert) {
                let mut row = now.clone();
                row.extend(&action);
                row.extend([reward, discount]);
                row.extend(potentials);
                row.extend(&next);
                rows.push(row);
            } else if learn {
                self.sac.remember(Transition {
                    observation: &now,
                    action: &action,
                    reward,
                    discount,
                    next_observation: &next,
                    potentials,
                })?;
                let start = Instant::now();
                for _ in 0..self.plan.updates {
                    self.sac.update()?;
                }
                self.learning_secs += start.elapsed().as_secs_f64();
            }
            std::mem::swap(&mut now, &mut next);
            if step.ended {
                played.success = step.truth.success;
                return Ok((played, rows));
            }
        }
    }

    fn demonstrate(&mut self) -> Outcome<()> {
        let [observation, action] = [self.gym.observation_len(), self.gym.action_len()];
        let mut shown = 0;
        for seed in DEMONSTRATIONS_FROM..DEMONSTRATIONS_FROM + SEEDS_TRIED {
            let (played, rows) = self.play(seed + 1000 * self.plan.seed, &Driver::Expert, false)?;
            if !played.success {
                continue;
            }
            self.sac.remember_demonstration(rows.iter().map(|row| {
                let (before, rest) = row.split_at(observation);
                let (done, rest) = rest.split_at(action);
                Transition {
                    observation: before,
                    action: done,
                    reward: rest[0],
                    discount: rest[1],
                    next_observation: &rest[4..],
                    potentials: [rest[2], rest[3]],
                }
            }))?;
            shown += 1;
            if shown == self.plan.demonstrations {
                break;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, rollouts: u64, lately: f64) -> Outcome<()> {
        let (mut successes, mut steps, mut progress) = (0_u64, 0, 0.0);
        let mut missed = String::new();
        for episode in 0..self.plan.evaluations {
            let (played, _) = self.play(EVALUATIONS_FROM + episode, &Driver::Settled, false)?;
            successes += u64::from(played.success);
            steps += played.steps;
            progress += played.progress;
            if !played.success {
                let end = self.gym.world().truth().progress;
                missed.push_str(&format!(" {:.2}>{end:.2}", played.progress));
            }
        }
        let losses = self.sac.update()?;
        #[allow(clippy::cast_precision_loss)]
        let share = |sum: f64| sum / self.plan.evaluations.max(1) as f64;
        #[allow(clippy::cast_precision_loss)]
        let (success, steps) = (share(successes as f64), share(steps as f64));
        println!(
            "{rollouts:>4} rollouts: success {success:.2} progress {:.2} steps {steps:>5.1} lately {lately:.2} | value {:.3} \
             error {:.5} entropy {:.2} temperature {:.5} | physics {:.0} s learning {:.0} s |{missed}",
            share(progress),
            losses.value,
            losses.critic,
            losses.entropy,
            losses.temperature,
            self.physics_secs,
            self.learning_secs
        );
        Ok(())
    }

    fn run(&mut self) -> Outcome<()> {
        self.demonstrate()?;
        if self.plan.demonstrations > 0 {
            println!("cloned to {:.4}", self.sac.warm_start()?);
        }
        self.evaluate(0, 0.0)?;
        let mut lately = Vec::new();
        for rollout in 0..self.plan.rollouts {
            let seed = self.plan.seed * 10_000 + rollout;
            self.sac.begin_rollout();
            let (played, _) = self.play(seed, &Driver::Explore, true)?;
            self.sac.end_rollout(played.success);
            lately.push(f64::from(u8::from(played.success)));
            if (rollout + 1) % self.plan.every == 0 {
                #[allow(clippy::cast_precision_loss)]
                let mean = lately.iter().sum::<f64>() / lately.len() as f64;
                self.evaluate(rollout + 1, mean)?;
                lately.clear();
            }
        }
        Ok(())
    }
}

/// `KEY=VALUE` arguments, each to be used once.
struct Keys(BTreeMap<String, String>);

impl Keys {
    fn take<T: std::str::FromStr>(&mut self, key: &str, usual: T) -> Outcome<T> {
        match self.0.remove(key) {
            Some(text) => text.parse().map_err(|_| format!("{key}: `{text}` cannot be read").into()),
            None => Ok(usual),
        }
    }
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let task = TaskId::from_name(&arguments.next().ok_or("give a task, as push")?)?;
    let pairs = arguments.map(|text| text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())));
    let mut keys = Keys(pairs.collect::<Option<_>>().ok_or("give KEY=VALUE after the task")?);
    let plan = Plan {
        shaped: keys.take("reward", "true".to_owned())? == "true",
        noise: keys.take("noise", 0.0)?,
        seen: keys.take("seen", true)?,
        seed: keys.take("seed", 0)?,
        rollouts: keys.take("rollouts", 150)?,
        demonstrations: keys.take("demonstrations", 5)?,
        updates: keys.take("updates", 3)?,
        gamma: keys.take("gamma", 0.97)?,
        every: keys.take("every", 25)?,
        evaluations: keys.take("evaluations", 20)?,
    };
    let gym_usual = GymConfig::of(task);
    let gym_config = GymConfig {
        physics_hz: keys.take("physics_hz", gym_usual.physics_hz)?,
        max_secs: keys.take("max_secs", gym_usual.max_secs)?,
        expert_noise: keys.take("expert_noise", gym_usual.expert_noise)?,
        ..gym_usual
    };
    let usual = SacConfig::default();
    let config = SacConfig {
        hidden: keys.take("hidden", usual.hidden)?,
        layers: keys.take("layers", usual.layers)?,
        critics: keys.take("critics", usual.critics)?,
        subset: keys.take("subset", usual.subset)?,
        batch: keys.take("batch", usual.batch)?,
        demonstration_share: keys.take("demonstration_share", usual.demonstration_share)?,
        look_ahead: keys.take("look_ahead", usual.look_ahead)?,
        learning_rate: keys.take("learning_rate", usual.learning_rate)?,
        actor_decay: keys.take("actor_decay", usual.actor_decay)?,
        target_rate: keys.take("target_rate", usual.target_rate)?,
        initial_temperature: keys.take("initial_temperature", usual.initial_temperature)?,
        target_entropy: keys.take("target_entropy", usual.target_entropy)?,
        entropy_backup: keys.take("entropy_backup", usual.entropy_backup)?,
        actor_every: keys.take("actor_every", usual.actor_every)?,
        actor_after: keys.take("actor_after", usual.actor_after)?,
        cloning_weight: keys.take("cloning_weight", usual.cloning_weight)?,
        cloning_updates: keys.take("cloning_updates", usual.cloning_updates)?,
        imitate_success: keys.take("imitate_success", usual.imitate_success)?,
        settled_spread: keys.take("settled_spread", usual.settled_spread)?,
        capacity: keys.take("capacity", usual.capacity)?,
    };
    if let Some(key) = keys.0.keys().next() {
        return Err(format!("`{key}`: is no key; see the head of this example").into());
    }
    let gym = Gym::new(task, &RobotSpec::builtin("panda")?, gym_config)?;
    let sac = Sac::new(gym.observation_len(), gym.action_len(), config, plan.seed)?;
    Trial { plan, gym, sac, physics_secs: 0.0, learning_secs: 0.0 }.run()
}
