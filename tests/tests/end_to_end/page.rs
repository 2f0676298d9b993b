//! The page of real episodes, made by the program itself.

use std::path::Path;

use striatum_tests::kit::run;

use crate::{PROGRAM, own_folder, text, world};

/// Says at every frame that the episode does not get far.
fn write_truth(episode: &Path, frames: usize) {
    let rows = (0..frames).map(|frame| format!("{frame},{},0.1,0,0\n", frame as f64 / 15.0));
    let table = rows.fold("frame_index,timestamp_secs,progress,phase,success\n".to_owned(), |table, row| table + &row);
    std::fs::write(episode.join("truth.csv"), table).unwrap();
}

/// An episode of its own: tests of others share the drawn ones.
fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

#[test]
fn one_file_shows_what_a_bundle_says_of_episodes() {
    let folder = own_folder();
    let (failed, page) = (folder.path().join("failed"), folder.path().join("page.html"));
    copied(&world().other, &failed);
    write_truth(&failed, 60);
    let bundle = text(&world().bundle);
    let output = run(
        PROGRAM,
        &["page", text(&world().other), text(&failed), "--bundle", bundle, "--out", text(&page), "--stride", "5"],
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "a head, two episodes and the file: {table}");
    assert!(lines[1].contains("not recorded") && lines[2].contains("failure"), "{table}");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("mobilenet_v2, frozen") && html.contains("cam_high, cam_side, cam_wrist"));
    // Start and goal of the demonstration in three views, and eight moments of each episode in three views.
    assert_eq!(html.matches("data:image/jpeg;base64,").count(), 2 * 3 + 2 * 8 * 3);
    // Eval takes the same truth.
    let output = run(PROGRAM, &["eval", text(&failed), "--bundle", bundle, "--json", "-"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["episodes"][0]["truth"], "recorded");
    assert!(report["episodes"][0]["mae"].as_f64().unwrap() > 0.2, "the pictures go on to the end: {report}");
}

#[test]
fn what_is_wrong_with_a_truth_is_said_by_file_and_line() {
    let folder = own_folder();
    let (episode, page) = (folder.path().join("short"), folder.path().join("page.html"));
    copied(&world().other, &episode);
    write_truth(&episode, 12);
    let bundle = text(&world().bundle);
    let output = run(PROGRAM, &["page", text(&episode), "--bundle", bundle, "--out", text(&page)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("truth.csv") && said.contains("12 rows for a clip of 60 frames"), "{said}");
    assert!(!page.exists());
}
