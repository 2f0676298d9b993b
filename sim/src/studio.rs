//! A robot's cameras in a world: the look of an episode, and a picture of each view at a moment.

use striatum_frames::Image;
use striatum_robots::{Intrinsics, Mount, RobotSpec};

use crate::error::{Error, Result};
use crate::physics::World;
use crate::render::{Camera, KeepOut, Level, Look, Renderer, Samples, TableArea, distractors};
use crate::scene::{Geometry, Piece, Role, Scene};

/// Sizes and randomness of the pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudioConfig {
    /// Width in pixels; the lens sees the same, whatever the size. Default 224.
    pub width: u32,
    /// Height in pixels. Default 224.
    pub height: u32,
    /// How much of the look is drawn at random for each episode. Default: nothing.
    pub level: Level,
    /// How edges are drawn. Default: smooth.
    pub samples: Samples,
}

impl Default for StudioConfig {
    fn default() -> Self {
        Self { width: 224, height: 224, level: Level::None, samples: Samples::TwoByTwo }
    }
}

/// One camera.
#[derive(Clone, Debug)]
struct View {
    name: String,
    mount: Mount,
    intrinsics: Intrinsics,
}

/// A robot's cameras.
#[derive(Debug)]
pub struct Studio {
    config: StudioConfig,
    views: Vec<View>,
    renderer: Renderer,
    look: Look,
    extras: Vec<Piece>,
    scene: Scene,
    frame: u64,
}

impl Studio {
    /// The cameras of `robot`, or those of them that `names` gives, in that order.
    ///
    /// # Errors
    /// [`Error::NoCamera`], [`Error::Views`], or a size that cannot be drawn.
    pub fn new(robot: &RobotSpec, names: Option<&[String]>, config: StudioConfig) -> Result<Self> {
        let all = || robot.cameras.iter().map(|camera| camera.name.clone()).collect::<Vec<_>>();
        let wanted = names.map_or_else(all, <[String]>::to_vec);
        let find =
            |name: &String| {
                let mount = robot.cameras.iter().find(|camera| camera.name == *name).ok_or_else(|| {
                    Error::NoCamera { robot: robot.name.clone(), view: name.clone(), known: all().join(", ") }
                })?;
                let intrinsics = mount.intrinsics.scaled(config.width, config.height);
                Ok(View { name: name.clone(), mount: mount.mount, intrinsics })
            };
        let mut renderer = Renderer::new(config.width, config.height)?;
        renderer.set_samples(config.samples);
        Ok(Self {
            config,
            views: wanted.iter().map(find).collect::<Result<_>>()?,
            renderer,
            look: Look::standard(),
            extras: Vec::new(),
            scene: Scene::default(),
            frame: 0,
        })
    }

    /// Names of the views, in order.
    pub fn views(&self) -> impl ExactSizeIterator<Item = &str> {
        self.views.iter().map(|view| view.name.as_str())
    }

    /// Pictures to draw into, one for each view.
    #[must_use]
    pub fn blank(&self) -> Vec<Image> {
        vec![Image::filled(self.config.width, self.config.height, [0; 3]); self.views.len()]
    }

    /// Draws the look of an episode, and things on the table that have nothing to do with the task, from `seed`. Call it after
    /// the world's reset: what stands there keeps its place.
    pub fn dress(&mut self, world: &World, seed: u64) {
        self.look = Look::randomised(seed, self.config.level);
        self.frame = 0;
        world.scene(&mut self.scene);
        self.extras = match table_area(&self.scene.pieces) {
            Some(area) => distractors(seed, self.config.level, &area, &keep_out(&self.scene.pieces)),
            None => Vec::new(),
        };
    }

    /// A picture of each view as the world is now.
    ///
    /// # Errors
    /// Pictures of another size than the studio's.
    pub fn shoot(&mut self, world: &World, images: &mut [Image]) -> Result<()> {
        world.scene(&mut self.scene);
        self.scene.pieces.extend_from_slice(&self.extras);
        let world_from_tool = self.scene.world_from_tool.cast::<f64>();
        for ((number, view), image) in (0_u64..).zip(&self.views).zip(images) {
            let camera = Camera {
                intrinsics: view.intrinsics,
                world_from_camera: view.mount.world_from_camera(&world_from_tool),
            };
            let camera = self.look.jittered(&camera, number);
            self.renderer.render(&self.scene, &camera, &self.look, self.frame, image)?;
        }
        self.frame += 1;
        Ok(())
    }
}

/// Half the extent of a form along x and y, whichever way it is turned about z.
fn reach_metres(geometry: &Geometry) -> f32 {
    match *geometry {
        Geometry::Box { half_metres: [x, y, z] } => (x * x + y * y + z * z).sqrt(),
        Geometry::Cylinder { radius_metres, half_length_metres } => radius_metres.hypot(half_length_metres),
        Geometry::Capsule { radius_metres, half_length_metres } => radius_metres + half_length_metres,
        Geometry::Sphere { radius_metres } => radius_metres,
    }
}

/// The top of the largest table.
fn table_area(pieces: &[Piece]) -> Option<TableArea> {
    let tables = pieces.iter().filter(|piece| piece.role == Role::Table);
    let boxes = tables.filter_map(|piece| match piece.geometry {
        Geometry::Box { half_metres } => Some((piece.world_from_piece.translation.vector, half_metres)),
        _ => None,
    });
    let (at, half) = boxes.max_by(|a, b| (a.1[0] * a.1[1]).total_cmp(&(b.1[0] * b.1[1])))?;
    Some(TableArea {
        min_metres: [at.x - half[0], at.y - half[1]],
        max_metres: [at.x + half[0], at.y + half[1]],
        top_metres: at.z + half[2],
    })
}

/// Free space that the task and the robot's base need.
fn keep_out(pieces: &[Piece]) -> Vec<KeepOut> {
    const MARGIN_METRES: f32 = 0.03;
    const BASE: KeepOut = KeepOut { x_metres: 0.0, y_metres: 0.0, radius_metres: 0.25 };
    let task = pieces.iter().filter(|piece| {
        matches!(piece.role, Role::Object(_) | Role::Target | Role::Fixture | Role::Handle | Role::Finger)
    });
    let circles = task.map(|piece| {
        let at = piece.world_from_piece.translation.vector;
        KeepOut { x_metres: at.x, y_metres: at.y, radius_metres: reach_metres(&piece.geometry) + MARGIN_METRES }
    });
    circles.chain([BASE]).collect()
}
