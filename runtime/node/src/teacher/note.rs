//! What the teacher said of a frame set, as a message and as a line of the recording.

use serde_json::json;
use striatum_core::{Estimate, Fuser, FusionConfig, Progress};
use striatum_wire::{BundleHash, TeacherScore};

use super::student::Proposal;
use super::{Judgement, Question};
use crate::error::Result;

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) score: TeacherScore,
    /// JSON for the recording.
    pub(crate) text: String,
    /// A correction that follows from it.
    pub(crate) proposal: Option<Proposal>,
}

impl Note {
    /// Fuses the teacher's perspectives without any memory, and writes everything down.
    ///
    /// # Errors
    /// Numbers that no message can have: a fault of ours.
    pub(super) fn new(
        question: &Question,
        judgement: &Judgement,
        epoch: u64,
        latency_nanos: u64,
        late: bool,
        hash: [u8; 32],
    ) -> Result<Self> {
        let estimate = Fuser::new(FusionConfig::memoryless())?.update(&judgement.scores);
        let hops = judgement.scores.hops;
        let finite = |hop: Option<f64>| hop.filter(|hop| hop.is_finite()).map(|hop| hop.clamp(-1.0, 1.0));
        let (incremental, forward, backward) = (finite(hops.incremental), finite(hops.forward), finite(hops.backward));
        let bit = |hop: Option<f64>, bit: u8| if hop.is_some() { bit } else { 0 };
        let score = TeacherScore {
            sequence: question.sequence,
            epoch,
            episode: question.episode,
            step: question.step,
            frame_set: question.frame_set,
            capture_oldest_nanos: question.set.oldest,
            capture_newest_nanos: question.set.newest,
            asked_nanos: question.asked,
            latency_nanos,
            late,
            votes: estimate.votes,
            progress_mean: estimate.mean,
            progress_std: estimate.std,
            hops: bit(incremental, TeacherScore::HOP_INCREMENTAL)
                | bit(forward, TeacherScore::HOP_FORWARD)
                | bit(backward, TeacherScore::HOP_BACKWARD),
            hop_incremental: incremental.unwrap_or(0.0),
            hop_forward: forward.unwrap_or(0.0),
            hop_backward: backward.unwrap_or(0.0),
            student_progress: Progress::clamped(question.student).unwrap_or(Progress::ZERO).get(),
            model_revision: question.revision,
            teacher_hash: BundleHash(hash),
        };
        // What cannot be published is better known here than in the engine's thread.
        score.encode(&mut [0; TeacherScore::MAX_LEN])?;
        let text = text(&score, &estimate, judgement);
        Ok(Self { score, text, proposal: None })
    }

    /// The teacher's progress and its std, if it voted.
    pub(super) fn vote(&self) -> Option<(Progress, f64)> {
        let progress = Progress::clamped(self.score.progress_mean)?;
        (self.score.votes > 0).then_some((progress, self.score.progress_std))
    }
}

fn text(score: &TeacherScore, estimate: &Estimate, judgement: &Judgement) -> String {
    let said = (score.votes > 0).then_some(score);
    json!({
        "sequence": score.sequence,
        "episode": score.episode.to_string(),
        "step": score.step,
        "frame_set": score.frame_set,
        "oldest_nanos": score.capture_oldest_nanos.0,
        "newest_nanos": score.capture_newest_nanos.0,
        "asked_nanos": score.asked_nanos.0,
        "latency_nanos": score.latency_nanos,
        "late": score.late,
        "votes": score.votes,
        "progress": said.map(|score| score.progress_mean),
        "std": said.map(|score| score.progress_std),
        "forward": estimate.readings.forward,
        "backward": estimate.readings.backward,
        "hop_incremental": judgement.scores.hops.incremental,
        "hop_forward": judgement.scores.hops.forward,
        "hop_backward": judgement.scores.hops.backward,
        "student_progress": score.student_progress,
        "model_revision": score.model_revision,
        "teacher_hash": score.teacher_hash.to_string(),
        "said": judgement.detail,
    })
    .to_string()
}
