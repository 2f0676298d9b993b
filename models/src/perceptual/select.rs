//! Which features tell a step from the rest (section 2.2 and Eq 1 of the paper).

use super::rows::Demonstration;
use super::scale::Scale;

/// Mean and standard deviation of each feature, in its own units, over the frames of a step and over all others.
struct Moments {
    mean: Vec<f64>,
    std: Vec<f64>,
}

/// A feature that was picked for a step, in its own units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Picked {
    pub(crate) feature: usize,
    /// How well it tells the step from the rest, z of Eq 1.
    pub(crate) score: f64,
    /// Mean over the step's frames.
    pub(crate) mean: f64,
    /// Standard deviation over the step's frames.
    pub(crate) std: f64,
}

/// The features with the highest z = alpha |mean+ - mean-| - (std+ + std-), best first, equals in their own order. `inside`
/// says whether a frame of a demonstration belongs to the step. A feature that never changes is not among them.
pub(crate) fn select(
    demonstrations: &[Demonstration<'_>],
    scale: &Scale,
    inside: impl Fn(usize, usize) -> bool,
    (alpha, keep): (f64, usize),
) -> Vec<Picked> {
    let positive = Moments::of(demonstrations, scale, &inside);
    let negative = Moments::of(demonstrations, scale, |demonstration, frame| !inside(demonstration, frame));
    let changing = (0..scale.std.len()).filter(|&feature| scale.std[feature] > 0.0);
    let mut picked: Vec<Picked> = changing
        .map(|feature| {
            let (mean, std) = (positive.mean[feature], positive.std[feature]);
            let score = alpha * (mean - negative.mean[feature]).abs() - (std + negative.std[feature]);
            Picked { feature, score, mean, std }
        })
        .collect();
    picked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.feature.cmp(&b.feature)));
    picked.truncate(keep);
    picked
}

impl Moments {
    fn of(demonstrations: &[Demonstration<'_>], scale: &Scale, taken: impl Fn(usize, usize) -> bool) -> Self {
        let width = scale.std.len();
        let (mut mean, mut std, mut count) = (vec![0.0; width], vec![0.0; width], 0_usize);
        for (index, rows) in demonstrations.iter().enumerate() {
            for frame in (0..rows.frames()).filter(|&frame| taken(index, frame)) {
                count += 1;
                for (feature, &value) in rows.row(frame).iter().enumerate() {
                    let value = scale.standard(feature, value);
                    mean[feature] += value;
                    std[feature] += value * value;
                }
            }
        }
        let share = 1.0 / count.max(1) as f64;
        for (mean, std) in mean.iter_mut().zip(&mut std) {
            *mean *= share;
            *std = (*std * share - *mean * *mean).max(0.0).sqrt();
        }
        Self { mean, std }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Noise;

    #[test]
    fn the_feature_that_tells_is_first_and_a_constant_is_never_taken() {
        let (frames, width) = (40, 6);
        let mut values = Noise::new(4).floats(frames * width, 1.0);
        for (frame, row) in values.chunks_exact_mut(width).enumerate() {
            row[2] = 5.0;
            row[4] += if frame >= 30 { 8.0 } else { 0.0 };
        }
        let rows = [Demonstration::new(&values, width).unwrap()];
        let picked = select(&rows, &Scale::of(&rows), |_, frame| frame >= 30, (5.0, 32));
        assert_eq!(picked[0].feature, 4);
        assert_eq!(picked.len(), 5);
        assert!(picked.iter().all(|picked| picked.feature != 2));
        assert!(picked.windows(2).all(|pair| pair[0].score >= pair[1].score));
    }

    #[test]
    fn the_score_is_that_of_the_paper() {
        // In its own units the feature is -1 and 1, with no spread in either half: z = 5 x 2 - 0.
        let values = [0.0, 0.0, 4.0, 4.0];
        let rows = [Demonstration::new(&values, 1).unwrap()];
        let picked = select(&rows, &Scale::of(&rows), |_, frame| frame >= 2, (5.0, 32));
        assert!((picked[0].score - 10.0).abs() < 1e-12 && (picked[0].mean - 1.0).abs() < 1e-12);
    }
}
