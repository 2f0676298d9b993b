//! Which of a bundle's models answer, and how their answers become one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use striatum_core::{MAX_MEMBERS, MemberFusion, MemberRule};

use crate::bundle::Manifest;
use crate::error::{Error, Result, nearest};

const FIELD: &str = "models.members";

/// One of the models in a bundle. All of them look at the features of one pass of the backbone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// The memory of the demonstration, with the absolute head's progress as what it expects.
    Grm,
    /// The absolute head.
    Absolute,
    /// The unsupervised perceptual reward, read as progress. It answers only where all views are there.
    Perceptual,
}

impl Member {
    /// Every member there is.
    pub const ALL: [Self; 3] = [Self::Grm, Self::Absolute, Self::Perceptual];

    /// Its name in configurations, columns and recordings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grm => "grm",
            Self::Absolute => "absolute",
            Self::Perceptual => "perceptual",
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Member {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|member| member.name() == text).ok_or_else(|| {
            let mend = nearest(text, Self::ALL.map(Self::name)).map_or_else(
                || "give grm, absolute or perceptual".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Error::config(FIELD, format!("`{text}` is no member"), mend)
        })
    }
}

/// Name of a [`MemberRule`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRuleName {
    /// The first that has an answer speaks; the others are on record.
    First,
    /// By 1 / variance.
    #[default]
    InverseVariance,
    /// By how near each is to the median.
    Consistency,
    /// By what was measured of each when the bundle was made.
    Reliability,
}

impl MemberRuleName {
    /// Every rule there is.
    pub const ALL: [Self; 4] = [Self::First, Self::InverseVariance, Self::Consistency, Self::Reliability];

    /// Its name in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::InverseVariance => "inverse_variance",
            Self::Consistency => "consistency",
            Self::Reliability => "reliability",
        }
    }
}

impl FromStr for MemberRuleName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::name);
            let mend = nearest(text, known)
                .map_or_else(|| format!("give {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            Error::config("models.fusion", format!("`{text}` is no rule"), mend)
        })
    }
}

/// Which of a bundle's models answer, and how they are fused: the section `[models]` of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MembersConfig {
    /// The members, the first one first. Default (empty): `grm`, or `absolute` where the bundle has no memory.
    pub members: Vec<Member>,
    /// How several are fused. Default `inverse_variance`.
    pub fusion: MemberRuleName,
    /// `consistency`: how fast disagreement takes the weight away. Default 20.
    pub alpha: f64,
    /// `consistency`: the least divisor of the gap, progress units. Default 0.5.
    pub floor: f64,
    /// A member whose std is above this has no vote, progress units. Default: none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_std: Option<f64>,
}

impl Default for MembersConfig {
    fn default() -> Self {
        Self { members: Vec::new(), fusion: MemberRuleName::default(), alpha: 20.0, floor: 0.5, max_std: None }
    }
}

impl MembersConfig {
    /// These members, fused by `fusion`.
    #[must_use]
    pub fn of(members: Vec<Member>, fusion: MemberRuleName) -> Self {
        Self { members, fusion, ..Self::default() }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the key.
    pub fn validate(&self) -> Result<()> {
        for (index, member) in self.members.iter().enumerate() {
            if self.members[..index].contains(member) {
                return Err(Error::config(FIELD, format!("`{member}` is there twice"), "name each member once"));
            }
        }
        let positive = |value: f64| value.is_finite() && value > 0.0;
        for (key, value) in [("alpha", Some(self.alpha)), ("floor", Some(self.floor)), ("max_std", self.max_std)] {
            if let Some(value) = value.filter(|value| !positive(*value)) {
                return Err(Error::config(format!("models.{key}"), format!("is {value}"), "give a number above 0"));
            }
        }
        Ok(())
    }
}

/// The members of one bundle that answer, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) members: Vec<Member>,
    pub(crate) fusion: MemberFusion,
    /// In words, where they are not what the bundle answers with by itself; calibration tables belong to one such choice.
    pub(crate) named: Option<String>,
}

impl Chosen {
    /// What `config` chooses of the bundle with this manifest.
    ///
    /// # Errors
    /// [`Error::Config`] naming a member that the bundle does not have, or a key out of range.
    pub(crate) fn of(config: &MembersConfig, manifest: &Manifest) -> Result<Self> {
        config.validate()?;
        let by_itself = if manifest.grm.is_some() { Member::Grm } else { Member::Absolute };
        let members = if config.members.is_empty() { vec![by_itself] } else { config.members.clone() };
        let missing = members.iter().find(|member| match member {
            Member::Grm => manifest.grm.is_none(),
            Member::Absolute => false,
            Member::Perceptual => manifest.perceptual.is_none(),
        });
        if let Some(missing) = missing {
            let what = format!("this bundle has no `{missing}`");
            return Err(Error::config(FIELD, what, "adapt again, or leave it out"));
        }
        let rule = rule_of(config, manifest, &members)?;
        let fusion = MemberFusion::new(members.len(), rule, config.max_std.unwrap_or(f64::INFINITY))
            .map_err(|error| Error::config("models", error.to_string(), "mend the section"))?;
        let named = (members != [by_itself] || config.max_std.is_some()).then(|| name_of(config, &members));
        Ok(Self { members, fusion, named })
    }
}

fn rule_of(config: &MembersConfig, manifest: &Manifest, members: &[Member]) -> Result<MemberRule> {
    Ok(match config.fusion {
        _ if members.len() == 1 => MemberRule::First,
        MemberRuleName::First => MemberRule::First,
        MemberRuleName::InverseVariance => MemberRule::InverseVariance,
        MemberRuleName::Consistency => MemberRule::Consistency { alpha: config.alpha, floor: config.floor },
        MemberRuleName::Reliability => {
            let Some(measured) = &manifest.reliability else {
                let what = "`reliability`: it was not measured for this bundle";
                return Err(Error::config("models.fusion", what, "adapt again, or choose another rule"));
            };
            let mut weights = [0.0; MAX_MEMBERS];
            for (weight, member) in weights.iter_mut().zip(members) {
                *weight = measured.of(*member).unwrap_or(0.0);
            }
            MemberRule::Reliability(weights)
        }
    })
}

fn name_of(config: &MembersConfig, members: &[Member]) -> String {
    let names: Vec<&str> = members.iter().map(|member| member.name()).collect();
    let mut text = names.join("+");
    if members.len() > 1 {
        text = format!("{text} by {}", config.fusion.name());
        if config.fusion == MemberRuleName::Consistency {
            text = format!("{text} (alpha {}, floor {})", config.alpha, config.floor);
        }
    }
    match config.max_std {
        Some(most) => format!("{text}, std up to {most}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused_with_the_nearest() {
        for member in Member::ALL {
            assert_eq!(member.name().parse::<Member>().unwrap(), member);
        }
        for rule in MemberRuleName::ALL {
            assert_eq!(rule.name().parse::<MemberRuleName>().unwrap(), rule);
        }
        let message = "perceptal".parse::<Member>().unwrap_err().to_string();
        assert!(message.contains("did you mean `perceptual`?"), "{message}");
        let message = "consistent".parse::<MemberRuleName>().unwrap_err().to_string();
        assert!(message.contains("did you mean `consistency`?"), "{message}");
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        assert!(MembersConfig::default().validate().is_ok());
        for (config, key) in [
            (MembersConfig::of(vec![Member::Grm, Member::Grm], MemberRuleName::First), "models.members"),
            (MembersConfig { alpha: 0.0, ..MembersConfig::default() }, "models.alpha"),
            (MembersConfig { floor: f64::NAN, ..MembersConfig::default() }, "models.floor"),
            (MembersConfig { max_std: Some(-0.1), ..MembersConfig::default() }, "models.max_std"),
        ] {
            let message = config.validate().unwrap_err().to_string();
            assert!(message.contains(key) && !message.contains('\n'), "{message}");
        }
    }
}
