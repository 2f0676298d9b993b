//! How an answer is to be read, and what was read.

use super::distribution::Distribution;
use crate::error::{Error, Result};

/// How an answer is read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReadingRules {
    /// Answers are not worked out once they are known to be less likely than this; what they could have been at most is the
    /// distribution's missing mass. Default 1e-4. 0 works out every answer.
    pub prune_below: f64,
    /// Most tokens of reasons before the answer; 0, the default, for models that answer at once.
    pub rationale_tokens: usize,
    /// Most tokens that are written when the text is no answer, to be able to show it. Default 16.
    pub text_tokens: usize,
    /// Answers that have less probability than this all together are no vote. Default 0.5.
    pub least_mass: f64,
}

impl Default for ReadingRules {
    fn default() -> Self {
        Self { prune_below: 1e-4, rationale_tokens: 0, text_tokens: 16, least_mass: 0.5 }
    }
}

impl ReadingRules {
    /// The most tokens that may be written.
    pub const MOST_TOKENS: usize = 4096;

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        let refuse = |field: &str, what: String, mend: &str| Err(Error::config(format!("reading.{field}"), what, mend));
        for (field, value) in [("prune_below", self.prune_below), ("least_mass", self.least_mass)] {
            if !(0.0..1.0).contains(&value) {
                return refuse(field, format!("{value} is out of range"), "give 0 or more, below 1");
            }
        }
        for (field, value) in [("rationale_tokens", self.rationale_tokens), ("text_tokens", self.text_tokens)] {
            if value > Self::MOST_TOKENS {
                return refuse(field, format!("{value} is out of range"), "give at most 4096");
            }
        }
        Ok(())
    }
}

/// Why there is no vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoVote {
    /// The text that would be written is no answer.
    Text,
    /// All answers together are too unlikely.
    Mass,
    /// The reasons ended, or their budget did, before an answer began.
    Rationale,
    /// A number was not finite.
    NotFinite,
}

/// What was read after one prompt.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// What is believed of the answers; `None` where none began, none was likely enough to be worked out, or a number is not
    /// finite.
    pub distribution: Option<Distribution>,
    /// The reasons before the answer, where the model writes some.
    pub rationale: String,
    /// The most likely text, token by token, up to the end of the answer or of the budget.
    pub text: String,
    /// Its percentage, if it is an answer.
    pub percent: Option<i32>,
    /// Why this is no vote; `None` if it is one.
    pub no_vote: Option<NoVote>,
}
