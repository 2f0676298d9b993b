//! Refusals: what a queryable answers when it does not do what it was asked. Not CDR but one line of UTF-8, so that any
//! tool can show it: `code: what, and how to mend it`, for example
//! `gamma_mismatch: the runtime is locked to gamma 0.99 and the learner announced 0.95; use 0.99`.

use core::fmt::{self, Write as _};

/// The longest refusal line, in bytes.
pub const REFUSAL_MAX: usize = 512;

/// Why a request is refused: the part of the line before the colon, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The bytes are not the request they should be.
    Malformed,
    /// The request has a version that is not spoken here.
    VersionMismatch,
    /// A field is outside its range.
    OutOfRange,
    /// The learner's gamma is not the one the runtime is locked to.
    GammaMismatch,
    /// No such episode is open: it was never begun, was voided, or belongs to an earlier epoch.
    UnknownEpisode,
    /// The episode has ended.
    EpisodeClosed,
    /// The step is not the next one, nor the last one again.
    StepOutOfOrder,
    /// The step was asked before with other content.
    StepConflict,
    /// k does not fit the k_mode that begin announced.
    BadK,
    /// The stamp lies before the one of the step before, or too far in the future.
    BadStamp,
    /// No frame set has been scored yet, so there is no potential.
    NotReady,
    /// The runtime failed; its log and status say how.
    Internal,
}

impl RefusalCode {
    /// Every code.
    pub const ALL: [Self; 12] = [
        Self::Malformed,
        Self::VersionMismatch,
        Self::OutOfRange,
        Self::GammaMismatch,
        Self::UnknownEpisode,
        Self::EpisodeClosed,
        Self::StepOutOfOrder,
        Self::StepConflict,
        Self::BadK,
        Self::BadStamp,
        Self::NotReady,
        Self::Internal,
    ];

    /// The code as it stands in the line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::VersionMismatch => "version_mismatch",
            Self::OutOfRange => "out_of_range",
            Self::GammaMismatch => "gamma_mismatch",
            Self::UnknownEpisode => "unknown_episode",
            Self::EpisodeClosed => "episode_closed",
            Self::StepOutOfOrder => "step_out_of_order",
            Self::StepConflict => "step_conflict",
            Self::BadK => "bad_k",
            Self::BadStamp => "bad_stamp",
            Self::NotReady => "not_ready",
            Self::Internal => "internal",
        }
    }

    /// The code with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }
}

impl From<&crate::Error> for RefusalCode {
    fn from(error: &crate::Error) -> Self {
        match error {
            crate::Error::Version { .. } => Self::VersionMismatch,
            crate::Error::Range { .. } | crate::Error::Unknown { .. } | crate::Error::Contradiction { .. } => {
                Self::OutOfRange
            }
            _ => Self::Malformed,
        }
    }
}

/// One refusal line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    code: RefusalCode,
    line: heapless::String<REFUSAL_MAX>,
}

impl Refusal {
    /// Writes the line. Line breaks and other control characters become spaces; what does not fit is cut.
    #[must_use]
    pub fn new(code: RefusalCode, text: fmt::Arguments<'_>) -> Self {
        let mut line = OneLine(heapless::String::new());
        // A full line is the only thing that can go wrong, and being cut there is what is wanted.
        let _ = write!(line, "{}: {text}", code.name());
        Self { code, line: line.0 }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> RefusalCode {
        self.code
    }

    /// The whole line, code included: the payload of the error reply.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Takes a line apart into its code and its text; `None` when it does not begin with a known code.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<(RefusalCode, &str)> {
        let (code, text) = core::str::from_utf8(payload).ok()?.split_once(": ")?;
        Some((RefusalCode::from_name(code)?, text))
    }
}

impl From<&crate::Error> for Refusal {
    fn from(error: &crate::Error) -> Self {
        Self::new(error.into(), format_args!("{error}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

struct OneLine(heapless::String<REFUSAL_MAX>);

impl fmt::Write for OneLine {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.0.write_char(if c.is_control() { ' ' } else { c }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line_that_can_be_taken_apart() {
        let refusal = Refusal::new(RefusalCode::GammaMismatch, format_args!("locked to {}\nuse it", 0.99));
        assert_eq!(refusal.line(), "gamma_mismatch: locked to 0.99 use it");
        assert_eq!(
            Refusal::parse(refusal.line().as_bytes()),
            Some((RefusalCode::GammaMismatch, "locked to 0.99 use it"))
        );
        assert_eq!(Refusal::parse(b"nonsense: x"), None);
        assert_eq!(Refusal::parse(&[0xff]), None);
    }

    #[test]
    fn a_long_refusal_is_cut_at_a_character() {
        let refusal = Refusal::new(RefusalCode::Internal, format_args!("{}", "ä".repeat(600)));
        assert!(refusal.line().len() <= REFUSAL_MAX && refusal.line().len() >= REFUSAL_MAX - 1);
    }

    #[test]
    fn every_code_has_a_name_of_its_own() {
        for code in RefusalCode::ALL {
            assert_eq!(RefusalCode::from_name(code.name()), Some(code));
        }
    }

    #[test]
    fn wire_errors_become_codes() {
        let error = crate::Error::Version { message: "BeginRequest", found: 9, spoken: 1 };
        let refusal = Refusal::from(&error);
        assert_eq!(refusal.code(), RefusalCode::VersionMismatch);
        assert!(refusal.line().starts_with("version_mismatch: BeginRequest: version 9"));
    }
}
