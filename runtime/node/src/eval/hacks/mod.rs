//! Trying to fool a reward: playbacks, what must hold of each, and whether it did.

mod attacks;
mod condition;
mod freezes;
mod report;

pub(crate) use attacks::{Attack, attacks};
pub(crate) use freezes::{EVERY as FREEZE_EVERY, Freezes};
pub(crate) use report::HackReport;
