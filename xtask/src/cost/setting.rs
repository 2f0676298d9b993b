//! The ways to make the encoder cheaper that are measured.

use crate::failure::{Failure, Result};

/// One way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Setting {
    /// Side of the pictures, pixels.
    size: u32,
    /// Whether the backbone computes in 8 bits.
    int8: bool,
    /// Up to which difference features are taken again, 8-bit steps; 0 for never.
    reuse: u32,
}

/// From the dearest on.
const ALL: [Setting; 13] = [
    Setting::PLAIN,
    way(224, false, 2),
    way(224, false, 4),
    way(224, false, 8),
    way(224, true, 0),
    way(224, true, 4),
    way(192, false, 0),
    way(192, false, 4),
    way(192, true, 0),
    way(160, false, 0),
    way(160, false, 4),
    way(160, true, 0),
    way(160, true, 4),
];

const fn way(size: u32, int8: bool, reuse: u32) -> Setting {
    Setting { size, int8, reuse }
}

impl Setting {
    /// What all others are compared with.
    pub(super) const PLAIN: Self = way(224, false, 0);

    pub(super) fn name(&self) -> String {
        match self.reuse {
            0 => self.backbone(),
            steps => format!("{}-reuse-{steps}", self.backbone()),
        }
    }

    /// What settings with the same bundle have in common.
    pub(super) fn backbone(&self) -> String {
        format!("{}{}", self.size, if self.int8 { "-int8" } else { "" })
    }

    /// For `adapt`.
    pub(super) fn adapt_arguments(&self) -> [String; 4] {
        let precision = if self.int8 { "int8" } else { "fp32" };
        ["--input-size".to_owned(), self.size.to_string(), "--precision".to_owned(), precision.to_owned()]
    }

    /// For `bench` and `eval`.
    pub(super) fn arguments(&self) -> Vec<String> {
        match self.reuse {
            0 => Vec::new(),
            steps => vec!["--reuse-unchanged".to_owned(), steps.to_string()],
        }
    }
}

/// The settings of these names, the plain one first; all for none.
///
/// # Errors
/// A name that there is not.
pub(super) fn choose(names: &[String]) -> Result<Vec<Setting>> {
    if names.is_empty() {
        return Ok(ALL.to_vec());
    }
    for name in names {
        if !ALL.iter().any(|setting| setting.name() == *name) {
            let known: Vec<String> = ALL.iter().map(Setting::name).collect();
            return Err(Failure::new(
                format!("--settings {name}"),
                "there is no such setting",
                format!("take of: {}", known.join(", ")),
            ));
        }
    }
    let wanted = |setting: &Setting| *setting == Setting::PLAIN || names.contains(&setting.name());
    Ok(ALL.into_iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_are_chosen_by_name_and_the_plain_one_is_always_there() {
        assert_eq!(choose(&[]).unwrap().len(), ALL.len());
        let chosen = choose(&["160-int8-reuse-4".to_owned()]).unwrap();
        assert_eq!(chosen.iter().map(Setting::name).collect::<Vec<_>>(), ["224", "160-int8-reuse-4"]);
        assert_eq!(chosen[1].arguments(), ["--reuse-unchanged", "4"]);
        assert_eq!(chosen[1].adapt_arguments(), ["--input-size", "160", "--precision", "int8"]);
        let names: std::collections::BTreeSet<String> = ALL.iter().map(Setting::name).collect();
        assert_eq!(names.len(), ALL.len());
        assert!(choose(&["100".to_owned()]).unwrap_err().to_string().contains("224-reuse-2"));
    }
}
