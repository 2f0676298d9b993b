//! Where the time of a step goes.

use std::fmt::Write as _;

use super::super::report::EvalReport;
use super::super::stages::LatencyMs;
use crate::markup::{Area, Axes, Shape, header, key, label, picture};

const WIDTH: f64 = 760.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 746.0;
const ROW: f64 = 26.0;
const BAR: f64 = 12.0;
/// Room for the labels of the axis and its title.
const BELOW: f64 = 40.0;
/// Times below are drawn at the edge, milliseconds: a clock does not tell them apart.
const LEAST_MS: f64 = 1e-4;

/// The section. It is the one part of the page that depends on the machine's speed.
pub(super) fn section(report: &EvalReport) -> String {
    let rows: Vec<(&str, LatencyMs)> =
        report.stages_ms.named().into_iter().chain([("step", report.latency_ms)]).collect();
    let mut table = header(&["stage, ms", "p50", "p90", "p99"]);
    for (name, LatencyMs { p50, p90, p99 }) in &rows {
        // Writing into a String cannot fail.
        let _ = writeln!(table, "<tr><td>{name}</td><td>{p50:.4}</td><td>{p90:.4}</td><td>{p99:.4}</td></tr>");
    }
    format!(
        "<section>\n<h2>Latency</h2>\n<p>From the decoded frames in hand to the reward, over the forward playbacks; {:.2} images encoded \
         per step. These are times of one machine, {}: played again, this section alone comes out otherwise.</p>\n\
         <figure>{}<figcaption><div class=\"keys\">{}{}</div></figcaption></figure>\n<div class=\"scroll\">{table}</table></div>\n</section>\n",
        report.encoder_calls_per_step,
        crate::markup::escape(&report.ran.processor),
        bars(&rows),
        key("band", Shape::Area, "up to the median (p50)"),
        key("spread", Shape::Line, "from there to p90 and p99"),
    )
}

/// A bar for each stage over a logarithmic axis.
fn bars(rows: &[(&str, LatencyMs)]) -> String {
    let times = || rows.iter().flat_map(|(_, of)| [of.p50, of.p90, of.p99]).map(|ms| ms.max(LEAST_MS));
    let lowest = times().fold(1.0, f64::min).log10().floor();
    let highest = times().fold(1.0, f64::max).log10().ceil().max(lowest + 1.0);
    #[allow(clippy::cast_precision_loss, reason = "a handful of stages")]
    let bottom = ROW * rows.len() as f64;
    let axes = Axes::new(Area { left: LEFT, right: RIGHT, top: 0.0, bottom }, highest - lowest, 0.0..=1.0);
    let x = |ms: f64| axes.x(ms.max(LEAST_MS).log10() - lowest);
    let mut body = String::new();
    let decades =
        std::iter::successors(Some(lowest), |decade| Some(decade + 1.0)).take_while(|decade| *decade <= highest);
    for decade in decades {
        let (at, ms) = (axes.x(decade - lowest), 10.0_f64.powf(decade));
        let _ = writeln!(body, "<line class=\"grid\" x1=\"{at:.1}\" y1=\"0\" x2=\"{at:.1}\" y2=\"{bottom}\"/>");
        label(&mut body, "middle", at, bottom + 15.0, &round(ms));
    }
    label(&mut body, "middle", f64::midpoint(LEFT, RIGHT), bottom + 33.0, "milliseconds, logarithmic");
    let mut top = 0.0;
    for (name, LatencyMs { p50, p90, p99 }) in rows {
        let (middle, bar) = (top + ROW / 2.0, top + (ROW - BAR) / 2.0);
        label(&mut body, "end", LEFT - 8.0, middle + 4.0, name);
        let width = x(*p50) - LEFT;
        let _ = writeln!(
            body,
            "<rect class=\"band\" x=\"{LEFT}\" y=\"{bar:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>\n\
             <path class=\"spread\" d=\"M{:.1} {middle:.1}H{:.1}M{:.1} {bar:.1}v{BAR}M{:.1} {bar:.1}v{BAR}M{:.1} {bar:.1}v{BAR}\"/>",
            x(*p50),
            x(*p99),
            x(*p50),
            x(*p90),
            x(*p99)
        );
        top += ROW;
    }
    let said = rows.iter().map(|(name, of)| format!("{name} {:.3}, p99 {:.3}", of.p50, of.p99)).collect::<Vec<_>>();
    picture(
        "wide",
        [WIDTH, bottom + BELOW],
        &format!("Milliseconds by stage, median and 99th percentile: {}", said.join("; ")),
        &body,
    )
}

/// A power of ten without trailing noise.
fn round(ms: f64) -> String {
    if ms >= 1.0 { format!("{ms:.0}") } else { format!("{ms:.4}").trim_end_matches('0').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_are_round_and_bars_lie_between_them() {
        assert_eq!(["0.001", "0.1", "1", "100"], [0.001, 0.1, 1.0, 100.0].map(round).each_ref().map(String::as_str));
        let svg = bars(&[("encode", LatencyMs { p50: 10.0, p90: 31.622_776_6, p99: 100.0 })]);
        // From 1 to 100 ms over 650: the median in the middle, p90 at three quarters.
        assert!(svg.contains("width=\"325.0\"") && svg.contains("M583.5 7.0v12") && svg.contains("H746.0"), "{svg}");
    }

    #[test]
    fn stages_that_took_no_time_that_a_clock_tells_are_drawn() {
        let none = LatencyMs { p50: 0.0, p90: 0.0, p99: 0.0 };
        let svg = bars(&[("fuse_shape", none)]);
        assert!(!svg.contains("NaN") && svg.contains("fuse_shape"), "{svg}");
    }
}
