//! What was run, so that somebody else can run it again.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{EvalOptions, PlaybackSet};
use crate::load::Loaded;
use crate::record::header::Machine;

/// The command, what it was given, and what it ran on. Nothing in it depends on the day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Ran {
    /// The command line, as it would be written again.
    pub command: String,
    /// This program's version.
    pub version: String,
    /// SHA-256 of this program.
    pub program_sha256: String,
    /// The bundle's backbone.
    pub backbone: Option<String>,
    /// The bundle's task in words.
    pub task: Option<String>,
    /// The bundle's views.
    pub views: Vec<String>,
    /// Whether the bundle has tables of `striatum calibrate`.
    pub calibrated: bool,
    /// The processor's name.
    pub processor: String,
    /// Threads of ONNX Runtime.
    pub threads: usize,
    /// What ONNX Runtime says of itself.
    pub onnxruntime: String,
}

/// The part of a manifest that a reader of a report wants to know; it was checked where the bundle was loaded.
#[derive(Debug, Default, Deserialize)]
struct Told {
    task: Option<String>,
    backbone: Option<Backbone>,
    calibration: Option<toml::Table>,
}

#[derive(Debug, Deserialize)]
struct Backbone {
    name: String,
}

impl Ran {
    /// Of this run.
    pub(crate) fn new(loaded: &Loaded, options: &EvalOptions) -> Self {
        let told: Told = toml::from_str(&loaded.manifest).unwrap_or_default();
        let machine = Machine::this(usize::from(options.session.intra_op_threads));
        Self {
            command: command(options),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program_sha256: machine.build,
            backbone: told.backbone.map(|backbone| backbone.name),
            task: told.task.filter(|task| !task.is_empty()),
            views: loaded.views.clone(),
            calibrated: told.calibration.is_some(),
            processor: machine.processor,
            threads: machine.threads,
            onnxruntime: machine.onnxruntime,
        }
    }
}

/// The command line that these options come from.
fn command(options: &EvalOptions) -> String {
    let mut words = vec!["striatum".to_owned(), "eval".to_owned()];
    words.extend(options.episodes.iter().map(|episode| path(episode)));
    words.extend(["--bundle".to_owned(), path(&options.bundle), "--stride".to_owned(), options.stride.to_string()]);
    if !options.members.members.is_empty() {
        let names: Vec<&str> = options.members.members.iter().map(|member| member.name()).collect();
        words.extend(["--members".to_owned(), names.join(",")]);
        words.extend(["--member-fusion".to_owned(), options.members.fusion.name().to_owned()]);
    }
    if let Some(rule) = &options.reuse {
        words.extend(["--reuse-unchanged".to_owned(), rule.threshold().to_string()]);
        words.extend(["--reuse-secs".to_owned(), (rule.most_nanos() as f64 / 1e9).to_string()]);
    }
    for transform in &options.transforms {
        words.extend(["--transform".to_owned(), quoted(&transform.to_string())]);
    }
    if options.hacks {
        words.push("--hacks".to_owned());
    }
    if let Some(other) = &options.other {
        words.extend(["--other".to_owned(), path(other)]);
    }
    if options.playbacks == PlaybackSet::Forward {
        words.extend(["--playbacks".to_owned(), "forward".to_owned()]);
    }
    for (flag, file) in [("--json", &options.json), ("--report", &options.report)] {
        if let Some(file) = file {
            words.extend([flag.to_owned(), path(file)]);
        }
    }
    words.join(" ")
}

fn path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use striatum_models::{Member, MemberRuleName, MembersConfig, ReuseRule, SessionConfig};

    #[test]
    fn the_command_can_be_given_again_and_the_bundle_says_what_it_is() {
        let options = EvalOptions {
            episodes: vec!["a b/episode".into(), "it's".into()],
            bundle: "tidy.bundle".into(),
            stride: 5,
            transforms: vec!["warp:3".parse().unwrap()],
            hacks: true,
            other: Some("other".into()),
            playbacks: PlaybackSet::Forward,
            json: Some("-".into()),
            report: Some("r.html".into()),
            ffmpeg: "unused".into(),
            session: SessionConfig::default(),
            members: MembersConfig::of(vec![Member::Grm, Member::Absolute], MemberRuleName::Reliability),
            reuse: Some(ReuseRule::new(2.5, 500_000_000).unwrap()),
        };
        assert_eq!(
            command(&options),
            "striatum eval 'a b/episode' 'it'\\''s' --bundle tidy.bundle --stride 5 --members grm,absolute \
             --member-fusion reliability --reuse-unchanged 2.5 --reuse-secs 0.5 --transform warp:3 --hacks --other other \
             --playbacks forward --json - --report r.html"
        );
        let mut loaded = crate::label::fake::loaded();
        loaded.manifest = "task = \"tidy\"\n[backbone]\nname = \"net\"\nsize = 3\n[calibration]\nx = 1\n".to_owned();
        let ran = Ran::new(&loaded, &options);
        assert_eq!((ran.backbone.as_deref(), ran.task.as_deref(), ran.calibrated), (Some("net"), Some("tidy"), true));
        assert_eq!((ran.views.len(), ran.threads, ran.program_sha256.len()), (2, 1, 64));
    }
}
