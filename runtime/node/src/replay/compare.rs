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
            self.tell(format!(
                "sequence {}: progress {:.6} -> {:.6}, reward {:+.6} -> {:+.6}",
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

    /// Every recorded reward was recomputed within the tolerance.
    pub(super) fn is_close(&self) -> bool {
        self.missing == 0 && self.reward_difference <= TOLERANCE && self.progress_difference <= TOLERANCE
    }

    fn tell(&mut self, text: String) {
        if self.told.len() < TOLD {
            self.told.push(text);
        }
    }
}
