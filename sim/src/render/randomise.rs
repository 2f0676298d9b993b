//! Looks drawn at random: light, colour, texture, exposure, noise, lens, cameras that are not quite where they should be.

use super::look::{Jitter, Light, Look};
use super::palette::{Material, NUMBERED};
use super::random::Random;
use super::texture::Texture;

/// How much of a look is drawn at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing: the standard look.
    None,
    /// What changes in one room from day to day: brightness, a little noise, cameras that were touched.
    Low,
    /// Another room with the same things: other surfaces, another lamp.
    Medium,
    /// Another room with other things: any surface, any lamp, objects of other hues.
    High,
}

impl Level {
    /// All levels, from none to high.
    pub const ALL: [Self; 4] = [Self::None, Self::Low, Self::Medium, Self::High];

    /// The strength of what all levels vary: 0 to 1.
    fn strength(self) -> f32 {
        match self {
            Self::None => 0.0,
            Self::Low => 0.25,
            Self::Medium => 0.6,
            Self::High => 1.0,
        }
    }
}

/// Streams of the seed, so that a change to one part of a look leaves the others as they were.
const LIGHT: u64 = 1;
const SURFACES: u64 = 2;
const OBJECTS: u64 = 3;
const SENSOR: u64 = 4;

/// Patterns that hold for something as large as a table or a wall.
const LARGE: [Texture; 6] =
    [Texture::Wood, Texture::Speckle, Texture::Plaster, Texture::Felt, Texture::Tiles, Texture::Checker];

/// The least distance between the mean colours of two objects, or of an object and the table.
const APART: f32 = 0.22;

impl Look {
    /// A look drawn from a seed; the same seed and level give the same look everywhere.
    ///
    /// Up to medium level object 0 is reddish, 1 greenish, 2 blueish, and so on; at high level hues are drawn too, but objects
    /// still differ from one another and from the table.
    #[must_use]
    pub fn randomised(seed: u64, level: Level) -> Self {
        let mut look = Self { seed, ..Self::standard() };
        if level == Level::None {
            return look;
        }
        draw_light(&mut look, level, &mut Random::stream(seed, LIGHT));
        draw_surfaces(&mut look, level, &mut Random::stream(seed, SURFACES));
        draw_objects(&mut look, level, &mut Random::stream(seed, OBJECTS));
        draw_sensor(&mut look, level, &mut Random::stream(seed, SENSOR));
        look
    }
}

fn draw_light(look: &mut Look, level: Level, random: &mut Random) {
    let much = level.strength();
    let [x, y, z] = look.light.towards_lamp;
    let (dx, dy) = (random.uniform(-1.1, 1.1) * much, random.uniform(-1.1, 1.1) * much);
    // Warm to cold.
    let warmth = random.uniform(-0.22, 0.22) * much;
    let tint = |part: [f32; 3]| [part[0] * (1.0 + warmth), part[1], part[2] * (1.0 - warmth)];
    look.light = Light {
        towards_lamp: [x + dx, y + dy, z],
        colour: tint(look.light.colour),
        intensity: look.light.intensity * (1.0 + random.uniform(-0.5, 0.4) * much),
    };
    let around = 1.0 + random.uniform(-0.45, 0.45) * much;
    look.ambient = tint(look.ambient).map(|part| part * around);
}

fn draw_surfaces(look: &mut Look, level: Level, random: &mut Random) {
    let palette = &mut look.palette;
    let room = &mut look.background;
    let large = [&mut palette.table, &mut palette.room, &mut room.floor, &mut room.walls, &mut room.ceiling];
    for (at, material) in large.into_iter().enumerate() {
        // A table stays a light one, so that shadows and objects are seen on it.
        draw_material(material, level, random, &LARGE, if at == 0 { 0.45 } else { 0.3 });
    }
    let target = Material { ..palette.target };
    let small = [
        &mut palette.link,
        &mut palette.joint,
        &mut palette.finger,
        &mut palette.target,
        &mut palette.fixture,
        &mut palette.handle,
    ];
    for material in small {
        draw_material(material, level, random, &Texture::ALL, 0.12);
    }
    for distractor in &mut palette.distractors {
        draw_material(distractor, level.max(Level::Medium), random, &Texture::ALL, 0.1);
    }
    // Where things have to go must be told from what they lie on.
    if distance(palette.target.colour, palette.table.colour) < APART {
        palette.target = target;
    }
}

/// Low level shades a material, medium level also turns its hue and may change its pattern, high level draws it anew.
fn draw_material(material: &mut Material, level: Level, random: &mut Random, patterns: &[Texture], darkest: f32) {
    let gain = 1.0 + random.uniform(-0.5, 0.3) * level.strength();
    let hue: [f32; 3] = std::array::from_fn(|_| random.uniform(-1.0, 1.0));
    let anew: [f32; 3] = std::array::from_fn(|_| random.uniform(0.0, 1.0));
    let grey = random.uniform(darkest, 0.92);
    let pattern = patterns[random.below(patterns.len())];
    let (change, size, shine) = (random.unit(), random.uniform(0.6, 1.7), random.uniform(0.0, 0.6));
    let dark = random.uniform(0.4, 0.85);
    if level == Level::High {
        // Half grey, half colour: rooms are not painted in primary colours.
        material.colour = anew.map(|part| (0.55 * grey + 0.45 * part).clamp(darkest, 1.0));
        material.second = material.colour.map(|part| part * dark);
        material.shine = shine * 0.6;
    } else {
        let turn = 0.3 * level.strength() * f32::from(u8::from(level != Level::Low));
        let shade =
            |colour: [f32; 3]| std::array::from_fn(|at| (colour[at] * (gain + turn * hue[at])).clamp(0.03, 1.0));
        material.colour = shade(material.colour);
        material.second = shade(material.second);
    }
    if level == Level::High || (level == Level::Medium && change < 0.5) {
        material.texture = pattern;
        material.repeat_metres *= size;
    }
}

fn draw_objects(look: &mut Look, level: Level, random: &mut Random) {
    let standard = look.palette.objects;
    let mut drawn = standard;
    for (at, object) in drawn.iter_mut().enumerate() {
        let own = standard[at];
        let gain = 1.0 + random.uniform(-0.35, 0.15) * level.strength();
        *object =
            Material { colour: own.colour.map(|part| part * gain), second: own.second.map(|part| part * gain), ..own };
        if level >= Level::Medium {
            object.texture = Texture::ALL[random.below(Texture::ALL.len())];
            object.repeat_metres *= random.uniform(0.7, 1.5);
            object.shine = random.uniform(0.0, 0.6);
        }
    }
    if level == Level::High {
        for at in 0..NUMBERED {
            let (done, own) = (drawn, drawn[at]);
            drawn[at] =
                another_hue(&own, &done[..at], &[look.palette.table, look.palette.target], random).unwrap_or(own);
        }
    }
    keep_apart(look, drawn);
}

/// An object's material in a colour away from `others` and from those before it; `None` where none was found in time.
fn another_hue(own: &Material, before: &[Material], others: &[Material], random: &mut Random) -> Option<Material> {
    (0..40).find_map(|_| {
        let colour: [f32; 3] = std::array::from_fn(|_| random.uniform(0.05, 0.95));
        let spread = colour.iter().fold(0.0_f32, |most, &part| most.max(part))
            - colour.iter().fold(1.0_f32, |least, &part| least.min(part));
        let drawn = Material { colour, second: colour.map(|part| part * 0.6), ..*own };
        let apart = |other: &Material| distance(mean_colour(&drawn), mean_colour(other)) > APART;
        (spread > 0.35 && before.iter().chain(others).all(apart)).then_some(drawn)
    })
}

/// Takes the drawn objects; where one is too near to the table's colour, the table becomes grey, and light or dark enough.
fn keep_apart(look: &mut Look, drawn: [Material; NUMBERED]) {
    look.palette.objects = drawn;
    let nearest = |table: &Material| {
        let table = mean_colour(table);
        // White and the like are for the last objects; those that tasks use first count most.
        drawn[..6].iter().map(|object| distance(mean_colour(object), table)).fold(f32::INFINITY, f32::min)
    };
    if nearest(&look.palette.table) >= APART {
        return;
    }
    let mut best = look.palette.table;
    for grey in [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
        let table = Material::new(look.palette.table.texture, [grey; 3], 0.75, look.palette.table.repeat_metres, 0.08);
        if nearest(&table) > nearest(&best) {
            best = table;
        }
    }
    look.palette.table = best;
}

/// The colour of a material seen from far away.
pub(super) fn mean_colour(material: &Material) -> [f32; 3] {
    std::array::from_fn(|at| 0.5 * (material.colour[at] + material.second[at]))
}

/// How far apart two colours are.
pub(super) fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}

fn draw_sensor(look: &mut Look, level: Level, random: &mut Random) {
    let much = level.strength();
    look.exposure = 1.0 + random.uniform(-0.35, 0.45) * much;
    look.noise_levels = random.uniform(1.0, 6.0) * much;
    look.vignetting = random.uniform(0.0, 0.5) * much;
    look.jitter = Jitter { metres: 0.012 * much, radians: 0.02 * much };
}
