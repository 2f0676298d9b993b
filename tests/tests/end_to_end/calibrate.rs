//! A bundle is calibrated by other episodes, and everything that scores with it speaks calibrated.

use std::path::Path;

use striatum_tests::kit::{run, small_episode};

use crate::{PROGRAM, own_folder, text, world};

/// The bundle that all tests share stays as it is.
fn own_bundle(folder: &Path) -> std::path::PathBuf {
    let bundle = folder.join("calibrated.bundle");
    std::fs::create_dir(&bundle).unwrap();
    for entry in std::fs::read_dir(&world().bundle).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), bundle.join(entry.file_name())).unwrap();
    }
    bundle
}

fn run_well(arguments: &[&str]) -> String {
    let output = run(PROGRAM, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Columns progress, std and potential of a label file.
fn labelled(episode: &Path, bundle: &Path, out: &Path) -> Vec<[f64; 3]> {
    run_well(&["label", text(episode), "--bundle", text(bundle), "--out", text(out), "--stride", "5"]);
    let table = std::fs::read_to_string(out).unwrap();
    let number = |cell: Option<&&str>| cell.unwrap().parse().unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        [number(cells.get(3)), number(cells.get(4)), number(cells.get(6))]
    };
    table.lines().skip(1).map(row).collect()
}

#[test]
fn a_calibrated_bundle_scores_calibrated_and_has_another_hash() {
    let folder = own_folder();
    let bundle = own_bundle(folder.path());
    let episodes = [3, 4].map(|seed| small_episode(folder.path(), seed));
    let before = labelled(&world().other, &bundle, &folder.path().join("before.csv"));
    let arguments = [
        "calibrate",
        text(&episodes[0]),
        text(&episodes[1]),
        "--bundle",
        text(&bundle),
        "--stride",
        "5",
        "--json",
        "-",
    ];
    let said = run_well(&arguments);
    let report: serde_json::Value = serde_json::from_str(&said).expect("one JSON object on stdout and nothing else");
    assert_ne!(report["bundle_sha256"], report["bundle_sha256_before"], "{report}");
    assert_eq!((report["episodes"].as_array().unwrap().len(), &report["interval"]["guaranteed"]), (2, &false.into()));
    assert!(report["left_out"]["after"]["ece"].is_f64(), "{report}");

    let after = labelled(&world().other, &bundle, &folder.path().join("after.csv"));
    let factor = report["interval"]["multiplier"].as_f64().unwrap() / 1.644_853_626_951_472_2;
    assert!((factor - 1.0).abs() > 1e-3, "{report}");
    for (before, after) in before.iter().zip(&after) {
        assert!((after[1] - factor * before[1].max(0.01)).abs() <= 1e-6, "{before:?} {after:?}");
        assert_eq!(after[0], after[2], "the potential is the calibrated progress");
    }
    // The same episodes again: the tables are fitted to the fuser, not to themselves.
    let again: serde_json::Value = serde_json::from_str(&run_well(&arguments)).unwrap();
    assert_eq!(again["bundle_sha256"], report["bundle_sha256"]);
    assert_eq!(again["left_out"], report["left_out"]);
}

/// A drawn episode that is cut off before its end, with a truth that says so.
fn failed_episode(folder: &Path, seed: u64) -> std::path::PathBuf {
    const FRAMES: usize = 48;
    let episode = small_episode(folder, seed);
    for view in std::fs::read_dir(&episode).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let mut images: Vec<_> = std::fs::read_dir(&view).unwrap().map(|entry| entry.unwrap().path()).collect();
        images.sort();
        images[FRAMES..].iter().for_each(|image| std::fs::remove_file(image).unwrap());
    }
    std::fs::remove_file(episode.join("annotated_keyframes.json")).unwrap();
    let mut truth = "frame_index,timestamp_secs,progress,phase,success\n".to_owned();
    for frame in 0..u32::try_from(FRAMES).unwrap() {
        truth += &format!("{frame},{},{},0,0\n", f64::from(frame) / 30.0, f64::from(frame) / 60.0);
    }
    std::fs::write(episode.join("truth.csv"), truth).unwrap();
    episode
}

/// The demonstration's pictures, the last of them held for a second: a goal that nobody can miss.
fn held_at_the_goal(folder: &Path) -> std::path::PathBuf {
    let episode = folder.join("held");
    for entry in std::fs::read_dir(&world().teacher).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir())
    {
        let view = episode.join(entry.file_name());
        std::fs::create_dir_all(&view).unwrap();
        let mut images: Vec<_> = std::fs::read_dir(entry.path()).unwrap().map(|image| image.unwrap().path()).collect();
        images.sort();
        for image in &images {
            std::fs::copy(image, view.join(image.file_name().unwrap())).unwrap();
        }
        let last = images.last().unwrap();
        let ending = last.extension().unwrap().to_str().unwrap();
        for more in images.len()..images.len() + 30 {
            std::fs::copy(last, view.join(format!("{more:06}.{ending}"))).unwrap();
        }
    }
    episode
}

/// Columns ood, goal and success of a label file at five rows a second: numbered images are thirty.
fn labelled_goal(episode: &Path, bundle: &Path, out: &Path) -> Vec<[f64; 3]> {
    run_well(&["label", text(episode), "--bundle", text(bundle), "--out", text(out), "--stride", "6"]);
    let table = std::fs::read_to_string(out).unwrap();
    let names: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let columns = ["ood", "goal", "success"].map(|name| names.iter().position(|other| *other == name).unwrap());
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        columns.map(|column| cells[column].parse().unwrap())
    };
    table.lines().skip(1).map(row).collect()
}

/// Success at five rows a second with this share: 3 of the last 5 see the goal, and the row itself is trusted.
fn success_with(rows: &[[f64; 3]], share: f64) -> Vec<bool> {
    let sees: Vec<bool> = rows.iter().map(|[ood, goal, _]| *ood <= 1.0 && *goal >= share).collect();
    (0..rows.len())
        .map(|row| rows[row][0] <= 1.0 && sees[row.saturating_sub(4)..=row].iter().filter(|sees| **sees).count() >= 3)
        .collect()
}

#[test]
fn the_goal_share_that_calibrate_chooses_is_what_label_and_eval_apply() {
    let folder = own_folder();
    let bundle = own_bundle(folder.path());
    let held = held_at_the_goal(folder.path());
    let said = |name: &str| labelled_goal(&held, &bundle, &folder.path().join(name));
    let success = |rows: &[[f64; 3]]| rows.iter().map(|row| row[2] == 1.0).collect::<Vec<bool>>();
    let manifest = || std::fs::read_to_string(bundle.join("manifest.toml")).unwrap();
    let own: f64 =
        manifest().lines().find_map(|line| line.strip_prefix("goal_share = ").map(|own| own.parse().unwrap())).unwrap();
    let before = said("before.csv");
    assert!(success(&before).contains(&true), "{before:?}");
    assert_eq!(success(&before), success_with(&before, own));

    // Five failed episodes promise a half with 95 %: (1/2)^5 < 0.05.
    let failed: Vec<_> = (11..16).map(|seed| failed_episode(folder.path(), seed)).collect();
    let failed: Vec<&str> = failed.iter().map(|path| text(path)).collect();
    let arguments = ["--bundle", text(&bundle), "--stride", "6", "--false-success", "0.5", "--json", "-"];
    let report = run_well(&[&["calibrate"][..], &failed, &arguments].concat());
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let share = report["success"]["share"].as_f64().unwrap();
    assert_eq!((&report["success"]["negatives"], &report["success"]["false_successes"]), (&5.into(), &0.into()));
    assert!(share >= 0.1 && (share - own).abs() > 1e-9, "{report}");
    let after = said("after.csv");
    assert_eq!(success(&after), success_with(&after, share));
    // None of the episodes that it was chosen by is a success with it.
    let judged =
        run_well(&[&["eval"][..], &failed, &["--bundle", text(&bundle), "--stride", "6", "--json", "-"]].concat());
    let judged: serde_json::Value = serde_json::from_str(&judged).unwrap();
    assert!(judged["episodes"].as_array().unwrap().iter().all(|episode| episode["success_seen"] == false), "{judged}");

    // With no share below certainty nothing is seen: what is applied is what stands there.
    let certain = manifest().replacen(&format!("share = {share:?}\n"), "share = 1.0\n", 1);
    assert!(certain.contains("[calibration.goal]") && certain != manifest());
    std::fs::write(bundle.join("manifest.toml"), certain).unwrap();
    let never = said("never.csv");
    assert_eq!(success(&never), success_with(&never, 1.0));
    assert_ne!(success(&never), success(&before));
}

#[test]
fn what_cannot_be_calibrated_is_refused_and_the_bundle_stays() {
    let folder = own_folder();
    let bundle = own_bundle(folder.path());
    let before = std::fs::read(bundle.join("manifest.toml")).unwrap();
    let other = text(&world().other);
    let refused = |more: &[&str], said: &str| {
        let output = run(PROGRAM, &[&["calibrate", other, "--bundle", text(&bundle), "--stride", "20"], more].concat());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && message.contains(said), "{message}");
    };
    refused(&["--false-success", "0.05"], "needs 59 episodes, there are 0");
    refused(&["--false-success", "5"], "below 1");
    refused(&["--persist", "3/5"], "unexpected argument");
    assert_eq!(std::fs::read(bundle.join("manifest.toml")).unwrap(), before);
    // A map that falls is refused by its key, before the first frame.
    let table = "\n[calibration]\nprogress_in = [0.0, 1.0]\nprogress_out = [1.0, 0.0]\ninterval_multiplier = 2.0\n\
                 interval_std_floor = 0.0\ninterval_guaranteed = false\n\
                 [calibration.made]\nby = \"hand\"\nstride = 1\nmap_error = 0.0\nepisodes = []\n";
    let text_before = String::from_utf8(before).unwrap();
    std::fs::write(bundle.join("manifest.toml"), text_before + table).unwrap();
    refused(&[], "the outputs fall");
}
