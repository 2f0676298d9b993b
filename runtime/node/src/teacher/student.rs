//! What the student learns of the teacher: corrections of its progress, one after the other, each on probation.

use striatum_core::{Correction, CorrectionFit, CorrectionRules, Progress};

use crate::pipeline::Revision;

/// Corrections that differ by less than this, progress units, are the same one.
const SAME: f64 = 0.005;

/// How the student is corrected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StudentRules {
    pub(crate) fit: CorrectionRules,
    /// Votes between two proposals.
    pub(crate) votes: u32,
}

/// A correction that is to hold from the next `begin` on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Proposal {
    pub(crate) revision: Revision,
    /// In words, for the record.
    pub(crate) why: &'static str,
    /// Mean squared difference to the teacher's votes since the last proposal, with it and without any correction.
    pub(crate) errors: (f64, f64),
}

/// Fits corrections to votes. Each proposal is judged by the votes that come after it: one that makes the student worse than it is
/// by itself is taken back, and what led to it is forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Student {
    rules: StudentRules,
    fit: CorrectionFit,
    proposed: Revision,
    /// Votes since the last look, and the sums of squared differences with the proposal and without.
    votes: u32,
    with: f64,
    without: f64,
}

impl Student {
    pub(crate) fn new(rules: StudentRules) -> Self {
        let fit = CorrectionFit::new(rules.fit);
        Self { rules, fit, proposed: Revision::default(), votes: 0, with: 0.0, without: 0.0 }
    }

    /// Takes a vote: what the student said before any correction, and the teacher of the same frame set.
    pub(crate) fn learn(&mut self, student: Progress, teacher: Progress, std: f64) -> Option<Proposal> {
        let squared = |said: Progress| (said.get() - teacher.get()) * (said.get() - teacher.get());
        self.with += squared(self.proposed.correction.at(student));
        self.without += squared(student);
        self.votes += 1;
        self.fit.update(student, teacher, std);
        if self.votes < self.rules.votes {
            return None;
        }
        let count = f64::from(self.votes);
        let errors = (self.with / count, self.without / count);
        (self.votes, self.with, self.without) = (0, 0.0, 0.0);
        let (correction, why) = if errors.0 > errors.1 {
            self.fit.reset();
            (Correction::NONE, "taken back: the votes since then are nearer to the student without it")
        } else {
            (self.fit.correction(), "fitted to the teacher's votes")
        };
        let old = self.proposed.correction;
        let moved = (correction.offset() - old.offset()).abs() + (correction.tilt() - old.tilt()).abs();
        if moved < SAME {
            return None;
        }
        self.proposed = Revision { number: self.proposed.number + 1, correction };
        Some(Proposal { revision: self.proposed, why, errors })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn student() -> Student {
        Student::new(StudentRules { fit: CorrectionRules::new(0.2, 0.98, 4.0).unwrap(), votes: 8 })
    }

    fn progress(value: f64) -> Progress {
        Progress::new(value).unwrap()
    }

    /// The proposals of so many votes on students all over the task, the teacher `off` beside them.
    fn votes(student: &mut Student, count: u32, off: f64) -> Vec<Proposal> {
        let said = (0..count).map(|vote| 0.25 + 0.5 * f64::from(vote % 9) / 8.0);
        said.filter_map(|said| student.learn(progress(said), progress(said + off), 0.05)).collect()
    }

    #[test]
    fn a_student_that_is_off_gets_a_correction_and_numbers_rise() {
        let mut student = student();
        assert!(votes(&mut student, 7, 0.1).is_empty());
        let proposals = votes(&mut student, 200, 0.1);
        assert!(proposals.iter().zip(1..).all(|(proposal, number)| proposal.revision.number == number));
        let last = proposals.last().unwrap().revision.correction;
        assert!((last.at(progress(0.5)).get() - 0.6).abs() < 0.015, "{last:?}");
        assert!(proposals.len() < 10, "it settles: {}", proposals.len());
    }

    #[test]
    fn a_teacher_that_agrees_proposes_nothing() {
        assert!(votes(&mut student(), 200, 0.0).is_empty());
    }

    #[test]
    fn a_correction_that_makes_things_worse_is_taken_back() {
        let mut student = student();
        assert!(!votes(&mut student, 80, 0.15).is_empty());
        // The robot, the light or the teacher is another one now: the student was right all along.
        let then = votes(&mut student, 8, 0.0);
        assert!(then.is_empty() || then[0].revision.correction.is_none(), "{then:?}");
        let then = if then.is_empty() { votes(&mut student, 8, 0.0) } else { then };
        assert!(then[0].revision.correction.is_none() && then[0].why.starts_with("taken back"));
        assert!(then[0].errors.0 > then[0].errors.1);
        assert!(votes(&mut student, 80, 0.0).is_empty(), "and nothing is left of it");
    }
}
