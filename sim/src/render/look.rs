//! Everything about appearance, as plain data.

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};

use super::camera::Camera;
use super::error::{RenderResult, finite, within};
use super::palette::{Material, Palette};
use super::random::Random;

/// A lamp so far away that its rays are parallel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light {
    /// From the scene towards the lamp, in the world; any length.
    pub towards_lamp: [f32; 3],
    /// Colour, 1 for white.
    pub colour: [f32; 3],
    /// How bright; 1 lights a white surface that faces the lamp fully.
    pub intensity: f32,
}

/// The room around the scene: a box seen from inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Background {
    /// The corner with the least coordinates, in the world; its z is the floor's.
    pub min_metres: [f32; 3],
    /// The corner with the greatest coordinates.
    pub max_metres: [f32; 3],
    /// The floor.
    pub floor: Material,
    /// The walls.
    pub walls: Material,
    /// The ceiling.
    pub ceiling: Material,
}

/// How far a camera is from where it is thought to be; standard deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Jitter {
    /// Of its place, along each axis.
    pub metres: f32,
    /// Of its direction, about each axis.
    pub radians: f32,
}

/// Everything about appearance.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// What the pixel noise and the jitter are drawn from.
    pub seed: u64,
    /// The lamp, which casts shadows.
    pub light: Light,
    /// Light that comes from everywhere.
    pub ambient: [f32; 3],
    /// What pieces look like.
    pub palette: Palette,
    /// What is behind the pieces.
    pub background: Background,
    /// Factor on all light before it is turned into grey levels.
    pub exposure: f32,
    /// Standard deviation of the noise of each pixel and colour, in grey levels of 255.
    pub noise_levels: f32,
    /// How much darker the corners are than the middle, 0 to 1.
    pub vignetting: f32,
    /// What [`jittered`](Look::jittered) moves cameras by.
    pub jitter: Jitter,
}

impl Look {
    /// Daylight in a workshop, no noise: the look that others are varied from.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            seed: 0,
            light: Light { towards_lamp: [0.35, -0.5, 1.0], colour: [1.0, 0.97, 0.9], intensity: 0.85 },
            ambient: [0.36, 0.38, 0.42],
            palette: Palette::standard(),
            background: Background {
                min_metres: [-1.6, -2.0, -0.75],
                max_metres: [2.4, 2.0, 1.9],
                floor: Material::floor(),
                walls: Material::wall(),
                ceiling: Material::ceiling(),
            },
            exposure: 1.0,
            noise_levels: 0.0,
            vignetting: 0.0,
            jitter: Jitter::default(),
        }
    }

    /// Where a camera truly is that is thought to be at `camera`: moved by this look's jitter, the same way every time for a look
    /// and a view. Rendering itself never moves a camera, so that a picture agrees with [`Camera::project`].
    #[must_use]
    pub fn jittered(&self, camera: &Camera, view: u64) -> Camera {
        let mut random = Random::stream(self.seed, JITTER_STREAM.wrapping_add(view));
        let mut three = |size: f32| Vector3::from_fn(|_, _| random.normal() * f64::from(size));
        let (shift, turn) = (three(self.jitter.metres), three(self.jitter.radians));
        // Half-angle tangents: for these small angles a rotation vector in all but name, and no sine is taken.
        let [x, y, z] = (turn * 0.5).into();
        let turn = UnitQuaternion::new_normalize(nalgebra::Quaternion::new(1.0, x, y, z));
        let offset = Isometry3::from_parts(Translation3::from(shift), turn);
        Camera { intrinsics: camera.intrinsics, world_from_camera: camera.world_from_camera * offset }
    }

    /// Refuses numbers that are none, and rooms inside out.
    pub(super) fn check(&self) -> RenderResult<()> {
        let several = |field, numbers: &[f32]| numbers.iter().try_for_each(|&number| finite(field, f64::from(number)));
        several("look.light.towards_lamp", &self.light.towards_lamp)?;
        several("look.light.colour", &self.light.colour)?;
        several("look.ambient", &self.ambient)?;
        several("look.background.min_metres", &self.background.min_metres)?;
        several("look.background.max_metres", &self.background.max_metres)?;
        let up = self.light.towards_lamp;
        let length = up.iter().map(|part| part * part).sum::<f32>();
        within("look.light.towards_lamp", f64::from(length), length > 1e-12, "a direction, not 0 0 0")?;
        for (field, value, most) in [
            ("look.light.intensity", self.light.intensity, 1e3),
            ("look.exposure", self.exposure, 1e3),
            ("look.noise_levels", self.noise_levels, 255.0),
            ("look.vignetting", self.vignetting, 1.0),
        ] {
            within(
                field,
                f64::from(value),
                (0.0..=most).contains(&value),
                "0 or above, and not beyond its greatest value",
            )?;
        }
        for (&min, &max) in self.background.min_metres.iter().zip(&self.background.max_metres) {
            within("look.background.max_metres", f64::from(max), max > min, "greater than min_metres")?;
        }
        let room = [&self.background.floor, &self.background.walls, &self.background.ceiling];
        room.into_iter().chain(self.palette.all()).try_for_each(Material::check)
    }
}

/// Streams of the seed from here on are cameras'.
const JITTER_STREAM: u64 = 1 << 32;
