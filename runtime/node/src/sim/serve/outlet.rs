//! What goes out over zenoh: frames, joint states, the truth.

use striatum_core::StampNanos;
use striatum_wire::{Detail, ImageKind, JointState, Keys, Name, Truth, encoding};
use zenoh::pubsub::Publisher;
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait};

use super::desk::Tally;
use super::show::Show;
use crate::error::{Error, Result};

/// Quality of the JPEGs, as `striatum play` has it.
const JPEG_QUALITY: u8 = 90;

/// The publishers of one world.
pub(super) struct Outlet {
    views: Vec<(Name, Publisher<'static>)>,
    joint_state: Publisher<'static>,
    truth: Publisher<'static>,
    joint_names: Vec<String>,
    jpeg: bool,
}

impl Outlet {
    /// Declares the publishers.
    ///
    /// # Errors
    /// A view that cannot be a part of a key, or zenoh refusing.
    pub(super) fn new(session: &Session, keys: &Keys, show: &Show, jpeg: bool) -> Result<Self> {
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
        let views = show.views().into_iter().map(|view| {
            let name = Name::view(&view)?;
            let publisher = publisher(&keys.frames(&name), kind.encoding())?;
            Ok((name, publisher))
        });
        Ok(Self {
            views: views.collect::<Result<_>>()?,
            joint_state: publisher(&keys.joint_state(), encoding::JOINT_STATE)?,
            truth: publisher(&keys.world_truth(), encoding::TRUTH)?,
            joint_names: show.joint_names(),
            jpeg,
        })
    }

    /// Publishes a moment, all of it under one stamp. Joint state and truth go first: drawing takes longer.
    ///
    /// # Errors
    /// A picture that cannot be drawn, a message that cannot be written, or zenoh refusing.
    pub(super) fn put(&self, show: &mut Show, tally: &Tally, stamp: StampNanos) -> Result<()> {
        self.put_joints(show, stamp)?;
        self.put_truth(show, tally, stamp)?;
        if show.frame_is_due() {
            for (image, (name, publisher)) in show.shoot()?.iter().zip(&self.views) {
                let message = if self.jpeg {
                    let jpeg = striatum_frames::encode_jpeg(image, JPEG_QUALITY)?;
                    crate::net::jpeg_message(&jpeg, name.as_str(), stamp)?
                } else {
                    crate::net::raw_message(image, name.as_str(), stamp)?
                };
                put(publisher, message)?;
            }
        }
        Ok(())
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

fn put(publisher: &Publisher<'_>, bytes: Vec<u8>) -> Result<()> {
    publisher.put(bytes).wait().map_err(|error| Error::zenoh("publish", error, "was the session closed?"))
}
