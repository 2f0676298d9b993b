//! Record and replay: the same rewards, bit for bit, from the file.

use std::time::Duration;

use striatum_core::Ending;
use striatum_tests::kit::{Cameras, Learner, Runtime, begin_request, now_nanos, run, step_request};
use striatum_wire::StepRequest;

use crate::{PROGRAM, own_folder, text, world};

/// Runs, watches, opens episodes with every kind of ending, lets a deadline pass, and stops; gives the recording.
fn record(folder: &std::path::Path, more: &str) -> std::path::PathBuf {
    let config = format!("{more}\n[record]\npath = \"run.mcap\"\nflush_secs = 0.2\n");
    let runtime = Runtime::start(PROGRAM, folder, &world().bundle, &config);
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint()).roll(Duration::from_millis(100));
    learner.reward(|reward| reward.sequence >= 3);
    for (ending, deadline) in [(Ending::Terminated, 1.0), (Ending::Truncated, 0.0), (Ending::Running, 0.02)] {
        let begun = learner.begin(&begin_request(now_nanos(), deadline)).expect("begin");
        for step in 1..=8 {
            let ending = if step == 8 { ending } else { Ending::Running };
            learner.step(&StepRequest { ending, ..step_request(begun.episode, step, now_nanos()) }).expect("a step");
        }
        if ending == Ending::Running {
            learner.abort(begun.episode).expect("abort");
        }
        // Asked for what is not there: a refusal is part of the record too.
        assert!(learner.step(&step_request(begun.episode, 99, now_nanos())).is_err());
    }
    let sequence = learner.rewards().last().map_or(0, |reward| reward.sequence);
    learner.reward(|reward| reward.sequence >= sequence + 3);
    drop(cameras);
    drop(learner);
    assert!(runtime.stop().success());
    folder.join("run.mcap")
}

fn replay(arguments: &[&str]) -> (bool, String) {
    let output = run(PROGRAM, arguments);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_replay_computes_the_same_rewards_bit_for_bit() {
    for more in ["", "[fusion]\nrule = \"consistency\"\n[sync]\nperiod_secs = 0.0\ndrop_out = \"hold\"\n"] {
        let folder = own_folder();
        let file = record(folder.path(), more);
        let (fine, said) = replay(&["replay", text(&file), "--check"]);
        assert!(fine && said.contains("bit for bit"), "{said}");
        let (fine, said) = replay(&["replay", text(&file), "--bundle", text(&world().bundle)]);
        assert!(fine && said.contains("progress moves by 0.000000 on average"), "{said}");
        let (fine, said) = replay(&["replay", text(&file), "--check", "--bundle", text(&world().bundle)]);
        assert!(fine && said.contains("bit for bit"), "the same bundle under another path is the original: {said}");
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_replayed_up_to_the_cut() {
    let folder = own_folder();
    let file = record(folder.path(), "");
    let bytes = std::fs::read(&file).unwrap();
    let cut = folder.path().join("cut.mcap");
    let mut replayed = 0;
    // Twenty places, among them the very first bytes and the middle of chunks.
    for part in 0..20 {
        std::fs::write(&cut, &bytes[..bytes.len() * part / 20 + part % 3]).unwrap();
        let (fine, said) = replay(&["replay", text(&cut), "--check"]);
        replayed += usize::from(fine);
        assert!(fine && said.contains("was cut") || said.contains("striatum: "), "{part}: {said}");
        assert!(!said.contains("panicked"), "{part}: {said}");
        assert!(!said.contains("frame sets differ"), "{part}: {said}");
    }
    assert!(replayed >= 10, "only {replayed} of 20 cuts could be replayed");
}

#[test]
fn a_recording_of_an_episode_points_to_its_files_and_notices_when_they_change() {
    let folder = own_folder();
    let episode = folder.path().join("episode");
    let copied = std::process::Command::new("cp").args(["-r", text(&world().other), text(&episode)]).status().unwrap();
    assert!(copied.success());
    let source = format!(
        "[source]\nkind = \"episode\"\npath = {:?}\nrate = 2.0\n[sync]\nperiod_secs = 0.1\n[record]\npath = \"run.mcap\"\n",
        text(&episode)
    );
    let config = folder.path().join("c.toml");
    let endpoint = striatum_tests::kit::free_endpoint();
    let bundle = text(&world().bundle);
    std::fs::write(&config, format!("bundle = {bundle:?}\n{source}[zenoh]\nlisten = [{endpoint:?}]\n")).unwrap();
    let output = run(PROGRAM, &["run", text(&config)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let file = folder.path().join("run.mcap");
    let (fine, said) = replay(&["replay", text(&file), "--check"]);
    assert!(fine && said.contains("bit for bit"), "{said}");
    // The episode lies elsewhere now.
    let moved = folder.path().join("moved");
    std::fs::rename(&episode, &moved).unwrap();
    assert!(!replay(&["replay", text(&file), "--check"]).0);
    let (fine, said) = replay(&["replay", text(&file), "--check", "--episode", text(&moved)]);
    assert!(fine && said.contains("bit for bit"), "{said}");
    std::fs::rename(&moved, &episode).unwrap();
    // Another picture under the same name.
    let picture = episode.join("cam_high/000007.png");
    std::fs::copy(episode.join("cam_high/000020.png"), &picture).unwrap();
    let (fine, said) = replay(&["replay", text(&file), "--check"]);
    assert!(!fine && said.contains("cam_high") && said.contains("SHA-256"), "{said}");
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = own_folder();
    let file = folder.path().join("x.mcap");
    std::fs::write(&file, b"not an mcap").unwrap();
    let (fine, said) = replay(&["replay", text(&file)]);
    assert!(!fine && said.contains("x.mcap") && said.lines().count() == 1, "{said}");
}
