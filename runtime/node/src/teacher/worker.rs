//! The teacher's thread: takes the newest question, asks, and notes the answer. Whatever the teacher does ends here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;
use striatum_wire::{EpisodeId, TeacherCount, TeacherState};

use super::desk::DeskRules;
use super::note::Note;
use super::student::{Proposal, Student};
use super::{Judgement, Opener, Question, Stopper, Teacher};
use crate::clock::monotonic_nanos;
use crate::live::SlotsOut;

/// What both threads know.
#[derive(Default)]
pub(super) struct Shared {
    counts: [AtomicU64; TeacherCount::COUNT],
    /// Since when it has had a question, by the clock of latencies; 0 while it has none.
    busy_since: AtomicU64,
    /// Place in [`TeacherState::ALL`]; 0 stands for loading here.
    state: AtomicU8,
    reason: Mutex<String>,
    /// Of the teacher, once it is open.
    stopper: Mutex<Option<Stopper>>,
    /// Nobody listens any more.
    pub(super) end: AtomicBool,
}

impl Shared {
    pub(super) fn counts(&self) -> [u64; TeacherCount::COUNT] {
        std::array::from_fn(|at| self.counts[at].load(Ordering::Relaxed))
    }

    pub(super) fn busy_nanos(&self) -> u64 {
        match self.busy_since.load(Ordering::Relaxed) {
            0 => 0,
            since => monotonic_nanos().saturating_sub(since),
        }
    }

    pub(super) fn state(&self) -> TeacherState {
        match self.state.load(Ordering::Relaxed) {
            0 => TeacherState::Loading,
            at => TeacherState::ALL.get(usize::from(at)).copied().unwrap_or(TeacherState::Stopped),
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state() == TeacherState::Stopped
    }

    pub(super) fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the teacher to stop; false for one that can be left alone.
    pub(super) fn ask_to_stop(&self) -> bool {
        let stopper = self.stopper.lock().unwrap_or_else(PoisonError::into_inner);
        stopper.as_ref().inspect(|stop| stop()).is_some()
    }

    fn count(&self, what: TeacherCount) {
        self.counts[what.index()].fetch_add(1, Ordering::Relaxed);
    }

    fn set(&self, state: TeacherState, reason: &str) {
        reason.clone_into(&mut self.reason.lock().unwrap_or_else(PoisonError::into_inner));
        #[expect(clippy::cast_possible_truncation, reason = "one of six")]
        self.state.store(state.index() as u8, Ordering::Relaxed);
    }
}

/// The thread's own things.
pub(super) struct Worker {
    rules: DeskRules,
    questions: SlotsOut<Question>,
    notes: Sender<Box<Note>>,
    shared: Arc<Shared>,
    student: Option<Student>,
    /// A proposal whose note found no place: the student counts on it, so it goes out with the next.
    unsent: Option<Proposal>,
    /// The episode of the last question.
    episode: Option<EpisodeId>,
}

impl Worker {
    pub(super) fn new(
        rules: DeskRules,
        questions: SlotsOut<Question>,
        notes: Sender<Box<Note>>,
        shared: Arc<Shared>,
    ) -> Self {
        let student = rules.student.map(Student::new);
        Self { rules, questions, notes, shared, student, unsent: None, episode: None }
    }

    /// Opens the teacher and asks it until the other end is gone or the teacher dies.
    pub(super) fn run(mut self, open: Opener) {
        let mut teacher = match catch_unwind(AssertUnwindSafe(open)) {
            Ok(Ok(teacher)) => teacher,
            Ok(Err(error)) => return self.stop(&format!("it could not be opened: {error}")),
            Err(panic) => return self.stop(&format!("it died while it was opened: {}", said(&*panic))),
        };
        *self.shared.stopper.lock().unwrap_or_else(PoisonError::into_inner) = teacher.stopper();
        self.shared.set(TeacherState::Ready, "");
        tracing::info!("the teacher is ready");
        while self.questions.wake().recv().is_ok() && !self.shared.end.load(Ordering::Relaxed) {
            let newest = self.questions.drain().next();
            if let Some((_, question)) = newest
                && !self.ask(&mut *teacher, &question)
            {
                break;
            }
        }
    }

    /// Asks one question; false if the teacher died of it.
    fn ask(&mut self, teacher: &mut dyn Teacher, question: &Question) -> bool {
        self.shared.busy_since.store(monotonic_nanos().max(1), Ordering::Relaxed);
        let another = self.episode.replace(question.episode).is_some_and(|episode| episode != question.episode);
        let judged = catch_unwind(AssertUnwindSafe(|| {
            if another {
                teacher.forget();
            }
            teacher.judge(&question.set)
        }));
        self.shared.busy_since.store(0, Ordering::Relaxed);
        match judged {
            Ok(Ok(judgement)) => self.note(question, &judgement, teacher.hash()),
            Ok(Err(error)) => self.fail(&error.to_string()),
            Err(panic) => {
                self.shared.count(TeacherCount::Failed);
                self.stop(&format!("it died: {}", said(&*panic)));
                return false;
            }
        }
        true
    }

    fn note(&mut self, question: &Question, judgement: &Judgement, hash: [u8; 32]) {
        let latency_nanos = monotonic_nanos().saturating_sub(question.asked_nanos);
        let late = latency_nanos > self.rules.deadline_nanos;
        let mut note = match Note::new(question, judgement, self.rules.epoch, latency_nanos, late, hash) {
            Ok(note) => note,
            Err(error) => return self.fail(&error.to_string()),
        };
        self.shared.count(TeacherCount::Answered);
        if late {
            self.shared.count(TeacherCount::Late);
        }
        match note.vote() {
            None => self.shared.count(TeacherCount::NoVote),
            Some((teacher, std)) => {
                let sure = question.student_sure.then_some(question.student);
                let student = sure.and_then(striatum_core::Progress::clamped);
                note.proposal = match (&mut self.student, student) {
                    (Some(pupil), Some(student)) => pupil.learn(student, teacher, std),
                    _ => None,
                };
            }
        }
        self.shared.set(TeacherState::Ready, "");
        // A newer one replaces it.
        let unsent = self.unsent.take();
        note.proposal = note.proposal.or(unsent);
        if let Err(lost) = self.notes.try_send(Box::new(note)) {
            self.unsent = lost.into_inner().proposal;
            self.shared.count(TeacherCount::Dropped);
        }
    }

    /// One question has no answer. Told once for each new reason.
    fn fail(&self, why: &str) {
        self.shared.count(TeacherCount::Failed);
        let ending = self.shared.end.load(Ordering::Relaxed);
        if !ending && (self.shared.state() != TeacherState::Failing || self.shared.reason() != why) {
            tracing::warn!("the teacher failed: {why}");
        }
        self.shared.set(TeacherState::Failing, why);
    }

    fn stop(&self, why: &str) {
        tracing::error!("the teacher has stopped: {why}; rewards go on without it");
        self.shared.set(TeacherState::Stopped, why);
    }
}

/// What a panic said, as far as it is text.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a text")
}
