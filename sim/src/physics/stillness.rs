//! How long nothing has moved. Measured by where things are: a contact that trembles has speed and goes nowhere.

use nalgebra::Isometry3;

use super::stage::Stage;

/// What has gone no further than this counts as still: less than half a pixel for a camera over the table.
const STILL_METRES: f64 = 0.002;
/// The same for turning, about a degree.
const STILL_RADIANS: f64 = 0.02;

/// Where every body was when it last moved, and how many actions ago that was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stillness {
    from: Vec<Isometry3<f64>>,
    actions: usize,
}

impl Stillness {
    /// Looks at the stage after an action. Allocates the first time only.
    pub(crate) fn look(&mut self, stage: &Stage) {
        let still =
            self.from.len() == stage.bodies() && stage.poses().zip(&self.from).all(|(now, from)| near(&now, from));
        if still {
            self.actions += 1;
        } else {
            self.from.clear();
            self.from.extend(stage.poses());
            self.actions = 0;
        }
    }

    /// Actions since something moved.
    pub(crate) fn actions(&self) -> usize {
        self.actions
    }
}

fn near(now: &Isometry3<f64>, from: &Isometry3<f64>) -> bool {
    (now.translation.vector - from.translation.vector).norm() <= STILL_METRES
        && now.rotation.angle_to(&from.rotation) <= STILL_RADIANS
}
