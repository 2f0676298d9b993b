//! How much features change within a stretch of frames, grown frame by frame.

use super::rows::Demonstration;

/// Sums are kept for this many features side by side, so that the additions of a row do not wait for each other.
const LANES: usize = 8;

/// Running sums and sums of squares of each feature: a frame more costs one pass over its features, so all stretches that
/// begin at one frame cost one pass over the rows.
pub(crate) struct Spread {
    frames: usize,
    /// Subtracted first: squares of what is left lose no digits to a large mean.
    centre: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Spread {
    /// Of no frames, for the features of `rows`.
    pub(crate) fn new(rows: &Demonstration<'_>) -> Self {
        let mut centre = vec![0.0; rows.width()];
        for frame in 0..rows.frames() {
            centre.iter_mut().zip(rows.row(frame)).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        centre.iter_mut().for_each(|sum| *sum /= rows.frames() as f64);
        let zeros = vec![0.0; rows.width()];
        Self { frames: 0, centre, sums: zeros.clone(), squares: zeros }
    }

    /// Forgets the frames.
    pub(crate) fn clear(&mut self) {
        self.frames = 0;
        self.sums.fill(0.0);
        self.squares.fill(0.0);
    }

    /// Takes a frame in.
    pub(crate) fn add(&mut self, row: &[f32]) {
        self.frames += 1;
        let sums = self.sums.iter_mut().zip(&mut self.squares);
        for ((sum, square), (&value, centre)) in sums.zip(row.iter().zip(&self.centre)) {
            let value = f64::from(value) - centre;
            *sum += value;
            *square += value * value;
        }
    }

    /// The mean over features of their standard deviation (that of the frames taken in, divided by their number).
    pub(crate) fn mean_std(&self) -> f64 {
        if self.frames == 0 {
            return 0.0;
        }
        let share = 1.0 / self.frames as f64;
        let std = |sum: f64, square: f64| {
            let mean = sum * share;
            (square * share - mean * mean).max(0.0).sqrt()
        };
        let mut lanes = [0.0; LANES];
        let (sums, squares) = (self.sums.chunks_exact(LANES), self.squares.chunks_exact(LANES));
        let rest: f64 = sums.remainder().iter().zip(squares.remainder()).map(|(&s, &q)| std(s, q)).sum();
        for (sums, squares) in sums.zip(squares) {
            for ((lane, &sum), &square) in lanes.iter_mut().zip(sums).zip(squares) {
                *lane += std(sum, square);
            }
        }
        (lanes.iter().sum::<f64>() + rest) / self.sums.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Noise;

    #[test]
    fn it_is_the_mean_of_the_standard_deviations() {
        let (frames, width) = (30, 11);
        let mut values = Noise::new(3).floats(frames * width, 2.0);
        values.iter_mut().for_each(|v| *v += 1000.0);
        let rows = Demonstration::new(&values, width).unwrap();
        let mut spread = Spread::new(&rows);
        (5..25).for_each(|frame| spread.add(rows.row(frame)));
        let std = |feature: usize| {
            let of: Vec<f64> = (5..25).map(|frame| f64::from(rows.row(frame)[feature])).collect();
            let mean = of.iter().sum::<f64>() / 20.0;
            (of.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 20.0).sqrt()
        };
        let want = (0..width).map(std).sum::<f64>() / width as f64;
        assert!((spread.mean_std() - want).abs() < 1e-9, "{} {want}", spread.mean_std());
        spread.clear();
        assert!(spread.mean_std().abs() < 1e-12);
        spread.add(rows.row(0));
        assert!(spread.mean_std().abs() < 1e-9, "one frame does not vary");
    }
}
