//! The shapes that move: blocks, box, gripper and arm.

use super::geometry::{Colour, Cuboid, Pose, Vec3, shade, vec3};
use super::motion::{BLOCK_HALF, BOX_CENTRE, BOX_FLOOR, BOX_HALF, Motion, State};
use super::room::TABLE_HALF;

const STEEL: Colour = [0.62, 0.64, 0.67];
const RUBBER: Colour = [0.16, 0.16, 0.18];
const ARM: Colour = [0.90, 0.90, 0.92];
const JOINT: Colour = [0.25, 0.45, 0.62];
const CARD: Colour = [0.66, 0.49, 0.33];

/// Where the arm stands, behind the table.
const SHOULDER: Vec3 = vec3(0.0, 0.50, 0.16);
const LINK_LENGTH: f32 = 0.44;
/// From the finger tips to the middle of the palm.
pub(super) const PALM_HEIGHT: f32 = 0.105;
const BOX_WALL: f32 = 0.075;

/// Every cuboid of the scene at one time.
pub(super) fn cuboids(motion: &Motion, state: &State) -> Vec<Cuboid> {
    let mut shapes = furniture();
    for (block, &(middle, yaw)) in motion.blocks.iter().zip(&state.blocks) {
        let half = vec3(BLOCK_HALF, BLOCK_HALF, BLOCK_HALF);
        shapes.push(Cuboid::new(Pose::upright(middle, yaw), half, block.colour));
    }
    gripper(state, &mut shapes);
    arm(state, &mut shapes);
    shapes
}

fn furniture() -> Vec<Cuboid> {
    let still = |middle: Vec3, half: Vec3, colour: Colour| Cuboid::new(Pose::upright(middle, 0.0), half, colour);
    let slab = vec3(TABLE_HALF.0, TABLE_HALF.1, 0.02);
    let mut shapes = vec![Cuboid { casts_shadow: false, ..still(vec3(0.0, 0.0, -0.0215), slab, [0.55, 0.41, 0.27]) }];
    for (x, y) in [(-0.55, -0.35), (0.55, -0.35), (-0.55, 0.35), (0.55, 0.35)] {
        let leg = still(vec3(x, y, -0.37), vec3(0.025, 0.025, 0.33), [0.35, 0.27, 0.20]);
        shapes.push(Cuboid { casts_shadow: false, ..leg });
    }
    let wall = 0.006;
    let side = BOX_HALF + wall;
    let at = |x: f32, y: f32, z: f32| BOX_CENTRE + vec3(x, y, z);
    shapes.push(still(at(0.0, 0.0, BOX_FLOOR / 2.0), vec3(side, side, BOX_FLOOR / 2.0), shade(CARD, 0.8)));
    for sign in [-1.0, 1.0] {
        let middle = BOX_WALL / 2.0;
        shapes.push(still(at(sign * side, 0.0, middle), vec3(wall, side + wall, BOX_WALL / 2.0), CARD));
        shapes.push(still(at(0.0, sign * side, middle), vec3(side - wall, wall, BOX_WALL / 2.0), CARD));
    }
    shapes
}

fn gripper(state: &State, shapes: &mut Vec<Cuboid>) {
    let hand = Pose::upright(state.tip, state.yaw_radians);
    let mut part = |middle: Vec3, half: Vec3, colour: Colour| {
        shapes.push(Cuboid::new(Pose { origin: hand.to_world(middle), ..hand }, half, colour));
    };
    for sign in [-1.0, 1.0] {
        let reach = sign * (state.opening / 2.0 + 0.007);
        part(vec3(reach, 0.0, 0.012), vec3(0.007, 0.014, 0.034), RUBBER);
        part(vec3(reach, 0.0, 0.068), vec3(0.008, 0.016, 0.026), STEEL);
    }
    part(vec3(0.0, 0.0, PALM_HEIGHT), vec3(0.072, 0.024, 0.018), shade(STEEL, 0.8));
    part(vec3(0.0, 0.0, PALM_HEIGHT + 0.05), vec3(0.026, 0.026, 0.034), JOINT);
}

/// Two links of equal length from the shoulder to the wrist, the elbow up.
fn arm(state: &State, shapes: &mut Vec<Cuboid>) {
    let wrist = state.tip + vec3(0.0, 0.0, PALM_HEIGHT + 0.09);
    let reach = wrist - SHOULDER;
    let rise = (LINK_LENGTH * LINK_LENGTH - reach.dot(reach) / 4.0).max(0.0).sqrt();
    let sideways = reach.cross(vec3(0.0, 0.0, 1.0)).normalised();
    let elbow = SHOULDER.lerp(wrist, 0.5) + sideways.cross(reach).normalised() * rise;
    let ball = |middle: Vec3, half: f32| Cuboid::new(Pose::upright(middle, 0.0), vec3(half, half, half), JOINT);
    shapes.push(Cuboid::beam(vec3(SHOULDER.x, SHOULDER.y, -0.7), SHOULDER, 0.06, shade(STEEL, 0.6)));
    shapes.push(Cuboid::beam(SHOULDER, elbow, 0.036, ARM));
    shapes.push(Cuboid::beam(elbow, wrist, 0.028, ARM));
    shapes.extend([ball(SHOULDER, 0.055), ball(elbow, 0.042), ball(wrist, 0.032)]);
}
