//! The generative General Reward Model: a vision-language model that is shown two moments and writes by how many percent the
//! second is nearer to the goal.
//!
//! Published ones (Robo-Dopamine, arXiv 2512.23703) are Qwen2.5-VL. What is theirs (graphs, tokenizer, prompt, chat template,
//! form of the answer) comes out of files; what is around the graphs is here, and equals what the published readers do:
//!
//! ```text
//! picture -> smart_resize, bicubic, patches -> vision graph -> features        (kept as long as somebody may ask for them)
//! prompt file -> chat template -> tokens; picture slots widened; M-RoPE positions
//! tokens, features -> embedding graph -> decoder graph, after the keys and values that are kept
//! logits -> all 201 answers, by walking the tree of their tokens -> expectation, variance, entropy
//! ```
//!
//! Nothing is sampled: the same pictures give the same numbers.

mod answers;
mod bicubic;
mod cache;
#[cfg(test)]
mod cache_tests;
mod chat;
mod config;
mod decoder;
mod distribution;
mod engine;
mod folder;
mod gather;
#[cfg(test)]
mod golden_tests;
mod graphs;
mod hops;
mod inspect;
mod json;
mod kv;
mod manifest;
mod model;
mod patches;
mod positions;
mod prompt;
mod reader;
mod reading;
#[cfg(test)]
mod refusal_tests;
mod reward;
mod smart_resize;
mod steps;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod testkit_genai;
#[cfg(test)]
mod time_tests;
mod tokens;

pub use config::{Family, ModelConfig};
pub use distribution::Distribution;
pub use engine::{Counts, Limits};
pub use folder::Layout;
pub use inspect::{GenerativeReport, GraphReport, inspect_generative, is_generative};
pub use manifest::{FileEntry, GenerativeManifest, Role, Slot};
pub use model::{Caching, GenerativeGrm, GenerativeOptions, StepReading};
pub use reading::{NoVote, Reading, ReadingRules};
pub use reward::{GenerativeModel, NoVotes};
pub use smart_resize::PixelLimits;
