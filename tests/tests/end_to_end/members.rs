//! Three of a bundle's models at once: live, on record, replayed bit for bit, and in a table.

use std::time::Duration;

use striatum_core::Ending;
use striatum_tests::kit::{Cameras, Learner, Runtime, begin_request, now_nanos, run, step_request};
use striatum_wire::StepRequest;

use crate::{PROGRAM, own_folder, text, world};

const THREE: &str = "grm,absolute,perceptual";

fn said(arguments: &[&str]) -> (bool, String) {
    let output = run(PROGRAM, arguments);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// Labels the other episode; gives the table's header and rows.
fn label(more: &[&str]) -> (Vec<String>, Vec<Vec<Option<f64>>>) {
    let folder = own_folder();
    let csv = folder.path().join("l.csv");
    let (other, bundle) = (text(&world().other), text(&world().bundle));
    let arguments = ["label", other, "--bundle", bundle, "--out", text(&csv), "--stride", "3"];
    let (fine, told) = said(&[&arguments, more].concat());
    assert!(fine, "{told}");
    let table = std::fs::read_to_string(&csv).unwrap();
    let mut lines = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows = lines.map(|cells| cells.iter().map(|cell| cell.parse().ok()).collect()).collect();
    (header, rows)
}

fn column(table: &(Vec<String>, Vec<Vec<Option<f64>>>), name: &str) -> Vec<Option<f64>> {
    let at = table.0.iter().position(|column| column == name).unwrap_or_else(|| panic!("{name} in {:?}", table.0));
    table.1.iter().map(|row| row[at]).collect()
}

#[test]
fn a_run_with_three_members_is_replayed_bit_for_bit_with_each_ones_share() {
    for more in [
        "fusion = \"inverse_variance\"",
        "fusion = \"reliability\"\n[fusion]\nrule = \"consistency\"",
        "fusion = \"consistency\"\nmax_std = 0.4\n[fusion]\nrule = \"plain\"\n[sync]\nperiod_secs = 0.0",
    ] {
        let folder = own_folder();
        let config = format!(
            "[record]\npath = \"run.mcap\"\nflush_secs = 0.2\n[models]\nmembers = [\"grm\", \"absolute\", \"perceptual\"]\n{more}\n"
        );
        let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, &config);
        let learner = Learner::connect(runtime.endpoint());
        let cameras = Cameras::connect(runtime.endpoint()).roll(Duration::from_millis(100));
        learner.reward(|reward| reward.sequence >= 3);
        let begun = learner.begin(&begin_request(now_nanos(), 1.0)).expect("begin");
        for step in 1..=6 {
            let ending = if step == 6 { Ending::Terminated } else { Ending::Running };
            learner.step(&StepRequest { ending, ..step_request(begun.episode, step, now_nanos()) }).expect("a step");
        }
        drop(cameras);
        drop(learner);
        assert!(runtime.stop().success());
        let file = folder.path().join("run.mcap");
        let (fine, told) = said(&["replay", text(&file), "--check"]);
        assert!(fine && told.contains("bit for bit"), "{told}");
        let line = told.lines().find(|line| line.contains("frame sets compared")).expect("frame sets are compared");
        let numbers: Vec<u64> = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
        assert!(numbers.len() == 2 && numbers[0] == numbers[1] && numbers[0] > 6, "{line}");
    }
}

#[test]
fn label_has_three_more_columns_for_each_of_several_members_and_no_other_one_moves() {
    let plain = label(&[]);
    let first = label(&["--members", THREE, "--member-fusion", "first"]);
    let trailing: Vec<String> =
        THREE.split(',').flat_map(|name| ["", "_std", "_share"].map(|end| format!("{name}{end}"))).collect();
    assert_eq!(first.0, [&plain.0[..], &trailing].concat());
    for name in &plain.0 {
        assert_eq!(column(&plain, name), column(&first, name), "{name}: the first member is the default's");
    }
    assert_eq!(column(&first, "grm"), column(&first, "progress"));
    assert!(column(&first, "grm_share").iter().all(|share| *share == Some(1.0)));
    assert!(column(&first, "perceptual").iter().all(Option::is_some), "on record without a say");
}

#[test]
fn a_fused_progress_is_the_mean_by_the_shares_that_are_on_record() {
    for rule in ["inverse_variance", "consistency", "reliability"] {
        let table = label(&["--members", THREE, "--member-fusion", rule]);
        let mut mixed = vec![0.0; table.1.len()];
        let mut shares = vec![0.0; table.1.len()];
        for name in THREE.split(',') {
            let (progress, share) = (column(&table, name), column(&table, &format!("{name}_share")));
            for (row, (progress, share)) in progress.iter().zip(&share).enumerate() {
                mixed[row] += progress.unwrap() * share.unwrap();
                shares[row] += share.unwrap();
            }
        }
        for (row, progress) in column(&table, "progress").iter().enumerate() {
            assert!(
                (progress.unwrap() - mixed[row]).abs() < 1e-12 && (shares[row] - 1.0).abs() < 1e-12,
                "{rule} {row}"
            );
        }
    }
}

#[test]
fn a_view_that_drops_out_takes_the_perceptual_members_say_and_no_more() {
    let table = label(&["--members", THREE, "--transform", "drop:cam_wrist"]);
    assert!(column(&table, "perceptual").iter().all(Option::is_none));
    assert!(column(&table, "perceptual_share").iter().all(|share| *share == Some(0.0)));
    assert!(column(&table, "progress").iter().all(Option::is_some));
    // Alone it has nothing to say, and what was never said is held at the start.
    let alone = label(&["--members", "perceptual", "--transform", "drop:cam_wrist"]);
    assert!(column(&alone, "forward").iter().all(Option::is_none));
}

#[test]
fn eval_encodes_each_picture_once_whatever_the_members() {
    let (other, bundle) = (text(&world().other), text(&world().bundle));
    let output = run(PROGRAM, &["eval", other, "--bundle", bundle, "--members", THREE, "--json", "-"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["encoder_calls_per_step"].as_f64(), Some(3.0));
    assert_eq!(report["models"].as_str(), Some("grm+absolute+perceptual by inverse_variance"), "{report}");
    assert_eq!(report["episodes"][0]["frozen_drift"].as_f64(), Some(0.0), "no member drifts on a frozen picture");
}

#[test]
fn members_that_are_not_there_are_refused_in_one_line() {
    let (other, bundle) = (text(&world().other), text(&world().bundle));
    for (more, named) in [
        (&["--members", "grm,grm"][..], "twice"),
        (&["--members", "perceptal"], "did you mean `perceptual`?"),
        (&["--members", THREE, "--member-fusion", "vote"], "vote"),
        (&["--member-fusion", "first"], "--members"),
    ] {
        let (fine, told) = said(&[&["label", other, "--bundle", bundle, "--out", "x.csv"], more].concat());
        assert!(!fine && told.contains(named) && told.lines().count() == 1, "{told}");
    }
}
