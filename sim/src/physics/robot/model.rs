//! A robot in the form that a multibody needs: links that move, each with everything that is fixed to it.

use nalgebra::{Isometry3, Matrix3, Translation3, Vector3};

use crate::scene::{Geometry, Role};

/// The base and every link that moves; what hangs on fixed joints is merged into the link that carries it.
#[derive(Clone, Debug)]
pub(crate) struct RobotModel {
    pub(crate) name: String,
    /// Index 0 is the base; a parent comes before its children.
    pub(crate) links: Vec<MovingLink>,
    /// Links moved by arm joints, from the base outwards.
    pub(crate) arm: Vec<usize>,
    pub(crate) home: Vec<f64>,
    pub(crate) fingers: Vec<Finger>,
    pub(crate) max_grip_newtons: f64,
    pub(crate) tool_link: usize,
    pub(crate) link_from_tool: Isometry3<f64>,
    pub(crate) workspace: [Vector3<f64>; 2],
    pub(crate) max_linear_metres_per_sec: f64,
    pub(crate) max_angular_radians_per_sec: f64,
}

/// A link and the joint that moves it.
#[derive(Clone, Debug)]
pub(crate) struct MovingLink {
    pub(crate) parent: usize,
    pub(crate) parent_from_joint: Isometry3<f64>,
    pub(crate) axis: Vector3<f64>,
    pub(crate) slides: bool,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) max_speed: f64,
    pub(crate) max_effort: f64,
    pub(crate) mass: Mass,
    pub(crate) shapes: Vec<LinkShape>,
}

/// Mass and its distribution; `inertia` is about the centre, in the link's axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mass {
    pub(crate) kg: f64,
    pub(crate) centre: Vector3<f64>,
    pub(crate) inertia: Matrix3<f64>,
}

/// A piece of a link, seen, touched or both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkShape {
    pub(crate) geometry: Geometry,
    pub(crate) link_from_shape: Isometry3<f64>,
    pub(crate) seen: bool,
    pub(crate) touched: bool,
    pub(crate) role: Role,
}

/// A gripper joint: where it is when open and when closed, and which finger it follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finger {
    pub(crate) link: usize,
    pub(crate) open: f64,
    pub(crate) closed: f64,
    /// Index of the finger followed, multiplier, offset.
    pub(crate) follows: Option<(usize, f64, f64)>,
    /// From the joint to the finger's tip, for one that turns; 1 for one that slides.
    pub(crate) lever: f64,
}

impl MovingLink {
    /// Where the link is on its parent at this position of its joint.
    pub(crate) fn parent_from_link(&self, position: f64) -> Isometry3<f64> {
        if self.slides {
            self.parent_from_joint * Translation3::from(self.axis * position)
        } else {
            self.parent_from_joint * Isometry3::rotation(self.axis * position)
        }
    }
}

impl Finger {
    /// Joint position at an opening from 0 (closed) to 1 (open).
    pub(crate) fn at(&self, opening: f64) -> f64 {
        self.closed + (self.open - self.closed) * opening
    }

    /// Opening from 0 to 1 at a joint position.
    pub(crate) fn opening(&self, position: f64) -> f64 {
        ((position - self.closed) / (self.open - self.closed)).clamp(0.0, 1.0)
    }
}

impl RobotModel {
    /// Widest thing that the open gripper takes; metres. For jaws that turn it is what their tips open, roughly.
    pub(crate) fn grip_width(&self) -> f64 {
        self.fingers.iter().map(|finger| (finger.open - finger.closed).abs() * finger.lever).sum()
    }

    /// From the tool to the middle of something of this width that is held, in the tool's frame: none for fingers that
    /// meet in the tool, half the width for a jaw that closes onto a fixed one.
    pub(crate) fn tool_from_held(&self, width: f64) -> Vector3<f64> {
        let [finger] = self.fingers.as_slice() else { return Vector3::zeros() };
        // The jaw opens to the side that the middle of the object is on.
        let open = self.finger_tip(finger, finger.open) - self.finger_tip(finger, finger.closed);
        self.closing_axis() * (self.closing_axis().dot(&open).signum() * width / 2.0)
    }

    /// Where a point of the finger that is at the tool when the finger is closed comes to, in the tool's frame.
    fn finger_tip(&self, finger: &Finger, position: f64) -> Vector3<f64> {
        let link = &self.links[finger.link];
        let tool_from_parent = self.link_from_tool.inverse();
        let closed = tool_from_parent * link.parent_from_link(finger.closed);
        let now = tool_from_parent * link.parent_from_link(position);
        (now * closed.inverse()).translation.vector
    }

    /// How far the finger tips reach beyond the tool, along its z.
    pub(crate) fn tip_beyond_tool(&self) -> f64 {
        let mut reach = 0.0_f64;
        for finger in &self.fingers {
            let link = &self.links[finger.link];
            if link.parent != self.tool_link {
                continue;
            }
            let tool_from_link = self.link_from_tool.inverse() * link.parent_from_link(finger.closed);
            for shape in link.shapes.iter().filter(|shape| shape.touched) {
                let tool_from_shape = tool_from_link * shape.link_from_shape;
                let along = tool_from_shape.rotation.inverse() * Vector3::z();
                let half = match shape.geometry {
                    Geometry::Box { half_metres: [x, y, z] } => {
                        f64::from(x) * along.x.abs() + f64::from(y) * along.y.abs() + f64::from(z) * along.z.abs()
                    }
                    Geometry::Cylinder { radius_metres: r, half_length_metres: l } => {
                        f64::from(l) * along.z.abs() + f64::from(r) * along.xy().norm()
                    }
                    Geometry::Capsule { radius_metres: r, half_length_metres: l } => {
                        f64::from(l) * along.z.abs() + f64::from(r)
                    }
                    Geometry::Sphere { radius_metres } => f64::from(radius_metres),
                };
                reach = reach.max(tool_from_shape.translation.z + half);
            }
        }
        reach
    }

    /// The direction in which the fingers close, in the tool's frame.
    pub(crate) fn closing_axis(&self) -> Vector3<f64> {
        let Some(finger) = self.fingers.first() else { return Vector3::y() };
        let link = &self.links[finger.link];
        let tool_from_joint = self.link_from_tool.inverse() * link.parent_from_joint;
        let axis = tool_from_joint.rotation * link.axis;
        let closing = if link.slides { axis } else { Vector3::z().cross(&axis) };
        closing.try_normalize(1e-9).unwrap_or_else(Vector3::y)
    }
}
