//! `striatum doctor`: what works here and what does not, each with its mend.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use striatum_models::{MembersConfig, Provider, SessionConfig};
use zenoh::Wait;

use crate::cli::say;
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::models_command::state;

/// Runs every check; fetches nothing.
///
/// # Errors
/// When something that a live run needs does not work.
pub(crate) fn doctor(bundle: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let mut failed = 0;
    let mut check = |name: &str, result: Result<String>| {
        let line = match result {
            Ok(found) => format!("ok    {name:<22} {found}"),
            Err(error) => {
                failed += 1;
                format!("FAIL  {name:<22} {error}")
            }
        };
        say(out, line)
    };
    check("processor", Ok(processor()))?;
    let cache = Cache::from_env();
    let root = cache.as_ref().map(|cache| cache.root().display().to_string());
    check("cache", root.map_err(|error| Error::CheckFailed(error.to_string())))?;
    if let Ok(cache) = &cache {
        for item in cache.verify() {
            let found = state(&item.state);
            let result = if item.state.is_fault() {
                Err(Error::CheckFailed(format!(
                    "{found}; remove {} and run `striatum models fetch`",
                    item.path.display()
                )))
            } else {
                Ok(format!("{found}  {}", item.path.display()))
            };
            check(&item.name, result)?;
        }
        check("onnxruntime loads", onnxruntime(cache))?;
        check("ffmpeg runs", ffmpeg(cache))?;
    }
    check("zenoh on loopback", zenoh_loopback())?;
    if let Some(bundle) = bundle {
        let loaded = crate::load::bundle(bundle, &SessionConfig::default(), &MembersConfig::default());
        check("bundle", loaded.map(|loaded| format!("{}  views {:?}", crate::hash::hex(&loaded.hash), loaded.views)))?;
    }
    gpu_providers(out)?;
    if failed > 0 {
        return Err(Error::CheckFailed(format!("{failed} checks failed; each line above says how to mend it")));
    }
    Ok(())
}

fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{} cores, {}", cores, std::env::consts::ARCH)
}

fn onnxruntime(cache: &Cache) -> Result<String> {
    striatum_models::init_runtime(&cache.onnxruntime(false)?)?;
    let version = striatum_models::runtime_version().unwrap_or_default();
    let providers = striatum_models::available_providers()?.join(", ");
    Ok(format!("{version}, providers {providers}"))
}

/// Providers for a GPU that the loaded library has. One that does not run here is no failure: nobody may want it, and a run that
/// asks for it says the same.
fn gpu_providers(out: &mut dyn Write) -> Result<()> {
    let names = striatum_models::available_providers().unwrap_or_default();
    for provider in names.into_iter().filter(|&name| name != "cpu").filter_map(Provider::by_name) {
        let (state, found) = match striatum_models::try_provider(&provider) {
            Ok(()) => ("ok", "runs a model on the first GPU".to_owned()),
            Err(error) => ("no", error.to_string()),
        };
        say(out, format_args!("{state:<5} {:<22} {found}", provider.name()))?;
    }
    Ok(())
}

fn ffmpeg(cache: &Cache) -> Result<String> {
    let path = cache.ffmpeg(false)?;
    let output = Command::new(&path)
        .arg("-version")
        .output()
        .map_err(|source| Error::file("run", &path, source, "set STRIATUM_FFMPEG to an ffmpeg that runs"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
        return Err(Error::setup(path.display().to_string(), why, "set STRIATUM_FFMPEG to an ffmpeg that runs"));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or_default().chars().take(60).collect())
}

/// A message over TCP from one session to another.
fn zenoh_loopback() -> Result<String> {
    let refused = |error| Error::zenoh("talk over loopback", error, "is the loopback interface up?");
    let (ours, theirs) = crate::net::loopback_pair()?;
    let subscriber = theirs.declare_subscriber("striatum/doctor").wait().map_err(refused)?;
    // The subscription takes a moment to be known at the other end.
    for _ in 0..20 {
        ours.put("striatum/doctor", "hello").wait().map_err(refused)?;
        if let Ok(Some(_)) = subscriber.recv_timeout(std::time::Duration::from_millis(100)) {
            return Ok("a message went over TCP".to_owned());
        }
    }
    Err(Error::zenoh("talk over loopback", "no message in two seconds", "is the loopback interface up?"))
}
