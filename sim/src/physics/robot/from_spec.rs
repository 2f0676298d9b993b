//! A checked specification brought into the form that a multibody needs.

use nalgebra::{Isometry3, Matrix3, Vector3};
use striatum_robots::{Geometry as SpecGeometry, Inertial, Joint, JointKind, Link, RobotSpec, Shape};

use super::model::{Finger, LinkShape, Mass, MovingLink, RobotModel};
use crate::physics::convert::real;
use crate::physics::error::{WorldError, WorldResult};
use crate::scene::{Geometry, Role};

/// Speed of a joint whose specification states none; rad/s.
const FALLBACK_SPEED: f64 = 2.0;
/// Effort of a joint whose specification states none, or 0, which many URDFs have; N m or N.
const FALLBACK_EFFORT: f64 = 20.0;
/// Weight of a moving link that states none.
const FALLBACK_KG: f64 = 0.1;
/// Links before these last ones of the arm are not touched by anything: they are far from the table.
const TOUCHED_LINKS: usize = 3;

/// Where a link of the specification ends up.
#[derive(Clone, Copy)]
struct Carried {
    by: usize,
    carrier_from_link: Isometry3<f64>,
}

impl RobotModel {
    /// The model of a robot.
    ///
    /// # Errors
    /// A robot without an arm or without a gripper.
    pub(crate) fn from_spec(spec: &RobotSpec) -> WorldResult<Self> {
        let refuse = |element: &str, what: &str, mend: &str| WorldError::Robot {
            robot: spec.name.clone(),
            element: element.to_owned(),
            what: what.to_owned(),
            mend: mend.to_owned(),
        };
        if spec.arm.is_empty() {
            return Err(refuse("arm", "has no joints", "name at least one under [arm]"));
        }
        if spec.gripper.links.is_empty() {
            return Err(refuse("gripper", "has no joints", "name at least one under [gripper]"));
        }
        let mut merge = Merge::new(spec);
        for index in 0..spec.links.len() {
            merge.add(index);
        }
        let tool = merge.carried[spec.tool.link];
        let arm: Vec<_> = spec.arm.iter().map(|&link| merge.carried[link].by).collect();
        let link_from_tool = tool.carrier_from_link * spec.tool.link_from_tool;
        let fingers = merge.fingers(&link_from_tool);
        let mut links = merge.links;
        keep_touched(&mut links, &arm, &fingers);
        let safety = &spec.safety;
        Ok(Self {
            name: spec.name.clone(),
            links,
            arm,
            home: spec.home_radians.clone(),
            fingers,
            max_grip_newtons: spec.gripper.max_force_newtons,
            tool_link: tool.by,
            link_from_tool,
            workspace: [safety.workspace_min_metres.into(), safety.workspace_max_metres.into()],
            max_linear_metres_per_sec: safety.max_linear_metres_per_sec,
            max_angular_radians_per_sec: safety.max_angular_radians_per_sec,
        })
    }
}

/// Merges links on fixed joints into what carries them.
struct Merge<'a> {
    spec: &'a RobotSpec,
    links: Vec<MovingLink>,
    carried: Vec<Carried>,
}

impl<'a> Merge<'a> {
    fn new(spec: &'a RobotSpec) -> Self {
        let base = MovingLink {
            parent: 0,
            parent_from_joint: Isometry3::identity(),
            axis: Vector3::z(),
            slides: false,
            lower: 0.0,
            upper: 0.0,
            max_speed: FALLBACK_SPEED,
            max_effort: FALLBACK_EFFORT,
            mass: Mass { kg: 0.0, centre: Vector3::zeros(), inertia: Matrix3::zeros() },
            shapes: Vec::new(),
        };
        Self { spec, links: vec![base], carried: Vec::with_capacity(spec.links.len()) }
    }

    fn add(&mut self, index: usize) {
        let link = &self.spec.links[index];
        let carried = match (link.parent, &link.joint) {
            (Some(parent), Some(joint)) => self.hang(index, self.carried[parent], joint),
            _ => Carried { by: 0, carrier_from_link: base_from_root(self.spec) },
        };
        self.carried.push(carried);
        let role = if self.spec.gripper.links.contains(&index) { Some(Role::Finger) } else { None };
        let carrier = &mut self.links[carried.by];
        if let Some(inertial) = &link.inertial {
            carrier.mass = add_mass(&carrier.mass, &carried.carrier_from_link, inertial);
        }
        carrier.shapes.extend(shapes(link, &carried.carrier_from_link, role));
    }

    fn hang(&mut self, index: usize, parent: Carried, joint: &Joint) -> Carried {
        let driven = self.spec.arm.contains(&index) || self.spec.gripper.links.contains(&index);
        if !driven || joint.kind == JointKind::Fixed {
            let (lower, upper) = joint.range();
            let rest = joint.parent_from_child(if joint.moves() { 0.0_f64.clamp(lower, upper) } else { 0.0 });
            return Carried { by: parent.by, carrier_from_link: parent.carrier_from_link * rest };
        }
        let (lower, upper) = joint.range();
        let limits = joint.limits;
        self.links.push(MovingLink {
            parent: parent.by,
            parent_from_joint: parent.carrier_from_link * joint.parent_from_joint,
            axis: joint.axis.into_inner(),
            slides: joint.kind == JointKind::Prismatic,
            lower,
            upper,
            max_speed: limits.map_or(FALLBACK_SPEED, |limits| limits.velocity),
            max_effort: limits.map(|limits| limits.effort).filter(|effort| *effort > 0.0).unwrap_or(FALLBACK_EFFORT),
            mass: Mass { kg: 0.0, centre: Vector3::zeros(), inertia: Matrix3::zeros() },
            shapes: Vec::new(),
        });
        Carried { by: self.links.len() - 1, carrier_from_link: Isometry3::identity() }
    }

    fn fingers(&self, tool: &Isometry3<f64>) -> Vec<Finger> {
        let gripper = &self.spec.gripper;
        let places = gripper.links.iter().zip(gripper.open.iter().zip(&gripper.closed));
        places
            .map(|(&link, (&open, &closed))| {
                let mimic = self.spec.links[link].joint.as_ref().and_then(|joint| joint.mimic);
                let follows = mimic.and_then(|mimic| {
                    let leader = gripper.links.iter().position(|&other| other == mimic.link)?;
                    Some((leader, mimic.multiplier, mimic.offset))
                });
                let link = self.carried[link].by;
                let moving = &self.links[link];
                // The joint's frame is in the tool's link for every gripper whose fingers hang on the hand.
                let lever = (tool.translation.vector - moving.parent_from_joint.translation.vector).norm();
                let lever = if moving.slides { 1.0 } else { lever.max(0.01) };
                Finger { link, open, closed, follows, lever }
            })
            .collect()
    }
}

/// The base frame is that of the base link; between it and the root nothing moves.
fn base_from_root(spec: &RobotSpec) -> Isometry3<f64> {
    let mut root_from_base = Isometry3::identity();
    let mut at = spec.base;
    while let (Some(parent), Some(joint)) = (spec.links[at].parent, &spec.links[at].joint) {
        root_from_base = joint.parent_from_joint * root_from_base;
        at = parent;
    }
    root_from_base.inverse()
}

/// Only the last links of the arm and the fingers are touched: each collider costs time in every step.
fn keep_touched(links: &mut [MovingLink], arm: &[usize], fingers: &[Finger]) {
    let last = &arm[arm.len().saturating_sub(TOUCHED_LINKS)..];
    for (i, link) in links.iter_mut().enumerate() {
        let touched = last.contains(&i) || fingers.iter().any(|finger| finger.link == i);
        if !touched {
            link.shapes.retain(|shape| shape.seen);
            link.shapes.iter_mut().for_each(|shape| shape.touched = false);
        }
        if i > 0 && link.mass.kg < 1e-6 {
            let inertia = Matrix3::identity() * (0.4 * FALLBACK_KG * 0.03 * 0.03);
            link.mass = Mass { kg: FALLBACK_KG, centre: Vector3::zeros(), inertia };
        }
    }
}

fn shapes(link: &Link, carrier_from_link: &Isometry3<f64>, role: Option<Role>) -> Vec<LinkShape> {
    let place = |shape: &Shape, seen: bool| {
        let (geometry, usual) = geometry(&shape.geometry)?;
        let link_from_shape = carrier_from_link * shape.link_from_shape;
        Some(LinkShape { geometry, link_from_shape, seen, touched: !seen, role: role.unwrap_or(usual) })
    };
    // A robot of meshes alone is shown by what it is touched by.
    let seen: Vec<_> = link.visuals.iter().filter_map(|shape| place(shape, true)).collect();
    let touched: Vec<_> = link.collisions.iter().filter_map(|shape| place(shape, false)).collect();
    if seen.is_empty() {
        return touched.into_iter().map(|shape| LinkShape { seen: true, ..shape }).collect();
    }
    seen.into_iter().chain(touched).collect()
}

/// The scene's form of a shape and what it looks like; meshes have none.
fn geometry(shape: &SpecGeometry) -> Option<(Geometry, Role)> {
    Some(match *shape {
        SpecGeometry::Box { half_metres } => (Geometry::Box { half_metres: half_metres.map(real) }, Role::Link),
        SpecGeometry::Cylinder { radius_metres, half_length_metres } => {
            let (radius_metres, half_length_metres) = (real(radius_metres), real(half_length_metres));
            (Geometry::Cylinder { radius_metres, half_length_metres }, Role::Joint)
        }
        SpecGeometry::Capsule { radius_metres, half_length_metres } => {
            let (radius_metres, half_length_metres) = (real(radius_metres), real(half_length_metres));
            (Geometry::Capsule { radius_metres, half_length_metres }, Role::Link)
        }
        SpecGeometry::Sphere { radius_metres } => {
            (Geometry::Sphere { radius_metres: real(radius_metres) }, Role::Joint)
        }
        SpecGeometry::Mesh { .. } => return None,
    })
}

/// Two masses as one, inertia about the common centre (parallel axis theorem).
fn add_mass(mass: &Mass, carrier_from_link: &Isometry3<f64>, inertial: &Inertial) -> Mass {
    let carrier_from_com = carrier_from_link * inertial.link_from_com;
    let turn = carrier_from_com.rotation.to_rotation_matrix();
    let inertia = turn.matrix() * inertial.inertia * turn.matrix().transpose();
    let other = Mass { kg: inertial.mass_kg, centre: carrier_from_com.translation.vector, inertia };
    let kg = mass.kg + other.kg;
    let centre = (mass.centre * mass.kg + other.centre * other.kg) / kg;
    let moved = |part: &Mass| {
        let d = part.centre - centre;
        part.inertia + (Matrix3::identity() * d.norm_squared() - d * d.transpose()) * part.kg
    };
    Mass { kg, centre, inertia: moved(mass) + moved(&other) }
}
