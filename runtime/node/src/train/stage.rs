//! The world on its stage: physics, cameras, and the cameras' pictures over zenoh.

use striatum_core::StampNanos;
use striatum_frames::Image;
use striatum_robots::RobotSpec;
use striatum_sim::{Gym, Step, Studio};
use striatum_wire::{ImageKind, Keys, Name};
use zenoh::pubsub::Publisher;
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait};

use super::settings::Settings;
use crate::error::{Error, Result};

/// A world, and who sees it.
pub(crate) struct Stage {
    pub(crate) gym: Gym,
    studio: Studio,
    images: Vec<Image>,
    names: Vec<Name>,
    publishers: Vec<Publisher<'static>>,
    /// Draw nothing: the pictures stay blank.
    blank: bool,
}

impl Stage {
    /// # Errors
    /// A task, robot, view or size that there is not, or zenoh refusing.
    pub(crate) fn new(settings: &Settings, session: &Session, keys: &Keys) -> Result<Self> {
        let robot = RobotSpec::open(&settings.arm)?;
        let gym = settings.learning_gym(&robot)?;
        let studio = Studio::new(&robot, Some(&settings.views), settings.studio()?)?;
        let names = settings.views.iter().map(|view| Name::view(view)).collect::<Result<Vec<_>, _>>()?;
        let publisher = |name: &Name| {
            session
                .declare_publisher(keys.frames(name).as_str().to_owned())
                // The world waits for its learner, and the learner for every picture.
                .congestion_control(CongestionControl::Block)
                .encoding(ImageKind::Raw.encoding())
                .wait()
                .map_err(|error| Error::zenoh(format!("publish view {}", name.as_str()), error, "check the endpoint"))
        };
        let publishers = names.iter().map(publisher).collect::<Result<_>>()?;
        Ok(Self { gym, images: studio.blank(), studio, names, publishers, blank: !settings.reward.sees() })
    }

    /// Does a runtime hear every view by now?
    pub(crate) fn is_heard(&self) -> bool {
        self.publishers.iter().all(|one| one.matching_status().wait().is_ok_and(|status| status.matching()))
    }

    /// Puts the world up anew.
    ///
    /// # Errors
    /// A world that cannot be put up.
    pub(crate) fn reset(&mut self, seed: u64) -> Result<()> {
        self.gym.reset(seed).map_err(striatum_sim::Error::from)?;
        self.studio.dress(self.gym.world(), seed);
        Ok(())
    }

    /// One period of the learner.
    ///
    /// # Errors
    /// An action that the world refuses, or a world that is no more.
    pub(crate) fn step(&mut self, action: &[f32]) -> Result<Step> {
        Ok(self.gym.step(action).map_err(striatum_sim::Error::from)?)
    }

    /// Shows the world as it is now, every view under one stamp.
    ///
    /// # Errors
    /// A picture that cannot be drawn, or zenoh refusing.
    pub(crate) fn show(&mut self, stamp: StampNanos) -> Result<()> {
        if !self.blank {
            self.studio.shoot(self.gym.world(), &mut self.images)?;
        }
        for ((image, name), publisher) in self.images.iter().zip(&self.names).zip(&self.publishers) {
            let message = crate::net::raw_message(image, name.as_str(), stamp)?;
            publisher.put(message).wait().map_err(|error| Error::zenoh("put a frame", error, "is the runtime up?"))?;
        }
        Ok(())
    }

    /// Simulated nanoseconds of one step.
    pub(crate) fn period_nanos(&self) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a period is 0.01 to 1 s")]
        let nanos = (self.gym.period_secs() * 1e9).round() as u64;
        nanos
    }
}
