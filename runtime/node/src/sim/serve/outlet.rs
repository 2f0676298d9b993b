//! What goes out over zenoh: frames, joint states, the truth.

use striatum_core::StampNanos;
use striatum_sim::CameraFaults;
use striatum_wire::{Detail, ImageKind, JointState, Keys, Name, Truth, encoding};
use zenoh::pubsub::Publisher;
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait};

use super::cable::Cable;
use super::camera::Camera;
use super::desk::Tally;
use super::show::Show;
use crate::clock;
use crate::error::{Error, Result};

/// The publishers of one world.
pub(super) struct Outlet {
    cameras: Vec<Camera>,
    joint_state: Publisher<'static>,
    truth: Publisher<'static>,
    joint_names: Vec<String>,
}

impl Outlet {
    /// Declares the publishers. `faults` has what goes wrong with each view, drawn from the show's seed.
    ///
    /// # Errors
    /// A view that cannot be a part of a key, or zenoh refusing.
    pub(super) fn new(
        session: &Session,
        keys: &Keys,
        show: &Show,
        jpeg: bool,
        faults: &[Option<CameraFaults>],
        seed: u64,
    ) -> Result<Self> {
        let publisher = |key: &str, content: &'static str| {
            session
                .declare_publisher(key.to_owned())
                // As a camera does: who is slow misses something, the world waits for nobody.
                .congestion_control(CongestionControl::Drop)
                .encoding(content)
                .wait()
                .map_err(|error| Error::zenoh(format!("declare {key}"), error, "check --connect and --listen"))
        };
        let kind = if jpeg { ImageKind::Compressed } else { ImageKind::Raw };
        let cameras = (0..).zip(show.views()).zip(faults).map(|((number, view), faults)| {
            let name = Name::view(&view)?;
            let publisher = publisher(&keys.frames(&name), kind.encoding())?;
            let cable = faults.map(|faults| Cable::new(faults, seed, number)).transpose()?;
            Ok(Camera::new(name, publisher, jpeg, cable))
        });
        Ok(Self {
            cameras: cameras.collect::<Result<_>>()?,
            joint_state: publisher(&keys.joint_state(), encoding::JOINT_STATE)?,
            truth: publisher(&keys.world_truth(), encoding::TRUTH)?,
            joint_names: show.joint_names(),
        })
    }

    /// Publishes a moment, all of it under one stamp (but for a camera whose clock is wrong). Joint state and truth go first:
    /// drawing takes longer.
    ///
    /// # Errors
    /// A picture that cannot be drawn, a message that cannot be written, or zenoh refusing.
    pub(super) fn put(&mut self, show: &mut Show, tally: &Tally, stamp: StampNanos) -> Result<()> {
        self.put_joints(show, stamp)?;
        self.put_truth(show, tally, stamp)?;
        if show.frame_is_due() {
            let now_nanos = clock::monotonic_nanos();
            for (image, camera) in show.shoot()?.iter().zip(&mut self.cameras) {
                camera.shoot(image, stamp, now_nanos)?;
            }
        }
        Ok(())
    }

    /// Sends the frames that have come through their cables by now.
    ///
    /// # Errors
    /// zenoh refusing.
    pub(super) fn deliver(&mut self, now_nanos: u64) -> Result<()> {
        self.cameras.iter_mut().try_for_each(|camera| camera.deliver(now_nanos))
    }

    /// When the next frame comes through a cable.
    pub(super) fn due_nanos(&self) -> Option<u64> {
        self.cameras.iter().filter_map(Camera::due_nanos).min()
    }

    /// What became of the frames of cameras with faults, for the log.
    pub(super) fn say_end(&self) {
        self.cameras.iter().for_each(Camera::say_end);
    }

    fn put_joints(&self, show: &Show, stamp: StampNanos) -> Result<()> {
        let mut state = JointState {
            stamp_nanos: stamp,
            frame_id: "",
            names: heapless::Vec::new(),
            positions: heapless::Vec::new(),
            velocities: heapless::Vec::new(),
            efforts: heapless::Vec::new(),
        };
        for (name, (position, velocity)) in self.joint_names.iter().zip(show.joints()) {
            let full = state.names.push(name).is_err()
                || state.positions.push(position).is_err()
                || state.velocities.push(velocity).is_err();
            if full {
                let what = format!("has more than {} joints", striatum_wire::JOINTS_MAX);
                return Err(Error::input("robot", what, "give a robot with fewer"));
            }
        }
        let mut bytes = vec![0; state.encoded_len()];
        state.encode(&mut bytes)?;
        put(&self.joint_state, bytes)
    }

    fn put_truth(&self, show: &Show, tally: &Tally, stamp: StampNanos) -> Result<()> {
        let truth = show.truth();
        // Tasks have a handful of phases, and a failure's name is one word.
        let count = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let message = Truth {
            stamp_nanos: stamp,
            episode: show.episode(),
            step: show.steps(),
            progress: truth.progress,
            phase: count(truth.phase),
            phases: count(truth.phases),
            success: truth.success,
            ended: !show.running(),
            failed: Detail::try_from(truth.failed.map_or("", striatum_sim::FailureKind::name)).unwrap_or_default(),
            actions: tally.used,
            losses: tally.losses,
        };
        let mut bytes = [0; Truth::MAX_LEN];
        let length = message.encode(&mut bytes)?;
        put(&self.truth, bytes[..length].to_vec())
    }
}

/// Puts bytes on the network.
///
/// # Errors
/// zenoh refusing.
pub(super) fn put(publisher: &Publisher<'_>, bytes: Vec<u8>) -> Result<()> {
    publisher.put(bytes).wait().map_err(|error| Error::zenoh("publish", error, "was the session closed?"))
}
