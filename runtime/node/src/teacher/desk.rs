//! The engine's side: what is asked, what has come back, and how the teacher does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use striatum_core::StampNanos;
use striatum_frames::SetVerdict;
use striatum_wire::{EpisodeId, Status, TeacherCount, TeacherState};

use super::note::Note;
use super::student::StudentRules;
use super::worker::{Shared, Worker};
use super::{Opener, Question};
use crate::clock::monotonic_nanos;
use crate::engine::Shown;
use crate::error::{Error, Result};
use crate::live::{SlotsIn, slots};

/// Answers that may wait for the engine.
const ANSWERS: usize = 8;
/// How long the end of a run waits for a teacher that is busy and can be left alone,
const PATIENCE: Duration = Duration::from_secs(1);
/// and for one that is being opened, or cannot be left alone: it was asked to stop and does so before its next operator.
const LONG_PATIENCE: Duration = Duration::from_secs(30);

/// When the teacher is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So far apart in capture time at least, nanoseconds.
    Nanos(u64),
    /// At every so many steps of an open episode, the state of `begin` among them.
    Steps(u64),
}

/// How a teacher is asked and listened to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DeskRules {
    pub(crate) epoch: u64,
    pub(crate) pace: Pace,
    /// An answer that takes longer is late, nanoseconds.
    pub(crate) deadline_nanos: u64,
    /// How the student is corrected; `None`: it is not.
    pub(crate) student: Option<StudentRules>,
}

/// Where questions are handed in. Nothing here waits for the teacher.
pub(crate) struct Desk {
    rules: DeskRules,
    questions: Option<SlotsIn<Question>>,
    notes: Receiver<Box<Note>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    asked: u64,
    /// The last frame set that was offered.
    last: Option<(EpisodeId, u64, StampNanos)>,
}

impl Desk {
    /// Starts the teacher's thread, which opens it: that may take minutes, or fail.
    ///
    /// # Errors
    /// No thread is to be had.
    pub(crate) fn start(rules: DeskRules, open: Opener) -> Result<Self> {
        let (questions, taken) = slots(1);
        let (sender, notes) = bounded(ANSWERS);
        let shared = Arc::new(Shared::default());
        let worker = Worker::new(rules, taken, sender, Arc::clone(&shared));
        let thread = std::thread::Builder::new()
            .name("teacher".to_owned())
            .spawn(move || worker.run(open))
            .map_err(|error| Error::setup("the teacher's thread", error.to_string(), "free some memory"))?;
        let (questions, thread) = (Some(questions), Some(thread));
        Ok(Self { rules, questions, notes, shared, thread, asked: 0, last: None })
    }

    /// Offers a frame set; the teacher gets it if it is its turn, and if no newer one comes before it has time.
    pub(crate) fn offer(&mut self, now: StampNanos, shown: &Shown<'_>) {
        // With a view missing there is nothing to show.
        if shown.set.verdict != SetVerdict::Complete || !self.is_due(shown) || self.shared.is_stopped() {
            return;
        }
        let Some(questions) = &self.questions else { return };
        self.last = Some((shown.episode, shown.step, shown.set.newest));
        self.asked += 1;
        let scored = shown.scored;
        let question = Question {
            sequence: self.asked,
            episode: shown.episode,
            step: shown.step,
            frame_set: scored.index,
            asked: now,
            asked_nanos: monotonic_nanos(),
            student: scored.uncorrected,
            student_sure: scored.estimate.votes > 0 && !scored.estimate.held && !scored.out_of_distribution,
            revision: scored.revision,
            set: shown.set.clone(),
        };
        questions.put(0, question);
    }

    fn is_due(&self, shown: &Shown<'_>) -> bool {
        match self.rules.pace {
            // Of the frame sets of one step one is enough.
            Pace::Steps(every) => {
                !shown.episode.is_none()
                    && self.last.is_none_or(|(episode, step, _)| (episode, step) != (shown.episode, shown.step))
                    && shown.step.is_multiple_of(every)
            }
            // The first state of an episode is always asked about, and one from before the last: the clock was set back then.
            Pace::Nanos(every) => {
                let Some((episode, _, newest)) = self.last else { return true };
                let begun = !shown.episode.is_none() && episode != shown.episode;
                begun || shown.set.newest < newest || shown.set.newest.since(newest) >= every
            }
        }
    }

    /// What the teacher has said; disconnected when it has stopped.
    pub(crate) fn notes(&self) -> &Receiver<Box<Note>> {
        &self.notes
    }

    /// How the teacher does.
    pub(crate) fn state(&self) -> TeacherState {
        if self.shared.busy_nanos() > self.rules.deadline_nanos && !self.shared.is_stopped() {
            return TeacherState::Stalled;
        }
        self.shared.state()
    }

    /// Writes into a status how the teacher does.
    pub(crate) fn tell(&self, status: &mut Status) {
        status.teacher = self.state();
        status.teacher_counts = self.counts();
        match status.teacher {
            TeacherState::Stalled => {
                let secs = self.shared.busy_nanos() / 1_000_000_000;
                status.set_teacher_reason(&format!("no answer for {secs} s"));
            }
            TeacherState::Failing | TeacherState::Stopped => status.set_teacher_reason(&self.shared.reason()),
            TeacherState::Off | TeacherState::Loading | TeacherState::Ready => {}
        }
    }

    /// What became of questions, by [`TeacherCount::index`].
    pub(crate) fn counts(&self) -> [u64; TeacherCount::COUNT] {
        let mut counts = self.shared.counts();
        counts[TeacherCount::Asked.index()] = self.asked;
        counts[TeacherCount::Dropped.index()] += self.questions.as_ref().map_or(0, SlotsIn::overwritten);
        counts
    }

    /// Ends the thread. A teacher that is busy is asked to stop; one that cannot be is left to the program's end.
    pub(crate) fn finish(&mut self) {
        self.shared.end.store(true, Ordering::Relaxed);
        self.questions = None;
        let Some(thread) = self.thread.take() else { return };
        let asked = Instant::now();
        while !thread.is_finished() {
            let loading = self.shared.state() == TeacherState::Loading;
            let patience = if self.shared.ask_to_stop() || loading { LONG_PATIENCE } else { PATIENCE };
            if asked.elapsed() > patience {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        if !thread.is_finished() {
            tracing::warn!("the teacher is still busy; what it would have said is lost");
        } else if thread.join().is_err() {
            tracing::error!("the teacher's thread panicked");
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.finish();
    }
}
