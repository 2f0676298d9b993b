//! What the gripper does: a path of waypoints, block after block into the box.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::geometry::{Colour, Vec3, shade, vec3};
use super::options::DrawOptions;

/// Half a block's edge in metres.
pub(super) const BLOCK_HALF: f32 = 0.03;
/// The box: middle of its floor, half its inner side.
pub(super) const BOX_CENTRE: Vec3 = vec3(0.33, 0.02, 0.0);
pub(super) const BOX_HALF: f32 = 0.13;
/// Thickness of the box's floor.
pub(super) const BOX_FLOOR: f32 = 0.01;

const HOME: Vec3 = vec3(-0.05, 0.02, 0.30);
const CARRY_HEIGHT: f32 = 0.24;
/// Between the fingers, in metres, when they hold nothing.
const OPEN: f32 = 0.105;
const CLOSED: f32 = 2.0 * BLOCK_HALF;
/// Share of the clip before the first block and after the last one.
const LEAD_SHARE: f32 = 0.03;
const TAIL_SHARE: f32 = 0.07;

const COLOURS: [Colour; 8] = [
    [0.83, 0.16, 0.14],
    [0.13, 0.36, 0.80],
    [0.95, 0.77, 0.12],
    [0.16, 0.60, 0.28],
    [0.58, 0.25, 0.66],
    [0.95, 0.49, 0.12],
    [0.16, 0.70, 0.74],
    [0.92, 0.90, 0.88],
];
/// Where blocks lie when nothing varies.
const PLACES: [(f32, f32); 8] = [
    (-0.42, -0.20),
    (-0.18, -0.24),
    (-0.34, 0.04),
    (-0.04, -0.18),
    (-0.14, 0.12),
    (-0.48, 0.16),
    (0.04, 0.02),
    (0.06, 0.22),
];

/// One block: where it starts and ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) colour: Colour,
    start: Vec3,
    slot: Vec3,
    yaw_radians: f32,
}

/// What the scene looks like at one time.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// Between the finger tips.
    pub(super) tip: Vec3,
    pub(super) yaw_radians: f32,
    /// Between the fingers, in metres.
    pub(super) opening: f32,
    /// Middle and yaw of each block.
    pub(super) blocks: Vec<(Vec3, f32)>,
}

#[derive(Debug, Clone, Copy)]
struct Waypoint {
    /// Share of the clip, 0 to 1.
    time: f32,
    tip: Vec3,
    yaw_radians: f32,
    opening: f32,
    /// The block that is in the fingers from here to the next waypoint.
    holds: Option<usize>,
}

/// The whole path.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    pub(super) blocks: Vec<Block>,
    waypoints: Vec<Waypoint>,
    /// When each block's subtask starts and ends, as shares of the clip; beyond 1 where it is never reached.
    pub(super) subtasks: Vec<(f32, f32)>,
}

impl Motion {
    pub(super) fn new(options: &DrawOptions) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        let blocks: Vec<Block> =
            (0..options.blocks as usize).map(|i| Block::place(i, options.variation, &mut rng)).collect();
        let paces: Vec<f32> = blocks.iter().map(|_| 1.0 + 0.5 * options.variation * signed(&mut rng)).collect();
        let unit = (1.0 - LEAD_SHARE - TAIL_SHARE) / paces.iter().sum::<f32>();
        let done = options.stop_after_blocks.map_or(blocks.len(), |n| n as usize);

        let mut path = Path::starting_at_home();
        let mut subtasks = Vec::new();
        for (i, (block, pace)) in blocks.iter().zip(&paces).enumerate() {
            if i < done {
                let start = path.time;
                path.move_block(i, block, pace * unit);
                subtasks.push((start, path.time));
            } else {
                // Never done: its keyframes lie after the clip, so that progress stays where it is.
                let after = (i - done) as f32;
                subtasks.push((2.0 + after, 3.0 + after));
            }
        }
        path.go_home();
        Self { blocks, waypoints: path.waypoints, subtasks }
    }

    /// Everything at a share of the clip.
    pub(super) fn at(&self, time: f32) -> State {
        let next = self.waypoints.partition_point(|waypoint| waypoint.time <= time);
        let from = self.waypoints[next.saturating_sub(1)];
        let to = self.waypoints[next.min(self.waypoints.len() - 1)];
        let share =
            if to.time > from.time { ((time - from.time) / (to.time - from.time)).clamp(0.0, 1.0) } else { 1.0 };
        let eased = share * share * (3.0 - 2.0 * share);
        let mix = |a: f32, b: f32| a + (b - a) * eased;
        let tip = from.tip.lerp(to.tip, eased);
        let yaw_radians = mix(from.yaw_radians, to.yaw_radians);
        let blocks = (0..self.blocks.len())
            .map(|i| if from.holds == Some(i) { (tip, yaw_radians) } else { self.resting(i, time) })
            .collect();
        State { tip, yaw_radians, opening: mix(from.opening, to.opening), blocks }
    }

    fn resting(&self, i: usize, time: f32) -> (Vec3, f32) {
        let block = &self.blocks[i];
        if time >= self.subtasks[i].1 { (block.slot, 0.0) } else { (block.start, block.yaw_radians) }
    }
}

impl Block {
    fn place(i: usize, variation: f32, rng: &mut ChaCha8Rng) -> Self {
        let (x, y) = PLACES[i];
        let mut jitter = |reach: f32| variation * reach * signed(rng);
        let start = vec3(x + jitter(0.05), y + jitter(0.04), BLOCK_HALF);
        let yaw_radians = jitter(0.5);
        let colour = shade(COLOURS[i], 1.0 + jitter(0.15));
        let column = if i.is_multiple_of(2) { -0.055 } else { 0.055 };
        let row = if (i / 2).is_multiple_of(2) { 0.055 } else { -0.055 };
        let layer = (i / 4) as f32;
        let height = BOX_FLOOR + BLOCK_HALF + layer * 2.0 * BLOCK_HALF;
        Self { colour, start, slot: BOX_CENTRE + vec3(column, row, height), yaw_radians }
    }
}

/// A path under construction.
struct Path {
    time: f32,
    waypoints: Vec<Waypoint>,
}

impl Path {
    fn starting_at_home() -> Self {
        let home = Waypoint { time: 0.0, tip: HOME, yaw_radians: 0.0, opening: OPEN, holds: None };
        Self { time: LEAD_SHARE, waypoints: vec![home, Waypoint { time: LEAD_SHARE, ..home }] }
    }

    fn push(&mut self, duration: f32, tip: Vec3, yaw_radians: f32, opening: f32, holds: Option<usize>) {
        self.time += duration;
        self.waypoints.push(Waypoint { time: self.time, tip, yaw_radians, opening, holds });
    }

    /// To the block, down, close, up, over the box, down, open: `duration` in all.
    fn move_block(&mut self, i: usize, block: &Block, duration: f32) {
        let above = |point: Vec3| vec3(point.x, point.y, CARRY_HEIGHT);
        let held = Some(i);
        let part = |tenths: f32| duration * tenths / 10.0;
        let after = self.waypoints.last().map_or(HOME, |waypoint| waypoint.tip);
        self.push(part(0.9), above(after), 0.0, OPEN, None);
        self.push(part(2.2), above(block.start), block.yaw_radians, OPEN, None);
        self.push(part(1.2), block.start, block.yaw_radians, OPEN, None);
        self.push(part(0.5), block.start, block.yaw_radians, CLOSED, held);
        self.push(part(1.2), above(block.start), block.yaw_radians, CLOSED, held);
        self.push(part(2.4), above(block.slot), 0.0, CLOSED, held);
        self.push(part(1.2), block.slot, 0.0, CLOSED, held);
        self.push(part(0.4), block.slot, 0.0, OPEN, None);
    }

    fn go_home(&mut self) {
        let last = self.waypoints.last().map_or(HOME, |waypoint| waypoint.tip);
        self.push(TAIL_SHARE * 0.3, vec3(last.x, last.y, CARRY_HEIGHT), 0.0, OPEN, None);
        self.push(TAIL_SHARE * 0.5, HOME, 0.0, OPEN, None);
    }
}

/// Uniform in -1..1.
fn signed(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / 8_388_608.0 - 1.0
}
