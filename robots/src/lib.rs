//! What a robot is, as data: a checked specification from a TOML file and a URDF, and its kinematics.
#![forbid(unsafe_code)]
