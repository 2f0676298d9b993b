//! The test kit, and the end-to-end, golden, replay and fault tests.

pub mod drawn;
pub mod kit;
