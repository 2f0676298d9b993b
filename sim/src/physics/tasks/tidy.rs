//! Put three objects each into its own tray; a tray's floor has the colour of what belongs there.

use std::f64::consts::{FRAC_PI_2, PI};

use nalgebra::{Isometry3, Vector3};

use super::Sight;
use super::delivery::{Delivery, Hold, Leg};
use super::pick_place::open_box;
use crate::physics::convert::real;
use crate::physics::dice::Dice;
use crate::physics::failure::FailureKind;
use crate::physics::layout::{Layout, flat_distance};
use crate::physics::observe::NamedPose;
use crate::physics::stage::Stage;
use crate::physics::truth::Truth;
use crate::scene::{Geometry, Role};

/// Three objects, three trays.
pub(crate) struct Tidy {
    pub(crate) deliveries: [Delivery; 3],
}

impl Tidy {
    pub(crate) const PHASES: &'static [&'static str] =
        &["reach_first", "carry_first", "reach_second", "carry_second", "reach_third", "carry_third", "all_in_place"];
    const KG: f64 = 0.06;
    const TRAY_HALF: f64 = 0.055;
    const TRAY_HEIGHT: f64 = 0.03;
    const NAMES: [[&'static str; 2]; 3] = [["cube", "cube_tray"], ["bar", "bar_tray"], ["cylinder", "cylinder_tray"]];
    /// A cube, a bar that is taken across, and a standing cylinder.
    pub(crate) const HOLDS: [Hold; 3] = [
        Hold { width: 0.04, across: 0.0, symmetry: FRAC_PI_2 },
        Hold { width: 0.03, across: FRAC_PI_2, symmetry: PI },
        Hold { width: 0.036, across: 0.0, symmetry: 1e-3 },
    ];

    /// An object, and the height of its centre where it stands.
    fn form(index: usize, s: f64) -> (Geometry, f64) {
        match index {
            0 => (Geometry::Box { half_metres: [real(0.02 * s); 3] }, 0.02 * s),
            1 => (Geometry::Box { half_metres: [0.03, 0.015, 0.018].map(|half: f64| real(half * s)) }, 0.018 * s),
            _ => {
                let (radius_metres, half_length_metres) = (real(0.018 * s), real(0.022 * s));
                (Geometry::Cylinder { radius_metres, half_length_metres }, 0.022 * s)
            }
        }
    }

    pub(crate) fn set(stage: &mut Stage, layout: &Layout, dice: &mut Dice, tool: &Vector3<f64>) -> Self {
        let s = layout.scale;
        let starts = Self::draw_starts(layout, dice);
        let shift = dice.between(-0.01, 0.03);
        let mut index = 0;
        let deliveries = starts.map(|start| {
            let (form, standing) = Self::form(index, s);
            // Counts to 2.
            #[allow(clippy::cast_possible_truncation)]
            let role = Role::Object(index as u8);
            let tray = layout.at([-0.14, 0.0, 0.14][index], 0.22 + shift, 0.0);
            open_box(stage, &tray, [Self::TRAY_HALF * s, Self::TRAY_HEIGHT * s], s, [role, Role::Target]);
            let start = Isometry3::translation(0.0, 0.0, standing) * start;
            let object = stage.object(form, &start, Self::KG * s.powi(3), role);
            index += 1;
            let place = [Self::TRAY_HALF * s, Self::TRAY_HEIGHT * s];
            Delivery::new(object, &start.translation.vector, tray, place, tool, s)
        });
        Self { deliveries }
    }

    /// Three places that are far enough from each other for a hand between them.
    fn draw_starts(layout: &Layout, dice: &mut Dice) -> [Isometry3<f64>; 3] {
        const APART_METRES: f64 = 0.11;
        let mut starts = [Isometry3::identity(); 3];
        loop {
            for start in &mut starts {
                *start = layout.draw(dice, [-0.14, 0.14], [-0.28, 0.04], 0.0, 0.7);
            }
            let far = |a: usize, b: usize| {
                flat_distance(&starts[a].translation.vector, &starts[b].translation.vector)
                    > APART_METRES * layout.scale
            };
            if far(0, 1) && far(1, 2) && far(0, 2) {
                return starts;
            }
        }
    }

    pub(crate) fn judge(&self, sight: &Sight<'_>) -> Truth {
        let phases = Self::PHASES.len();
        let legs = self.deliveries.map(|delivery| delivery.judge(sight));
        let there = legs.iter().filter(|(leg, _)| *leg == Leg::There).count();
        let wrong = self.deliveries.iter().enumerate().any(|(tray, delivery)| {
            let others = self.deliveries.iter().enumerate().filter(|(other, _)| *other != tray);
            others.into_iter().any(|(_, other)| delivery.holds(sight, &other.object))
        });
        if there == legs.len() {
            return Truth::done(phases);
        }
        let underway = legs.iter().filter(|(leg, _)| *leg != Leg::There);
        let (leg, next) =
            underway.copied().fold((Leg::Reach, 0.0), |best, leg| if leg.1 > best.1 { leg } else { best });
        let third = 1.0 / 3.0;
        // There are three.
        #[allow(clippy::cast_precision_loss)]
        let progress = there as f64 * third + next * third;
        let failed = if self.deliveries.iter().any(|delivery| delivery.gone(sight)) {
            Some(FailureKind::Drop)
        } else {
            wrong.then_some(FailureKind::WrongObject)
        };
        Truth { failed, ..Truth::underway(progress, 2 * there + usize::from(leg != Leg::Reach), phases) }
    }

    pub(crate) fn report(&self, stage: &Stage, objects: &mut Vec<NamedPose>) {
        for (delivery, [object, tray]) in self.deliveries.iter().zip(Self::NAMES) {
            objects.push(NamedPose { name: object, world_from_object: stage.pose_of(delivery.object.body) });
            let at = delivery.place;
            objects.push(NamedPose { name: tray, world_from_object: Isometry3::translation(at.x, at.y, at.z) });
        }
    }
}
