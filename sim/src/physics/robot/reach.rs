//! Tool poses to joint angles: damped least squares on the moving links, with a pull towards home.

use nalgebra::{DMatrix, DVector, Isometry3, Vector3, Vector6};

use super::model::RobotModel;

/// Kinematics of the arm with its workspace allocated once.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    jacobian: DMatrix<f64>,
    frames: Vec<Isometry3<f64>>,
}

impl Reach {
    pub(crate) fn new(model: &RobotModel) -> Self {
        Self {
            jacobian: DMatrix::zeros(6, model.arm.len()),
            frames: vec![Isometry3::identity(); model.links.len()],
        }
    }

    /// Where the tool is at these joint positions.
    pub(crate) fn tool(&mut self, model: &RobotModel, joints: &[f64]) -> Isometry3<f64> {
        for (i, link) in model.links.iter().enumerate().skip(1) {
            let position = model.arm.iter().position(|&l| l == i).map_or(0.0, |j| joints[j]);
            self.frames[i] = self.frames[link.parent] * link.parent_from_link(position);
        }
        self.frames[model.tool_link] * model.link_from_tool
    }

    /// Moves `joints` until the tool is at `target` as nearly as it gets; returns how far off it stays.
    pub(crate) fn solve(&mut self, model: &RobotModel, target: &Isometry3<f64>, joints: &mut [f64]) -> f64 {
        const MAX_ITERATIONS: usize = 12;
        const DAMPING: f64 = 1e-3;
        let mut residual = f64::INFINITY;
        for _ in 0..MAX_ITERATIONS {
            let tool = self.tool(model, joints);
            let error = twist(&tool, target);
            residual = error.norm();
            if residual < 1e-6 {
                break;
            }
            self.fill_jacobian(model, &tool);
            let square = &self.jacobian * self.jacobian.transpose() + DMatrix::identity(6, 6) * DAMPING.powi(2);
            let Some(inverse) = square.try_inverse() else { break };
            let step = self.jacobian.transpose() * (inverse * DVector::from_column_slice(error.as_slice()));
            let scale = (0.2 / step.amax().max(1e-12)).min(1.0);
            for (j, &link) in model.arm.iter().enumerate() {
                let limits = &model.links[link];
                joints[j] = (joints[j] + scale * step[j]).clamp(limits.lower, limits.upper);
            }
        }
        residual
    }

    fn fill_jacobian(&mut self, model: &RobotModel, tool: &Isometry3<f64>) {
        for (j, &i) in model.arm.iter().enumerate() {
            let link = &model.links[i];
            let axis = self.frames[i].rotation * link.axis;
            let (linear, angular) = if link.slides {
                (axis, Vector3::zeros())
            } else {
                (axis.cross(&(tool.translation.vector - self.frames[i].translation.vector)), axis)
            };
            self.jacobian.fixed_view_mut::<3, 1>(0, j).copy_from(&linear);
            self.jacobian.fixed_view_mut::<3, 1>(3, j).copy_from(&angular);
        }
    }
}

/// What takes `from` to `to` in one unit of time, in world axes: metres, then radians.
fn twist(from: &Isometry3<f64>, to: &Isometry3<f64>) -> Vector6<f64> {
    let linear = to.translation.vector - from.translation.vector;
    let angular = (to.rotation * from.rotation.inverse()).scaled_axis();
    Vector6::new(linear.x, linear.y, linear.z, angular.x, angular.y, angular.z)
}
