//! How a transition ended, whether the task succeeded, and who says so.

use crate::codes::coded_enum;

coded_enum!(
    /// What a transition did to its episode.
    #[derive(Default)]
    Ending, "ending", {
        /// The episode goes on.
        #[default]
        Running = 0 "running",
        /// The state is terminal: nothing is earned after it.
        Terminated = 1 "terminated",
        /// The episode was cut (a time limit, say); the state is not terminal.
        Truncated = 2 "truncated",
    }
);

coded_enum!(
    /// Did the task succeed?
    #[derive(Default)]
    Success, "success", {
        /// Nobody has said.
        #[default]
        Unknown = 0 "unknown",
        /// It did not.
        No = 1 "no",
        /// It did.
        Yes = 2 "yes",
    }
);

coded_enum!(
    /// Who says that the task succeeded or did not.
    #[derive(Default)]
    SuccessSource, "success source", {
        /// Nobody.
        #[default]
        None = 0 "none",
        /// A person at the robot.
        Operator = 1 "operator",
        /// A sensor that measures the outcome itself: a switch, a scale.
        Sensor = 2 "sensor",
        /// The simulator's own state.
        Simulation = 3 "simulation",
        /// A success classifier that looks at images.
        Classifier = 4 "classifier",
        /// The progress model itself; paying on its word lets the model certify itself.
        Model = 5 "model",
    }
);

/// A set of success sources: those whose word pays the gold reward.
///
/// The default is operator, sensor and simulation: those that do not judge by the images the reward is made from.
/// [`SuccessSource::None`] is never in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceSet(u8);

impl SourceSet {
    /// No source: the gold reward is never paid.
    pub const EMPTY: Self = Self(0);

    /// The set with `source` added.
    #[must_use]
    pub const fn with(self, source: SuccessSource) -> Self {
        match source {
            SuccessSource::None => self,
            _ => Self(self.0 | (1 << source.code())),
        }
    }

    /// Is `source` in it?
    #[must_use]
    pub const fn contains(self, source: SuccessSource) -> bool {
        self.0 & (1 << source.code()) != 0
    }

    /// The sources in it, by rising code.
    pub fn iter(self) -> impl Iterator<Item = SuccessSource> {
        SuccessSource::ALL.iter().copied().filter(move |&source| self.contains(source))
    }
}

impl Default for SourceSet {
    fn default() -> Self {
        Self::EMPTY.with(SuccessSource::Operator).with(SuccessSource::Sensor).with(SuccessSource::Simulation)
    }
}

impl FromIterator<SuccessSource> for SourceSet {
    fn from_iter<I: IntoIterator<Item = SuccessSource>>(sources: I) -> Self {
        sources.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn every_code_and_name_leads_back_to_its_value() {
        for code in 0..=u8::MAX {
            match SuccessSource::try_from(code) {
                Ok(source) => {
                    assert_eq!(source.code(), code);
                    assert_eq!(SuccessSource::from_name(source.name()), Some(source));
                }
                Err(error) => {
                    assert!(code > 5);
                    assert_eq!(error, Error::UnknownCode { what: "success source", code, last: 5 });
                }
            }
        }
        assert_eq!(Ending::from_name("Running"), None);
        assert!(Ending::ALL.iter().all(|&e| Ending::from_name(e.name()) == Some(e)));
        assert!(Success::ALL.iter().all(|&s| Success::try_from(s.code()) == Ok(s)));
    }

    #[test]
    fn the_default_gold_sources_are_the_three_that_do_not_judge_by_images() {
        use SuccessSource::{Operator, Sensor, Simulation};
        assert!(SourceSet::default().iter().eq([Operator, Sensor, Simulation]));
    }

    #[test]
    fn nobody_is_never_a_source() {
        assert_eq!(SourceSet::EMPTY.with(SuccessSource::None), SourceSet::EMPTY);
        let all: SourceSet = SuccessSource::ALL.iter().copied().collect();
        assert!(!all.contains(SuccessSource::None));
        assert!(all.contains(SuccessSource::Model));
    }
}
