//! `striatum models`: what there is, fetching it, looking inside it, checking it.

use std::io::Write;
use std::path::Path;

use striatum_models::{BackboneId, InputSize};

use crate::cli::say;
use crate::error::{Error, Result};
use crate::fetch::{Cache, CheckState};

/// Prints what can be had and what is here.
pub(crate) fn list(out: &mut dyn Write) -> Result<()> {
    for check in Cache::from_env()?.verify() {
        say(out, format_args!("{:<45} {:<12} {}", check.name, state(&check.state), check.path.display()))?;
    }
    Ok(())
}

/// Fetches one thing, or all.
pub(crate) fn fetch(what: &str, out: &mut dyn Write) -> Result<()> {
    let cache = Cache::from_env()?;
    let all = what == "all";
    let mut found = all;
    if all || what == "onnxruntime" {
        found = true;
        say(out, format_args!("onnxruntime          {}", cache.onnxruntime(true)?.display()))?;
    }
    if all || what == "ffmpeg" {
        found = true;
        say(out, format_args!("ffmpeg               {}", cache.ffmpeg(true)?.display()))?;
    }
    for id in BackboneId::ALL {
        if all || what == id.name() {
            found = true;
            say(out, format_args!("{:<20} {}", id.name(), cache.backbone(id, InputSize::TRAINED, true)?.display()))?;
        }
    }
    if found {
        return Ok(());
    }
    let backbones = BackboneId::ALL.map(BackboneId::name).join(", ");
    let mend = format!("give onnxruntime, ffmpeg, {backbones} or all");
    Err(Error::input(format!("`{what}`"), "there is nothing of that name to fetch", mend))
}

/// Prints what is inside an ONNX file, or a folder of a generative model.
pub(crate) fn inspect(file: &Path, out: &mut dyn Write) -> Result<()> {
    if file.join("manifest.toml").is_file() {
        let what = "is a bundle of `striatum adapt`";
        let mend = "inspect one of its .onnx files, or check it with `striatum doctor --bundle`";
        return Err(Error::input(file.display().to_string(), what, mend));
    }
    if file.is_dir() {
        return crate::generative_command::inspect(file, out);
    }
    let bytes = std::fs::read(file).map_err(|source| Error::file("read", file, source, "give an ONNX file"))?;
    let model = striatum_models::inspect(&bytes, &file.display().to_string())?;
    say(out, file.display())?;
    say(out, format_args!("  SHA-256     {}", crate::hash::sha256_hex(&bytes)))?;
    say(out, format_args!("  producer    {}", model.producer))?;
    say(out, format_args!("  operators   opset {}, format {}", model.opset, model.ir_version))?;
    for input in &model.inputs {
        say(out, format_args!("  input       {input}"))?;
    }
    for output in &model.outputs {
        say(out, format_args!("  output      {output}"))?;
    }
    say(out, format_args!("  parameters  {}", model.parameters))?;
    let operators: Vec<String> = model.operators.iter().map(|(name, count)| format!("{count} {name}")).collect();
    say(out, format_args!("  uses        {}", operators.join(", ")))?;
    for domain in &model.custom_domains {
        say(out, format_args!("  needs       operators of `{domain}`, which no plain ONNX Runtime has"))?;
    }
    for (key, value) in &model.metadata {
        say(out, format_args!("  {key:<11} {value}"))?;
    }
    Ok(())
}

/// Hashes everything.
pub(crate) fn verify(out: &mut dyn Write) -> Result<()> {
    let checks = Cache::from_env()?.verify();
    let mut faults = 0;
    for check in &checks {
        faults += usize::from(check.state.is_fault());
        say(out, format_args!("{:<45} {}", check.name, state(&check.state)))?;
    }
    if faults > 0 {
        return Err(Error::CheckFailed(format!(
            "{faults} of {} files are not what they must be; remove them and run `striatum models fetch`",
            checks.len()
        )));
    }
    Ok(())
}

/// One word, or the reason.
pub(crate) fn state(state: &CheckState) -> String {
    match state {
        CheckState::Good => "good".to_owned(),
        CheckState::Given => "given".to_owned(),
        CheckState::Missing => "not fetched".to_owned(),
        CheckState::WrongHash { expected, found } => format!("wrong hash: {found}, not {expected}"),
        CheckState::Unusable(why) => format!("unusable: {why}"),
    }
}
