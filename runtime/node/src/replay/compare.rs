//! Recorded rewards against recomputed ones, matched by sequence number.

use std::collections::BTreeMap;

use striatum_wire::ShapedReward;

/// Two rewards that differ by no more than this are the same where bits cannot be: another processor, thread count or build.
pub(super) const TOLERANCE: f64 = 1e-5;

/// How many differences are told one by one.
const TOLD: usize = 5;

/// Collects both sides.
#[derive(Default)]
pub(super) struct Comparison {
    recomputed: BTreeMap<u64, Vec<u8>>,
    /// Rewards that both sides have.
    pub(super) compared: u64,
    /// Of those, equal in every bit.
    pub(super) identical: u64,
    /// Recorded and not recomputed.
    pub(super) missing: u64,
    /// Largest difference of a reward.
    pub(super) reward_difference: f64,
    /// Largest difference of a progress.
    pub(super) progress_difference: f64,
    /// Rewards that say something else of the task's end: who succeeded, by whom, how the step ended, what was paid. No rounding
    /// makes them differ.
    pub(super) otherwise: u64,
    /// Sum of the differences of progress.
    progress_sum: f64,
    /// The first differences, in words.
    pub(super) told: Vec<String>,
}

impl Comparison {
    /// A reward that the replay computed.
    pub(super) fn recomputed(&mut self, message: &ShapedReward, bytes: &[u8]) {
        self.recomputed.insert(message.sequence, bytes.to_vec());
    }

    /// A reward from the file.
    pub(super) fn recorded(&mut self, bytes: &[u8]) {
        let Ok(old) = ShapedReward::decode(bytes) else {
            self.missing += 1;
            self.tell("a recorded reward does not decode".to_owned());
            return;
        };
        let Some(again) = self.recomputed.remove(&old.sequence) else {
            self.missing += 1;
            self.tell(format!("sequence {} was recorded and not recomputed", old.sequence));
            return;
        };
        self.compared += 1;
        if again == bytes {
            self.identical += 1;
            return;
        }
        if let Ok(new) = ShapedReward::decode(&again) {
            let progress = (new.progress_mean - old.progress_mean).abs();
            self.reward_difference = self.reward_difference.max((new.reward - old.reward).abs());
            self.progress_difference = self.progress_difference.max(progress);
            self.progress_sum += progress;
            let otherwise = said_otherwise(&old, &new);
            self.otherwise += u64::from(!otherwise.is_empty());
            self.tell(format!(
                "sequence {}: progress {:.6} -> {:.6}, reward {:+.6} -> {:+.6}{otherwise}",
                old.sequence, old.progress_mean, new.progress_mean, old.reward, new.reward
            ));
        }
    }

    /// Mean difference of progress over what both sides have.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub(super) fn mean_progress_difference(&self) -> f64 {
        if self.compared == 0 { 0.0 } else { self.progress_sum / self.compared as f64 }
    }

    /// Every recorded reward was recomputed to the bit.
    pub(super) fn is_identical(&self) -> bool {
        self.missing == 0 && self.identical == self.compared
    }

    /// Every recorded reward was recomputed within the tolerance, and says the same of the task's end.
    pub(super) fn is_close(&self) -> bool {
        self.missing == 0
            && self.otherwise == 0
            && self.reward_difference <= TOLERANCE
            && self.progress_difference <= TOLERANCE
    }

    fn tell(&mut self, text: String) {
        if self.told.len() < TOLD {
            self.told.push(text);
        }
    }
}

/// What the two say of the task's end, where it is not the same; nothing where it is.
fn said_otherwise(old: &ShapedReward, new: &ShapedReward) -> String {
    let mut text = String::new();
    let mut told = |what: &str, same: bool, old: &str, new: &str| {
        if !same {
            text += &format!(", {what} {old} -> {new}");
        }
    };
    told("success", old.success == new.success, old.success.name(), new.success.name());
    let (source, again) = (old.success_source, new.success_source);
    told("source", source == again, source.name(), again.name());
    told("ending", old.ending == new.ending, old.ending.name(), new.ending.name());
    let word = |yes: bool| if yes { "yes" } else { "no" };
    told("bootstraps", old.bootstraps == new.bootstraps, word(old.bootstraps), word(new.bootstraps));
    let same = old.gold.to_bits() == new.gold.to_bits();
    told("gold", same, &old.gold.to_string(), &new.gold.to_string());
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use striatum_core::{Ending, ShapingMode, StampNanos, Success, SuccessSource, ViewMask};
    use striatum_wire::{BundleHash, EpisodeId, QualityFlags};

    use super::*;

    fn reward() -> ShapedReward {
        ShapedReward {
            sequence: 1,
            epoch: 2,
            episode: EpisodeId([3; 16]),
            step: 4,
            capture_oldest_nanos: StampNanos(5),
            capture_newest_nanos: StampNanos(6),
            published_nanos: StampNanos(7),
            valid: true,
            shaping_mode: ShapingMode::Potential,
            gamma: 0.99,
            k: 1.0,
            potential_prev: 0.5,
            potential: 0.6,
            shaping: 0.094,
            gold: 0.0,
            reward: 0.094,
            progress_mean: 0.6,
            progress_std: 0.05,
            ood: 0.2,
            votes: 2,
            views_used: ViewMask::first(2),
            ending: Ending::Running,
            bootstraps: true,
            success: Success::Unknown,
            success_source: SuccessSource::None,
            quality: QualityFlags::NONE,
            bundle_hash: BundleHash([8; 32]),
            model_revision: 0,
        }
    }

    fn compared(old: &ShapedReward, new: &ShapedReward) -> Comparison {
        let bytes = |reward: &ShapedReward| {
            let mut bytes = vec![0; ShapedReward::MAX_LEN];
            let length = reward.encode(&mut bytes).unwrap();
            bytes.truncate(length);
            bytes
        };
        let mut comparison = Comparison::default();
        comparison.recomputed(new, &bytes(new));
        comparison.recorded(&bytes(old));
        comparison
    }

    #[test]
    fn numbers_may_round_and_words_may_not() {
        let old = reward();
        assert!(compared(&old, &old).is_identical());
        let rounded = ShapedReward { reward: 0.094 + 1e-7, progress_mean: 0.6 - 1e-7, ..old };
        assert!(compared(&old, &rounded).is_close() && !compared(&old, &rounded).is_identical());
        assert!(!compared(&old, &ShapedReward { progress_mean: 0.61, ..old }).is_close());
        for (other, said) in [
            (ShapedReward { success: Success::Yes, ..old }, "success unknown -> yes"),
            (ShapedReward { success_source: SuccessSource::Model, ..old }, "source none -> model"),
            (ShapedReward { ending: Ending::Truncated, ..old }, "ending running -> truncated"),
            (ShapedReward { bootstraps: false, ..old }, "bootstraps yes -> no"),
            (ShapedReward { gold: 1e-9, ..old }, "gold 0 -> 0.000000001"),
        ] {
            let found = compared(&old, &other);
            assert!(!found.is_close() && found.otherwise == 1, "{said}");
            assert!(found.told[0].ends_with(said), "{:?}", found.told);
        }
    }
}
