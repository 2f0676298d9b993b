//! The robot as a rapier multibody: motors with the robot's own limits of speed and effort, and what is read from them.
//!
//! Gravity does not act on the robot's own links: a real arm of this kind compensates its own weight, and a motor
//! model that did so would only add and take away the same torque. What it carries weighs on it.

use nalgebra::Isometry3;
use rapier3d::dynamics::{
    GenericJoint, JointAxesMask, JointAxis, MotorModel, Multibody, MultibodyDofCoupling, MultibodyJointHandle,
    RigidBodyBuilder, RigidBodyHandle,
};
use rapier3d::geometry::{ColliderBuilder, ColliderHandle};
use rapier3d::math::{Matrix, Pose, Rotation, Vector};
use rapier3d::prelude::MassProperties;

use super::model::{Mass, MovingLink, RobotModel};
use crate::physics::convert::{isometry, pose, real};
use crate::physics::stage::{self, Stage};

/// How quickly a joint follows its reference: undamped frequency of its servo, critically damped.
const SERVO_HZ: f32 = 6.0;
/// Inertia of the rotors as the joints feel it, for an arm of at least `ARM_ARMATURE_EFFORT`; keeps light wrists stiff.
const ARM_ARMATURE: f32 = 0.1;
const ARM_ARMATURE_EFFORT: f32 = 40.0;
const FINGER_ARMATURE: f32 = 0.1;
/// A finger closes on a speed, not on a position: newtons for each metre a second it lags.
const FINGER_DAMPING: f32 = 1500.0;
/// Speed that a finger asks for, for each metre from where it shall be.
const FINGER_GAIN: f32 = 20.0;

/// What the joints do, in the order arm joints, then gripper joints.
#[derive(Clone, Debug, Default)]
pub(crate) struct JointState {
    pub(crate) positions: Vec<f64>,
    pub(crate) velocities: Vec<f64>,
}

/// One joint of the multibody.
#[derive(Clone, Copy, Debug)]
struct Dof {
    handle: MultibodyJointHandle,
    link: usize,
    axis: JointAxis,
    assembly: usize,
    max_speed: f32,
    max_effort: f32,
    /// Of a finger: from its joint to its tip, 1 for one that slides.
    lever: f32,
}

/// The multibody of a robot.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    /// Colliders of each finger; of a single jaw also those of the hand that it closes onto.
    pub(crate) finger_colliders: Vec<Vec<ColliderHandle>>,
    dofs: Vec<Dof>,
    arm_joints: usize,
    armature: f32,
    tool_body: RigidBodyHandle,
    link_from_tool: Isometry3<f64>,
}

impl Arm {
    /// Puts the robot onto a stage with its joints at `arm` radians and the gripper at `opening`.
    ///
    /// `None` where rapier refuses the tree of links, which a checked model does not cause.
    pub(crate) fn insert(
        stage: &mut Stage,
        model: &RobotModel,
        arm: &[f64],
        opening: f64,
        grip_newtons: f64,
    ) -> Option<Self> {
        let bodies: Vec<_> = model.links.iter().enumerate().map(|(i, link)| insert_body(stage, i, link)).collect();
        let mut handles = vec![None; model.links.len()];
        for (i, link) in model.links.iter().enumerate().skip(1) {
            handles[i] = Some(stage.world.insert_multibody_joint(bodies[link.parent], bodies[i], joint_of(link))?);
        }
        let mut dofs = Vec::new();
        for &i in model.arm.iter().chain(model.fingers.iter().map(|finger| &finger.link)) {
            let link = &model.links[i];
            let handle = handles[i]?;
            let (_, id) = stage.world.multibody_joints.get(handle)?;
            let axis = if link.slides { JointAxis::LinX } else { JointAxis::AngX };
            dofs.push(Dof {
                handle,
                link: id,
                axis,
                assembly: 0,
                max_speed: real(link.max_speed),
                max_effort: real(link.max_effort),
                lever: 1.0,
            });
        }
        for (dof, finger) in dofs[model.arm.len()..].iter_mut().zip(&model.fingers) {
            dof.lever = real(finger.lever);
            dof.max_effort = dof.max_effort.min(real(grip_newtons) * dof.lever);
        }
        let mut this = Self {
            tool_body: bodies[model.tool_link],
            finger_colliders: grip_colliders(stage, model, &bodies),
            arm_joints: model.arm.len(),
            armature: armature(model),
            dofs,
            link_from_tool: model.link_from_tool,
        };
        let positions: Vec<f64> =
            arm.iter().copied().chain(model.fingers.iter().map(|finger| finger.at(opening))).collect();
        this.place(stage, model, &positions)?;
        Some(this)
    }

    /// Sets the joints before the first step, and everything that is fixed from then on.
    fn place(&mut self, stage: &mut Stage, model: &RobotModel, positions: &[f64]) -> Option<()> {
        let first = self.dofs.first()?.handle;
        let world = &mut stage.world;
        let (multibody, _) = world.multibody_joints.get_mut(first)?;
        // The root loses its freedom here; only then are the places of the joints in the vectors known.
        multibody.forward_kinematics(&world.bodies, true);
        multibody.set_self_contacts_enabled(false);
        let mut displacement = vec![0.0; multibody.ndofs()];
        for (i, (dof, position)) in self.dofs.iter_mut().zip(positions).enumerate() {
            dof.assembly = multibody.link(dof.link)?.assembly_id();
            displacement[dof.assembly] = real(*position);
            let armature = if i < self.arm_joints { self.armature } else { FINGER_ARMATURE * dof.lever.powi(2) };
            multibody.armature_mut()[dof.assembly] = armature;
            multibody.damping_mut()[dof.assembly] = 0.0;
        }
        couple(multibody, model, &self.dofs[self.arm_joints..]);
        multibody.apply_displacements(&displacement);
        multibody.forward_kinematics(&world.bodies, false);
        multibody.update_rigid_bodies(&mut world.bodies, true);
        Some(())
    }

    /// Sets the motors for the next physics step: reference position and speed of each arm joint, position of each finger.
    pub(crate) fn drive(&self, stage: &mut Stage, positions: &[f64], velocities: &[f64], fingers: &[f64]) {
        let Some(first) = self.dofs.first() else { return };
        let Some((multibody, _)) = stage.world.multibody_joints.get_mut(first.handle) else { return };
        let omega = std::f32::consts::TAU * SERVO_HZ;
        for (dof, (position, velocity)) in self.dofs.iter().zip(positions.iter().zip(velocities)) {
            let Some(link) = multibody.link_mut(dof.link) else { continue };
            let at = link.joint.coords()[dof.axis as usize];
            let feed = real(*velocity).clamp(-dof.max_speed, dof.max_speed);
            // A motor that lags asks for omega / 2 of its lag as speed: bounded so that no joint exceeds its limit.
            let room = 0.95 * (dof.max_speed - feed.abs()).max(0.0) * 2.0 / omega;
            let lag = (real(*position) - at).clamp(-room, room);
            let joint = &mut link.joint.data;
            joint.set_motor(dof.axis, at + lag, feed, omega * omega, 2.0 * omega);
            joint.set_motor_model(dof.axis, MotorModel::AccelerationBased);
            joint.set_motor_max_force(dof.axis, dof.max_effort);
        }
        for (dof, target) in self.dofs[self.arm_joints..].iter().zip(fingers) {
            let Some(link) = multibody.link_mut(dof.link) else { continue };
            let at = link.joint.coords()[dof.axis as usize];
            let speed = ((real(*target) - at) * FINGER_GAIN).clamp(-dof.max_speed, dof.max_speed);
            let joint = &mut link.joint.data;
            joint.set_motor(dof.axis, 0.0, speed, 0.0, FINGER_DAMPING * dof.lever.powi(2));
            joint.set_motor_model(dof.axis, MotorModel::ForceBased);
            joint.set_motor_max_force(dof.axis, dof.max_effort);
        }
    }

    /// After a physics step: a joint that others have thrown beyond its speed is braked to it, as a drive does.
    pub(crate) fn govern(&self, stage: &mut Stage) {
        let Some(first) = self.dofs.first() else { return };
        let Some((multibody, _)) = stage.world.multibody_joints.get_mut(first.handle) else { return };
        let mut velocity = multibody.generalized_velocity_mut();
        for dof in &self.dofs[..self.arm_joints] {
            velocity[dof.assembly] = velocity[dof.assembly].clamp(-dof.max_speed, dof.max_speed);
        }
    }

    /// Reads positions and velocities into `out`, which keeps its memory.
    pub(crate) fn read(&self, stage: &Stage, out: &mut JointState) {
        out.positions.clear();
        out.velocities.clear();
        for dof in &self.dofs {
            let Some((multibody, _)) = stage.world.multibody_joints.get(dof.handle) else { continue };
            let position = multibody.link(dof.link).map_or(0.0, |link| link.joint.coords()[dof.axis as usize]);
            out.positions.push(f64::from(position));
            out.velocities.push(f64::from(multibody.generalized_velocity()[dof.assembly]));
        }
    }

    /// Where the tool is.
    pub(crate) fn tool(&self, stage: &Stage) -> Isometry3<f64> {
        isometry(stage.world.bodies[self.tool_body].position()) * self.link_from_tool
    }
}

fn insert_body(stage: &mut Stage, index: usize, link: &MovingLink) -> RigidBodyHandle {
    let builder = if index == 0 { RigidBodyBuilder::fixed() } else { RigidBodyBuilder::dynamic() };
    let body = stage.world.insert_body(
        builder.gravity_scale(0.0).can_sleep(false).additional_mass_properties(mass_properties(&link.mass)),
    );
    for shape in &link.shapes {
        if shape.touched && index != 0 {
            let (form, turn) = stage::form_of(&shape.geometry);
            let collider = ColliderBuilder::new(form)
                .position(pose(&shape.link_from_shape) * turn)
                .density(0.0)
                .friction(stage::ROBOT_FRICTION)
                .collision_groups(stage::robot_groups());
            stage.world.insert_collider(collider, Some(body));
        }
        if shape.seen {
            stage.show_on(body, shape.geometry, pose(&shape.link_from_shape), shape.role);
        }
    }
    body
}

/// What has to press on an object for it to be held, part by part.
fn grip_colliders(stage: &Stage, model: &RobotModel, bodies: &[RigidBodyHandle]) -> Vec<Vec<ColliderHandle>> {
    let hand = (model.fingers.len() == 1).then_some(model.tool_link);
    let parts = model.fingers.iter().map(|finger| finger.link).chain(hand);
    parts.map(|link| stage.world.bodies[bodies[link]].colliders().to_vec()).collect()
}

fn mass_properties(mass: &Mass) -> MassProperties {
    let m = &mass.inertia;
    let column = |j: usize| Vector::new(real(m[(0, j)]), real(m[(1, j)]), real(m[(2, j)]));
    let matrix = Matrix::from_cols(column(0), column(1), column(2));
    MassProperties::with_inertia_matrix(crate::physics::convert::vector(&mass.centre), real(mass.kg), matrix)
}

/// The joint along or about its local x axis: both frames are turned so that x is the joint's axis.
fn joint_of(link: &MovingLink) -> GenericJoint {
    let axis = crate::physics::convert::vector(&link.axis).normalize();
    let turn = Pose::from_rotation(Rotation::from_rotation_arc(Vector::X, axis));
    let (free, coordinate) =
        if link.slides { (JointAxesMask::LIN_X, JointAxis::LinX) } else { (JointAxesMask::ANG_X, JointAxis::AngX) };
    let mut joint = GenericJoint::new(JointAxesMask::all() - free);
    joint.set_local_frame1(pose(&link.parent_from_joint) * turn);
    joint.set_local_frame2(turn);
    if link.lower.is_finite() && link.upper.is_finite() {
        joint.set_limits(coordinate, [real(link.lower), real(link.upper)]);
    }
    joint
}

/// Fingers that follow another are held to it as by a gear.
fn couple(multibody: &mut Multibody, model: &RobotModel, fingers: &[Dof]) {
    for (finger, dof) in model.fingers.iter().zip(fingers) {
        let Some((leader, coeff, offset)) = finger.follows else { continue };
        let Some(lead) = fingers.get(leader) else { continue };
        multibody.add_dof_coupling(MultibodyDofCoupling {
            link1: lead.link,
            dof1: 0,
            axis1: lead.axis as usize,
            link2: dof.link,
            dof2: 0,
            axis2: dof.axis as usize,
            coeff: real(coeff),
            offset: real(offset),
        });
    }
}

/// Inertia of the rotors as the arm's joints feel it. A share of the effort, so that a small arm does not get big motors.
fn armature(model: &RobotModel) -> f32 {
    let efforts = model.arm.iter().map(|&link| real(model.links[link].max_effort));
    ARM_ARMATURE * (efforts.fold(0.0, f32::max) / ARM_ARMATURE_EFFORT).min(1.0)
}
