//! Turn a lever that unlatches a door, and pull the door open.
//!
//! The door stands upright with its hinge on the left; a lever with a ball turns on the door's face and reaches above it.
//! The latch is a rule, not a part: while the door is shut and the lever turned less than `UNLATCHED_RADIANS`, the hinge's
//! upper limit is next to nothing. Nothing is ever attached to the hand.

use std::f64::consts::{FRAC_PI_3, PI};

use nalgebra::{Isometry3, UnitQuaternion, Vector3};
use rapier3d::dynamics::{ImpulseJointHandle, JointAxis, RevoluteJointBuilder, RigidBodyBuilder, RigidBodyHandle};
use rapier3d::math::Vector;

use super::Sight;
use crate::physics::convert::{pose, real, vector};
use crate::physics::dice::Dice;
use crate::physics::layout::{Layout, yaw_of};
use crate::physics::observe::NamedPose;
use crate::physics::stage::{Object, Stage};
use crate::physics::truth::{Truth, nearness};
use crate::scene::{Geometry, Role};

/// A door on a hinge, a lever on the door.
pub(crate) struct Door {
    pub(crate) world_from_hinge: Isometry3<f64>,
    panel: RigidBodyHandle,
    /// The lever with its ball.
    pub(crate) lever: Object,
    hinge: ImpulseJointHandle,
    latched: bool,
    scale: f64,
    start_reach: f64,
}

const HALF: [f64; 3] = [0.01, 0.12, 0.08];
/// From the hinge to the lever's axis.
const LEVER_ALONG: f64 = 0.20;
/// From the door's middle plane to the lever's, towards the robot.
const LEVER_OUT: f64 = 0.022;
const LEVER_HEIGHT: f64 = 0.125;
const LEVER_LENGTH: f64 = 0.10;
const GAP_BELOW: f64 = 0.004;
const SHUT_RADIANS: f64 = 0.03;
/// Torque that holds the door where it is left; N m.
const HINGE_FRICTION: f64 = 0.15;
const PANEL_KG: f64 = 0.8;
const LEVER_KG: f64 = 0.08;

impl Door {
    pub(crate) const PHASES: &'static [&'static str] = &["reach", "turn_lever", "open", "opened"];
    pub(crate) const BALL: f64 = 0.015;
    /// Lever angle at which the latch lets go.
    pub(crate) const UNLATCHED_RADIANS: f64 = 0.5;
    /// The lever's own end stop.
    pub(crate) const LEVER_STOP_RADIANS: f64 = 0.9;
    /// Door angle at which the task is done.
    pub(crate) const DONE_RADIANS: f64 = FRAC_PI_3;

    pub(crate) fn set(stage: &mut Stage, layout: &Layout, dice: &mut Dice, tool: &Vector3<f64>) -> Self {
        let world_from_hinge = layout.draw(dice, [0.08, 0.13], [0.10, 0.16], 0.0, 0.12);
        let frame = stage.world.insert_body(RigidBodyBuilder::fixed().pose(pose(&world_from_hinge)));
        let s = layout.scale;
        build_frame(stage, &world_from_hinge, s);
        let panel = build_panel(stage, &world_from_hinge, s);
        let hinge = RevoluteJointBuilder::new(Vector::Z)
            .local_anchor1(Vector::ZERO)
            .local_anchor2(Vector::ZERO)
            .limits([-0.002, 0.002])
            .motor_velocity(0.0, 1.0)
            .motor_max_force(real(HINGE_FRICTION * s.powi(4)))
            .contacts_enabled(false);
        let hinge = stage.world.insert_impulse_joint(frame, panel, hinge);
        let lever = build_lever(stage, panel, &world_from_hinge, s);
        let mut this = Self { world_from_hinge, panel, lever, hinge, latched: true, scale: s, start_reach: 1.0 };
        this.start_reach = (tool - this.ball_at(0.0, 0.0)).norm();
        this
    }

    /// Where the ball is at these angles of door and lever.
    pub(crate) fn ball_at(&self, door: f64, lever: f64) -> Vector3<f64> {
        let panel = self.world_from_hinge * Isometry3::rotation(Vector3::z() * -door);
        (panel
            * hinge_from_lever(self.scale)
            * Isometry3::rotation(Vector3::x() * lever)
            * Isometry3::translation(0.0, 0.0, LEVER_LENGTH * self.scale))
        .translation
        .vector
    }

    /// Width of the ball between the fingers.
    pub(crate) fn ball_width(&self) -> f64 {
        2.0 * Self::BALL * self.scale
    }

    /// How far the door is open.
    pub(crate) fn door_radians(&self, stage: &Stage) -> f64 {
        let turned = self.world_from_hinge.inverse() * stage.pose_of(self.panel);
        -yaw_of(&turned)
    }

    /// How far the lever is turned.
    pub(crate) fn lever_radians(&self, stage: &Stage) -> f64 {
        let panel_from_lever = stage.pose_of(self.panel).inverse() * stage.pose_of(self.lever.body);
        let up = panel_from_lever.rotation * Vector3::z();
        (-up.y).atan2(up.z)
    }

    /// The latch, before each physics step.
    pub(crate) fn before_step(&mut self, stage: &mut Stage) {
        let shut = self.door_radians(stage) < SHUT_RADIANS;
        let latched = shut && self.lever_radians(stage) < Self::UNLATCHED_RADIANS;
        if latched == self.latched {
            return;
        }
        self.latched = latched;
        // The hinge turns the other way round: opening is negative about z.
        let open = if latched { 0.002 } else { 1.9 };
        if let Some(joint) = stage.world.impulse_joints.get_mut(self.hinge, true) {
            joint.data.set_limits(JointAxis::AngX, [real(-open), 0.002]);
        }
    }

    pub(crate) fn judge(&self, sight: &Sight<'_>) -> Truth {
        let phases = Self::PHASES.len();
        let (door, lever) = (self.door_radians(sight.stage), self.lever_radians(sight.stage));
        if door >= Self::DONE_RADIANS {
            return Truth::done(phases);
        }
        if door > SHUT_RADIANS {
            return Truth::underway(0.45 + 0.53 * door / Self::DONE_RADIANS, 2, phases);
        }
        let ball = sight.stage.pose_of(self.lever.body) * Isometry3::translation(0.0, 0.0, LEVER_LENGTH * self.scale);
        let near = nearness(sight.tool_distance(&ball.translation.vector), 0.015, self.start_reach);
        let turned = (lever / Self::UNLATCHED_RADIANS).clamp(0.0, 1.0);
        let opened = (door / SHUT_RADIANS).clamp(0.0, 1.0) * 0.02;
        let phase = usize::from(turned > 0.1) + usize::from(turned >= 1.0);
        Truth::underway(0.2 * near + 0.25 * turned + opened, phase, phases)
    }

    pub(crate) fn report(&self, stage: &Stage, objects: &mut Vec<NamedPose>, scalars: &mut Vec<(&'static str, f64)>) {
        objects.push(NamedPose { name: "door", world_from_object: stage.pose_of(self.panel) });
        objects.push(NamedPose { name: "lever", world_from_object: stage.pose_of(self.lever.body) });
        scalars.push(("door_radians", self.door_radians(stage)));
        scalars.push(("lever_radians", self.lever_radians(stage)));
    }
}

/// The hinge frame: z up, the shut door along -y, the robot towards -x. The lever turns about x.
fn hinge_from_lever(s: f64) -> Isometry3<f64> {
    Isometry3::translation(-LEVER_OUT * s, -LEVER_ALONG * s, LEVER_HEIGHT * s)
}

/// A form by its lengths for a scale of 1.
fn cuboid(half: [f64; 3], s: f64) -> Geometry {
    Geometry::Box { half_metres: half.map(|half| real(half * s)) }
}

fn build_frame(stage: &mut Stage, world_from_hinge: &Isometry3<f64>, s: f64) {
    let post = cuboid([0.012, 0.012, 0.09], s);
    for along in [0.02, -2.0 * HALF[1] - 0.02] {
        let at = world_from_hinge * Isometry3::translation(0.012 * s, along * s, 0.09 * s);
        stage.fix(post, &at, Role::Fixture);
    }
}

fn build_panel(stage: &mut Stage, world_from_hinge: &Isometry3<f64>, s: f64) -> RigidBodyHandle {
    let body = RigidBodyBuilder::dynamic().pose(pose(world_from_hinge)).can_sleep(false);
    let panel = stage.world.insert_body(body);
    let at = Isometry3::translation(0.0, -HALF[1] * s, (HALF[2] + GAP_BELOW) * s);
    stage.touch_on(panel, cuboid(HALF, s), &at, PANEL_KG * s.powi(3), Role::Fixture);
    panel
}

fn build_lever(stage: &mut Stage, panel: RigidBodyHandle, world_from_hinge: &Isometry3<f64>, s: f64) -> Object {
    let local = hinge_from_lever(s);
    let body = RigidBodyBuilder::dynamic().pose(pose(&(world_from_hinge * local))).can_sleep(false);
    let body = stage.world.insert_body(body);
    let length = LEVER_LENGTH * s;
    let ball = Geometry::Sphere { radius_metres: real(Door::BALL * s) };
    let at = Isometry3::translation(0.0, 0.0, length);
    let collider = stage.touch_on(body, ball, &at, LEVER_KG * s.powi(3), Role::Handle);
    let rod = Geometry::Cylinder { radius_metres: real(0.006 * s), half_length_metres: real(length / 2.0) };
    stage.show_on(body, rod, pose(&Isometry3::translation(0.0, 0.0, length / 2.0)), Role::Handle);
    let turn = UnitQuaternion::from_axis_angle(&Vector3::y_axis(), PI / 2.0);
    let hub = Geometry::Cylinder { radius_metres: real(0.014 * s), half_length_metres: real(0.008 * s) };
    stage.show_on(body, hub, pose(&Isometry3::from_parts(Vector3::zeros().into(), turn)), Role::Handle);
    // A spring brings it back; its end stop is the joint's limit.
    let (stiffness, damping) = (real(0.3 * s.powi(4)), real(0.02 * s.powi(4)));
    let joint = RevoluteJointBuilder::new(Vector::X)
        .local_anchor1(vector(&local.translation.vector))
        .local_anchor2(Vector::ZERO)
        .limits([0.0, real(Door::LEVER_STOP_RADIANS)])
        .motor_position(0.0, stiffness, damping)
        .motor_model(rapier3d::dynamics::MotorModel::ForceBased)
        .contacts_enabled(false);
    stage.world.insert_impulse_joint(panel, body, joint);
    Object { body, collider }
}
