//! What must hold of a playback.

use std::fmt;

use crate::eval::curve::Curve;
use crate::eval::measures::{drift, mae, share, spearman_with_time};

/// Rows of a playback that must be flagged before it counts as flagged, as a share.
const FLAGGED_SHARE: f64 = 0.5;

/// Frames from this truth on show the goal.
const GOAL: f64 = 0.95;

/// Something that holds of a playback, or does not. `Display` says what it asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Condition {
    /// VOC+ of the playback is no greater: what is shown does not go forward.
    OrderAtMost(f64),
    /// Progress does not move: neither does the picture.
    DriftAtMost(f64),
    /// No row says success that shows nothing of the kind, and the verdict at the end is not success unless the frames that are
    /// shown end at the goal.
    NoFalseSuccess,
    /// Neither a row nor the verdict says success, or the rows are flagged as out of distribution.
    NotTrusted,
    /// The rows are flagged as out of distribution.
    Flagged,
    /// The mean absolute error is greater than that of the plain clip by no more.
    ErrorRisesAtMost(f64),
    /// The verdict is that of the plain clip.
    SameVerdict,
}

impl Condition {
    /// Why it does not hold of `played`, with `plain` the clip as it is; `None` where it holds.
    pub(crate) fn broken(self, played: &Curve, plain: &Curve) -> Option<String> {
        let at_most = |name: &str, value: f64, most: f64| {
            // A value that is no number is not at most anything.
            if value <= most { None } else { Some(format!("{name} {value:.3}")) }
        };
        let flagged = share(&played.flagged);
        let is_flagged = flagged >= FLAGGED_SHARE;
        match self {
            Self::OrderAtMost(most) => at_most("VOC+", spearman_with_time(&played.progress), most),
            Self::DriftAtMost(most) => at_most("drift", drift(&played.progress), most),
            Self::NoFalseSuccess => {
                let rows = played.false_successes().count();
                let at = |row: usize| {
                    let (secs, truth) = (played.timestamp_secs[row], played.truth[row]);
                    format!("{rows} rows called a success, the first at {secs:.1} s and a truth of {truth:.2}")
                };
                let truly = played.truth.last().copied().unwrap_or_default();
                let at_the_end = || {
                    (played.succeeded() && truly < GOAL).then(|| format!("called a success at a truth of {truly:.2}"))
                };
                played.false_successes().next().map(at).or_else(at_the_end)
            }
            Self::NotTrusted => (played.ever_succeeds() && !is_flagged)
                .then(|| format!("called a success, {:.0} % of rows flagged", 100.0 * flagged)),
            Self::Flagged => (!is_flagged).then(|| format!("{:.0} % of rows flagged", 100.0 * flagged)),
            Self::ErrorRisesAtMost(most) => {
                at_most("MAE up", mae(&played.progress, &played.truth) - mae(&plain.progress, &plain.truth), most)
            }
            Self::SameVerdict => {
                let word = |curve: &Curve| if curve.succeeded() { "success" } else { "failure" };
                (played.succeeded() != plain.succeeded())
                    .then(|| format!("verdict {}, without the attack {}", word(played), word(plain)))
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrderAtMost(most) => write!(f, "VOC+ at most {most}"),
            Self::DriftAtMost(most) => write!(f, "drift at most {most}"),
            Self::NoFalseSuccess => write!(f, "no success that the frames do not show"),
            Self::NotTrusted => write!(f, "no success, or half of the rows flagged"),
            Self::Flagged => write!(f, "half of the rows flagged"),
            Self::ErrorRisesAtMost(most) => write!(f, "MAE up by at most {most}"),
            Self::SameVerdict => write!(f, "verdict as without"),
        }
    }
}

#[cfg(test)]
mod tests {
    use striatum_core::StampNanos;

    use super::*;

    fn curve(progress: &[f64], truth: &[f64], flagged: bool) -> Curve {
        let flagged = vec![flagged; progress.len()];
        let rows = progress.len();
        let timestamp_secs: Vec<f64> = (0..u32::try_from(rows).unwrap_or(0)).map(|row| f64::from(row) / 5.0).collect();
        let captured = (0..rows as u64).map(|row| StampNanos(200_000_000 * row)).collect();
        Curve {
            progress: progress.to_vec(),
            truth: truth.to_vec(),
            flagged,
            timestamp_secs,
            captured,
            success: vec![false; rows],
            not_done: truth.iter().map(|&truth| truth < 0.7).collect(),
            ..Curve::default()
        }
    }

    #[test]
    fn a_success_that_is_lost_again_is_false_wherever_nothing_is_done() {
        let plain = curve(&[0.1; 12], &[0.0; 12], false);
        let with = |truth: [f64; 12], yes: std::ops::Range<usize>| {
            let mut curve = curve(&[0.1; 12], &truth, false);
            curve.goal = vec![Some(0.1); 12];
            yes.for_each(|row| curve.success[row] = true);
            curve
        };
        let broken = |curve: &Curve| Condition::NoFalseSuccess.broken(curve, &plain);
        let seen = with([0.5; 12], 4..7);
        assert_eq!(broken(&seen).as_deref(), Some("3 rows called a success, the first at 0.8 s and a truth of 0.50"));
        assert!((seen.false_success_share() - 0.25).abs() < 1e-12 && seen.first_success_secs() == Some(0.8));
        assert!(Condition::NotTrusted.broken(&seen, &plain).is_some(), "whatever the end says");
        assert!(broken(&with([0.5; 12], 0..0)).is_none());
        // The rule looks back for a second: what was done less than that ago is not yet false, what is older is.
        let mut undone = [0.5; 12];
        undone[..3].fill(1.0);
        assert!(broken(&with(undone, 0..7)).is_none());
        assert!(broken(&with(undone, 0..8)).is_some());
    }

    #[test]
    fn each_condition_holds_and_breaks_where_it_should() {
        let plain = curve(&[0.0, 0.5, 0.9, 1.0], &[0.0, 0.5, 0.9, 1.0], false);
        let back = curve(&[1.0, 0.9, 0.5, 0.0], &[1.0, 0.9, 0.5, 0.0], false);
        let fooled = curve(&[0.0, 0.5, 0.9, 1.0], &[1.0, 0.9, 0.5, 0.0], false);
        let strange = curve(&[0.0, 0.5, 0.9, 1.0], &[0.0; 4], true);
        let still = curve(&[0.5, 0.505, 0.5, 0.5], &[0.5; 4], false);
        let holds = |condition: Condition, played: &Curve| condition.broken(played, &plain).is_none();
        assert!(holds(Condition::OrderAtMost(-0.9), &back) && !holds(Condition::OrderAtMost(-0.9), &fooled));
        assert!(holds(Condition::DriftAtMost(0.01), &still) && !holds(Condition::DriftAtMost(0.01), &back));
        assert!(holds(Condition::NoFalseSuccess, &plain), "it is a success");
        assert!(holds(Condition::NoFalseSuccess, &back) && !holds(Condition::NoFalseSuccess, &fooled));
        assert!(holds(Condition::NotTrusted, &strange) && holds(Condition::NotTrusted, &back));
        assert!(!holds(Condition::NotTrusted, &plain));
        assert!(holds(Condition::Flagged, &strange) && !holds(Condition::Flagged, &back));
        assert!(holds(Condition::ErrorRisesAtMost(0.1), &still) && !holds(Condition::ErrorRisesAtMost(0.1), &fooled));
        assert!(holds(Condition::SameVerdict, &fooled) && !holds(Condition::SameVerdict, &back));
        assert!(!Condition::ErrorRisesAtMost(0.1).to_string().is_empty());
    }

    #[test]
    fn a_value_that_is_no_number_breaks_a_bound() {
        let plain = curve(&[0.0, 1.0], &[0.0, 1.0], false);
        assert!(Condition::ErrorRisesAtMost(0.1).broken(&curve(&[f64::NAN; 2], &[0.0, 1.0], false), &plain).is_some());
    }
}
