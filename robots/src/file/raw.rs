//! The TOML file key by key, before its values are checked. docs/guide/robots.md explains every key.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{GripperKind, Topics};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Robot {
    pub(super) name: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) licence: String,
    pub(super) source: String,
    pub(super) urdf: String,
    pub(super) base_link: String,
    pub(super) tool: Tool,
    pub(super) arm: Arm,
    pub(super) gripper: Gripper,
    pub(super) safety: Safety,
    /// By the joint's name: what the URDF cannot say, or what is to be stricter than it.
    #[serde(default)]
    pub(super) limits: BTreeMap<String, Override>,
    #[serde(default, rename = "camera")]
    pub(super) cameras: Vec<Camera>,
    pub(super) topics: Topics,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    pub(super) link: String,
    #[serde(default)]
    pub(super) position_metres: [f64; 3],
    #[serde(default = "identity")]
    pub(super) quaternion_xyzw: [f64; 4],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arm {
    pub(super) joints: Vec<String>,
    pub(super) home_radians: Vec<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gripper {
    pub(super) kind: GripperKind,
    pub(super) joints: Vec<String>,
    pub(super) open: Vec<f64>,
    pub(super) closed: Vec<f64>,
    pub(super) max_force_newtons: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Safety {
    pub(super) workspace_min_metres: [f64; 3],
    pub(super) workspace_max_metres: [f64; 3],
    pub(super) max_linear_metres_per_sec: f64,
    pub(super) max_angular_radians_per_sec: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Override {
    pub(super) velocity: Option<f64>,
    pub(super) acceleration: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Camera {
    pub(super) name: String,
    pub(super) topic: String,
    pub(super) rate_hz: f64,
    pub(super) mount: Mount,
    pub(super) position_metres: [f64; 3],
    pub(super) quaternion_xyzw: Option<[f64; 4]>,
    pub(super) look_at_metres: Option<[f64; 3]>,
    pub(super) up: Option<[f64; 3]>,
    pub(super) intrinsics: Intrinsics,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mount {
    Fixed,
    Tool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Intrinsics {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) fx: f64,
    pub(super) fy: f64,
    pub(super) cx: f64,
    pub(super) cy: f64,
    #[serde(default)]
    pub(super) distortion: Distortion,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Distortion {
    pub(super) k1: f64,
    pub(super) k2: f64,
    pub(super) p1: f64,
    pub(super) p2: f64,
    pub(super) k3: f64,
}

fn identity() -> [f64; 4] {
    [0.0, 0.0, 0.0, 1.0]
}
