//! `--fault`: what goes wrong with the cameras of a served world, as it is written on the command line.
//!
//! `[VIEW:]FAULT,...` with the faults `latency=SECS[~SECS]`, `drop=SHARE`, `skew=SECS`, `freeze=SECS@SECS`, `freeze=SECS~CHANCE`.

use std::str::FromStr;

use striatum_sim::{CameraFaults, Freeze};

use crate::error::{Error, Result};

/// How it is written, for errors.
const USAGE: &str = "give latency=MEAN or latency=MEAN~JITTER, drop=SHARE, skew=SECS, freeze=SECS@START or freeze=SECS~CHANCE, \
                     with commas between them and a view before a colon if it is for one camera alone";
const LONGEST_SECS: f64 = 3600.0;

/// One `--fault`: for one camera or for all of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FaultOption {
    view: Option<String>,
    faults: Vec<Fault>,
    /// As it was given.
    text: String,
}

/// One thing that goes wrong; times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Latency {
        mean: f64,
        jitter: f64,
    },
    Drop(f64),
    Skew(f64),
    /// After the world has come up.
    FreezeAt {
        secs: f64,
        start: f64,
    },
    FreezeByChance {
        secs: f64,
        chance: f64,
    },
}

impl FromStr for FaultOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (view, list) = match text.split_once(':') {
            Some(("", _)) => return Err(format!("no view stands before the colon; {USAGE}")),
            Some((view, list)) => (Some(view.to_owned()), list),
            None => (None, text),
        };
        let mut faults: Vec<Fault> = Vec::new();
        for item in list.split(',') {
            let fault = fault(item)?;
            if faults.iter().any(|other| std::mem::discriminant(other) == std::mem::discriminant(&fault)) {
                return Err(format!("`{item}` is the second of its kind; give each once"));
            }
            faults.push(fault);
        }
        Ok(Self { view, faults, text: text.to_owned() })
    }
}

impl std::fmt::Display for FaultOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn fault(item: &str) -> Result<Fault, String> {
    let (key, value) = item.split_once('=').ok_or_else(|| format!("`{item}` is no fault; {USAGE}"))?;
    let secs = |text: &str| number(item, text, 0.0, "seconds from 0 to 3600");
    let share = |text: &str| {
        number(item, text, 0.0, "a number from 0 to 1").and_then(|share| {
            if share <= 1.0 { Ok(share) } else { Err(format!("`{item}`: give a number from 0 to 1")) }
        })
    };
    Ok(match key {
        "latency" => {
            let (mean, jitter) = value.split_once('~').unwrap_or((value, "0"));
            Fault::Latency { mean: secs(mean)?, jitter: secs(jitter)? }
        }
        "drop" => Fault::Drop(share(value)?),
        "skew" => Fault::Skew(number(item, value, -LONGEST_SECS, "seconds from -3600 to 3600")?),
        "freeze" => match (value.split_once('@'), value.split_once('~')) {
            (Some((length, start)), None) => Fault::FreezeAt { secs: secs(length)?, start: secs(start)? },
            (None, Some((length, chance))) => Fault::FreezeByChance { secs: secs(length)?, chance: share(chance)? },
            _ => return Err(format!("`{item}`: give freeze=SECS@START or freeze=SECS~CHANCE, for example freeze=2@5")),
        },
        _ => return Err(format!("`{key}` is no fault; {USAGE}")),
    })
}

fn number(item: &str, text: &str, least: f64, rule: &str) -> Result<f64, String> {
    // Not a number is in no range.
    text.parse()
        .ok()
        .filter(|number| (least..=LONGEST_SECS).contains(number))
        .ok_or_else(|| format!("`{item}`: give {rule}"))
}

/// What goes wrong with each of `views` from `started_nanos` on; `None` where nothing does. Options for one camera come after
/// those for all, and of two for the same the later counts.
///
/// # Errors
/// An option for a view that there is not.
pub(crate) fn resolve(
    options: &[FaultOption],
    views: &[String],
    started_nanos: u64,
) -> Result<Vec<Option<CameraFaults>>> {
    let unknown = options.iter().filter_map(|option| option.view.as_ref()).find(|view| !views.contains(view));
    if let Some(view) = unknown {
        return Err(Error::input(
            "--fault",
            format!("no view is called `{view}`"),
            format!("give {}", views.join(", ")),
        ));
    }
    let faults_of = |view: &String| {
        let for_all = options.iter().filter(|option| option.view.is_none());
        let own = options.iter().filter(|option| option.view.as_ref() == Some(view));
        let mut all = for_all.chain(own).flat_map(|option| &option.faults).peekable();
        all.peek()?;
        let mut faults = CameraFaults::default();
        all.for_each(|fault| fault.add_to(&mut faults, started_nanos));
        Some(faults)
    };
    Ok(views.iter().map(faults_of).collect())
}

impl Fault {
    fn add_to(self, faults: &mut CameraFaults, started_nanos: u64) {
        match self {
            Self::Latency { mean, jitter } => {
                (faults.latency_mean_secs, faults.latency_jitter_secs) = (mean, jitter);
            }
            Self::Drop(share) => faults.drop_probability = share,
            Self::Skew(secs) => faults.skew_secs = secs,
            Self::FreezeAt { secs, start } => {
                let from_nanos = started_nanos.saturating_add(nanos(start));
                faults.freeze = Some(Freeze { from_nanos, for_nanos: nanos(secs) });
            }
            Self::FreezeByChance { secs, chance } => {
                (faults.freeze_secs, faults.freeze_probability) = (secs, chance);
            }
        }
    }
}

/// In range: checked where it was read.
fn nanos(secs: f64) -> u64 {
    u64::try_from(std::time::Duration::from_secs_f64(secs).as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;

    const START: u64 = 1_700_000_000_000_000_000;

    fn views() -> Vec<String> {
        ["cam_high", "cam_wrist"].map(str::to_owned).to_vec()
    }

    fn resolved(options: &[&str]) -> Vec<Option<CameraFaults>> {
        let options: Vec<FaultOption> = options.iter().map(|text| text.parse().unwrap()).collect();
        resolve(&options, &views(), START).unwrap()
    }

    #[test]
    fn every_fault_reaches_its_field() {
        let [high, wrist] =
            &resolved(&["cam_wrist:latency=0.05~0.02,drop=0.1,skew=-0.3,freeze=2@5,freeze=1.5~0.01"])[..]
        else {
            unreachable!("two views")
        };
        let want = CameraFaults {
            latency_mean_secs: 0.05,
            latency_jitter_secs: 0.02,
            drop_probability: 0.1,
            skew_secs: -0.3,
            freeze: Some(Freeze { from_nanos: START + 5_000_000_000, for_nanos: 2_000_000_000 }),
            freeze_probability: 0.01,
            freeze_secs: 1.5,
        };
        assert_eq!((high, wrist), (&None, &Some(want)));
    }

    #[test]
    fn one_cameras_own_come_after_those_of_all_whatever_the_order() {
        for options in
            [["latency=0.1~0.1,drop=0.5", "cam_high:drop=0"], ["cam_high:drop=0", "latency=0.1~0.1,drop=0.5"]]
        {
            let all = resolved(&options);
            let drops: Vec<_> = all.iter().flatten().map(|faults| faults.drop_probability).collect();
            assert_eq!(drops, [0.0, 0.5]);
            assert!(all.iter().flatten().all(|faults| faults.latency_jitter_secs == 0.1));
        }
        assert_eq!(resolved(&["latency=0.2~0.1", "latency=0.3"])[0].unwrap().latency_jitter_secs, 0.0);
        assert_eq!(resolved(&[]), [None, None]);
    }

    #[test]
    fn what_is_no_fault_is_refused_in_one_line_with_its_words() {
        for (text, word) in [
            ("", "latency=MEAN"),
            ("drop", "`drop` is no fault"),
            ("lag=1", "`lag` is no fault"),
            (":drop=0.1", "no view"),
            ("cam_high:", "is no fault"),
            ("drop=1.5", "from 0 to 1"),
            ("drop=-0.1", "from 0 to 1"),
            ("drop=NaN", "from 0 to 1"),
            ("latency=inf", "from 0 to 3600"),
            ("latency=0.1~", "from 0 to 3600"),
            ("latency=-1", "from 0 to 3600"),
            ("skew=3601", "-3600 to 3600"),
            ("freeze=2", "freeze=2@5"),
            ("freeze=2@5~0.1", "freeze=2@5"),
            ("freeze=2~3", "from 0 to 1"),
            ("drop=0.1,drop=0.2", "second of its kind"),
            ("drop=0.1,", "is no fault"),
            ("cam_high:drop=0.1:skew=1", "from 0 to 1"),
        ] {
            let error = text.parse::<FaultOption>().unwrap_err();
            assert!(error.contains(word) && !error.contains('\n'), "{text}: {error}");
        }
        let option: FaultOption = "cam_left:drop=0.1".parse().unwrap();
        let error = resolve(&[option], &views(), START).unwrap_err().to_string();
        assert!(error.contains("`cam_left`") && error.contains("cam_high, cam_wrist"), "{error}");
    }
}
