//! What was recorded of each frame set against what comes out again: the fused progress, and each member's progress, std and
//! share. Rewards hold none of the latter.

use std::collections::BTreeMap;

use serde_json::Value;

/// Collects both sides, matched by the frame set's number.
#[derive(Default)]
pub(super) struct FrameSets {
    recomputed: BTreeMap<u64, Value>,
    /// Frame sets that both sides have.
    pub(super) compared: u64,
    /// Of those, the same text in every key that was recorded, and so the same bits of every number.
    pub(super) identical: u64,
    /// Recorded and not recomputed, or not readable.
    pub(super) missing: u64,
    /// Largest difference of a fused progress, or of a member's progress, std or share; infinite where one side has none.
    pub(super) difference: f64,
}

impl FrameSets {
    /// A frame set that the replay scored.
    pub(super) fn recomputed(&mut self, index: u64, said: Value) {
        self.recomputed.insert(index, said);
    }

    /// A frame set from the file.
    pub(super) fn recorded(&mut self, bytes: &[u8]) {
        let old: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let again = old["index"].as_u64().and_then(|index| self.recomputed.remove(&index));
        let Some(mut new) = again else {
            self.missing += 1;
            return;
        };
        self.compared += 1;
        // Recordings from before have fewer keys. The rest is compared as text, and so to the bit.
        if let (Some(new), Some(old)) = (new.as_object_mut(), old.as_object()) {
            new.retain(|key, _| old.contains_key(key));
        }
        if new.to_string().as_bytes() == bytes {
            self.identical += 1;
            return;
        }
        for key in ["progress", "members"] {
            self.difference = self.difference.max(apart(&old[key], &new[key]));
        }
    }

    /// Every recorded frame set came out again to the bit.
    pub(super) fn is_identical(&self) -> bool {
        self.missing == 0 && self.identical == self.compared
    }
}

/// The largest difference of two numbers in the same place.
fn apart(one: &Value, other: &Value) -> f64 {
    match (one, other) {
        (Value::Object(one), Value::Object(others)) if one.len() == others.len() => one
            .iter()
            .map(|(key, value)| others.get(key).map_or(f64::INFINITY, |other| apart(value, other)))
            .fold(0.0, f64::max),
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs(),
            _ => f64::INFINITY,
        },
        _ if one == other => 0.0,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(index: u64, share: f64, std: &str) -> String {
        format!(
            r#"{{"index":{index},"members":{{"grm":{{"progress":0.5,"share":{share},"std":{std}}}}},"progress":0.5}}"#
        )
    }

    fn compared(old: &str, new: &str) -> FrameSets {
        let mut sets = FrameSets::default();
        sets.recomputed(3, serde_json::from_str(new).unwrap_or_default());
        sets.recorded(old.as_bytes());
        sets
    }

    #[test]
    fn the_same_text_is_identical_and_another_share_is_measured() {
        let same = compared(&set(3, 0.25, "0.1"), &set(3, 0.25, "0.1"));
        assert!(same.is_identical() && same.compared == 1);
        let moved = compared(&set(3, 0.25, "0.1"), &set(3, 0.5, "0.1"));
        assert!(!moved.is_identical() && (moved.difference - 0.25).abs() < 1e-12);
    }

    #[test]
    fn keys_that_were_not_recorded_then_make_no_difference_and_keys_that_are_gone_do() {
        let old = set(3, 0.25, "0.1");
        let new = old.replace(r#""progress":0.5}"#, r#""progress":0.5,"revision":0,"uncorrected":0.5}"#);
        assert!(new.ends_with(r#""uncorrected":0.5}"#) && new.len() > old.len());
        assert!(compared(&old, &new).is_identical());
        assert!(!compared(&new, &old).is_identical());
        assert!(!compared(&old, &new.replace("0.25", "0.5")).is_identical());
    }

    #[test]
    fn a_member_that_is_missing_on_one_side_is_no_small_difference() {
        assert!(compared(&set(3, 0.25, "0.1"), &set(3, 0.25, "null")).difference.is_infinite());
        let renamed = set(3, 0.25, "0.1").replace("grm", "absolute");
        assert!(compared(&set(3, 0.25, "0.1"), &renamed).difference.is_infinite());
    }

    #[test]
    fn what_does_not_come_again_or_does_not_read_is_counted() {
        for old in [set(4, 0.25, "0.1"), "not json".to_owned()] {
            let sets = compared(&old, &set(3, 0.25, "0.1"));
            assert!(sets.missing == 1 && !sets.is_identical());
        }
    }
}
