//! A slow teacher beside the fast student: a generative model, here or far away, that is shown some of the frame sets and says
//! later how far the task was.
//!
//! ```text
//! engine's thread                      the teacher's thread
//!   Desk::offer  -(newest wins, one)->   judge            seconds, minutes, or never
//!   publish, record, propose <-(8)-      note, learn
//! ```
//! The engine's thread waits for nothing of it: it puts a frame set (shared pictures, nothing is copied) into a slot and takes what
//! has been answered. What was published stays as it was. What the teacher says of a frame set is published and recorded by itself, and
//! may propose a [`Correction`](striatum_core::Correction) that holds from the next `begin` on.

mod desk;
mod local;
mod note;
mod open;
mod remote;
mod student;
#[cfg(test)]
mod tests;
mod worker;

use striatum_core::{Scores, StampNanos};
use striatum_frames::FrameSet;
use striatum_wire::EpisodeId;

pub(crate) use self::desk::{Desk, DeskRules, Pace};
pub(crate) use self::note::Note;
pub(crate) use self::open::{check_key, desk};
pub(crate) use self::student::{Proposal, StudentRules};

use crate::error::Result;

/// Says of frame sets how far the task is. It may take its time.
pub(crate) trait Teacher {
    /// Judges a frame set, its pictures in the order of the student's views. Readings that are no votes are NaN.
    ///
    /// # Errors
    /// When the teacher itself failed. The next one is asked all the same.
    fn judge(&mut self, set: &FrameSet) -> Result<Judgement>;

    /// Another episode has begun: there is no hop from the frame set before.
    fn forget(&mut self);

    /// SHA-256 of its manifest; zeros for one that is remote.
    fn hash(&self) -> [u8; 32];

    /// What makes a judgement that goes on in this teacher's thread end with an error soon; `None` for one that can be left alone
    /// while the program ends.
    fn stopper(&self) -> Option<Stopper> {
        None
    }
}

/// Called from another thread, as often as one likes.
pub(crate) type Stopper = Box<dyn Fn() + Send>;

/// Opens a teacher in the thread that it lives in.
pub(crate) type Opener = Box<dyn FnOnce() -> Result<Box<dyn Teacher>> + Send>;

/// What a teacher says.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    /// Hops and std; the rest is not looked at.
    pub(crate) scores: Scores,
    /// Everything else worth keeping, for the recording.
    pub(crate) detail: serde_json::Value,
}

/// A frame set that the teacher is asked about, and where it stood.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Counts from 1.
    pub(crate) sequence: u64,
    pub(crate) episode: EpisodeId,
    /// The step that was answered last.
    pub(crate) step: u64,
    pub(crate) frame_set: u64,
    pub(crate) asked: StampNanos,
    /// By the clock of latencies.
    pub(crate) asked_nanos: u64,
    /// What the student said before any correction.
    pub(crate) student: f64,
    /// It knew what it said: not held, and not outside what the demonstration showed.
    pub(crate) student_sure: bool,
    pub(crate) revision: u64,
    pub(crate) set: FrameSet,
}
