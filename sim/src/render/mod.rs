//! Pictures of a scene: pinhole cameras with distortion, a depth buffer, light and texture.
//!
//! A solid is not cut into triangles: every pixel has its ray (the lens is in the table of rays, so distortion costs nothing
//! and is exact), a tile of pixels has the list of solids that it may see, and a ray is cut with each of them in closed form.
//! - `camera`, `lens`: where a point is drawn, and which way a pixel looks.
//! - `solid`, `tracer`: rays against solids, tiles, depth.
//! - `texture`, `material`, `look`, `randomise`, `palette`, `distractors`: what things look like.
//! - `background`, `surface`, `shade`, `shadow`, `smooth`, `develop`: from depth to colour to bytes.
//! - `renderer`: all of it for one picture.
//! - `faults`: what cameras do wrong.
//! - `tabletop`: a scene for tests and examples. `sheet`, `font`: pictures side by side.

mod camera;
mod develop;
mod distractors;
mod error;
mod faults;
mod font;
mod lens;
mod look;
mod palette;
mod random;
mod randomise;
mod renderer;
mod shade;
mod shadow;
mod sheet;
mod smooth;
mod solid;
mod surface;
mod tabletop;
mod texture;
mod tracer;
mod vector;

pub use camera::Camera;
pub use distractors::{KeepOut, TableArea, distractors};
pub use error::{RenderError, RenderResult};
pub use faults::{CameraFaults, Fate, FaultStream, Freeze, LastFrame};
pub use look::{Background, Jitter, Light, Look};
pub use palette::{Material, NUMBERED, Palette};
pub use randomise::Level;
pub use renderer::{Renderer, Samples};
pub use sheet::contact_sheet;
pub use tabletop::{TABLETOP_CAMERAS, Tabletop, tabletop};
pub use texture::Texture;

#[cfg(test)]
mod tests;
