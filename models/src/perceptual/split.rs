//! Where the steps of a demonstration begin and end (section 2.1 of the paper).

use std::ops::Range;

use super::options::{Objective, PerceptualOptions, Search};
use super::rows::Demonstration;
use super::spread::Spread;
use crate::error::{Error, Result};

/// Cuts a demonstration into `steps` steps within which its features change least: ranges of frames that follow one another
/// and cover it. No label is used. Of cuts that are equally good the earlier are taken, so the same rows give the same steps.
///
/// # Errors
/// [`Error::Config`] for an option out of range, [`Error::Adapt`] if there are too few frames for so many steps.
pub fn split(rows: &Demonstration<'_>, steps: usize, options: &PerceptualOptions) -> Result<Vec<Range<usize>>> {
    options.validate()?;
    Ok(Cutter::new(rows, options).cut(steps)?.0)
}

/// Cuts one demonstration into any number of steps.
pub(crate) enum Cutter<'a> {
    Binary(&'a Demonstration<'a>, &'a PerceptualOptions),
    Exact(Costs, &'a PerceptualOptions),
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(rows: &'a Demonstration<'a>, options: &'a PerceptualOptions) -> Self {
        match options.search {
            Search::Binary => Self::Binary(rows, options),
            Search::Exact => Self::Exact(Costs::new(rows), options),
        }
    }

    /// The steps and the objective: the mean over steps, or over frames, of the mean standard deviation.
    pub(crate) fn cut(&self, steps: usize) -> Result<(Vec<Range<usize>>, f64)> {
        let (found, total, frames, options) = match self {
            Self::Binary(rows, options) => {
                let (found, total) = binary(rows, steps, options)?;
                (found, total, rows.frames(), options)
            }
            Self::Exact(costs, options) => {
                let (found, total) = costs.best(steps, options)?;
                (found, total, costs.frames, options)
            }
        };
        let parts = match options.objective {
            Objective::Steps => steps,
            Objective::Frames => frames,
        };
        Ok((found, total / parts as f64))
    }
}

/// What each stretch of frames costs as a step.
pub(crate) struct Costs {
    frames: usize,
    /// Mean standard deviation of the frames `a..=b`, at `a * frames + b`; 0 where b is before a.
    spreads: Vec<f64>,
}

impl Costs {
    /// Reads the rows once for every frame.
    fn new(rows: &Demonstration<'_>) -> Self {
        let frames = rows.frames();
        let mut spreads = vec![0.0; frames * frames];
        let mut spread = Spread::new(rows);
        for (start, costs) in spreads.chunks_exact_mut(frames).enumerate() {
            spread.clear();
            for (end, cost) in costs.iter_mut().enumerate().skip(start) {
                spread.add(rows.row(end));
                *cost = spread.mean_std();
            }
        }
        Self { frames, spreads }
    }

    fn cost(&self, range: &Range<usize>, objective: Objective) -> f64 {
        weighed(self.spreads[range.start * self.frames + range.end - 1], range.len(), objective)
    }

    /// The best steps and what they cost together.
    fn best(&self, steps: usize, options: &PerceptualOptions) -> Result<(Vec<Range<usize>>, f64)> {
        let least = enough(self.frames, steps, options)?;
        // `totals[k][end]`: the least cost of frames 0..end in k + 1 steps; `starts` says where the last of them begins.
        let mut totals = vec![vec![f64::INFINITY; self.frames + 1]; steps];
        let mut starts = vec![vec![0; self.frames + 1]; steps];
        for (end, total) in totals[0].iter_mut().enumerate().skip(least) {
            *total = self.cost(&(0..end), options.objective);
        }
        for step in 1..steps {
            for end in (step + 1) * least..=self.frames {
                for start in step * least..=end - least {
                    let total = totals[step - 1][start] + self.cost(&(start..end), options.objective);
                    if total < totals[step][end] {
                        (totals[step][end], starts[step][end]) = (total, start);
                    }
                }
            }
        }
        let mut bounds = vec![self.frames];
        for step in (0..steps).rev() {
            bounds.push(starts[step][bounds[bounds.len() - 1]]);
        }
        bounds.reverse();
        Ok((ranges(&bounds), totals[steps - 1][self.frames]))
    }
}

/// Cuts one after the other, each time the cut that lowers the objective most of those that leave enough frames for the rest;
/// gives the steps and what they cost together.
fn binary(rows: &Demonstration<'_>, steps: usize, options: &PerceptualOptions) -> Result<(Vec<Range<usize>>, f64)> {
    let least = enough(rows.frames(), steps, options)?;
    let mut spread = Spread::new(rows);
    let mut pieces = vec![Piece::new(rows, 0..rows.frames(), least, options.objective, &mut spread)];
    while pieces.len() < steps {
        let room: usize = pieces.iter().map(|piece| piece.range.len() / least).sum();
        let cuts = pieces.iter().enumerate().filter_map(|(index, piece)| {
            let cut = if room > steps { piece.best } else { piece.best_whole };
            cut.map(|(at, gain)| (index, at, gain))
        });
        let best = cuts.reduce(|best, next| if next.2 > best.2 { next } else { best });
        let Some((index, at, _)) = best else { return Err(too_few(rows.frames(), steps)) };
        let Range { start, end } = pieces[index].range;
        let halves = [start..at, at..end].map(|range| Piece::new(rows, range, least, options.objective, &mut spread));
        pieces.splice(index..=index, halves);
    }
    let total = pieces.iter().map(|piece| piece.cost).sum();
    Ok((pieces.into_iter().map(|piece| piece.range).collect(), total))
}

/// A stretch of frames and the best places to cut it in two.
struct Piece {
    range: Range<usize>,
    cost: f64,
    /// Where, and by how much less both halves cost.
    best: Option<(usize, f64)>,
    /// The same of the cuts after which as many shortest steps fit as before.
    best_whole: Option<(usize, f64)>,
}

impl Piece {
    /// One pass forwards for what ends at each frame, one backwards for what begins there.
    fn new(
        rows: &Demonstration<'_>,
        range: Range<usize>,
        least: usize,
        objective: Objective,
        spread: &mut Spread,
    ) -> Self {
        let count = range.len();
        let mut grown = |frames: &mut dyn Iterator<Item = usize>| {
            spread.clear();
            let grow = |(taken, frame): (usize, usize)| {
                spread.add(rows.row(frame));
                weighed(spread.mean_std(), taken + 1, objective)
            };
            std::iter::once(0.0).chain(frames.enumerate().map(grow)).collect::<Vec<f64>>()
        };
        // By the number of frames taken: from the start, and from the end.
        let (before, behind) = (grown(&mut range.clone()), grown(&mut range.clone().rev()));
        let best = |places: &mut dyn Iterator<Item = usize>| {
            let gains = places.map(|at| (range.start + at, before[count] - before[at] - behind[count - at]));
            gains.reduce(|best, next| if next.1 > best.1 { next } else { best })
        };
        let places = || least..=count.saturating_sub(least);
        let whole = |at: &usize| at / least + (count - at) / least == count / least;
        let (cost, best_whole) = (before[count], best(&mut places().filter(whole)));
        Self { best: best(&mut places()), best_whole, cost, range }
    }
}

fn weighed(spread: f64, frames: usize, objective: Objective) -> f64 {
    match objective {
        Objective::Steps => spread,
        Objective::Frames => spread * frames as f64,
    }
}

/// The fewest frames of a step, if there are enough for all.
fn enough(frames: usize, steps: usize, options: &PerceptualOptions) -> Result<usize> {
    let least = options.min_frames_for(frames, steps);
    if steps == 0 || least.saturating_mul(steps) > frames { Err(too_few(frames, steps)) } else { Ok(least) }
}

fn too_few(frames: usize, steps: usize) -> Error {
    Error::adapt(
        format!("{frames} frames are too few for {steps} steps"),
        "ask for fewer steps, or use a smaller stride",
    )
}

/// The ranges between bounds.
fn ranges(bounds: &[usize]) -> Vec<Range<usize>> {
    bounds.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::Noise;

    /// Steps of these lengths, each at a place of its own, with noise of `scale`.
    fn planted(lengths: &[usize], width: usize, scale: f64, seed: u64) -> (Vec<f32>, Vec<Range<usize>>) {
        let mut noise = Noise::new(seed);
        let (mut values, mut bounds) = (Vec::new(), vec![0]);
        for &length in lengths {
            let place = noise.floats(width, 1.0);
            for _ in 0..length {
                values.extend(place.iter().zip(noise.floats(width, scale)).map(|(a, b)| a + b));
            }
            bounds.push(bounds[bounds.len() - 1] + length);
        }
        (values, ranges(&bounds))
    }

    fn every_way() -> impl Iterator<Item = PerceptualOptions> {
        [Objective::Steps, Objective::Frames].into_iter().flat_map(|objective| {
            [Search::Binary, Search::Exact].map(|search| PerceptualOptions { objective, search, ..Default::default() })
        })
    }

    #[test]
    fn too_many_steps_are_refused() {
        let values = Noise::new(1).floats(40, 1.0);
        let rows = Demonstration::new(&values, 4).unwrap();
        for options in every_way() {
            assert!(split(&rows, 6, &options).unwrap_err().to_string().contains("10 frames are too few for 6 steps"));
            assert!(split(&rows, 0, &options).is_err());
            assert_eq!(split(&rows, 5, &options).unwrap().len(), 5, "five of two frames are possible");
        }
    }

    #[test]
    fn short_steps_where_much_moves_are_cut_by_the_mean_over_steps_only() {
        // Named for its cause: a step counts by itself there, so that a few frames of a fast motion are worth a step, and what
        // is left over, however long, costs one share.
        let slow = (0..50_u8).map(f32::from);
        let values: Vec<f32> =
            slow.chain([100.0, 200.0, 300.0, 400.0]).chain((0..50_u8).map(|i| 500.0 + f32::from(i))).collect();
        let rows = Demonstration::new(&values, 1).unwrap();
        let longest = |objective| {
            let options =
                PerceptualOptions { objective, min_frames: Some(2), search: Search::Exact, ..Default::default() };
            split(&rows, 4, &options).unwrap().iter().map(Range::len).max().unwrap()
        };
        assert!(longest(Objective::Steps) >= 50, "{}", longest(Objective::Steps));
        assert!(longest(Objective::Frames) < longest(Objective::Steps) + 5);
    }

    proptest! {
        #[test]
        fn planted_steps_are_found_exactly(
            lengths in prop::collection::vec(8_usize..30, 2..6), seed in 0_u64..1000, width in 20_usize..60,
        ) {
            let (values, want) = planted(&lengths, width, 0.01, seed);
            let rows = Demonstration::new(&values, width).unwrap();
            for objective in [Objective::Steps, Objective::Frames] {
                let options =
                    PerceptualOptions { min_frames: Some(4), objective, search: Search::Exact, ..Default::default() };
                prop_assert_eq!(&split(&rows, lengths.len(), &options).unwrap(), &want, "{:?}", options);
            }
        }

        #[test]
        fn planted_steps_that_move_one_way_are_found_exactly_by_cuts_one_after_the_other(
            lengths in prop::collection::vec(8_usize..30, 2..6), seed in 0_u64..1000,
        ) {
            // Where a task goes on and does not come back, no first cut has to be regretted.
            let (mut values, want) = planted(&lengths, 20, 0.01, seed);
            for (index, step) in want.iter().enumerate() {
                values[step.start * 20..step.end * 20].iter_mut().for_each(|value| *value = 0.02 * *value + index as f32);
            }
            let rows = Demonstration::new(&values, 20).unwrap();
            let options = PerceptualOptions { min_frames: Some(4), ..Default::default() };
            prop_assert_eq!(options.search, Search::Binary);
            prop_assert_eq!(&split(&rows, lengths.len(), &options).unwrap(), &want);
        }

        #[test]
        fn two_planted_steps_are_found_exactly_by_every_way(a in 5_usize..40, b in 5_usize..40, seed in 0_u64..1000) {
            let (values, want) = planted(&[a, b], 30, 0.01, seed);
            let rows = Demonstration::new(&values, 30).unwrap();
            for options in every_way() {
                prop_assert_eq!(&split(&rows, 2, &options).unwrap(), &want);
            }
        }

        #[test]
        fn steps_cover_the_demonstration_and_none_is_too_short(
            frames in 24_usize..60, steps in 2_usize..6, least in 1_usize..4, seed in 0_u64..1000,
        ) {
            let values = Noise::new(seed).floats(frames * 3, 1.0);
            let rows = Demonstration::new(&values, 3).unwrap();
            let mut objectives = Vec::new();
            for options in every_way() {
                let options = PerceptualOptions { min_frames: Some(least), ..options };
                let found = split(&rows, steps, &options).unwrap();
                prop_assert_eq!(found.len(), steps);
                prop_assert_eq!((found[0].start, found[steps - 1].end), (0, frames));
                prop_assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
                prop_assert!(found.iter().all(|range| range.len() >= least));
                let costs = Costs::new(&rows);
                let of = |steps: &[Range<usize>]| steps.iter().map(|r| costs.cost(r, options.objective)).sum::<f64>();
                objectives.push((options.objective, options.search, of(&found)));
            }
            for (objective, _, exact) in objectives.iter().filter(|(_, search, _)| *search == Search::Exact) {
                for (_, _, other) in objectives.iter().filter(|(other, _, _)| other == objective) {
                    prop_assert!(*exact <= other + 1e-9);
                }
            }
        }
    }
}
