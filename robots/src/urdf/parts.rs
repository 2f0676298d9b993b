//! Single parts of a URDF: poses, inertials, shapes, joints.

use nalgebra::{Isometry3, Matrix3, Translation3, Unit, UnitQuaternion, Vector3};

use super::guard::Noted;
use crate::error::{Error, Result};
use crate::model::{Geometry, Inertial, Joint, JointKind, Limits, Shape};

/// Where an error is: the file and the link or joint.
pub(super) struct Part<'a> {
    pub(super) file: &'a str,
    pub(super) element: String,
}

impl Part<'_> {
    pub(super) fn wrong(&self, what: impl Into<String>, mend: impl Into<String>) -> Error {
        Error::data(self.file, self.element.as_str(), what, mend)
    }
}

pub(super) fn pose(pose: &urdf_rs::Pose) -> Isometry3<f64> {
    let [roll, pitch, yaw] = pose.rpy.0;
    Isometry3::from_parts(Translation3::from(pose.xyz.0), UnitQuaternion::from_euler_angles(roll, pitch, yaw))
}

/// Beyond this a length is a slip of the pen: no robot's link is longer.
const LONGEST_METRES: f64 = 100.0;
/// The same for masses.
const HEAVIEST_KG: f64 = 1e5;

/// `None` for one that says nothing, which many models put on links that are only frames: no inertia and a milligram at most.
pub(super) fn inertial(raw: &urdf_rs::Inertial, part: &Part<'_>) -> Result<Option<Inertial>> {
    const NOTHING_KG: f64 = 1e-6;
    let mass_kg = raw.mass.value;
    let i = &raw.inertia;
    let inertia = Matrix3::new(i.ixx, i.ixy, i.ixz, i.ixy, i.iyy, i.iyz, i.ixz, i.iyz, i.izz);
    if (0.0..=NOTHING_KG).contains(&mass_kg) && inertia.amax() <= 0.0 {
        return Ok(None);
    }
    if !(mass_kg > 0.0 && mass_kg <= HEAVIEST_KG) {
        return Err(part.wrong(
            format!("has a mass of {mass_kg} kg"),
            "give a mass above 0, up to 100000 kg, or take the <inertial> out of a link that is only a frame",
        ));
    }
    if inertia.cholesky().is_none() {
        return Err(part.wrong(
            "has an inertia that is not positive definite",
            "give that of a body: for a box of mass m and sides a, b, c ixx is m (b^2 + c^2) / 12; or take the <inertial> out",
        ));
    }
    Ok(Some(Inertial { mass_kg, link_from_com: pose(&raw.origin), inertia }))
}

pub(super) fn geometry(raw: &urdf_rs::Geometry, part: &Part<'_>) -> Result<Geometry> {
    let above_zero = |name: &str, value: f64| {
        if value > 0.0 && value <= LONGEST_METRES {
            Ok(value)
        } else {
            Err(part.wrong(format!("has a shape with a {name} of {value}"), "give metres above 0, up to 100"))
        }
    };
    Ok(match raw {
        urdf_rs::Geometry::Box { size } => {
            let mut half_metres = [0.0; 3];
            for (half, side) in half_metres.iter_mut().zip(size.0) {
                *half = above_zero("side", side)? / 2.0;
            }
            Geometry::Box { half_metres }
        }
        urdf_rs::Geometry::Cylinder { radius, length } => Geometry::Cylinder {
            radius_metres: above_zero("radius", *radius)?,
            half_length_metres: above_zero("length", *length)? / 2.0,
        },
        urdf_rs::Geometry::Capsule { radius, length } => Geometry::Capsule {
            radius_metres: above_zero("radius", *radius)?,
            half_length_metres: above_zero("length", *length)? / 2.0,
        },
        urdf_rs::Geometry::Sphere { radius } => Geometry::Sphere { radius_metres: above_zero("radius", *radius)? },
        urdf_rs::Geometry::Mesh { filename, .. } => Geometry::Mesh { file: filename.clone() },
    })
}

pub(super) fn visual(raw: &urdf_rs::Visual, materials: &[&urdf_rs::Material], part: &Part<'_>) -> Result<Shape> {
    let colour = raw.material.as_ref().and_then(|material| {
        let by_name = || materials.iter().find(|known| known.name == material.name && known.color.is_some());
        material.color.as_ref().or_else(|| by_name()?.color.as_ref())
    });
    let colour = colour.map(|colour| colour.rgba.0);
    if let Some(rgba) = colour.filter(|rgba| !rgba.iter().all(|part| (0.0..=1.0).contains(part))) {
        return Err(part.wrong(format!("has a colour of {rgba:?}"), "give red, green, blue and opacity in [0, 1]"));
    }
    Ok(Shape { geometry: geometry(&raw.geometry, part)?, link_from_shape: pose(&raw.origin), colour })
}

pub(super) fn collision(raw: &urdf_rs::Collision, part: &Part<'_>) -> Result<Shape> {
    Ok(Shape { geometry: geometry(&raw.geometry, part)?, link_from_shape: pose(&raw.origin), colour: None })
}

/// A joint but for its mimic, which needs the whole tree.
pub(super) fn joint(raw: &urdf_rs::Joint, noted: &Noted, file: &str) -> Result<Joint> {
    let part = Part { file, element: format!("joint `{}`", raw.name) };
    let kind = match raw.joint_type {
        urdf_rs::JointType::Fixed => JointKind::Fixed,
        urdf_rs::JointType::Revolute => JointKind::Revolute,
        urdf_rs::JointType::Continuous => JointKind::Continuous,
        urdf_rs::JointType::Prismatic => JointKind::Prismatic,
        _ => {
            return Err(part.wrong("moves in several ways", "make it of fixed, revolute, continuous, prismatic joints"));
        }
    };
    let axis = match kind {
        JointKind::Fixed => Vector3::x_axis(),
        _ => axis(raw.axis.xyz.0, &part)?,
    };
    let limits = limits(raw, kind, noted.limits.contains(&raw.name), &part)?;
    Ok(Joint { name: raw.name.clone(), kind, parent_from_joint: pose(&raw.origin), axis, limits, mimic: None })
}

fn axis(xyz: [f64; 3], part: &Part<'_>) -> Result<Unit<Vector3<f64>>> {
    let axis = Vector3::from(xyz);
    let norm = axis.norm();
    if norm < 1e-9 {
        return Err(part.wrong("has a zero axis", "give a unit vector, such as 0 0 1"));
    }
    if (norm - 1.0).abs() > 1e-3 {
        let unit = axis / norm;
        return Err(part.wrong(
            format!("has an axis of length {norm}"),
            format!("write it as a unit vector: {:.9} {:.9} {:.9}", unit.x, unit.y, unit.z),
        ));
    }
    Ok(Unit::new_normalize(axis))
}

fn limits(raw: &urdf_rs::Joint, kind: JointKind, stated: bool, part: &Part<'_>) -> Result<Option<Limits>> {
    let limit = &raw.limit;
    let (lower, upper) = match kind {
        JointKind::Fixed => return Ok(None),
        JointKind::Continuous if !stated => return Ok(None),
        JointKind::Continuous => (f64::NEG_INFINITY, f64::INFINITY),
        JointKind::Revolute | JointKind::Prismatic => (limit.lower, limit.upper),
    };
    if !stated {
        return Err(part.wrong("has no <limit>", "give lower, upper, effort and velocity"));
    }
    if kind != JointKind::Continuous && !(lower.is_finite() && upper.is_finite() && lower < upper) {
        return Err(part.wrong(
            format!("has limits from {lower} to {upper}"),
            "give a lower limit below the upper one, in radians or metres",
        ));
    }
    if !(limit.velocity > 0.0 && limit.velocity.is_finite()) {
        return Err(part.wrong(format!("has a velocity limit of {}", limit.velocity), "give one above 0"));
    }
    if !(limit.effort >= 0.0 && limit.effort.is_finite()) {
        return Err(part.wrong(format!("has an effort limit of {}", limit.effort), "give one of at least 0"));
    }
    let acceleration = Some(limit.acceleration).filter(|a| a.is_finite() && *a > 0.0);
    Ok(Some(Limits { lower, upper, velocity: limit.velocity, effort: limit.effort, acceleration }))
}
