//! Both tables from episodes whose truth is known, and what they are worth on episodes left out.

use striatum_core::{Calibration, CalibrationTable, IntervalTable};

use crate::conformal::{Multiplier, multiplier};
use crate::curve::EpisodeCurve;
use crate::error::{Error, Result};
use crate::isotonic::Isotonic;
use crate::measures::{Measures, measure};
use crate::reduce::reduce;

/// A smaller std counts as this, progress units: the least that an adaptation writes.
pub const STD_FLOOR: f64 = 0.01;
/// Share of the identity in the map. Isotonic regression has plateaus, and a plateau of the potential pays nothing for
/// progress on it: with this share the map rises everywhere.
const LINE: f64 = 0.05;
/// The map must beat the identity on episodes left out by this factor of squared error.
const CLEARLY: f64 = 0.95;
/// Least multiplier: a model that is never wrong on what was seen still gets an interval.
const LEAST_MULTIPLIER: f64 = 1e-3;

/// How the map of the mean was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MapChoice {
    /// The isotonic map: it is clearly better on episodes left out.
    Isotonic {
        /// Mean squared error of the map on episodes left out, over that of the fused mean as it is.
        squared_error_ratio: f64,
        /// How far the table is from the isotonic fit at most, its share of the identity included, progress units.
        greatest_error: f64,
    },
    /// The identity: on episodes left out the map is not clearly better.
    Identity {
        /// As above.
        squared_error_ratio: f64,
    },
    /// The identity: with one episode, none can be left out to judge a map by.
    OneEpisode,
}

/// Calibration tables and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// What the runtime applies.
    pub calibration: Calibration,
    /// Of the interval.
    pub multiplier: Multiplier,
    /// Of the mean.
    pub map: MapChoice,
}

/// Measures before and after, each episode calibrated by what was fitted without it.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// As the fuser says it.
    pub before: Measures,
    /// Calibrated.
    pub after: Measures,
}

/// Fits both tables.
///
/// 1. The map: [`Isotonic`] regression of truth on fused mean, every episode weighing the same, at most 64 knots. It is kept
///    only if, episode by episode left out, it is clearly better than leaving the mean as it is.
/// 2. The interval: the conformal [`multiplier`] of scores under the map. Each episode's scores come from the map that was
///    fitted without it (as the jackknife+ of Barber et al. 2021, arXiv 1905.02928, does), so that they are no smaller than
///    a new episode's. The promise of [`multiplier`] is exact for a map that does not depend on the episodes, and holds in
///    so far as leaving one out hardly changes the map.
///
/// # Errors
/// [`Error::Input`] without an episode.
pub fn fit(curves: &[EpisodeCurve]) -> Result<Fitted> {
    if curves.is_empty() {
        return Err(Error::input("calibration", "no episode was given", "give at least one whose truth is known"));
    }
    let without = maps_without_each(curves)?;
    let ratio = squared_error_ratio(curves, &without);
    let (mean, map) = match ratio {
        None => (CalibrationTable::IDENTITY, MapChoice::OneEpisode),
        Some(squared_error_ratio) if squared_error_ratio < CLEARLY => {
            let (table, greatest_error) = map_of(curves.iter())?;
            (table, MapChoice::Isotonic { squared_error_ratio, greatest_error })
        }
        Some(squared_error_ratio) => (CalibrationTable::IDENTITY, MapChoice::Identity { squared_error_ratio }),
    };
    let kept = matches!(map, MapChoice::Isotonic { .. });
    let scores: Vec<Vec<f64>> =
        curves.iter().zip(&without).map(|(curve, map)| scores(curve, map.as_ref().filter(|_| kept))).collect();
    let multiplier = multiplier(&scores)?;
    let interval = IntervalTable::new(multiplier.value.max(LEAST_MULTIPLIER), STD_FLOOR)?;
    Ok(Fitted { calibration: Calibration { mean, interval }, multiplier, map })
}

/// What [`fit`] is worth: each episode is calibrated by what was fitted to the others. `None` with fewer than two.
///
/// # Errors
/// As [`fit`].
pub fn leave_one_out(curves: &[EpisodeCurve]) -> Result<Option<Held>> {
    if curves.len() < 2 {
        return Ok(None);
    }
    let held_out = |left_out: usize| -> Result<EpisodeCurve> {
        Ok(curves[left_out].calibrated(&fit(&others(curves, left_out))?.calibration))
    };
    let after = (0..curves.len()).map(held_out).collect::<Result<Vec<_>>>()?;
    Ok(Some(Held { before: measure(curves), after: measure(&after) }))
}

fn others(curves: &[EpisodeCurve], left_out: usize) -> Vec<EpisodeCurve> {
    curves.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, curve)| curve.clone()).collect()
}

/// For each episode the map of all the others; `None` where there are none.
fn maps_without_each(curves: &[EpisodeCurve]) -> Result<Vec<Option<CalibrationTable>>> {
    let map = |left_out: usize| -> Result<Option<CalibrationTable>> {
        if curves.len() < 2 {
            return Ok(None);
        }
        let others = curves.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, curve)| curve);
        map_of(others).map(|(table, _)| Some(table))
    };
    (0..curves.len()).map(map).collect()
}

/// The table of these episodes, and its greatest distance from their isotonic regression.
fn map_of<'a>(curves: impl Iterator<Item = &'a EpisodeCurve>) -> Result<(CalibrationTable, f64)> {
    let (mut said, mut truth, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for curve in curves {
        said.extend_from_slice(curve.mean());
        truth.extend_from_slice(curve.truth());
        weights.resize(said.len(), curve.row_weight());
    }
    let isotonic = Isotonic::fit(&said, &truth, &weights)?;
    let (mut inputs, mut outputs) = (isotonic.inputs().to_vec(), isotonic.outputs().to_vec());
    // Knots at both ends, so that the share of the identity goes on where no sample was.
    if inputs[0] > 0.0 {
        inputs.insert(0, 0.0);
        outputs.insert(0, outputs[0]);
    }
    if inputs[inputs.len() - 1] < 1.0 {
        inputs.push(1.0);
        outputs.push(outputs[outputs.len() - 1]);
    }
    let knots = reduce(&inputs, &outputs, CalibrationTable::MAX_KNOTS)?;
    let mut rising: Vec<f64> =
        knots.inputs.iter().zip(&knots.outputs).map(|(x, y)| ((1.0 - LINE) * y + LINE * x).clamp(0.0, 1.0)).collect();
    // The sum of two rising numbers may fall by a rounding.
    for at in 1..rising.len() {
        rising[at] = rising[at].max(rising[at - 1]);
    }
    let moved = knots.inputs.iter().zip(&knots.outputs).map(|(x, y)| LINE * (x - y).abs()).fold(0.0, f64::max);
    Ok((CalibrationTable::new(&knots.inputs, &rising)?, knots.greatest_error + moved))
}

/// Squared error of the maps on the episodes they did not see, over that of the mean as it is.
fn squared_error_ratio(curves: &[EpisodeCurve], without: &[Option<CalibrationTable>]) -> Option<f64> {
    let (mut mapped, mut plain) = (0.0, 0.0);
    for (curve, map) in curves.iter().zip(without) {
        let squares = |curve: &EpisodeCurve| {
            let errors = curve.mean().iter().zip(curve.truth()).map(|(said, truth)| (said - truth) * (said - truth));
            errors.sum::<f64>() * curve.row_weight()
        };
        mapped += squares(&curve.calibrated(&with_map(map.as_ref()?)));
        plain += squares(curve);
    }
    // A mean that is right to the last bit leaves nothing to better.
    Some(if plain > 0.0 { mapped / plain } else { 1.0 })
}

/// |truth - mean| / std of each row.
fn scores(curve: &EpisodeCurve, map: Option<&CalibrationTable>) -> Vec<f64> {
    let curve = map.map_or_else(|| curve.clone(), |map| curve.calibrated(&with_map(map)));
    let rows = curve.mean().iter().zip(curve.std()).zip(curve.truth());
    rows.map(|((mean, std), truth)| (truth - mean).abs() / std.max(STD_FLOOR)).collect()
}

fn with_map(map: &CalibrationTable) -> Calibration {
    Calibration { mean: map.clone(), ..Calibration::IDENTITY }
}

#[cfg(test)]
mod tests;
