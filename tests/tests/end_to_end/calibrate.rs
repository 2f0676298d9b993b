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
    refused(&["--persist", "5/3"], "FRAMES/OF");
    assert_eq!(std::fs::read(bundle.join("manifest.toml")).unwrap(), before);
    // A map that falls is refused by its key, before the first frame.
    let table = "\n[calibration]\nprogress_in = [0.0, 1.0]\nprogress_out = [1.0, 0.0]\ninterval_multiplier = 2.0\n\
                 interval_std_floor = 0.0\ninterval_guaranteed = false\n\
                 [calibration.made]\nby = \"hand\"\nstride = 1\nmap_error = 0.0\nepisodes = []\n";
    let text_before = String::from_utf8(before).unwrap();
    std::fs::write(bundle.join("manifest.toml"), text_before + table).unwrap();
    refused(&[], "the outputs fall");
}
