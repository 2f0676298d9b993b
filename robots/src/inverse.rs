//! Inverse kinematics: damped least squares (Levenberg-Marquardt) that keeps joint limits, with restarts.
//!
//! The damping falls after a step that helps and grows, faster each time, after one that does not. A joint that stands at a limit
//! and is pushed on is left out of the step (active set). Nothing here is random: restarts walk through the joint ranges along an
//! additive recurrence.

use std::f64::consts::PI;

use nalgebra::{DVector, Dyn, Isometry3, Matrix6, OMatrix, U6, Vector6};

use crate::error::{Error, Result};
use crate::kinematics::{Kinematics, check};

/// No weight and no number of a target is larger: squares stay finite.
const MAX: f64 = 1e6;

/// How an inverse is searched for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IkOptions {
    /// Position error that counts as reached.
    pub position_tolerance_metres: f64,
    /// Rotation error that counts as reached.
    pub rotation_tolerance_radians: f64,
    /// Weight of x, y, z and of rotation about x, y, z, all in the target's frame. 0 leaves an axis free and out of the residual:
    /// `[1, 1, 1, 0, 0, 0]` asks for the position alone, which an arm with five joints can meet.
    pub axis_weights: [f64; 6],
    /// Steps in one attempt.
    pub max_iterations: u32,
    /// Attempts after the first, each from another place in the joint ranges. 0 keeps to the branch of `from`.
    pub restarts: u32,
    /// Share of the way home that is gone after a pose is reached, where that leaves the tool in place; in [0, 1]. Keeps the joints
    /// that an arm has to spare from wandering.
    pub home_pull: f64,
}

impl Default for IkOptions {
    fn default() -> Self {
        Self {
            position_tolerance_metres: 1e-4,
            rotation_tolerance_radians: 1e-3,
            axis_weights: [1.0; 6],
            max_iterations: 100,
            restarts: 64,
            home_pull: 0.0,
        }
    }
}

impl IkOptions {
    /// The position alone; the tool may turn as it likes.
    #[must_use]
    pub fn position_only() -> Self {
        Self { axis_weights: [1.0, 1.0, 1.0, 0.0, 0.0, 0.0], ..Self::default() }
    }

    /// Position and the direction of the tool's z axis; it may turn about that axis.
    #[must_use]
    pub fn pointing() -> Self {
        Self { axis_weights: [1.0, 1.0, 1.0, 1.0, 1.0, 0.0], ..Self::default() }
    }

    fn check(&self) -> Result<()> {
        let weights = self.axis_weights.iter().all(|weight| (0.0..=MAX).contains(weight));
        if !weights || self.axis_weights.iter().all(|weight| *weight <= 0.0) {
            return Err(Error::input(
                format!("axis weights are {:?}", self.axis_weights),
                format!("give them from 0 to {MAX}, not all 0"),
            ));
        }
        let tolerances = [self.position_tolerance_metres, self.rotation_tolerance_radians];
        if !tolerances.iter().all(|tolerance| tolerance.is_finite() && *tolerance > 0.0) {
            return Err(Error::input(format!("tolerances are {tolerances:?}"), "give finite ones above 0"));
        }
        if !(0.0..=1.0).contains(&self.home_pull) {
            return Err(Error::input(format!("home pull is {}", self.home_pull), "give a number in [0, 1]"));
        }
        Ok(())
    }
}

/// Joint positions and how far from the target they leave the tool. Always within the limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// One for each arm joint.
    pub joints: Vec<f64>,
    /// Distance to the target along the axes that have a weight.
    pub position_error_metres: f64,
    /// Turn to the target about the axes that have a weight.
    pub rotation_error_radians: f64,
    /// Steps taken, over all attempts.
    pub iterations: u32,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Within the tolerances.
    Reached(Solution),
    /// Not within them: the nearest that was found.
    Short(Solution),
}

impl Outcome {
    /// The joint positions, near enough or not.
    #[must_use]
    pub fn solution(&self) -> &Solution {
        match self {
            Self::Reached(solution) | Self::Short(solution) => solution,
        }
    }

    /// The joint positions where they are within the tolerances.
    #[must_use]
    pub fn reached(&self) -> Option<&Solution> {
        match self {
            Self::Reached(solution) => Some(solution),
            Self::Short(_) => None,
        }
    }
}

impl Kinematics {
    /// Joint positions that bring the tool to `target` (base frame), searched for from `from`. Same input, same answer.
    ///
    /// # Errors
    /// When there is not one finite value for each arm joint, the target is not finite, or an option is out of its range.
    /// A target out of reach is no error but [`Outcome::Short`].
    pub fn inverse(&self, target: &Isometry3<f64>, from: &[f64], options: &IkOptions) -> Result<Outcome> {
        check("arm", from, self.joints())?;
        options.check()?;
        if !target.to_homogeneous().iter().all(|value| value.abs() <= MAX) {
            return Err(Error::input(
                format!("the target has a number that is not finite or above {MAX}"),
                "give a pose in metres",
            ));
        }
        let search = Search { kinematics: self, target, options };
        let mut best = search.attempt(self.clamped(from));
        let mut iterations = best.iterations;
        for restart in 1..=options.restarts {
            if search.near_enough(&best.error) {
                break;
            }
            let next = search.attempt(self.restart_from(restart));
            iterations += next.iterations;
            // Weights may rate what is near enough below what is not.
            if next.cost < best.cost || search.near_enough(&next.error) {
                best = next;
            }
        }
        let reached = search.near_enough(&best.error);
        if let Some(pulled) = (reached && options.home_pull > 0.0).then(|| search.pulled_home(&best)).flatten() {
            iterations += pulled.iterations;
            best = pulled;
        }
        let (position_error_metres, rotation_error_radians) = search.residuals(&best.error);
        let joints = best.joints.as_slice().to_vec();
        let solution = Solution { joints, position_error_metres, rotation_error_radians, iterations };
        Ok(if reached { Outcome::Reached(solution) } else { Outcome::Short(solution) })
    }

    fn clamped(&self, joints: &[f64]) -> DVector<f64> {
        let within = joints.iter().zip(self.ranges()).map(|(joint, (lower, upper))| joint.clamp(*lower, *upper));
        DVector::from_iterator(joints.len(), within)
    }

    /// The next point of an additive recurrence (Roberts 2018: powers of the inverse of the root of x^(d+1) = x + 1) in the joint
    /// ranges. It fills them evenly and is the same every time.
    fn restart_from(&self, restart: u32) -> DVector<f64> {
        let dimensions = self.ranges().len();
        let power = 1.0 / (dimensions as f64 + 1.0);
        let root = (0..60).fold(2.0_f64, |x, _| (1.0 + x).powf(power));
        let mut step = 1.0;
        DVector::from_iterator(
            dimensions,
            self.ranges().iter().map(|&(lower, upper)| {
                step /= root;
                let at = (0.5 + f64::from(restart) * step).fract();
                let endless = !(lower.is_finite() && upper.is_finite());
                let (lower, upper) = if endless { (-PI, PI) } else { (lower, upper) };
                lower + at * (upper - lower)
            }),
        )
    }
}

/// One attempt's state: where it got to.
struct Attempt {
    joints: DVector<f64>,
    /// Unweighted, in the target's frame.
    error: Vector6<f64>,
    cost: f64,
    iterations: u32,
}

struct Search<'a> {
    kinematics: &'a Kinematics,
    target: &'a Isometry3<f64>,
    options: &'a IkOptions,
}

impl Search<'_> {
    /// Levenberg-Marquardt from one place until near enough, stuck, or out of steps.
    fn attempt(&self, from: DVector<f64>) -> Attempt {
        let mut at = from;
        let mut forward = self.kinematics.placed_open(at.as_slice());
        let mut error = self.error(&forward.base_from_tool);
        let mut cost = self.cost(&error);
        let (mut damping, mut growth) = (1e-3, 2.0);
        let mut iterations = 0;
        while iterations < self.options.max_iterations && !self.near_enough(&error) {
            iterations += 1;
            let jacobian = self.weighted(self.kinematics.jacobian_at(&forward));
            let next = self.step(&at, &jacobian, &self.weigh(&error), damping);
            let next_forward = self.kinematics.placed_open(next.as_slice());
            let next_error = self.error(&next_forward.base_from_tool);
            let next_cost = self.cost(&next_error);
            let moved = (&next - &at).norm();
            if next_cost < cost {
                let gain = 1.0 - next_cost / cost.max(f64::MIN_POSITIVE);
                (at, forward, error, cost) = (next, next_forward, next_error, next_cost);
                damping = (damping * 0.3).max(1e-9);
                growth = 2.0;
                // A thousandth of what is left: a limit or an end of the reach is in the way.
                if gain < 1e-3 {
                    break;
                }
            } else {
                damping *= growth;
                growth *= 2.0;
            }
            if moved < 1e-10 || damping > 1e9 {
                break;
            }
        }
        Attempt { joints: at, error, cost, iterations }
    }

    /// One damped step within the limits. Joints that stand at a limit and would be pushed on are taken out, and the step is made
    /// again without them.
    fn step(
        &self,
        at: &DVector<f64>,
        jacobian: &OMatrix<f64, U6, Dyn>,
        error: &Vector6<f64>,
        damping: f64,
    ) -> DVector<f64> {
        let ranges = self.kinematics.ranges();
        let mut jacobian = jacobian.clone();
        let mut free = vec![true; at.len()];
        loop {
            let delta = damped(&jacobian, error, damping);
            let mut pushed = false;
            for joint in 0..at.len() {
                let (lower, upper) = ranges[joint];
                let out = (at[joint] <= lower && delta[joint] < 0.0) || (at[joint] >= upper && delta[joint] > 0.0);
                if free[joint] && out {
                    free[joint] = false;
                    jacobian.column_mut(joint).fill(0.0);
                    pushed = true;
                }
            }
            if !pushed {
                // No joint moves farther than this in one step: the linear picture does not hold that far.
                const MAX_STEP: f64 = 0.5;
                let scale = (MAX_STEP / delta.amax().max(MAX_STEP)).min(1.0);
                return self.kinematics.clamped((at + delta * scale).as_slice());
            }
        }
    }

    /// Part of the way home along which the tool stays, and back onto the target from there. `None` where that comes to nothing.
    fn pulled_home(&self, reached: &Attempt) -> Option<Attempt> {
        const HALVINGS: u32 = 4;
        let home = DVector::from_column_slice(self.kinematics.home());
        let forward = self.kinematics.placed_open(reached.joints.as_slice());
        let jacobian = self.weighted(self.kinematics.jacobian_at(&forward));
        let way = &home - &reached.joints;
        let along = &way - damped(&jacobian, &(&jacobian * &way), 1e-9);
        (0..=HALVINGS).find_map(|halving| {
            let share = self.options.home_pull / f64::from(1_u32 << halving);
            let from = self.kinematics.clamped((&reached.joints + &along * share).as_slice());
            let pulled = self.attempt(from);
            let nearer = (&home - &pulled.joints).norm() < way.norm();
            (nearer && self.near_enough(&pulled.error)).then_some(pulled)
        })
    }

    /// From the tool to the target, in the target's frame: metres, then the rotation vector.
    fn error(&self, base_from_tool: &Isometry3<f64>) -> Vector6<f64> {
        let target_from_tool = self.target.inverse() * base_from_tool;
        let (position, rotation) = (target_from_tool.translation.vector, target_from_tool.rotation.scaled_axis());
        -Vector6::new(position.x, position.y, position.z, rotation.x, rotation.y, rotation.z)
    }

    fn weigh(&self, error: &Vector6<f64>) -> Vector6<f64> {
        error.component_mul(&Vector6::from(self.options.axis_weights))
    }

    fn cost(&self, error: &Vector6<f64>) -> f64 {
        self.weigh(error).norm_squared()
    }

    /// The Jacobian in the target's frame, its rows weighted.
    fn weighted(&self, mut jacobian: OMatrix<f64, U6, Dyn>) -> OMatrix<f64, U6, Dyn> {
        let turn = self.target.rotation.inverse().to_rotation_matrix();
        for mut column in jacobian.column_iter_mut() {
            let linear = turn * column.fixed_rows::<3>(0);
            let angular = turn * column.fixed_rows::<3>(3);
            column.fixed_rows_mut::<3>(0).copy_from(&linear);
            column.fixed_rows_mut::<3>(3).copy_from(&angular);
        }
        for (mut row, weight) in jacobian.row_iter_mut().zip(self.options.axis_weights) {
            row *= weight;
        }
        jacobian
    }

    /// Position and rotation error along the axes that have a weight.
    fn residuals(&self, error: &Vector6<f64>) -> (f64, f64) {
        let asked = error.zip_map(&Vector6::from(self.options.axis_weights), |e, w| if w > 0.0 { e } else { 0.0 });
        (asked.fixed_rows::<3>(0).norm(), asked.fixed_rows::<3>(3).norm())
    }

    fn near_enough(&self, error: &Vector6<f64>) -> bool {
        let (position, rotation) = self.residuals(error);
        position <= self.options.position_tolerance_metres && rotation <= self.options.rotation_tolerance_radians
    }
}

/// `J^T (J J^T + damping I)^-1 e`.
fn damped(jacobian: &OMatrix<f64, U6, Dyn>, error: &Vector6<f64>, damping: f64) -> DVector<f64> {
    let normal: Matrix6<f64> = jacobian * jacobian.transpose() + Matrix6::identity() * damping;
    match normal.cholesky() {
        Some(normal) => jacobian.transpose() * normal.solve(error),
        None => DVector::zeros(jacobian.ncols()),
    }
}
