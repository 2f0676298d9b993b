//! The table that label writes, on pictures whose progress is known.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]

use std::path::Path;

use super::fake::{draw_episode, loaded, options};
use super::*;

/// Labels the drawn episode; gives the header and the rows.
fn labelled(folder: &Path, transforms: &[&str]) -> (Vec<String>, Vec<Vec<Option<f64>>>) {
    let options = options(folder, "labels.csv", transforms);
    label_with(loaded(), &options).unwrap();
    let text = std::fs::read_to_string(&options.out).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows = lines.map(|cells| cells.iter().map(|cell| cell.parse().ok()).collect()).collect();
    (header, rows)
}

fn column(table: &(Vec<String>, Vec<Vec<Option<f64>>>), name: &str) -> Vec<f64> {
    let at = table.0.iter().position(|column| column == name).expect(name);
    table.1.iter().map(|row| row[at].unwrap_or(f64::NAN)).collect()
}

#[test]
fn the_columns_are_those_of_the_interface_and_the_values_are_right() {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let table = labelled(folder.path(), &[]);
    let fixed =
        "frame_index,source_frame,timestamp_secs,progress,std,ood,potential,shaping,incremental,forward,backward";
    let header: Vec<&str> = fixed.split(',').chain(["view_left", "view_right", "goal", "success"]).collect();
    assert_eq!(table.0, header);
    assert_eq!(column(&table, "frame_index"), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0]);
    let progress = column(&table, "progress");
    for (row, progress) in progress.iter().enumerate() {
        let want = [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0][row];
        assert!((progress - want).abs() < 1e-12, "row {row}: {progress}");
    }
    let shaping = column(&table, "shaping");
    assert!(shaping[0].is_nan(), "the first row has no transition before it");
    for row in 1..shaping.len() {
        assert_eq!(shaping[row], 0.9 * progress[row] - progress[row - 1]);
    }
    assert_eq!(column(&table, "potential"), progress);
    assert!((column(&table, "timestamp_secs")[2] - 10.0 / 30.0).abs() < 1e-12);
}

#[test]
fn transforms_change_what_is_shown_and_not_the_playback_clock() {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let reversed = labelled(folder.path(), &["reverse"]);
    assert_eq!(column(&reversed, "frame_index")[..3], [0.0, 5.0, 10.0]);
    assert_eq!(column(&reversed, "source_frame")[..3], [40.0, 35.0, 30.0]);
    assert!((column(&reversed, "progress")[0] - 1.0).abs() < 1e-12);
    let frozen = labelled(folder.path(), &["freeze:20"]);
    assert_eq!(frozen.1.len(), 9);
    assert!(column(&frozen, "progress").iter().all(|progress| (progress - 0.5).abs() < 1e-12));
    assert!(column(&frozen, "timestamp_secs").is_sorted_by(|a, b| a < b));
}

#[test]
fn a_frozen_clip_is_flagged_and_not_held() {
    // Longer than the limit of two seconds: a held value would no longer be the model's.
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let options = options(folder.path(), "x.csv", &["freeze:20"]);
    let episode = Episode::open(folder.path(), None).unwrap();
    let gamma = Discount::new(0.9).unwrap();
    let mut config = offline_config(2, gamma);
    config.sync.frozen_after_nanos = 500_000_000;
    let mut pipeline = Pipeline::new(loaded().model, &config).unwrap();
    let run = RunOptions { reader: ReaderOptions::new("unused".into()), stride: 5, transforms: options.transforms };
    let (mut flagged, mut held) = (0, 0);
    run_episode(&mut pipeline, &episode, &run, |row| {
        flagged += u32::from(!row.scored.frozen.is_empty());
        held += u32::from(row.scored.estimate.held || row.scored.degraded);
        Ok(())
    })
    .unwrap();
    assert!(flagged > 0 && held == 0, "{flagged} flagged, {held} held");
}

#[test]
fn a_dropped_view_has_no_values_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let table = labelled(folder.path(), &["drop:left"]);
    assert_eq!(table.1.len(), 9, "one row for each frame set, the first included");
    assert!(column(&table, "view_left").iter().all(|value| value.is_nan()));
    assert!((column(&table, "progress")[8] - 1.0).abs() < 1e-12);
    let both = options(folder.path(), "x.csv", &["drop:left", "drop:right"]);
    let message = label_with(loaded(), &both).unwrap_err().to_string();
    assert!(message.contains("no view is left"), "{message}");
}

#[test]
fn the_same_model_gives_the_same_bytes_twice() {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let first = options(folder.path(), "a.csv", &["warp:3"]);
    let second = options(folder.path(), "b.csv", &["warp:3"]);
    label_with(loaded(), &first).unwrap();
    label_with(loaded(), &second).unwrap();
    assert_eq!(std::fs::read(&first.out).unwrap(), std::fs::read(&second.out).unwrap());
}

#[test]
fn what_cannot_be_labelled_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let refusal = |change: &dyn Fn(&mut LabelOptions)| {
        let mut options = options(folder.path(), "labels.csv", &[]);
        change(&mut options);
        let message = label_with(loaded(), &options).unwrap_err().to_string();
        assert!(!options.out.exists(), "{message}");
        message
    };
    assert!(refusal(&|options| options.out = folder.path().join("labels.txt")).contains(".csv or .parquet"));
    assert!(refusal(&|options| options.stride = 0).contains("--stride"));
    assert!(refusal(&|options| options.gamma = 1.5).contains("discount"));
    assert!(refusal(&|options| options.transforms = vec!["freeze:41".parse().unwrap()]).contains("freeze:41"));
    assert!(refusal(&|options| options.transforms = vec!["drop:top".parse().unwrap()]).contains("top"));
    std::fs::write(folder.path().join("left/020.png"), b"\x89PNG nothing more").unwrap();
    assert!(refusal(&|_| ()).contains("020.png"));
}

#[test]
fn parquet_is_chosen_by_the_ending() {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let options = options(folder.path(), "labels.parquet", &[]);
    let summary = label_with(loaded(), &options).unwrap();
    assert_eq!((summary.rows, summary.last_progress), (9, Some(1.0)));
    let bytes = std::fs::read(&options.out).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}
