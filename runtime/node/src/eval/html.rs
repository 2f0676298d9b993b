//! The report: one HTML file that needs nothing else.

use std::fmt::Write as _;

use super::curve::Curve;
use super::measures::CompletionClass;
use super::report::{EpisodeReport, EvalReport, or_dash};
use super::svg;
use crate::episode::TruthSource;
use crate::error::Result;
use crate::markup::{data_uri, escape, header};

/// Width of a small picture, pixels.
const PICTURE_WIDTH: u32 = 160;

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
td.wrong { color: #a3160b; font-weight: 600; }
svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: #555; }
.grid { stroke: #e4e4e4; } .band { fill: #3b76c4; opacity: .2; }
.progress { fill: none; stroke: #1f5aa6; stroke-width: 2; }
.truth { fill: none; stroke: #555; stroke-width: 1.5; stroke-dasharray: 5 4; }
.strip { display: flex; gap: .6rem; overflow-x: auto; } figure { margin: 0; } figure img { display: block; width: 140px; }
figcaption, .note { color: #555; font-size: .85rem; }
";

/// One episode's part of the page.
pub(crate) struct Plot<'a> {
    pub(crate) report: &'a EpisodeReport,
    pub(crate) views: Vec<&'a str>,
    pub(crate) curve: &'a Curve,
}

/// The whole page.
///
/// # Errors
/// When a picture cannot be encoded.
pub(crate) fn page(report: &EvalReport, plots: &[Plot<'_>]) -> Result<String> {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>Striatum: evaluation</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Evaluation of a reward bundle</h1>\n"
    );
    // Writing into a String cannot fail, here and below.
    let _ = writeln!(
        page,
        "<p>Bundle {}, every {} frames{}. {:.2} images encoded per step; step latency p50 {:.2} ms, p99 {:.2} ms.</p>",
        escape(report.bundle_sha256.get(..12).unwrap_or(&report.bundle_sha256)),
        report.stride,
        if report.transforms.is_empty() {
            String::new()
        } else {
            format!(", played with {}", escape(&report.transforms.join(", ")))
        },
        report.encoder_calls_per_step,
        report.latency_ms.p50,
        report.latency_ms.p99,
    );
    page.push_str(&measures_table(report));
    page.push_str(
        "<p class=\"note\">VOC+ is the rank correlation of progress and time; a clock without a camera reaches 0.99, so read it \
         beside the error, VOC- (the clip backwards, -1 is right) and the drift on a frozen picture (0 is right).</p>\n",
    );
    for plot in plots {
        episode(&mut page, plot)?;
    }
    page.push_str("</body>\n</html>\n");
    Ok(page)
}

fn measures_table(report: &EvalReport) -> String {
    let mut table = header(&[
        "episode",
        "VOC+",
        "VOC-",
        "MAE",
        "RMSE",
        "Kendall tau",
        "frozen drift",
        "90 % interval covers",
        "class",
        "success estimate",
    ]);
    for row in &report.episodes {
        let (voc_plus, mae, rmse, tau) = (row.voc_plus, row.mae, row.rmse, row.kendall_tau);
        let numbers = [Some(voc_plus), row.voc_minus, Some(mae), Some(rmse), Some(tau), row.frozen_drift];
        let numbers: String = numbers.into_iter().map(|number| format!("<td>{}</td>", or_dash(number))).collect();
        let _ = writeln!(
            table,
            "<tr><td>{}</td>{numbers}<td>{:.1} %</td><td>{}</td><td>{}</td></tr>",
            escape(&row.episode),
            100.0 * row.interval_coverage_90,
            row.completion_class.name(),
            escape(&row.success_words())
        );
    }
    table + "</table>\n"
}

fn episode(page: &mut String, plot: &Plot<'_>) -> Result<()> {
    let truth = match plot.report.truth {
        TruthSource::Recorded => "truth as the simulator recorded it",
        TruthSource::Keyframes => "truth from keyframes",
        TruthSource::LinearInTime => "truth taken as linear in time (there are no keyframes)",
    };
    let _ = writeln!(page, "<h2>{}</h2>", escape(&plot.report.episode));
    let _ = writeln!(page, "<p class=\"note\">Line: progress. Band: its 90 % interval. Dashed: {truth}.</p>");
    page.push_str(&svg::plot(plot.curve));
    for (view, name) in plot.views.iter().enumerate() {
        let _ = write!(page, "<p class=\"note\">{}</p>\n<div class=\"strip\">", escape(name));
        for (secs, images) in &plot.curve.pictures {
            if let Some(image) = images.get(view).and_then(Option::as_ref) {
                let _ = write!(
                    page,
                    "<figure><img alt=\"\" src=\"{}\"><figcaption>{secs:.1} s</figcaption></figure>",
                    data_uri(image, PICTURE_WIDTH)?
                );
            }
        }
        page.push_str("</div>\n");
    }
    if !plot.report.hacks.is_empty() {
        page.push_str(&hacks_table(plot.report));
    }
    Ok(())
}

fn hacks_table(report: &EpisodeReport) -> String {
    let mut table = header(&[
        "played with",
        "VOC+",
        "MAE",
        "drift",
        "last value",
        "out of distribution",
        "flagged",
        "class",
        "what must hold",
        "verdict",
    ]);
    for hack in &report.hacks {
        let class = if hack.verdict_right { "" } else { " class=\"wrong\"" };
        let numbers = [hack.voc_plus, Some(hack.mae), hack.drift, hack.final_progress, Some(hack.ood_mean)];
        let cell = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| format!("{number:.3}"));
        let numbers: String = numbers.into_iter().map(|number| format!("<td>{}</td>", cell(number))).collect();
        let _ = writeln!(
            table,
            "<tr><td>{}</td>{numbers}<td>{:.0} %</td><td>{}</td><td>{}</td><td{class}>{}</td></tr>",
            escape(&hack.transform),
            100.0 * hack.ood_share,
            hack.completion_class.map_or("-", CompletionClass::name),
            escape(&hack.must.join("; ")),
            escape(&hack.verdict())
        );
    }
    table + "</table>\n"
}
