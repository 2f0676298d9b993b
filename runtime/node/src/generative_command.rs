//! `striatum models` for generative models: looking into a folder of exported weights, sealing it as a bundle, asking it once.

use std::io::Write;
use std::path::Path;

use striatum_frames::{Encoding, Image, ImageLimits, decode};
use striatum_models::{
    GenerativeGrm, GenerativeManifest, GenerativeOptions, GenerativeReport, NoVote, ReadingRules, inspect_generative,
};

use crate::cli::say;
use crate::error::{Error, Result};
use crate::fetch::Cache;

/// Prints what a folder of exported weights holds and whether it would run here. Exit status 1 if an operator is missing.
pub(crate) fn inspect(folder: &Path, out: &mut dyn Write) -> Result<()> {
    striatum_models::init_runtime(&Cache::from_env()?.onnxruntime(true)?)?;
    let report = inspect_generative(folder)?;
    let config = &report.config;
    say(out, folder.display())?;
    say(out, format_args!("  layout      {}", report.layout))?;
    say(out, format_args!("  family      {}", config.family.name()))?;
    let (layers, hidden, vocabulary) = (config.layers, config.hidden, config.vocabulary);
    say(out, format_args!("  decoder     {layers} layers, hidden {hidden}, vocabulary {vocabulary}"))?;
    let (heads, kv_heads, head_dim) = (config.heads, config.kv_heads, config.head_dim);
    say(out, format_args!("  attention   {heads} heads of {head_dim}, {kv_heads} KV heads, {}", report.kv_element))?;
    for graph in &report.graphs {
        let (name, summary) = (graph.file.file_name().unwrap_or_default().display(), &graph.summary);
        say(out, format_args!("{name}"))?;
        say(out, format_args!("  operators   opset {}, format {}", summary.opset, summary.ir_version))?;
        for input in folded(&summary.inputs) {
            say(out, format_args!("  input       {input}"))?;
        }
        for output in folded(&summary.outputs) {
            say(out, format_args!("  output      {output}"))?;
        }
        let bytes = summary.parameter_bytes;
        say(out, format_args!("  parameters  {}, {} MiB", summary.parameters, bytes >> 20))?;
        let uses: Vec<String> = summary.operators.iter().map(|(name, count)| format!("{count} {name}")).collect();
        say(out, format_args!("  uses        {}", uses.join(", ")))?;
    }
    memory(&report, out)?;
    let missing: Vec<&str> = report.graphs.iter().flat_map(|g| &g.missing_operators).map(String::as_str).collect();
    if missing.is_empty() {
        return say(out, "  runs here   this ONNX Runtime has every operator");
    }
    Err(Error::CheckFailed(format!(
        "this ONNX Runtime has not {}; use a newer one (ORT_DYLIB_PATH), or export the model without them",
        missing.join(", ")
    )))
}

fn memory(report: &GenerativeReport, out: &mut dyn Write) -> Result<()> {
    /// About the tokens of eight pictures of 308x224 with their text.
    const USUAL_TOKENS: u64 = 1024;
    let (weights, token) = (report.weight_bytes >> 20, report.kv_bytes_per_token);
    let prompt = report.prompt_bytes(USUAL_TOKENS) >> 20;
    say(out, "memory")?;
    say(out, format_args!("  weights     {weights} MiB"))?;
    say(out, format_args!("  KV          {token} bytes a token"))?;
    say(out, format_args!("  a prompt    {prompt} MiB for {USUAL_TOKENS} tokens: keys, values and logits"))
}

/// The tensors of a graph, those of all layers on one line.
fn folded(tensors: &[striatum_models::TensorSpec]) -> Vec<String> {
    let mut lines: Vec<(String, String, usize)> = Vec::new();
    for tensor in tensors {
        let line = tensor.to_string();
        // Two names are alike if they differ in their digits only.
        let alike: String =
            line.split(' ').next().unwrap_or_default().chars().filter(|c| !c.is_ascii_digit()).collect();
        match lines.iter_mut().find(|(known, _, _)| *known == alike) {
            Some((_, _, count)) => *count += 1,
            None => lines.push((alike, line, 1)),
        }
    }
    let fold = |(_, line, count): (String, String, usize)| {
        if count > 1 { format!("{line} and {} more of its kind", count - 1) } else { line }
    };
    lines.into_iter().map(fold).collect()
}

/// Writes `generative.toml` into a folder, and opens what came of it.
pub(crate) fn seal(folder: &Path, manifest: GenerativeManifest, out: &mut dyn Write) -> Result<()> {
    striatum_models::init_runtime(&Cache::from_env()?.onnxruntime(true)?)?;
    manifest.seal(folder)?;
    let grm = GenerativeGrm::open(folder, &GenerativeOptions::default())?;
    say(out, format_args!("{} files sealed in {}", grm.manifest().file.len(), folder.display()))
}

/// Asks a bundle once and prints what it says.
pub(crate) fn ask(
    folder: &Path,
    task: &str,
    pictures: &[std::path::PathBuf],
    every_answer: bool,
    out: &mut dyn Write,
) -> Result<()> {
    striatum_models::init_runtime(&Cache::from_env()?.onnxruntime(true)?)?;
    let images = pictures.iter().map(|path| picture(path)).collect::<Result<Vec<_>>>()?;
    let mut options = GenerativeOptions::default();
    if every_answer {
        options.reading.prune_below = 0.0;
    }
    let mut grm = GenerativeGrm::open(folder, &options)?;
    let reading = grm.ask(task, &images.iter().collect::<Vec<_>>())?;
    if !reading.rationale.is_empty() {
        say(out, format_args!("reasons   {}", reading.rationale))?;
    }
    say(out, format_args!("text      {}", reading.text.escape_debug()))?;
    if let Some(read) = &reading.distribution {
        let (mean, std) = (read.expected * 100.0, read.variance.sqrt() * 100.0);
        say(out, format_args!("expected  {mean:.3} %, standard deviation {std:.3}"))?;
        say(out, format_args!("entropy   {:.3} nats", read.entropy_nats))?;
        let (mass, missing) = (read.mass, read.missing_mass);
        say(out, format_args!("mass      {mass:.6} on answers, at most {missing:.6} not worked out"))?;
    }
    let least = ReadingRules::default().least_mass;
    let vote = match reading.no_vote {
        None => "yes".to_owned(),
        Some(NoVote::Text) => "no: the text is no answer".to_owned(),
        Some(NoVote::Mass) => format!("no: all answers together have less than {least}"),
        Some(NoVote::Rationale) => "no: the reasons ended before an answer began".to_owned(),
        Some(_) => "no: a number is not finite".to_owned(),
    };
    say(out, format_args!("a vote    {vote}"))
}

pub(crate) fn picture(path: &Path) -> Result<Image> {
    let mend = "give PNG or JPEG files";
    let bytes = std::fs::read(path).map_err(|source| Error::file("read", path, source, mend))?;
    let encoding = if bytes.starts_with(b"\x89PNG") { Encoding::Png } else { Encoding::Jpeg };
    decode(&bytes, encoding, &ImageLimits::default())
        .map_err(|error| Error::input(path.display().to_string(), error.to_string(), mend))
}
