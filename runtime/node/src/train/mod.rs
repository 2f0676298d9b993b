//! `striatum train TASK`: a learner in a simulated world that gets its rewards over zenoh alone.
//!
//! ```text
//! this process                                            `striatum run`, a process of its own
//! world -> pictures -------- zenoh -------->              frames -> progress -> potential
//! learner: begin, step ----- zenoh -------->              -> shaped reward
//!          transition <----- zenoh ---------
//! ```
//! Lock-step: the world waits for the learner, the learner for the reward, and stamps count simulated time, so the same seed
//! gives the same run however fast the computer is. Or real time, where the wall's clock drives the same loop.
//!
//! - `settings`: what decides a run; `reward`: which reward, and the configuration of the runtime that gives it; `ablation`:
//!   what is left out of it.
//! - `runtime`: that runtime's process; `connect`: reaching it; `bus`: the learner's end of the wire.
//! - `learner`: who learns; `paths`: one of them, by path integrals.
//! - `time`: which of the two, and what it went into.
//! - `stage`: the world and its cameras; `rollout`: one episode; `drivers`: who drives in it.
//! - `ledger`, `steps`, `curve`: what is written down; `checkpoint`: the whole state, after every rollout.

mod ablation;
mod bus;
mod checkpoint;
mod connect;
mod curve;
mod drivers;
mod learner;
mod ledger;
mod paths;
mod reward;
mod rollout;
mod runtime;
mod settings;
mod stage;
mod steps;
#[cfg(test)]
mod tests;
mod time;

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use striatum_robots::RobotSpec;
use striatum_sim::{Gym, GymConfig, TaskId};

pub(crate) use self::ablation::Ablation;
use self::bus::Bus;
use self::checkpoint::State;
use self::connect::connect;
use self::drivers::{Candidate, Demonstrator, Explorer, Losses};
use self::learner::Learner;
pub(crate) use self::learner::Method;
use self::ledger::{EvaluationRow, LastRow, Ledger, RolloutRow};
pub(crate) use self::reward::RewardKind;
use self::rollout::{Rules, Told, play};
use self::settings::Episodes;
pub(crate) use self::settings::Settings;
use self::stage::Stage;
use self::steps::{Kind, Steps};
use self::time::Time;
use crate::cli::say;
use crate::clock;
use crate::error::{Error, Result};
use crate::label::write_whole;

/// What to do.
#[derive(Clone, Debug)]
pub(crate) struct TrainOptions {
    /// What is trained; none to go on with the run in `out`.
    pub(crate) settings: Option<Settings>,
    /// The run's folder.
    pub(crate) out: PathBuf,
    /// A runtime that is up already; one of its own otherwise.
    pub(crate) connect: Option<String>,
}

/// Episodes in a row that a runtime may lose.
const MOST_LOST: u32 = 5;
/// Episodes of the expert that may fail.
const MOST_SHOWN: u32 = 100;

/// Trains to the end, or until `stop`; then the same folder goes on from there.
///
/// # Errors
/// Settings out of range, a folder with another run in it, a runtime that fails, or a disk that is full.
pub(crate) fn train(options: &TrainOptions, stop: &AtomicBool, out: &mut dyn Write) -> Result<()> {
    let mut run = Run::open(options, stop)?;
    run.demonstrate(stop)?;
    if !stop.load(Ordering::Relaxed) {
        run.roll_out(stop)?;
        run.judge_last(stop)?;
    }
    run.save()?;
    if !stop.load(Ordering::Relaxed) {
        run.sum_up()?;
    }
    run.say(out)
}

/// A run that goes on.
struct Run {
    folder: PathBuf,
    /// Held while the run goes on.
    _lock: File,
    state: State,
    learner: Learner,
    time: Time,
    stage: Stage,
    /// A world of its own for evaluations: there the truth alone says when an episode is over.
    judged: Gym,
    steps: Steps,
    bus: Bus,
    /// Episodes that the runtime lost since the last that it did not.
    lost: u32,
    /// When the wall time was last added up, by the monotonic clock.
    counted_nanos: u64,
}

impl Run {
    fn open(options: &TrainOptions, stop: &AtomicBool) -> Result<Self> {
        let file = options.out.join("checkpoint.bin");
        if options.settings.is_none() && !file.is_file() {
            let mend = "give the folder of a run, or leave --resume out";
            return Err(Error::input(file.display().to_string(), "is not there", mend));
        }
        std::fs::create_dir_all(&options.out)
            .map_err(|source| Error::file("make", &options.out, source, "give a folder that can be written"))?;
        let lock = claim(&options.out)?;
        let (state, learner) = match &options.settings {
            None => {
                let (state, learner) = checkpoint::read(&file)?;
                (state, Some(learner))
            }
            Some(settings) => {
                settings.check()?;
                if file.exists() {
                    let mend = "go on with it by --resume, or give another --out";
                    return Err(Error::input(options.out.display().to_string(), "has a run in it", mend));
                }
                let (settings, ledger) = (settings.clone(), Ledger::default());
                (State { settings, ledger, shown: 0, demonstrations: 0, warm: false, simulated_nanos: 0 }, None)
            }
        };
        let settings = &state.settings;
        let (bus, stage) = connect(options, settings, stop)?;
        let learner = match learner {
            Some(bytes) => Learner::load(settings, &stage.gym, &bytes)?,
            None => Learner::new(settings, &stage.gym)?,
        };
        let judged = settings.gym(&RobotSpec::open(&settings.arm)?)?;
        let time = Time::new(state.simulated_nanos, settings.real_time);
        let steps = Steps::open(&options.out, &state)?;
        Ok(Self {
            folder: options.out.clone(),
            _lock: lock,
            state,
            learner,
            time,
            judged,
            stage,
            steps,
            bus,
            lost: 0,
            counted_nanos: clock::monotonic_nanos(),
        })
    }

    fn rules(&self) -> Rules {
        let settings = &self.state.settings;
        Rules {
            reward: settings.reward,
            ablation: settings.ablation,
            gamma: settings.gamma,
            real_time: settings.real_time,
        }
    }

    /// The expert shows how it is done, and the runtime rewards it as it rewards the learner.
    fn demonstrate(&mut self, stop: &AtomicBool) -> Result<()> {
        let rules = self.rules();
        while self.state.demonstrations < self.state.settings.demonstrations && !stop.load(Ordering::Relaxed) {
            let seed = self.state.settings.seed_of(Episodes::Demonstrations, self.state.shown);
            let mut driver = Demonstrator::default();
            self.steps.begin(Kind::Demonstration, self.state.shown + 1);
            let told = play(&mut self.stage, &mut self.bus, &mut self.time, rules, seed, &mut driver, &mut self.steps)?;
            if self.is_lost(told)? {
                continue;
            }
            self.state.shown += 1;
            // An expert that fails demonstrates nothing.
            if told.success {
                driver.teach(&mut self.learner)?;
                self.state.demonstrations += 1;
            } else if self.state.shown > MOST_SHOWN + self.state.settings.demonstrations {
                let shown = self.state.shown;
                let (why, mend) = match self.state.settings.reward.judges_itself() {
                    true => ("was not done when the model called it a success, or time was up,", "adapt from more"),
                    false => ("failed", "give fewer --demonstrations, or another --arm"),
                };
                let why = format!("the expert {why} in most of {shown} episodes");
                return Err(Error::setup("the demonstrations", why, mend));
            }
        }
        Ok(())
    }

    fn roll_out(&mut self, stop: &AtomicBool) -> Result<()> {
        let settings = self.state.settings.clone();
        let bar = bar(settings.rollouts);
        let rules = self.rules();
        if !self.state.warm {
            self.learner.warm_start()?;
            self.state.warm = true;
            self.save()?;
        }
        while self.state.ledger.done() < settings.rollouts && !stop.load(Ordering::Relaxed) {
            let number = self.state.ledger.done();
            let seed = settings.seed_of(Episodes::Rollouts, number);
            self.steps.begin(Kind::Rollout, number + 1);
            self.learner.begin(true)?;
            let mut driver = Explorer {
                learner: &mut self.learner,
                updates_per_step: settings.updates_per_step,
                losses: Losses::default(),
            };
            let told = play(&mut self.stage, &mut self.bus, &mut self.time, rules, seed, &mut driver, &mut self.steps)?;
            let losses = driver.losses;
            if self.is_lost(told)? {
                continue;
            }
            self.learner.end(told.paid)?;
            self.state.ledger.rollouts.push(RolloutRow { rollout: number + 1, seed, told, losses: losses.told() });
            let done = number + 1;
            if settings.evaluate_every > 0 && done.is_multiple_of(settings.evaluate_every) {
                self.evaluate(done)?;
            }
            self.save()?;
            bar.set_position(u64::from(done));
            bar.set_message(format!("{:.0} % of the last 20", 100.0 * self.state.ledger.recent()));
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// An episode that the runtime lost says nothing about the policy and is played again.
    fn is_lost(&mut self, told: Told) -> Result<bool> {
        self.lost = if told.void { self.lost + 1 } else { 0 };
        if self.lost > MOST_LOST {
            let why = format!("{} episodes in a row were lost", self.lost);
            return Err(Error::setup(
                "the runtime",
                why,
                "does another learner use it, or is it restarted all the time?",
            ));
        }
        Ok(told.void)
    }

    /// Episodes without exploration, which nothing looks at: physics alone.
    fn evaluate(&mut self, rollouts: u32) -> Result<()> {
        let (settings, mut successes) = (&self.state.settings, 0);
        let (mut observation, mut action) = (Vec::new(), Vec::new());
        for number in 0..settings.evaluation_episodes {
            let gym = &mut self.judged;
            gym.reset(settings.seed_of(Episodes::Evaluations, number)).map_err(striatum_sim::Error::from)?;
            self.learner.begin(false)?;
            loop {
                gym.observe(&mut observation);
                self.learner.act(&observation, false, &mut action)?;
                let step = gym.step(&action).map_err(striatum_sim::Error::from)?;
                if step.ended {
                    successes += u32::from(step.truth.success);
                    break;
                }
            }
        }
        let episodes = settings.evaluation_episodes;
        self.state.ledger.evaluations.push(EvaluationRow { rollouts, episodes, successes });
        Ok(())
    }

    /// The trained policy under the runtime's eyes: does it do the task, or does it fool the reward?
    fn judge_last(&mut self, stop: &AtomicBool) -> Result<()> {
        let rules = self.rules();
        while !stop.load(Ordering::Relaxed) {
            let number = u32::try_from(self.state.ledger.last.len()).unwrap_or(u32::MAX);
            if number >= self.state.settings.final_episodes {
                break;
            }
            let seed = self.state.settings.seed_of(Episodes::Last, number);
            self.steps.begin(Kind::Last, number + 1);
            self.learner.begin(false)?;
            let mut driver = Candidate { learner: &mut self.learner };
            let told = play(&mut self.stage, &mut self.bus, &mut self.time, rules, seed, &mut driver, &mut self.steps)?;
            if !self.is_lost(told)? {
                self.state.ledger.last.push(LastRow { seed, told });
            }
        }
        Ok(())
    }

    /// Everything that a run that goes on needs, and everything that is to be looked at.
    fn save(&mut self) -> Result<()> {
        self.bus.check()?;
        let counts = std::mem::take(&mut self.bus.counts);
        self.state.ledger.asked_again += counts.asked_again;
        self.state.ledger.void += counts.void;
        self.state.simulated_nanos = self.time.simulated_nanos();
        self.state.ledger.measured.add(&std::mem::take(&mut self.time.measured));
        let now = clock::monotonic_nanos();
        self.state.ledger.wall_secs += (now - std::mem::replace(&mut self.counted_nanos, now)) as f64 / 1e9;
        // Steps that are written twice are dropped by the run that goes on; those that are not are lost.
        self.steps.write()?;
        // Then what a run goes on from; the rest is made of it.
        checkpoint::write(&self.folder.join("checkpoint.bin"), &self.state, &self.learner.save()?)?;
        let ledger = &self.state.ledger;
        for (name, text) in [
            ("rollouts.csv", ledger.rollouts_csv()),
            ("evaluations.csv", ledger.evaluations_csv()),
            ("last.csv", ledger.last_csv(self.state.settings.reward.sees())),
            ("success.svg", curve::svg(&self.state.settings, ledger)),
        ] {
            write_whole(&self.folder.join(name), |file| file.write_all(text.as_bytes()))?;
        }
        Ok(())
    }

    /// Written when all is done, and only then.
    fn sum_up(&self) -> Result<()> {
        let simulated_secs = self.time.simulated_nanos() as f64 / 1e9;
        let summary = self.state.ledger.summary(&self.state.settings, simulated_secs);
        write_whole(&self.folder.join("summary.json"), |file| writeln!(file, "{summary:#}"))
    }

    fn say(&self, out: &mut dyn Write) -> Result<()> {
        let ledger = &self.state.ledger;
        say(
            out,
            format_args!(
                "{}, reward {}: {} rollouts in {:.0} s, {:.0} % of the last 20 succeeded",
                self.state.settings.task,
                self.state.settings.reward_in_words(),
                ledger.done(),
                ledger.wall_secs,
                100.0 * ledger.recent(),
            ),
        )?;
        if let Some(pace) = ledger.pace(&self.state.settings) {
            say(out, format_args!("{pace}"))?;
        }
        if !ledger.last.is_empty() {
            let count = |what: fn(&Told) -> bool| ledger.last.iter().filter(|row| what(&row.told)).count();
            let (successes, all) = (count(|told| told.success), ledger.last.len());
            let fooled = match self.state.settings.reward.sees() {
                true => format!(", {} failed and fooled the reward", count(Told::hacked)),
                false => String::new(),
            };
            say(out, format_args!("trained policy: {successes} of {all} succeeded{fooled}"))?;
        }
        say(out, format_args!("curve: {}", self.folder.join("success.svg").display()))
    }
}

/// Two processes in one folder would overwrite each other's files.
///
/// # Errors
/// Another run goes on there, or a folder that cannot be written.
fn claim(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(|source| Error::file("write", &path, source, "is the folder writable?"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let mend = "wait for that one, or give another --out";
            Err(Error::input(folder.display().to_string(), "a run goes on there at this moment", mend))
        }
        Err(TryLockError::Error(source)) => Err(Error::file("lock", &path, source, "give a folder on a local disk")),
    }
}

fn bar(rollouts: u32) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} rollouts, {eta} left, success {msg}");
    ProgressBar::new(u64::from(rollouts)).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What is usual for a task.
///
/// # Errors
/// A task that there is not.
pub(crate) fn usual_gym(task: &str) -> Result<GymConfig> {
    Ok(GymConfig::of(TaskId::from_name(task).map_err(striatum_sim::Error::from)?))
}

/// The discount whose horizon, `1 / (1 - gamma)`, is a third of the longest episode's steps: what is further away is worth
/// next to nothing, so a long task under a short discount is no task.
pub(crate) fn usual_gamma(gym: &GymConfig) -> f64 {
    const HORIZONS: f64 = 3.0;
    // To a ten-thousandth, so that it can be written down.
    let steps = (gym.max_secs * gym.control_hz).max(2.0 * HORIZONS);
    (1e4 * (1.0 - HORIZONS / steps)).round() / 1e4
}

/// What a run has to know of its bundle.
pub(crate) struct BundleFacts {
    /// What it was adapted for, in words.
    pub(crate) task: String,
    pub(crate) views: Vec<String>,
    /// SHA-256 of its manifest.
    pub(crate) hash: String,
}

/// # Errors
/// A folder that is no bundle.
pub(crate) fn bundle_facts(bundle: &Path) -> Result<BundleFacts> {
    let manifest = striatum_models::Bundle::manifest_in(bundle)?;
    let file = bundle.join("manifest.toml");
    let bytes = std::fs::read(&file).map_err(|source| Error::file("read", &file, source, "give a bundle"))?;
    Ok(BundleFacts { task: manifest.task, views: manifest.views, hash: crate::hash::sha256_hex(&bytes) })
}
