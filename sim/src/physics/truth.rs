//! What is true of a world: how far the task is, told from the state alone.

use super::failure::FailureKind;

/// How far a task is. A function of the world's state now, and of distances measured at the start, which it is compared with.
///
/// There is no other memory, and no expert is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// From 0 to 1; 1 exactly while the task is done. Falls when work is undone.
    pub progress: f64,
    /// Index of the phase the state is in, into [`World::phase_names`](super::World::phase_names).
    pub phase: usize,
    /// Number of phases.
    pub phases: usize,
    /// The task is done at this moment.
    pub success: bool,
    /// What has gone wrong that the state shows: an object off the table, the wrong one in place.
    pub failed: Option<FailureKind>,
}

impl Truth {
    /// Progress of a task that is not done; kept below what only success has.
    pub(crate) fn underway(progress: f64, phase: usize, phases: usize) -> Self {
        Self { progress: progress.clamp(0.0, 0.98), phase, phases, success: false, failed: None }
    }

    /// A task that is done.
    pub(crate) fn done(phases: usize) -> Self {
        Self { progress: 1.0, phase: phases.saturating_sub(1), phases, success: true, failed: None }
    }
}

/// 1 at or below `full`, 0 at or above `none`, straight between.
pub(crate) fn nearness(distance: f64, full: f64, none: f64) -> f64 {
    ((none - distance) / (none - full)).clamp(0.0, 1.0)
}
