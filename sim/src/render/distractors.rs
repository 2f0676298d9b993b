//! Things on the table that have nothing to do with the task.

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion};

use super::random::Random;
use super::randomise::Level;
use crate::scene::{Geometry, Piece, Role};

/// A circle on the table that stays free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeepOut {
    /// Its middle, in the world.
    pub x_metres: f32,
    /// Its middle, in the world.
    pub y_metres: f32,
    /// Its radius.
    pub radius_metres: f32,
}

/// The part of a table that things may stand on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TableArea {
    /// The least x and y, in the world.
    pub min_metres: [f32; 2],
    /// The greatest x and y.
    pub max_metres: [f32; 2],
    /// How high its top is.
    pub top_metres: f32,
}

impl Default for TableArea {
    /// In front of a robot at the origin whose base stands on the table.
    fn default() -> Self {
        Self { min_metres: [0.12, -0.5], max_metres: [0.8, 0.5], top_metres: 0.0 }
    }
}

/// The stream of the seed that distractors are drawn from.
const STREAM: u64 = 5;
/// Places tried for each thing.
const TRIES: usize = 60;

/// Things that stand on the table, none within a circle of `keep_out` and none in another: no thing at level none, up to two at
/// low, four at medium and eight at high. A thing for which no place is found is left out. The same arguments give the same things.
#[must_use]
pub fn distractors(seed: u64, level: Level, area: &TableArea, keep_out: &[KeepOut]) -> Vec<Piece> {
    let most = match level {
        Level::None => return Vec::new(),
        Level::Low => 2,
        Level::Medium => 4,
        Level::High => 8,
    };
    let mut random = Random::stream(seed, STREAM);
    let wanted = 1 + random.below(most);
    let (mut pieces, mut taken) = (Vec::with_capacity(wanted), keep_out.to_vec());
    for number in 0..wanted {
        let (geometry, height, reach) = thing(&mut random);
        let turn = turn_about_z(&mut random);
        let number = u8::try_from(number).unwrap_or(0);
        let Some([x, y]) = free_place(&mut random, area, &taken, reach) else { continue };
        taken.push(KeepOut { x_metres: x, y_metres: y, radius_metres: reach });
        let world_from_piece = Isometry3::from_parts(Translation3::new(x, y, area.top_metres + height), turn);
        pieces.push(Piece { geometry, world_from_piece, role: Role::Distractor(number) });
    }
    pieces
}

/// A form, the height of its middle when it stands, and the radius of the circle around it on the table.
fn thing(random: &mut Random) -> (Geometry, f32, f32) {
    let (a, b, c) = (random.uniform(0.012, 0.045), random.uniform(0.012, 0.045), random.uniform(0.01, 0.06));
    match random.below(3) {
        0 => (Geometry::Box { half_metres: [a, b, c] }, c, (a * a + b * b).sqrt()),
        1 => (Geometry::Cylinder { radius_metres: a, half_length_metres: c }, c, a),
        _ => (Geometry::Sphere { radius_metres: a }, a, a),
    }
}

/// A turn about z, any but a half one, without a sine.
fn turn_about_z(random: &mut Random) -> UnitQuaternion<f32> {
    UnitQuaternion::new_normalize(Quaternion::new(1.0, 0.0, 0.0, random.uniform(-2.0, 2.0)))
}

fn free_place(random: &mut Random, area: &TableArea, taken: &[KeepOut], reach: f32) -> Option<[f32; 2]> {
    let [left, near] = area.min_metres.map(|from| from + reach);
    let [right, far] = area.max_metres.map(|to| to - reach);
    if !(right >= left && far >= near) {
        return None;
    }
    (0..TRIES).find_map(|_| {
        let (x, y) = (random.uniform(left, right), random.uniform(near, far));
        let free = |circle: &KeepOut| {
            let (dx, dy) = (x - circle.x_metres, y - circle.y_metres);
            let least = circle.radius_metres + reach;
            dx * dx + dy * dy >= least * least
        };
        taken.iter().all(free).then_some([x, y])
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reach(piece: &Piece) -> f32 {
        match piece.geometry {
            Geometry::Box { half_metres: [a, b, _] } => (a * a + b * b).sqrt(),
            Geometry::Cylinder { radius_metres, .. }
            | Geometry::Sphere { radius_metres }
            | Geometry::Capsule { radius_metres, .. } => radius_metres,
        }
    }

    proptest! {
        #[test]
        fn none_stands_in_a_circle_or_in_another(seed: u64, x in 0.1..0.8_f32, y in -0.5..0.5_f32, radius_metres in 0.0..0.4_f32) {
            let area = TableArea::default();
            let circle = KeepOut { x_metres: x, y_metres: y, radius_metres };
            let pieces = distractors(seed, Level::High, &area, &[circle]);
            prop_assert_eq!(&pieces, &distractors(seed, Level::High, &area, &[circle]));
            for (at, piece) in pieces.iter().enumerate() {
                let place = piece.world_from_piece.translation.vector;
                let gap = |x: f32, y: f32| ((place.x - x).powi(2) + (place.y - y).powi(2)).sqrt() - reach(piece);
                prop_assert!(gap(x, y) >= radius_metres - 1e-5);
                for other in &pieces[..at] {
                    let there = other.world_from_piece.translation.vector;
                    prop_assert!(gap(there.x, there.y) >= reach(other) - 1e-5);
                }
                prop_assert!(place.x - reach(piece) >= area.min_metres[0] - 1e-5);
                prop_assert!(place.y + reach(piece) <= area.max_metres[1] + 1e-5);
            }
        }
    }

    #[test]
    fn higher_levels_bring_more_and_a_full_table_none() {
        let area = TableArea::default();
        let count = |level| (0..50).map(|seed| distractors(seed, level, &area, &[]).len()).sum::<usize>();
        let counts = Level::ALL.map(count);
        assert!(counts[0] == 0 && counts.is_sorted() && counts[1] >= 50, "{counts:?}");
        let all = KeepOut { x_metres: 0.4, y_metres: 0.0, radius_metres: 2.0 };
        assert!(distractors(1, Level::High, &area, &[all]).is_empty());
    }
}
