//! Which reward a learner is given: what the study compares.

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use striatum_core::ShapingMode;

use super::settings::option_name;
use crate::config::ClockName;

/// Which reward. All but the naive ones leave the best policy what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum RewardKind {
    /// Gold alone: 1 when the task is done. Pictures are blank: nothing looks at them.
    Sparse,
    /// Gold, shaped by the potential that the bundle sees in the pictures.
    Shaped,
    /// The same, from the bundle's perceptual reward alone.
    Perceptual,
    /// Gold plus the estimated progress itself, at every step: for comparison.
    NaiveProgress,
    /// Gold plus the difference of estimated progress without the discount: for comparison.
    NaiveDifference,
    /// Gold, shaped by what is true of the world: the most that shaping can give. Pictures are blank.
    TrueProgress,
    /// Gold, shaped by a potential that is wrong on purpose: it falls as the task gets on.
    Adversarial,
    /// As `shaped`, without the world's word: gold is the model's own success verdict, which ends the episode.
    ModelAlone,
}

impl RewardKind {
    /// As on the command line.
    pub(crate) fn name(self) -> String {
        option_name(&self)
    }

    /// Does anything look at the pictures?
    pub(crate) fn sees(self) -> bool {
        !matches!(self, Self::Sparse | Self::TrueProgress)
    }

    /// Is the model's verdict all the gold there is?
    pub(crate) fn judges_itself(self) -> bool {
        self == Self::ModelAlone
    }

    /// The shaping mode that its messages carry.
    pub(crate) fn shaping(self) -> ShapingMode {
        ShapingMode::from_name(self.mode()).unwrap_or(ShapingMode::Off)
    }

    fn mode(self) -> &'static str {
        match self {
            Self::Sparse | Self::TrueProgress => "off",
            Self::Shaped | Self::Perceptual | Self::Adversarial | Self::ModelAlone => "potential",
            Self::NaiveProgress => "naive_progress",
            Self::NaiveDifference => "naive_difference",
        }
    }

    /// The configuration of a runtime that gives this reward.
    pub(crate) fn config(self, bundle: &Path, robot: &str, gamma: f64, endpoint: &str, clock: ClockName) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let bundle = std::path::absolute(bundle).unwrap_or_else(|_| bundle.to_owned());
        let mut text = format!("bundle = {}\nrobot = {}\n\n", quoted(&bundle.display().to_string()), quoted(robot));
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "[zenoh]\nlisten = [{}]\n\n\
             [time]\nclock = \"{}\"\n\n\
             # Every picture of a scene at rest is the same.\n\
             [sync]\nperiod_secs = 0.0\nfrozen_after_secs = 0.0\n\n\
             [reward]\nmode = \"{}\"\ngamma = {gamma:?}\nlock_gamma = true\n",
            quoted(endpoint),
            clock.name(),
            self.mode()
        );
        // Belongs to the section that was written last.
        if self.judges_itself() {
            text.push_str("gold_sources = [\"model\"]\n");
        }
        text.push_str(match self {
            Self::Sparse | Self::TrueProgress => {
                "\n# The pictures are blank: encoded once.\n[encoder]\nreuse_unchanged = 1.0\nreuse_secs = 3600.0\n"
            }
            Self::Perceptual => "\n[models]\nmembers = [\"perceptual\"]\n",
            Self::Adversarial => "\n[potential]\nscale = -1.0\nshift = 1.0\n",
            Self::Shaped | Self::NaiveProgress | Self::NaiveDifference | Self::ModelAlone => "",
        });
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn every_reward_has_a_configuration_that_the_runtime_takes() {
        for kind in RewardKind::value_variants() {
            let text = kind.config(Path::new("a \"b\""), "trainer", 0.98, "tcp/127.0.0.1:1", ClockName::LockStep);
            let config = Config::parse(&text, "t").unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
            assert!(config.bundle.ends_with("a \"b\""), "{}", config.bundle.display());
            assert_eq!((config.time.clock, config.reward.lock_gamma), (ClockName::LockStep, true));
            assert!((config.reward.gamma - 0.98).abs() < 1e-15);
            assert_eq!(config.reward.mode == "off", !kind.sees(), "{}", kind.name());
            assert_eq!(kind.shaping().name(), config.reward.mode);
            let model = config.reward.gold_sources.iter().any(|source| source == "model");
            assert_eq!((model, config.reward.gold_sources.len() == 1), (kind.judges_itself(), kind.judges_itself()));
        }
    }
}
