//! What was run.

use std::fmt::Write as _;

use super::super::report::EvalReport;
use crate::markup::escape;

/// The section: what it takes to get the same page again.
pub(super) fn section(report: &EvalReport) -> String {
    let ran = &report.ran;
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
    let tables = if ran.calibrated { "with the tables of `striatum calibrate`" } else { "without calibration tables" };
    let facts = [
        ("command", ran.command.clone()),
        ("bundle", format!("SHA-256 {}, {tables}", report.bundle_sha256)),
        ("task", or_unknown(&ran.task)),
        ("backbone", or_unknown(&ran.backbone)),
        ("views", ran.views.join(", ")),
        ("played with", if report.transforms.is_empty() { "nothing".to_owned() } else { report.transforms.join(", ") }),
        ("rows", format!("one for every {} frames", report.stride)),
        ("program", format!("striatum {}, SHA-256 {}", ran.version, ran.program_sha256)),
        ("machine", format!("{}, {} thread(s) of ONNX Runtime", ran.processor, ran.threads)),
        ("ONNX Runtime", ran.onnxruntime.clone()),
    ];
    let mut text = "<section>\n<h2>What was run</h2>\n<dl>\n".to_owned();
    for (name, value) in facts {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "<dt>{name}</dt><dd>{}</dd>", escape(&value));
    }
    text + "</dl>\n<p class=\"note\">The same command with the same bundle, episodes and program on the same kind of machine gives the same \
            page, byte for byte, but for the section on latency.</p>\n</section>\n"
}
