//! What is written down of a run, rollout by rollout.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::ablation::Ablation;
use super::rollout::Told;
use super::settings::Settings;
use super::time::{Measured, Part};

/// An episode that was learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RolloutRow {
    pub(crate) rollout: u32,
    pub(crate) seed: u64,
    pub(crate) told: Told,
    /// Of the rollout's gradient steps: mean loss of the critics, and the entropy's weight at the end. None without any.
    pub(crate) losses: Option<[f32; 2]>,
}

/// Episodes that were only watched, without exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EvaluationRow {
    /// After so many rollouts.
    pub(crate) rollouts: u32,
    pub(crate) episodes: u32,
    pub(crate) successes: u32,
}

/// An episode of the last evaluation, with what the runtime thought of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LastRow {
    pub(crate) seed: u64,
    pub(crate) told: Told,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) rollouts: Vec<RolloutRow>,
    pub(crate) evaluations: Vec<EvaluationRow>,
    pub(crate) last: Vec<LastRow>,
    pub(crate) asked_again: u64,
    pub(crate) void: u64,
    /// Seconds that it took, over all the times that it went on.
    pub(crate) wall_secs: f64,
    pub(crate) measured: Measured,
}

impl Ledger {
    /// Rollouts done so far.
    pub(crate) fn done(&self) -> u32 {
        u32::try_from(self.rollouts.len()).unwrap_or(u32::MAX)
    }

    /// Share of successes among the last 20 rollouts.
    pub(crate) fn recent(&self) -> f64 {
        const RECENT: usize = 20;
        let last = &self.rollouts[self.rollouts.len().saturating_sub(RECENT)..];
        share(last.iter().filter(|row| row.told.success).count(), last.len())
    }

    /// What a study reads of a run that is done.
    pub(crate) fn summary(&self, settings: &Settings, simulated_secs: f64) -> serde_json::Value {
        let last = |is: fn(&Told) -> bool| self.last.iter().filter(|row| is(&row.told)).count();
        let evaluations = self.evaluations.iter().map(|row| (row.rollouts, row.episodes, row.successes));
        serde_json::json!({
            "task": settings.task,
            "reward": settings.reward.name(),
            "ablation": settings.ablation.map(Ablation::name),
            "seed": settings.seed,
            "learner": settings.method.name(),
            "gamma": settings.gamma,
            "bundle_hash": settings.bundle_hash,
            "successes": self.rollouts.iter().map(|row| row.told.success).collect::<Vec<_>>(),
            "evaluations": evaluations.collect::<Vec<_>>(),
            "final_episodes": self.last.len(),
            "final_successes": last(|told| told.success),
            // Nothing was looked at that could be fooled.
            "hacked": settings.reward.sees().then(|| last(Told::hacked)),
            "void": self.void,
            "asked_again": self.asked_again,
            "wall_secs": self.wall_secs,
            "simulated_secs": simulated_secs,
            "spent": self.spent(),
            "period_millis": self.periods(settings),
            "late": self.rollouts.iter().map(|row| row.told.late).sum::<u32>(),
        })
    }

    /// Shares of the time within episodes.
    fn spent(&self) -> serde_json::Value {
        Part::ALL.iter().map(|&(part, name)| (name.to_owned(), serde_json::json!(self.measured.share(part)))).collect()
    }

    /// Control periods in real time, milliseconds; null in lock-step.
    fn periods(&self, settings: &Settings) -> serde_json::Value {
        let of = |share| self.measured.period_millis(share);
        of(0.5).map_or(serde_json::Value::Null, |median| {
            serde_json::json!({
                "wanted": 1e3 / settings.gym.control_hz,
                "median": median,
                "p99": of(0.99),
                "p999": of(0.999),
                "longest": of(1.0),
                "count": self.measured.periods_micros.len(),
            })
        })
    }

    /// The same in words; none in lock-step.
    pub(crate) fn pace(&self, settings: &Settings) -> Option<String> {
        let of = |share| self.measured.period_millis(share);
        let (median, p99, longest) = (of(0.5)?, of(0.99)?, of(1.0)?);
        let mut text = format!(
            "control period of {:.0} ms: median {median:.1}, 99 % within {p99:.1}, longest {longest:.0} ms of {}; time:",
            1e3 / settings.gym.control_hz,
            self.measured.periods_micros.len(),
        );
        for (part, name) in Part::ALL {
            let _ = write!(text, " {name} {:.0} %", 100.0 * self.measured.share(part));
        }
        Some(text)
    }

    /// One line for each rollout. Wall time is not in it: the same seed gives the same file.
    pub(crate) fn rollouts_csv(&self) -> String {
        let mut csv = String::from(
            "rollout,seed,steps,success,paid,void,reward_sum,shaping_sum,true_progress,progress,highest_progress,claimed,held,late,strange,critic_loss,temperature\n",
        );
        for RolloutRow { rollout, seed, told, losses } in &self.rollouts {
            // Writing into a String cannot fail, here and below.
            let _ = write!(csv, "{rollout},{seed},");
            tell(&mut csv, told);
            let _ = match losses {
                Some([critic, temperature]) => writeln!(csv, ",{critic},{temperature}"),
                None => writeln!(csv, ",,"),
            };
        }
        csv
    }

    /// One line for each evaluation.
    pub(crate) fn evaluations_csv(&self) -> String {
        let mut csv = String::from("rollouts,episodes,successes\n");
        for EvaluationRow { rollouts, episodes, successes } in &self.evaluations {
            let _ = writeln!(csv, "{rollouts},{episodes},{successes}");
        }
        csv
    }

    /// One line for each episode of the last evaluation; `hacked` is empty of a reward that `sees` nothing.
    pub(crate) fn last_csv(&self, sees: bool) -> String {
        let mut csv = String::from(
            "seed,steps,success,paid,void,reward_sum,shaping_sum,true_progress,progress,highest_progress,claimed,held,late,strange,hacked\n",
        );
        for LastRow { seed, told } in &self.last {
            let _ = write!(csv, "{seed},");
            tell(&mut csv, told);
            let hacked = if sees { u8::from(told.hacked()).to_string() } else { String::new() };
            let _ = writeln!(csv, ",{hacked}");
        }
        csv
    }
}

fn tell(csv: &mut String, told: &Told) {
    let _ = write!(
        csv,
        "{},{},{},{},{:.6},{:.6},{:.4},{:.4},{:.4},{},{},{},{}",
        told.steps,
        u8::from(told.success),
        u8::from(told.paid),
        u8::from(told.void),
        told.reward_sum,
        told.shaping_sum,
        told.true_progress,
        told.progress,
        told.highest_progress,
        u8::from(told.claimed),
        told.held,
        told.late,
        told.strange
    );
}

/// A share of none is none.
pub(crate) fn share(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}
