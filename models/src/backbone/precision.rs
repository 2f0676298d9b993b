//! In how many bits a backbone computes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// In how many bits a backbone computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32-bit floats, as the weights were trained.
    #[default]
    Fp32,
    /// 8-bit integers where that does no harm, calibrated from the demonstration.
    Int8,
}

impl Precision {
    /// The name in manifests and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Int8 => "int8",
        }
    }

    /// For manifests, which say nothing of the usual one.
    pub(crate) fn is_fp32(&self) -> bool {
        *self == Self::Fp32
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = Error;

    /// # Errors
    /// [`Error::Config`] naming the two that there are.
    fn from_str(name: &str) -> Result<Self> {
        [Self::Fp32, Self::Int8].into_iter().find(|precision| precision.name() == name).ok_or_else(|| {
            let what = format!("there is no precision `{}`", name.escape_debug());
            Error::config("precision", what, "take fp32 or int8")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_others_refused() {
        for precision in [Precision::Fp32, Precision::Int8] {
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
            assert_eq!(serde_json::to_string(&precision).unwrap(), format!("\"{precision}\""));
        }
        assert!("int4".parse::<Precision>().unwrap_err().to_string().contains("take fp32 or int8"));
    }
}
