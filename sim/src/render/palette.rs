//! What each role looks like.

use super::error::{RenderResult, finite, within};
use super::texture::Texture;
use crate::scene::Role;

/// How many objects and distractors differ in looks; numbers beyond begin again.
pub const NUMBERED: usize = 8;

/// A surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Material {
    /// Its pattern, which mixes the two colours.
    pub texture: Texture,
    /// The colour where the pattern is light, as on a screen, 0 to 1.
    pub colour: [f32; 3],
    /// The colour where it is dark.
    pub second: [f32; 3],
    /// The length after which the pattern repeats.
    pub repeat_metres: f32,
    /// How much it reflects the lamp, 0 to 1.
    pub shine: f32,
}

impl Material {
    /// A surface whose dark colour is `dark` times its colour.
    #[must_use]
    pub fn new(texture: Texture, colour: [f32; 3], dark: f32, repeat_metres: f32, shine: f32) -> Self {
        Self { texture, colour, second: colour.map(|part| part * dark), repeat_metres, shine }
    }

    pub(super) fn floor() -> Self {
        Self::new(Texture::Tiles, [0.52, 0.53, 0.55], 0.6, 1.2, 0.05)
    }

    pub(super) fn wall() -> Self {
        Self::new(Texture::Plaster, [0.83, 0.82, 0.78], 0.82, 1.1, 0.0)
    }

    pub(super) fn ceiling() -> Self {
        Self::new(Texture::Plaster, [0.92, 0.92, 0.92], 0.9, 1.5, 0.0)
    }

    pub(super) fn check(&self) -> RenderResult<()> {
        for part in self.colour.iter().chain(&self.second) {
            finite("material.colour", f64::from(*part))?;
        }
        let repeat = self.repeat_metres;
        within("material.repeat_metres", f64::from(repeat), (1e-4..=1e4).contains(&repeat), "from 0.0001 to 10000")?;
        within("material.shine", f64::from(self.shine), (0.0..=1.0).contains(&self.shine), "from 0 to 1")
    }
}

/// A material for each role.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// What the robot works on.
    pub table: Material,
    /// Pieces of the room.
    pub room: Material,
    /// Links of the robot.
    pub link: Material,
    /// Joint housings.
    pub joint: Material,
    /// Fingers.
    pub finger: Material,
    /// Where something has to go.
    pub target: Material,
    /// Furniture of the task.
    pub fixture: Material,
    /// What the hand takes hold of.
    pub handle: Material,
    /// Objects by number: red, green, blue, yellow, purple, orange, cyan, white.
    pub objects: [Material; NUMBERED],
    /// Distractors by number.
    pub distractors: [Material; NUMBERED],
}

impl Palette {
    /// The colours that others are varied from.
    #[must_use]
    pub fn standard() -> Self {
        let object = |colour, texture, dark, repeat| Material::new(texture, colour, dark, repeat, 0.25);
        Self {
            table: Material::new(Texture::Wood, [0.80, 0.68, 0.52], 0.62, 0.5, 0.08),
            room: Material::new(Texture::Plaster, [0.62, 0.62, 0.60], 0.8, 0.9, 0.0),
            link: Material::new(Texture::Brushed, [0.88, 0.88, 0.90], 0.80, 0.2, 0.35),
            joint: Material::new(Texture::Plain, [0.20, 0.22, 0.26], 0.7, 0.1, 0.4),
            finger: Material::new(Texture::Stripes, [0.30, 0.30, 0.32], 0.55, 0.02, 0.2),
            target: Material::new(Texture::Felt, [0.16, 0.42, 0.55], 0.6, 0.08, 0.05),
            fixture: Material::new(Texture::Wood, [0.72, 0.72, 0.66], 0.75, 0.4, 0.1),
            handle: Material::new(Texture::Brushed, [0.93, 0.78, 0.30], 0.7, 0.1, 0.7),
            objects: [
                object([0.84, 0.14, 0.12], Texture::Speckle, 0.55, 0.12),
                object([0.16, 0.62, 0.22], Texture::Stripes, 0.55, 0.08),
                object([0.14, 0.28, 0.80], Texture::Checker, 0.5, 0.04),
                object([0.95, 0.80, 0.12], Texture::Plain, 0.6, 0.1),
                object([0.55, 0.20, 0.65], Texture::Felt, 0.5, 0.06),
                object([0.95, 0.48, 0.08], Texture::Stripes, 0.6, 0.05),
                object([0.15, 0.70, 0.75], Texture::Speckle, 0.5, 0.1),
                object([0.95, 0.95, 0.95], Texture::Checker, 0.15, 0.05),
            ],
            distractors: [
                Material::new(Texture::Felt, [0.45, 0.40, 0.50], 0.6, 0.08, 0.05),
                Material::new(Texture::Brushed, [0.60, 0.62, 0.60], 0.7, 0.1, 0.5),
                Material::new(Texture::Checker, [0.85, 0.85, 0.80], 0.3, 0.05, 0.1),
                Material::new(Texture::Speckle, [0.40, 0.45, 0.35], 0.5, 0.1, 0.1),
                Material::new(Texture::Stripes, [0.80, 0.60, 0.65], 0.6, 0.06, 0.2),
                Material::new(Texture::Wood, [0.50, 0.33, 0.20], 0.6, 0.2, 0.1),
                Material::new(Texture::Plain, [0.15, 0.15, 0.15], 0.6, 0.1, 0.5),
                Material::new(Texture::Plaster, [0.75, 0.80, 0.88], 0.7, 0.1, 0.3),
            ],
        }
    }

    /// The material of a role.
    #[must_use]
    pub fn of(&self, role: Role) -> &Material {
        match role {
            Role::Table => &self.table,
            Role::Room => &self.room,
            Role::Link => &self.link,
            Role::Joint => &self.joint,
            Role::Finger => &self.finger,
            Role::Object(number) => &self.objects[usize::from(number) % NUMBERED],
            Role::Target => &self.target,
            Role::Fixture => &self.fixture,
            Role::Handle => &self.handle,
            Role::Distractor(number) => &self.distractors[usize::from(number) % NUMBERED],
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Material> {
        let single =
            [&self.table, &self.room, &self.link, &self.joint, &self.finger, &self.target, &self.fixture, &self.handle];
        single.into_iter().chain(&self.objects).chain(&self.distractors)
    }
}
