//! What a task is played on: a rapier world with a table, fixtures and objects, and what of it is seen.

use nalgebra::{Isometry3, Vector3};
use rapier3d::dynamics::{IntegrationParameters, RigidBodyBuilder, RigidBodyHandle, SpringCoefficients};
use rapier3d::geometry::{ColliderBuilder, ColliderHandle, Group, InteractionGroups, InteractionTestMode, SharedShape};
use rapier3d::math::{Pose, Rotation, Vector};
use rapier3d::pipeline::PhysicsWorld;

use super::convert::{isometry, isometry_f32, pose, real};
use crate::scene::{Geometry, Piece, Role, Scene};

/// Friction of rubber finger pads; the mean of both sides counts.
pub(crate) const ROBOT_FRICTION: f32 = 1.2;
/// Friction of table and fixtures.
pub(crate) const FIXTURE_FRICTION: f32 = 0.4;
/// Friction of objects.
pub(crate) const OBJECT_FRICTION: f32 = 0.6;

const ROBOT: Group = Group::GROUP_1;
const REST: Group = Group::GROUP_2;

/// The robot's links do not touch each other.
pub(crate) fn robot_groups() -> InteractionGroups {
    InteractionGroups::new(ROBOT, REST, InteractionTestMode::And)
}

fn rest_groups() -> InteractionGroups {
    InteractionGroups::new(REST, ROBOT | REST, InteractionTestMode::And)
}

/// A movable object of a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) body: RigidBodyHandle,
    pub(crate) collider: ColliderHandle,
}

/// Where a piece is.
#[derive(Clone, Copy, Debug)]
enum Anchor {
    Fixed(Isometry3<f32>),
    On(RigidBodyHandle, Pose),
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    geometry: Geometry,
    role: Role,
    anchor: Anchor,
}

/// A rapier world and what of it is seen.
pub(crate) struct Stage {
    pub(crate) world: PhysicsWorld,
    seen: Vec<Seen>,
}

impl Stage {
    /// An empty stage; `step_secs` is the length of one physics step.
    pub(crate) fn new(step_secs: f64) -> Self {
        let mut world = PhysicsWorld::new();
        world.gravity = Vector::new(0.0, 0.0, -9.81);
        world.integration_parameters = parameters(real(step_secs));
        Self { world, seen: Vec::with_capacity(64) }
    }

    /// Table, floor and wall; the table's top is at z = 0.
    pub(crate) fn furnish(&mut self, centre: [f64; 2], half: [f64; 2]) {
        let table = Geometry::Box { half_metres: [real(half[0]), real(half[1]), 0.02] };
        self.fix(table, &Isometry3::translation(centre[0], centre[1], -0.02), Role::Table);
        let floor = Geometry::Box { half_metres: [2.0, 2.0, 0.01] };
        self.show(floor, &Isometry3::translation(0.5, 0.0, -0.76), Role::Room);
        let wall = Geometry::Box { half_metres: [0.01, 2.0, 1.5] };
        self.show(wall, &Isometry3::translation(1.6, 0.0, 0.75), Role::Room);
        self.fall_catcher();
    }

    /// What falls off the table lands on the floor.
    fn fall_catcher(&mut self) {
        let (form, _) = form_of(&Geometry::Box { half_metres: [2.0, 2.0, 0.1] });
        let collider = ColliderBuilder::new(form)
            .translation(Vector::new(0.5, 0.0, -0.85))
            .friction(FIXTURE_FRICTION)
            .collision_groups(rest_groups());
        self.world.insert_collider(collider, None);
    }

    /// Something that never moves, touched and seen.
    pub(crate) fn fix(&mut self, geometry: Geometry, world_from_piece: &Isometry3<f64>, role: Role) -> ColliderHandle {
        let (form, turn) = form_of(&geometry);
        let collider = ColliderBuilder::new(form)
            .position(pose(world_from_piece) * turn)
            .friction(FIXTURE_FRICTION)
            .collision_groups(rest_groups());
        self.show(geometry, world_from_piece, role);
        self.world.insert_collider(collider, None)
    }

    /// Something that is seen and not touched.
    pub(crate) fn show(&mut self, geometry: Geometry, world_from_piece: &Isometry3<f64>, role: Role) {
        let anchor = Anchor::Fixed(isometry_f32(&pose(world_from_piece)));
        self.seen.push(Seen { geometry, role, anchor });
    }

    /// Something that is seen and moves with a body.
    pub(crate) fn show_on(&mut self, body: RigidBodyHandle, geometry: Geometry, body_from_piece: Pose, role: Role) {
        self.seen.push(Seen { geometry, role, anchor: Anchor::On(body, body_from_piece) });
    }

    /// A free object.
    pub(crate) fn object(
        &mut self,
        geometry: Geometry,
        world_from_object: &Isometry3<f64>,
        kg: f64,
        role: Role,
    ) -> Object {
        let body = self.world.insert_body(RigidBodyBuilder::dynamic().pose(pose(world_from_object)).can_sleep(false));
        let collider = self.touch_on(body, geometry, &Isometry3::identity(), kg, role);
        Object { body, collider }
    }

    /// A piece with mass on a body, touched and seen.
    pub(crate) fn touch_on(
        &mut self,
        body: RigidBodyHandle,
        geometry: Geometry,
        body_from_piece: &Isometry3<f64>,
        kg: f64,
        role: Role,
    ) -> ColliderHandle {
        let (form, turn) = form_of(&geometry);
        let local = pose(body_from_piece);
        let collider = ColliderBuilder::new(form)
            .position(local * turn)
            .mass(real(kg))
            .friction(OBJECT_FRICTION)
            .collision_groups(rest_groups());
        self.show_on(body, geometry, local, role);
        self.world.insert_collider(collider, Some(body))
    }

    pub(crate) fn pose_of(&self, body: RigidBodyHandle) -> Isometry3<f64> {
        isometry(self.world.bodies[body].position())
    }

    /// How many bodies there are.
    pub(crate) fn bodies(&self) -> usize {
        self.world.bodies.len()
    }

    /// Poses of every body, links of the robot included, in order.
    pub(crate) fn poses(&self) -> impl Iterator<Item = Isometry3<f64>> {
        self.world.bodies.iter().map(|(_, body)| isometry(body.position()))
    }

    pub(crate) fn velocity_of(&self, body: RigidBodyHandle) -> Vector3<f64> {
        let v = self.world.bodies[body].linvel();
        Vector3::new(f64::from(v.x), f64::from(v.y), f64::from(v.z))
    }

    /// Whether two colliders press on each other.
    pub(crate) fn touching(&self, a: ColliderHandle, b: ColliderHandle) -> bool {
        self.world.narrow_phase.contact_pair(a, b).is_some_and(|pair| pair.total_impulse_magnitude() > 0.0)
    }

    /// Poses and velocities of every body, in order.
    pub(crate) fn state_bytes(&self, out: &mut Vec<u8>) {
        for (_, body) in self.world.bodies.iter() {
            let (t, q) = (body.translation(), body.rotation());
            let (v, w) = (body.linvel(), body.angvel());
            for value in [t.x, t.y, t.z, q.x, q.y, q.z, q.w, v.x, v.y, v.z, w.x, w.y, w.z] {
                out.extend_from_slice(&value.to_le_bytes());
            }
        }
    }

    /// Fills a scene in a fixed order; allocates nothing once the scene has held as many pieces.
    pub(crate) fn fill(&self, scene: &mut Scene) {
        scene.pieces.clear();
        scene.pieces.extend(self.seen.iter().map(|seen| Piece {
            geometry: seen.geometry,
            role: seen.role,
            world_from_piece: match seen.anchor {
                Anchor::Fixed(at) => at,
                Anchor::On(body, local) => isometry_f32(&(*self.world.bodies[body].position() * local)),
            },
        }));
    }
}

/// Stiff contacts for small, light, squeezed things: rapier's defaults are for boxes of a metre.
fn parameters(dt: f32) -> IntegrationParameters {
    let softness = SpringCoefficients::new(180.0, 5.0);
    IntegrationParameters {
        dt,
        num_solver_iterations: 4,
        contact_softness: softness,
        static_contact_softness: softness,
        normalized_allowed_linear_error: 0.0002,
        normalized_max_corrective_velocity: 0.5,
        normalized_prediction_distance: 0.004,
        normalized_max_linear_velocity: 20.0,
        contact_recycling: false,
        ..IntegrationParameters::default()
    }
}

/// A rapier shape, and the turn that brings its axis from y to z.
pub(crate) fn form_of(geometry: &Geometry) -> (SharedShape, Pose) {
    let turn = Pose::from_rotation(Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2));
    match *geometry {
        Geometry::Box { half_metres: [x, y, z] } => (SharedShape::cuboid(x, y, z), Pose::IDENTITY),
        Geometry::Cylinder { radius_metres, half_length_metres } => {
            (SharedShape::cylinder(half_length_metres, radius_metres), turn)
        }
        Geometry::Capsule { radius_metres, half_length_metres } => {
            (SharedShape::capsule_z(half_length_metres, radius_metres), Pose::IDENTITY)
        }
        Geometry::Sphere { radius_metres } => (SharedShape::ball(radius_metres), Pose::IDENTITY),
    }
}
