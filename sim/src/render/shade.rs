//! From points on surfaces to light, several at a time: what is arithmetic runs in vector registers, what is looked up (patterns,
//! shadows) goes one by one in between.

use nalgebra::Isometry3;

use super::look::Look;
use super::palette::Material;
use super::shadow::ShadowMap;
use super::surface::Spots;
use super::texture::{Corners, Lookups, Textures};
use super::tracer::{NOTHING, Tracer};
use super::vector::{Rigid, Vec3, greater, scale, unit};

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

/// The paints of the room: floor, walls, skirting, ceiling, in the order of `surface::ROOM_PAINTS`.
pub(super) fn room_paints(look: &Look) -> [Paint; 4] {
    let room = &look.background;
    let wall = room.walls;
    let skirting = Material { colour: wall.colour.map(|c| c * 0.45), second: wall.second.map(|c| c * 0.4), ..wall };
    [Paint::new(&room.floor, 0), Paint::new(&wall, 1), Paint::new(&skirting, 2), Paint::new(&room.ceiling, 3)]
}

/// Everything that the light of one view depends on.
pub(super) struct Shading<'a> {
    pub(super) tracer: &'a Tracer,
    /// Those of the solids, then the room's.
    pub(super) paints: &'a [Paint],
    textures: &'a Textures,
    shadow: &'a ShadowMap,
    pub(super) look: &'a Look,
    pub(super) world_from_camera: Rigid,
    light_from_camera: Rigid,
    /// Towards the lamp, in the camera's frame.
    lamp: Vec3,
    lamp_light: Vec3,
    up: Vec3,
    pixel: f32,
}

/// Rays (u, v, 1) and where they end.
pub(super) struct Sights<'a, const N: usize> {
    pub(super) u: &'a [f32; N],
    pub(super) v: &'a [f32; N],
    pub(super) inverse_length: &'a [f32; N],
    pub(super) depth: &'a [f32; N],
    pub(super) seen: &'a [u32; N],
}

/// Red, green and blue light of several rays, and a number for the face that each comes from: neighbours with different numbers
/// have an edge between them.
pub(super) struct Lights<const N: usize> {
    pub(super) parts: [[f32; N]; 3],
    pub(super) face: [u32; N],
}

/// What can be said of spots without looking anything up.
struct Geometry<const N: usize> {
    /// Width of a pixel on the surface, in metres.
    width: [f32; N],
    around: [f32; N],
    towards: [f32; N],
    gloss: [f32; N],
    /// In the lamp's frame.
    from_lamp: [[f32; N]; 3],
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
            world_from_camera: world,
            light_from_camera: Rigid::new(&(shadow.light_from_world() * world_from_camera)),
            lamp: world.turn_back(unit(look.light.towards_lamp)),
            lamp_light: scale(look.light.colour, look.light.intensity),
            up: world.turn_back([0.0, 0.0, 1.0]),
            pixel: greater(pixel[0], pixel[1]),
        }
    }

    /// The light that comes along several rays.
    #[inline(always)]
    pub(super) fn light<const N: usize>(&self, sights: &Sights<'_, N>) -> Lights<N> {
        let spots = Spots::new(self, sights);
        let geometry = self.geometry(sights, &spots);
        let lit = self.shadow.lit(&geometry.from_lamp);
        let texel = if spots.alike {
            let paint = &self.paints[spots.paint[0]];
            self.patterns(&spots, &geometry, |_| paint)
        } else {
            self.patterns(&spots, &geometry, |at| &self.paints[spots.paint[at]])
        };
        let parts = if spots.alike {
            let paint = &self.paints[spots.paint[0]];
            self.reflect(&geometry, &texel, &lit, |_| paint)
        } else {
            self.reflect(&geometry, &texel, &lit, |at| &self.paints[spots.paint[at]])
        };
        let mut lights = Lights { parts, face: spots.face };
        if spots.any_without {
            self.without_spot(&mut lights);
        }
        lights
    }

    /// Angles, as far as they matter (Lambert's law; Blinn's half vector for highlights).
    #[inline(always)]
    fn geometry<const N: usize>(&self, sights: &Sights<'_, N>, spots: &Spots<N>) -> Geometry<N> {
        let mut to = Geometry {
            width: [0.0; N],
            around: [0.0; N],
            towards: [0.0; N],
            gloss: [0.0; N],
            from_lamp: [[0.0; N]; 3],
        };
        let (lamp, up, light) = (self.lamp, self.up, &self.light_from_camera);
        let slack = self.shadow.slack_metres();
        for at in 0..N {
            let [nx, ny, nz] = [spots.normal[0][at], spots.normal[1][at], spots.normal[2][at]];
            let (u, v, depth) = (sights.u[at], sights.v[at], spots.depth[at]);
            let back = -sights.inverse_length[at];
            let (bx, by, bz) = (u * back, v * back, back);
            let facing = (nx * bx + ny * by + nz * bz).abs();
            to.width[at] = depth * self.pixel / (0.25 + 0.75 * facing);
            to.around[at] = 0.72 + 0.28 * (nx * up[0] + ny * up[1] + nz * up[2]);
            to.towards[at] = greater(nx * lamp[0] + ny * lamp[1] + nz * lamp[2], 0.0);
            let (hx, hy, hz) = (lamp[0] + bx, lamp[1] + by, lamp[2] + bz);
            let towards_half = nx * hx + ny * hy + nz * hz;
            let square = towards_half * towards_half / greater(hx * hx + hy * hy + hz * hz, 1e-6);
            let fourth = square * square * square * square;
            to.gloss[at] = fourth * fourth * fourth;
            let (px, py, pz) = (u * depth + nx * slack, v * depth + ny * slack, depth + nz * slack);
            for axis in 0..3 {
                let row = light.rows[axis];
                to.from_lamp[axis][at] = row[0] * px + row[1] * py + row[2] * pz + light.shift[axis];
            }
        }
        to
    }

    /// The values of the patterns, 0 to 1.
    #[inline(always)]
    fn patterns<'p, const N: usize>(
        &self,
        spots: &Spots<N>,
        geometry: &Geometry<N>,
        paint: impl Fn(usize) -> &'p Paint,
    ) -> [f32; N] {
        let (mut u, mut v, mut width) = ([0.0; N], [0.0; N], [0.0; N]);
        for at in 0..N {
            let paint = paint(at);
            (u[at], v[at]) = (spots.u[at] + paint.shift, spots.v[at] + paint.shift * 0.61);
            width[at] = geometry.width[at] * paint.per_metre;
        }
        let lookups = Lookups::new(&u, &v, &width);
        let mut corners = Corners([[0.0; N]; 4]);
        for at in 0..N {
            self.textures.at(paint(at).map).corners(&lookups, at, &mut corners);
        }
        lookups.mix(&corners)
    }

    /// Light from all around, which is stronger from above, and the lamp's.
    #[inline(always)]
    fn reflect<'p, const N: usize>(
        &self,
        geometry: &Geometry<N>,
        texel: &[f32; N],
        lit: &[f32; N],
        paint: impl Fn(usize) -> &'p Paint,
    ) -> [[f32; N]; 3] {
        let mut parts = [[0.0; N]; 3];
        for (part, out) in parts.iter_mut().enumerate() {
            let (ambient, lamp) = (self.look.ambient[part], self.lamp_light[part]);
            for at in 0..N {
                let paint = paint(at);
                let surface = paint.second[part] + (paint.colour[part] - paint.second[part]) * texel[at];
                // Behind the surface there is no lamp, whatever the shadows say.
                let lamp = if geometry.towards[at] > 0.0 { lamp * lit[at] } else { 0.0 };
                let matt = surface * (ambient * geometry.around[at] + lamp * geometry.towards[at]);
                out[at] = matt + lamp * geometry.gloss[at] * paint.shine;
            }
        }
        parts
    }

    /// Rays that leave the room show plain light; pixels without a ray are black.
    #[cold]
    fn without_spot<const N: usize>(&self, lights: &mut Lights<N>) {
        for at in 0..N {
            let plain = match lights.face[at] {
                NOTHING => [0.0; 3],
                OUTSIDE => self.look.ambient,
                _ => continue,
            };
            for (out, plain) in lights.parts.iter_mut().zip(plain) {
                out[at] = plain;
            }
        }
    }
}

/// The face of what lies outside of the room.
pub(super) const OUTSIDE: u32 = NOTHING - 1;
