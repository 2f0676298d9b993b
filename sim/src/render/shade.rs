//! From a point on a surface to light.

use nalgebra::Isometry3;

use super::look::Look;
use super::palette::Material;
use super::shadow::ShadowMap;
use super::surface::{Spot, background, spot};
use super::texture::{Map, Textures};
use super::tracer::{NOTHING, Tracer};
use super::vector::{Rigid, Vec3, add, dot, greater, mix, scale, times, unit};

/// A material ready for use: colours as amounts of light.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    map: usize,
    colour: Vec3,
    second: Vec3,
    pub(super) per_metre: f32,
    shift: f32,
    shine: f32,
}

impl Paint {
    /// `number` shifts the pattern, so that pieces of one material do not look cut from one place.
    pub(super) fn new(material: &Material, number: u32) -> Self {
        let light = |colour: Vec3| colour.map(|part| part.clamp(0.0, 1.0) * part.clamp(0.0, 1.0));
        Self {
            map: material.texture as usize,
            colour: light(material.colour),
            second: light(material.second),
            per_metre: 1.0 / material.repeat_metres,
            shift: (number % 64) as f32 * 0.37,
            shine: material.shine,
        }
    }
}

/// The paints of the room: floor, walls, skirting, ceiling.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoomPaint {
    pub(super) floor: Paint,
    pub(super) wall: Paint,
    pub(super) skirting: Paint,
    pub(super) ceiling: Paint,
}

impl RoomPaint {
    pub(super) fn new(look: &Look) -> Self {
        let room = &look.background;
        let wall = room.walls;
        let skirting = Material { colour: wall.colour.map(|c| c * 0.45), second: wall.second.map(|c| c * 0.4), ..wall };
        Self {
            floor: Paint::new(&room.floor, 0),
            wall: Paint::new(&wall, 1),
            skirting: Paint::new(&skirting, 2),
            ceiling: Paint::new(&room.ceiling, 3),
        }
    }
}

/// Everything that the light of one view depends on.
pub(super) struct Shading<'a> {
    tracer: &'a Tracer,
    paints: &'a [Paint],
    textures: &'a Textures,
    shadow: &'a ShadowMap,
    look: &'a Look,
    room: RoomPaint,
    world_from_camera: Rigid,
    light_from_camera: Rigid,
    /// Towards the lamp, in the camera's frame.
    lamp: Vec3,
    lamp_light: Vec3,
    up: Vec3,
    pixel: f32,
}

impl<'a> Shading<'a> {
    pub(super) fn new(
        tracer: &'a Tracer,
        paints: &'a [Paint],
        textures: &'a Textures,
        shadow: &'a ShadowMap,
        look: &'a Look,
        world_from_camera: &Isometry3<f32>,
        pixel: [f32; 2],
    ) -> Self {
        let world = Rigid::new(world_from_camera);
        Self {
            tracer,
            paints,
            textures,
            shadow,
            look,
            room: RoomPaint::new(look),
            world_from_camera: world,
            light_from_camera: Rigid::new(&(shadow.light_from_world() * world_from_camera)),
            lamp: world.turn_back(unit(look.light.towards_lamp)),
            lamp_light: scale(look.light.colour, look.light.intensity),
            up: world.turn_back([0.0, 0.0, 1.0]),
            pixel: greater(pixel[0], pixel[1]),
        }
    }

    /// The light that comes along the ray (u, v, 1) from the solid `seen` at `depth`, and a number for the face it comes from:
    /// neighbours with different numbers have an edge between them.
    #[inline(always)]
    pub(super) fn light(&self, u: f32, v: f32, inverse_length: f32, depth: f32, seen: u32) -> (Vec3, u32) {
        if seen == NOTHING {
            if u.is_nan() {
                return ([0.0; 3], NOTHING);
            }
            let ray = [u, v, 1.0];
            let from = self.world_from_camera.shift;
            let Some((spot, depth, paint)) =
                background(&self.look.background, &self.room, from, self.world_from_camera.turn(ray))
            else {
                return (self.look.ambient, NOTHING - 1);
            };
            let normal = self.world_from_camera.turn_back(spot.normal);
            let light = self.reflect(paint, &spot, normal, scale(ray, depth), scale(ray, -inverse_length));
            return (light, NOTHING - 8 - spot.face);
        }
        let solid = &self.tracer.solids[seen as usize];
        let paint = &self.paints[seen as usize];
        let ray = [u, v, 1.0];
        let point = scale(ray, depth);
        let spot = spot(&solid.geometry, solid.piece_from_camera.point(point), paint.per_metre);
        let normal = solid.piece_from_camera.turn_back(spot.normal);
        (self.reflect(paint, &spot, normal, point, scale(ray, -inverse_length)), solid.piece * 8 + spot.face)
    }

    /// Lambert's law with a soft highlight (Blinn's half vector), and light from all around that is stronger from above.
    #[inline(always)]
    fn reflect(&self, paint: &Paint, spot: &Spot, normal: Vec3, point: Vec3, back: Vec3) -> Vec3 {
        let facing = dot(normal, back).abs();
        let width = point[2] * self.pixel * paint.per_metre / (0.25 + 0.75 * facing);
        let map: &Map = self.textures.at(paint.map);
        let texel = map.sample(spot.u + paint.shift, spot.v + paint.shift * 0.61, width);
        let surface = mix(paint.second, paint.colour, texel);
        let around = scale(self.look.ambient, 0.72 + 0.28 * dot(normal, self.up));
        let towards = dot(normal, self.lamp);
        if towards <= 0.0 {
            return times(surface, around);
        }
        let lit = self.shadow.lit(self.light_from_camera.point(add(point, scale(normal, self.shadow.slack_metres()))));
        let lamp = scale(self.lamp_light, lit);
        let matt = times(surface, add(around, scale(lamp, towards)));
        if paint.shine == 0.0 {
            return matt;
        }
        let half = add(self.lamp, back);
        let towards_half = dot(normal, half);
        let square = towards_half * towards_half / greater(dot(half, half), 1e-6);
        let fourth = square * square * square * square;
        let gloss = fourth * fourth * fourth;
        add(matt, scale(lamp, gloss * paint.shine))
    }
}
