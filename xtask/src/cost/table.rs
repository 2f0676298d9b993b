//! The table as CSV and for a terminal.

use std::fmt::Write as _;

use super::row::Row;
use super::setting::Setting;

const NUMBERS: [&str; 8] =
    ["cpu_ratio", "images_encoded", "images_reused", "mae", "mae_change", "voc_plus", "voc_plus_change", "ood_share"];

/// All rows.
pub(super) fn csv(rows: &[Row], date: &str, stride: u32) -> String {
    let mut text = format!("date,backbone,setting,clips,episodes,stride,{}\n", NUMBERS.join(","));
    for row in rows {
        let Row { backbone, setting, clips, truth, .. } = row;
        // Writing into a String cannot fail, here and below.
        let _ = write!(text, "{date},{backbone},{setting},{clips},{},{stride}", truth.episodes);
        numbers(row, rows).iter().for_each(|number| _ = write!(text, ",{number:.4}"));
        text.push('\n');
    }
    text
}

/// The same in columns.
pub(super) fn terminal(rows: &[Row]) -> Vec<String> {
    let head: Vec<String> =
        ["backbone", "setting", "clips"].iter().chain(&NUMBERS).map(|&name| name.to_owned()).collect();
    let cells = |row: &Row| -> Vec<String> {
        let words = [row.backbone.clone(), row.setting.clone(), row.clips.to_owned()];
        words.into_iter().chain(numbers(row, rows).iter().map(|number| format!("{number:.4}"))).collect()
    };
    let table: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    crate::columns::align(&table)
}

/// A row's numbers, changes against the plain setting of the same backbone and clips.
fn numbers(row: &Row, rows: &[Row]) -> [f64; NUMBERS.len()] {
    let is_plain = |other: &&Row| {
        (&other.backbone, other.clips) == (&row.backbone, row.clips) && other.setting == Setting::PLAIN.name()
    };
    let plain = rows.iter().find(is_plain).map_or(row.truth, |plain| plain.truth);
    let truth = row.truth;
    [
        row.cpu_ratio,
        truth.images_encoded,
        truth.images_reused,
        truth.mae,
        truth.mae - plain.mae,
        truth.voc_plus,
        truth.voc_plus - plain.voc_plus,
        truth.ood_share,
    ]
}

#[cfg(test)]
mod tests {
    use super::super::row::Truth;
    use super::*;

    fn row(setting: &str, clips: &'static str, mae: f64) -> Row {
        let truth = Truth { episodes: 1, images_encoded: 3.0, images_reused: 0.0, mae, voc_plus: 0.99, ood_share: 0.0 };
        Row { backbone: "net".into(), setting: setting.into(), clips, cpu_ratio: 0.5, truth }
    }

    #[test]
    fn changes_are_against_the_plain_setting_on_the_same_clips() {
        let rows = [row("224", "own", 0.02), row("224", "others", 0.05), row("160", "others", 0.06)];
        let csv = csv(&rows, "2026-11-26", 5);
        let line = "2026-11-26,net,160,others,1,5,0.5000,3.0000,0.0000,0.0600,0.0100,0.9900,0.0000,0.0000";
        assert!(csv.lines().any(|other| other == line), "{csv}");
        let columns = csv.lines().next().map_or(0, |head| head.split(',').count());
        assert!(csv.lines().all(|line| line.split(',').count() == columns));
        assert_eq!(terminal(&rows).len(), 4);
    }
}
