//! What is left out of a shaped reward, or done wrongly, to see what it is there for.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::settings::option_name;
use crate::config::RewardSection;

/// One deviation from `--reward shaped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Ablation {
    /// Progress is made of hops from frame set to frame set.
    IncrementalOnly,
    /// Progress is what the demonstration's start says.
    ForwardOnly,
    /// Progress is what the demonstration's goal says.
    BackwardOnly,
    /// All three perspectives, weighed by how far they agree, with a memory.
    ConsistencyWeighted,
    /// The same without the weight: their plain mean.
    NoConsistencyWeight,
    /// The last step of every episode has no shaping: right would be -Phi(s) where the task is done, and the usual where time
    /// is up (the wrong terminal rule).
    WrongEnd,
    /// The runtime shapes by its default of 0.99, whatever the learner discounts by.
    OtherGamma,
}

impl Ablation {
    /// As on the command line.
    pub(crate) fn name(self) -> String {
        option_name(&self)
    }

    /// The discount that the runtime is told, of a learner with this one.
    pub(crate) fn told_gamma(this: Option<Self>, gamma: f64) -> f64 {
        // What runtimes shape by where nobody says otherwise.
        if this == Some(Self::OtherGamma) { RewardSection::default().gamma } else { gamma }
    }

    /// What the runtime's configuration has besides.
    pub(crate) fn config(this: Option<Self>) -> &'static str {
        match this {
            Some(Self::IncrementalOnly) => "\n[fusion]\nrule = \"plain\"\nperspectives = [\"incremental\"]\n",
            Some(Self::ForwardOnly) => "\n[fusion]\nperspectives = [\"forward\"]\n",
            Some(Self::BackwardOnly) => "\n[fusion]\nperspectives = [\"backward\"]\n",
            Some(Self::ConsistencyWeighted) => "\n[fusion]\nrule = \"consistency\"\n",
            Some(Self::NoConsistencyWeight) => "\n[fusion]\nrule = \"plain\"\n",
            Some(Self::WrongEnd | Self::OtherGamma) | None => "",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use striatum_core::{FusionConfig, FusionRule};

    use super::super::reward::RewardKind;
    use super::*;
    use crate::config::{ClockName, Config};

    fn fusion(this: Option<Ablation>) -> FusionConfig {
        let text = RewardKind::Shaped.config(Path::new("b"), "trainer", 0.98, "tcp/127.0.0.1:1", ClockName::LockStep);
        let config = Config::parse(&(text + Ablation::config(this)), "t").unwrap();
        config.pipeline(1, "t").unwrap().fusion
    }

    #[test]
    fn every_ablation_has_a_configuration_that_the_runtime_takes() {
        assert_eq!(fusion(None), FusionConfig::memoryless());
        for &this in Ablation::value_variants() {
            let of_fusion = !matches!(this, Ablation::WrongEnd | Ablation::OtherGamma);
            assert_eq!(fusion(Some(this)) != FusionConfig::memoryless(), of_fusion, "{}", this.name());
        }
        let heard = |this| fusion(Some(this)).heard;
        assert!(heard(Ablation::ForwardOnly).forward && !heard(Ablation::ForwardOnly).backward);
        assert!(heard(Ablation::BackwardOnly).backward && !heard(Ablation::BackwardOnly).forward);
        let incremental = heard(Ablation::IncrementalOnly);
        assert!(incremental.incremental && !incremental.forward && !incremental.backward);
        assert_eq!(fusion(Some(Ablation::NoConsistencyWeight)).rule, FusionRule::Plain);
        assert!(matches!(fusion(Some(Ablation::ConsistencyWeighted)).rule, FusionRule::Consistency { .. }));
    }

    #[test]
    fn one_of_them_tells_the_runtime_another_discount() {
        assert_eq!(Ablation::told_gamma(None, 0.97).to_bits(), 0.97_f64.to_bits());
        for &this in Ablation::value_variants() {
            let same = Ablation::told_gamma(Some(this), 0.97).to_bits() == 0.97_f64.to_bits();
            assert_eq!(same, this != Ablation::OtherGamma, "{}", this.name());
        }
    }
}
