//! Cameras of a TOML file.

use nalgebra::{Isometry3, Matrix3, Point3, Rotation3, Translation3, UnitQuaternion, Vector3};

use super::raw;
use super::values::Place;
use crate::camera::{CameraMount, Intrinsics, Mount};
use crate::error::Result;

pub(super) fn camera(raw: raw::Camera, place: Place<'_>) -> Result<CameraMount> {
    place.name("camera.name", &raw.name)?;
    let key = format!("camera `{}`", raw.name);
    place.topic(&format!("{key}.topic"), &raw.topic)?;
    let rate_hz = place.above_zero(&format!("{key}.rate_hz"), raw.rate_hz, 1000.0)?;
    let pose = pose(&raw, &key, place)?;
    let intrinsics = intrinsics(&raw.intrinsics, &key, place)?;
    let mount = match raw.mount {
        raw::Mount::Fixed => Mount::Fixed { world_from_camera: pose },
        raw::Mount::Tool => Mount::Tool { tool_from_camera: pose },
    };
    Ok(CameraMount { name: raw.name, topic: raw.topic, mount, intrinsics, rate_hz })
}

fn pose(raw: &raw::Camera, key: &str, place: Place<'_>) -> Result<Isometry3<f64>> {
    match (raw.quaternion_xyzw, raw.look_at_metres) {
        (Some(_), None) if raw.up.is_some() => {
            Err(place.wrong(&format!("{key}.up"), "goes with look_at_metres, not with a quaternion", "take it out"))
        }
        (Some(xyzw), None) => place.pose(key, raw.position_metres, xyzw),
        (None, Some(target)) => look_at(raw, target, key, place),
        _ => Err(place.wrong(key, "needs one direction", "give either quaternion_xyzw or look_at_metres")),
    }
}

/// Forward to the target; the picture's upper edge towards `up`.
fn look_at(raw: &raw::Camera, target: [f64; 3], key: &str, place: Place<'_>) -> Result<Isometry3<f64>> {
    let from = Point3::from(place.position(&format!("{key}.position_metres"), raw.position_metres)?);
    let to = Point3::from(place.position(&format!("{key}.look_at_metres"), target)?);
    let up = raw.up.unwrap_or(match raw.mount {
        raw::Mount::Fixed => [0.0, 0.0, 1.0],
        raw::Mount::Tool => [1.0, 0.0, 0.0],
    });
    let up = Vector3::from(place.position(&format!("{key}.up"), up)?);
    let directions = (to - from).try_normalize(1e-6).and_then(|forward| {
        let right = forward.cross(&up).try_normalize(1e-6)?;
        Some((right, forward.cross(&right), forward))
    });
    let Some((right, down, forward)) = directions else {
        return Err(place.wrong(
            &format!("{key}.look_at_metres"),
            "gives no direction: the target is at the camera, or straight along `up`",
            "move the target, or give another `up`",
        ));
    };
    let rotation = Rotation3::from_matrix_unchecked(Matrix3::from_columns(&[right, down, forward]));
    Ok(Isometry3::from_parts(Translation3::from(from), UnitQuaternion::from_rotation_matrix(&rotation)))
}

fn intrinsics(raw: &raw::Intrinsics, key: &str, place: Place<'_>) -> Result<Intrinsics> {
    const MAX_PIXELS: u32 = 16_384;
    let key = |name: &str| format!("{key}.intrinsics.{name}");
    for (name, size) in [("width", raw.width), ("height", raw.height)] {
        if !(1..=MAX_PIXELS).contains(&size) {
            return Err(place.wrong(&key(name), format!("is {size}"), format!("give 1 to {MAX_PIXELS} pixels")));
        }
    }
    place.above_zero(&key("fx"), raw.fx, 1e6)?;
    place.above_zero(&key("fy"), raw.fy, 1e6)?;
    place.in_range(&key("cx"), raw.cx, -1e5, 1e5)?;
    place.in_range(&key("cy"), raw.cy, -1e5, 1e5)?;
    let d = &raw.distortion;
    for (name, value) in [("k1", d.k1), ("k2", d.k2), ("p1", d.p1), ("p2", d.p2), ("k3", d.k3)] {
        place.in_range(&key(&format!("distortion.{name}")), value, -100.0, 100.0)?;
    }
    Ok(Intrinsics {
        width: raw.width,
        height: raw.height,
        fx: raw.fx,
        fy: raw.fy,
        cx: raw.cx,
        cy: raw.cy,
        distortion: [d.k1, d.k2, d.p1, d.p2, d.k3],
    })
}
