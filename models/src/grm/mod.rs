//! The compact General Reward Model: where on the demonstration is this frame set?
//!
//! A published General Reward Model (Robo-Dopamine, arXiv 2512.23703) looks at a pair of states and says the hop between
//! them. This one does so without a network of its own: it holds the demonstration in memory, every set and its twins, and
//! compares a frame set with all of it at once. What comes out is a distribution over the memory, so a progress with its own
//! uncertainty, and a hop between two sets is the difference of two of them. H(p, p) = 0 and the round trip hold because both
//! ends are read in the same way (`Hop::between`).
//!
//! # The arithmetic (derived)
//! Of each view the channels' means are standardised and dealt into two halves, the even and the odd channels; each half is
//! projected on its leading directions, `e`. With the memory's `m_j` of progress `phi_j`, over N views of the bundle:
//!
//! ```text
//! D_vj = |e_v - m_vj|^2                          1 is the mean square length in the demonstration
//! l_j  = - c sum_v log(1 + D_vj / s)             over the views that are there; c = (s + 1/2) / (2 h N)
//! w_j  ~ exp(l_j - (phi_j - phi_abs)^2 / (2 sigma^2))
//! phi  = sum_j w_j phi_j,   std^2 = sum_j w_j (phi_j - phi)^2
//! ```
//!
//! - The logarithm is what lets a view be wrong: far from all it has seen, blank or covered, it tells the memory's rows
//!   apart less and less, frame by frame. A view that is missing tells nothing, and the distribution widens.
//! - `phi_abs` is the absolute head's progress. It sees the whole and shrinks; the memory sees the detail and may leap between
//!   scenes that look alike. Together they are better than either: decision 11.
//! - The halves are the two goal perspectives: the forward reading looks at the even channels, the backward one at the odd ones.
//!   They see different evidence, so their disagreement says something, and their mean is as good as one reading of all
//!   channels.
//! - The share of `w` on the demonstration's end is the evidence that the goal is reached: an estimate apart from progress.

mod fit;
mod graph;
mod pairs;
mod posterior;
mod spec;
#[cfg(test)]
mod tests;

pub(crate) use fit::{GrmFit, evidence_of, fit, memorise};
pub(crate) use posterior::{Located, Locator};
pub use spec::GrmSpec;

/// Name of the output, `[HALVES, M]`: the logarithm of how well each row of the memory fits, up to a constant.
pub(crate) const EVIDENCE: &str = "evidence";
/// The halves of the channels: even for the forward perspective, odd for the backward one.
pub(crate) const HALVES: usize = 2;
