//! What each member of a bundle answers once the heads have run.

use striatum_core::{Hop, MAX_MEMBERS, MAX_VIEWS, MemberScores, Perspectives, Progress, ViewMask};

use super::super::recall::{self, Found};
use super::super::rows::Choice;
use super::super::strange::Strangeness;
use super::BundleModel;
use crate::error::Result;
use crate::members::Member;

impl BundleModel {
    /// Where the set was found in the memory, if there is one: what it says now, and what it said of the set before if that had the same
    /// views.
    pub(super) fn remember(
        &mut self,
        choice: Choice,
        used: ViewMask,
        strange: Strangeness,
    ) -> Option<(Found, Option<Found>)> {
        let remembered = self.memory.as_mut()?;
        let absolute = self.now[choice.row].map_or((f64::NAN, choice.std), |progress| (progress.get(), choice.std));
        let now = remembered.memory.find(&self.head.model, absolute, strange.far);
        let before = std::mem::replace(&mut remembered.before, now);
        now.map(|now| (now, before.filter(|_| self.views_before == used)))
    }

    /// What the memory says, if it is a member: found nowhere finite, it has no progress, and that is a missing vote.
    pub(super) fn answer_of_memory(
        &self,
        found: Option<&(Found, Option<Found>)>,
        absolute: MemberScores,
        used: ViewMask,
    ) -> Option<MemberScores> {
        let memory = self.memory.as_ref()?;
        let Some((now, before)) = found else {
            let hops = Perspectives { incremental: None, forward: Some(f64::NAN), backward: Some(f64::NAN) };
            return Some(MemberScores { hops, std: f64::NAN });
        };
        let before = before.as_ref().map(|found| &found.located);
        let ends = (&memory.start.located, &memory.goal.located);
        let mut hops = recall::hops(&now.located, before, ends);
        if self.views_before != used {
            // Found by other views, the set before is at another place: what they have in common says the hop.
            hops.incremental = absolute.hops.incremental;
        }
        Some(MemberScores { hops, std: now.std })
    }

    /// What the perceptual reward says, if it is a member and every view is there.
    pub(super) fn perceive(&mut self, used: ViewMask) -> Result<Option<MemberScores>> {
        let Some(percept) = &mut self.percept else { return Ok(None) };
        let all = used == ViewMask::first(self.manifest.views.len());
        percept.answer(all.then(|| self.head.model.input(self.head.features)))
    }

    /// The members' answers in their order: the first one's, and the others'.
    pub(super) fn in_order(
        &self,
        memory: Option<MemberScores>,
        absolute: MemberScores,
        perceptual: Option<MemberScores>,
    ) -> (MemberScores, [Option<MemberScores>; MAX_MEMBERS - 1]) {
        let mut answers = self.chosen.members.iter().map(|member| match member {
            Member::Grm => memory,
            Member::Absolute => Some(absolute),
            Member::Perceptual => perceptual,
        });
        let none = MemberScores { hops: Perspectives::default(), std: f64::NAN };
        let first = answers.next().flatten().unwrap_or(none);
        let mut others = [None; MAX_MEMBERS - 1];
        others.iter_mut().zip(answers).for_each(|(slot, answer)| *slot = answer);
        (first, others)
    }

    /// Hops are derived from progress by the difference form, so that a hop to the same place is 0 and the way there and back
    /// leads to where one was. A number that is not finite is a missing vote: NaN, which the fuser counts.
    pub(super) fn hops(&self, row: usize, used: ViewMask) -> Perspectives<Option<f64>> {
        let hop = |from: Option<Progress>, to: Option<Progress>| match (from, to) {
            (Some(from), Some(to)) => Hop::between(from, to).get(),
            _ => f64::NAN,
        };
        let incremental = self.rows.shared(self.views_before, used).map(|row| hop(self.before[row], self.now[row]));
        Perspectives {
            incremental,
            forward: Some(hop(self.start[row], self.now[row])),
            backward: Some(hop(self.goal[row], self.now[row])),
        }
    }

    pub(super) fn per_view(&self, used: ViewMask) -> [Option<f64>; MAX_VIEWS] {
        let mut progress = [None; MAX_VIEWS];
        for view in used.iter() {
            progress[view] = self.now[self.rows.single(view)].map(Progress::get);
        }
        progress
    }
}
