//! The section `[teacher]`: a slow model beside the fast one, where it is, when it is asked, and what becomes of its answers.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use striatum_core::{CorrectionRules, OutOfRange};
use striatum_models::SessionConfig;

use super::secs_to_nanos;
use crate::error::{Error, Result};
use crate::teacher::{DeskRules, Pace, StudentRules};

/// A slow teacher. Either `bundle` or `remote` says where it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TeacherSection {
    /// The folder of a generative bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<PathBuf>,
    /// An endpoint elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteConfig>,
    /// It is asked about a frame set so often at most, seconds of capture time, and about the first state of each episode.
    /// Default 1.
    pub every_secs: f64,
    /// In place of that: about one frame set of every so many steps of an open episode. Default 0: by time.
    pub every_steps: u64,
    /// An answer that takes longer is late, seconds: counted, and the status is `degraded` while it is waited for. A remote teacher
    /// is given up then. Default 10.
    pub deadline_secs: f64,
    /// How a bundle's graphs run; as `[session]`, which is the student's.
    pub session: SessionConfig,
    /// What the student learns of it; nothing where the section is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<CorrectionSection>,
}

/// An OpenAI-compatible endpoint that looks at pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteConfig {
    /// Where it is, for example `http://127.0.0.1:8000/v1`; `/chat/completions` is added.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// Name of the environment variable that holds the key; the key itself is never in a file. Default: none is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_variable: Option<String>,
    /// The file of the prompt these weights were trained with: `{task}` for the task, one `<image>` for each picture.
    pub prompt: PathBuf,
    /// The form of an answer. Default `<score>{percent}%</score>`.
    #[serde(default = "default_answer")]
    pub answer: String,
    /// The views that the prompt shows, in its order. Default: the bundle's.
    #[serde(default)]
    pub views: Vec<String>,
    /// Most tokens of an answer, reasons before it among them. Default 32.
    #[serde(default = "default_tokens")]
    pub max_tokens: u32,
    /// How often a request that failed on the way is sent again inside the deadline. Default 2.
    #[serde(default = "default_retries")]
    pub retries: u32,
}

/// What the student learns: a bounded correction of its progress.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorrectionSection {
    /// Most that a correction changes, progress units, in (0, 0.25]. Default 0.1.
    pub most_shift: f64,
    /// What each vote leaves of the weight of those before it, in (0, 1]. Default 0.98: fifty votes back counts a third.
    pub forgetting: f64,
    /// How many votes it takes to go half of the way, above 0. Default 8.
    pub prior_votes: f64,
    /// Votes between two proposals, 1 to 10000. Default 16.
    pub votes: u32,
}

/// Where a teacher is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TeacherSource {
    Bundle(PathBuf),
    Remote(RemoteConfig),
}

fn default_answer() -> String {
    "<score>{percent}%</score>".to_owned()
}

fn default_tokens() -> u32 {
    32
}

fn default_retries() -> u32 {
    2
}

impl Default for TeacherSection {
    fn default() -> Self {
        Self {
            bundle: None,
            remote: None,
            every_secs: 1.0,
            every_steps: 0,
            deadline_secs: 10.0,
            session: SessionConfig::default(),
            correction: None,
        }
    }
}

impl Default for CorrectionSection {
    fn default() -> Self {
        Self { most_shift: 0.1, forgetting: 0.98, prior_votes: 8.0, votes: 16 }
    }
}

impl TeacherSection {
    /// Paths count from the folder of the file.
    pub(super) fn relative_to(&mut self, folder: &Path) {
        // An empty name stays one, so that it is refused.
        if let Some(bundle) = self.bundle.as_mut().filter(|bundle| !bundle.as_os_str().is_empty()) {
            *bundle = folder.join(&*bundle);
        }
        if let Some(remote) = &mut self.remote {
            remote.prompt = folder.join(&remote.prompt);
        }
    }

    /// Where it is, checked.
    ///
    /// # Errors
    /// Not one of bundle and remote, or a key of remote that is out of range.
    pub(crate) fn source(&self, place: &str) -> Result<TeacherSource> {
        self.session
            .validate()
            .map_err(|error| Error::input(place, error.to_string(), "mend the [teacher.session] section"))?;
        match (&self.bundle, &self.remote) {
            (Some(bundle), None) if bundle.as_os_str().is_empty() => Err(Error::input(
                format!("{place}, teacher.bundle"),
                "is empty",
                "give the folder of a generative bundle",
            )),
            (Some(bundle), None) => Ok(TeacherSource::Bundle(bundle.clone())),
            (None, Some(remote)) => {
                remote.check(place)?;
                Ok(TeacherSource::Remote(remote.clone()))
            }
            (Some(_), Some(_)) => {
                Err(Error::input(format!("{place}, teacher"), "has both bundle and remote", "leave one of them out"))
            }
            (None, None) => Err(Error::input(
                format!("{place}, teacher"),
                "says not where it is",
                "give bundle, or a section [teacher.remote]",
            )),
        }
    }

    /// When it is asked and how it is listened to, checked. The epoch is for the caller to set.
    ///
    /// # Errors
    /// A number out of range, with its key.
    pub(crate) fn rules(&self, place: &str) -> Result<DeskRules> {
        let every_nanos = secs_to_nanos(self.every_secs, 0.0, 3600.0, place, "teacher.every_secs")?;
        let pace = if self.every_steps > 0 { Pace::Steps(self.every_steps) } else { Pace::Nanos(every_nanos) };
        let deadline_nanos = secs_to_nanos(self.deadline_secs, 0.001, 3600.0, place, "teacher.deadline_secs")?;
        let student = self.correction.as_ref().map(|section| section.rules(place)).transpose()?;
        Ok(DeskRules { epoch: 0, pace, deadline_nanos, student })
    }
}

impl CorrectionSection {
    /// The rules of the fit.
    ///
    /// # Errors
    /// A number out of range, with its key.
    pub(crate) fn rules(&self, place: &str) -> Result<StudentRules> {
        let refuse = |error: OutOfRange| {
            Error::input(format!("{place}, teacher.correction"), error.to_string(), "mend the number")
        };
        let fit = CorrectionRules::new(self.most_shift, self.forgetting, self.prior_votes).map_err(refuse)?;
        if !(1..=10_000).contains(&self.votes) {
            let what = format!("is {}", self.votes);
            return Err(Error::input(format!("{place}, teacher.correction.votes"), what, "give 1 to 10000"));
        }
        Ok(StudentRules { fit, votes: self.votes })
    }
}

impl RemoteConfig {
    fn check(&self, place: &str) -> Result<()> {
        let refuse = |key: &str, what: String, mend: &str| {
            Err(Error::input(format!("{place}, teacher.remote.{key}"), what, mend))
        };
        let address = self.url.strip_prefix("http://").or_else(|| self.url.strip_prefix("https://"));
        if address.is_none_or(str::is_empty) {
            // It may hold a key: it is not said again.
            let what = "is no address with http:// or https://".to_owned();
            return refuse("url", what, "give one such as http://127.0.0.1:8000/v1");
        }
        if address.is_some_and(|rest| rest.split('/').next().unwrap_or_default().contains('@')) {
            return refuse("url", "holds a user or a key".to_owned(), "put the key into a variable: key_variable");
        }
        if self.url.contains(|c: char| matches!(c, '?' | '#') || c.is_whitespace()) {
            let what = "holds a query, a fragment or a blank".to_owned();
            return refuse("url", what, "give the address alone; a key belongs into a variable: key_variable");
        }
        if self.model.is_empty() {
            return refuse("model", "is empty".to_owned(), "give the name that the endpoint knows");
        }
        if let Some(name) = &self.key_variable
            && (name.is_empty() || !name.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_')))
        {
            // It may be the key itself: it is not said again.
            let mend = "give the variable's name, of A-Z, 0-9 and _, never the key";
            return refuse("key_variable", "is no name of a variable".to_owned(), mend);
        }
        if self.key_variable.is_some() && self.url.starts_with("http://") && !self.is_here() {
            let mend = "use https, or an endpoint on this computer";
            return refuse("url", "would send the key over the network in the clear".to_owned(), mend);
        }
        if let Some((_, view)) = self.views.iter().enumerate().find(|(at, view)| self.views[..*at].contains(view)) {
            return refuse("views", format!("has `{view}` twice"), "name each view once");
        }
        if self.answer.matches("{percent}").count() != 1 {
            return refuse(
                "answer",
                "has not one `{percent}`".to_owned(),
                "give a form such as <score>{percent}%</score>",
            );
        }
        if !(1..=4096).contains(&self.max_tokens) {
            return refuse("max_tokens", format!("is {}", self.max_tokens), "give 1 to 4096");
        }
        if self.retries > 10 {
            return refuse("retries", format!("is {}", self.retries), "give 0 to 10");
        }
        Ok(())
    }

    /// Is it on this computer?
    pub(crate) fn is_here(&self) -> bool {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::config::Config;

    fn parse(teacher: &str) -> Result<Config, String> {
        let text = format!("bundle = \"b\"\n[teacher]\n{teacher}");
        Config::parse(&text, "t").map_err(|error| error.to_string())
    }

    const REMOTE: &str = "[teacher.remote]\nmodel = \"grm\"\nprompt = \"p.txt\"\n";

    #[test]
    fn a_bundle_or_an_endpoint_is_enough() {
        let local = parse("bundle = \"grm.bundle\"").unwrap().teacher.unwrap();
        assert!(local.correction.is_none() && local.rules("t").unwrap().deadline_nanos == 10_000_000_000);
        for url in
            ["http://127.0.0.1:8000/v1", "http://localhost:8000/v1", "http://[::1]:8000/v1", "https://far.away/v1"]
        {
            parse(&format!("{REMOTE}url = \"{url}\"\nkey_variable = \"GRM_KEY\"\n[teacher.correction]")).unwrap();
        }
        parse(&format!("{REMOTE}url = \"http://192.168.0.7:8000/v1\"")).unwrap();
        // Hosts that only look like this computer.
        for url in ["http://localhost.far.away/v1", "http://127.0.0.1.far.away/v1", "http://far.away#localhost"] {
            assert!(parse(&format!("{REMOTE}url = \"{url}\"\nkey_variable = \"GRM_KEY\"")).is_err(), "{url}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key() {
        let remote = |more: &str| format!("{REMOTE}{more}");
        let here = "url = \"http://127.0.0.1:8000/v1\"\n";
        for (text, key) in [
            (String::new(), "says not where it is"),
            (format!("bundle = \"x\"\n{REMOTE}{here}"), "both bundle and remote"),
            ("bundle = \"x\"\nevery_secs = -1.0".into(), "teacher.every_secs"),
            ("bundle = \"x\"\ndeadline_secs = 0.0".into(), "teacher.deadline_secs"),
            ("bundle = \"x\"\nevery = 1.0".into(), "every_secs"),
            ("bundle = \"x\"\n[teacher.correction]\nmost_shift = 0.5".into(), "most_shift"),
            ("bundle = \"x\"\n[teacher.correction]\nforgetting = 0.0".into(), "forgetting"),
            ("bundle = \"x\"\n[teacher.correction]\nvotes = 0".into(), "teacher.correction.votes"),
            ("bundle = \"x\"\n[teacher.session]\nintra_op_threads = 0".into(), "teacher.session"),
            (remote("url = \"127.0.0.1:8000\""), "teacher.remote.url"),
            (remote("url = \"http://user:key@far.away/v1\""), "teacher.remote.url"),
            (remote("url = \"https://far.away/v1?key=9\""), "teacher.remote.url"),
            (remote("url = \"http://far.away/v1\"\nkey_variable = \"GRM_KEY\""), "in the clear"),
            (remote(&format!("{here}answer = \"yes\"")), "teacher.remote.answer"),
            (remote(&format!("{here}max_tokens = 0")), "teacher.remote.max_tokens"),
            (remote(&format!("{here}views = [\"left\", \"right\", \"left\"]")), "teacher.remote.views"),
            ("bundle = \"\"".into(), "teacher.bundle"),
            (remote(&format!("{here}retries = 99")), "teacher.remote.retries"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(key) && !error.contains('\n'), "{key}: {error}");
        }
    }

    #[test]
    fn a_key_in_the_address_is_refused_and_not_said_again() {
        for url in [
            "user:sk-secret@far.away/v1",
            "sk-secret",
            "https://user:sk-secret@far.away",
            "https://far.away?k=sk-secret",
        ] {
            let error = parse(&format!("{REMOTE}url = \"{url}\"")).unwrap_err();
            assert!(error.contains("teacher.remote.url") && !error.contains("sk-secret"), "{error}");
        }
    }

    #[test]
    fn an_empty_bundle_is_refused_in_a_file_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, "bundle = \"b\"\n[teacher]\nbundle = \"\"\n").unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(error.contains("teacher.bundle"), "{error}");
    }

    #[test]
    fn a_key_in_the_file_is_refused_and_not_said_again() {
        let text = format!("{REMOTE}url = \"https://far.away/v1\"\nkey_variable = \"sk-Sécret99\"");
        let error = parse(&text).unwrap_err();
        assert!(error.contains("key_variable") && !error.contains("cret99"), "{error}");
    }
}
