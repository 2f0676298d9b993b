//! A learner as a process: its rewards come over zenoh, the same seed gives the same run, and a run that was killed goes on as if it
//! had not been.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use striatum_tests::kit::{Runtime, free_endpoint, run};

use crate::sim::{folder, push_bundle};
use crate::{PROGRAM, text};

/// A run of a few short episodes.
const SHORT: [&str; 14] = [
    "--rollouts",
    "3",
    "--demonstrations",
    "1",
    "--evaluate-every",
    "2",
    "--evaluation-episodes",
    "1",
    "--final-episodes",
    "1",
    "--updates-per-step",
    "1",
    "--size",
    "64x48",
];
const FILES: [&str; 4] = ["rollouts.csv", "steps.csv", "evaluations.csv", "last.csv"];

fn arguments<'a>(out: &'a Path, reward: &'a str) -> Vec<&'a str> {
    let bundle = text(push_bundle());
    [&["train", "push", "--bundle", bundle, "--reward", reward, "--out", text(out)], &SHORT[..]].concat()
}

fn trained(out: &Path, reward: &str) {
    trains(out, &arguments(out, reward));
}

fn trains(out: &Path, arguments: &[&str]) {
    let output = run(PROGRAM, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", read(&out.join("runtime.log")));
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

/// The cells of a column.
fn column(csv: &str, name: &str) -> Vec<f64> {
    let mut lines = csv.lines();
    let at = lines.next().expect("a head").split(',').position(|head| head == name).expect(name);
    lines.map(|line| line.split(',').nth(at).expect(name).parse().expect("a number")).collect()
}

#[test]
fn one_seed_is_one_run_and_a_killed_one_goes_on_as_if_nothing_had_happened() {
    let folder = folder();
    let (once, killed) = (folder.path().join("once"), folder.path().join("killed"));
    trained(&once, "shaped");
    let rollouts = read(&once.join("rollouts.csv"));
    assert_eq!(column(&rollouts, "rollout"), [1.0, 2.0, 3.0]);
    assert!(column(&rollouts, "shaping_sum").iter().any(|sum| sum.abs() > 1e-3), "pictures shape: {rollouts}");
    assert!(column(&rollouts, "progress").iter().all(|progress| (0.0..=1.0).contains(progress)));
    assert_eq!(column(&rollouts, "late"), [0.0; 3], "in lock-step nothing is late");
    assert!(read(&once.join("success.svg")).starts_with("<svg") && once.join("summary.json").is_file());

    kill_after(1, &killed, &arguments(&killed, "shaped"));
    let output = run(PROGRAM, &["train", "--resume", "--out", text(&killed)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in FILES {
        assert_eq!(read(&once.join(file)), read(&killed.join(file)), "{file}");
    }
}

#[test]
fn where_the_model_is_to_judge_the_world_says_nothing_of_success() {
    let folder = folder();
    let out = folder.path().join("alone");
    trained(&out, "model_alone");
    assert!(read(&out.join("runtime.toml")).contains("gold_sources = [\"model\"]"));
    let steps = read(&out.join("steps.csv"));
    let (episodes, gold) = (column(&steps, "episode"), column(&steps, "gold"));
    let done = column(&steps, "true_progress");
    let demonstration: Vec<usize> = steps
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("demonstration,"))
        .enumerate()
        .map(|(at, _)| at)
        .collect();
    let shown = episodes[demonstration[demonstration.len() - 1]];
    let last: Vec<usize> = demonstration.into_iter().filter(|&at| (episodes[at] - shown).abs() < 0.5).collect();
    let end = last[last.len() - 1];
    assert!(done[end] >= 1.0, "an expert that fails demonstrates nothing");
    // By the world's word it would have been over, and paid, at the first step that it was done.
    let done_steps = last.iter().filter(|&&at| done[at] >= 1.0).count();
    assert!(done_steps >= 2, "{done_steps} of {} steps", last.len());
    assert!(last.iter().all(|&at| at == end || gold[at].abs() < 1e-12), "gold ends an episode");
}

#[test]
fn an_ablation_is_done_by_the_runtime_and_told_in_the_summary() {
    let folder = folder();
    let out = folder.path().join("other");
    trains(&out, &[&arguments(&out, "shaped")[..], &["--ablation", "other_gamma"]].concat());
    assert!(read(&out.join("runtime.toml")).contains("gamma = 0.99\n"));
    let steps = read(&out.join("steps.csv"));
    let [before, after, shaping] = ["potential_prev", "potential", "shaping"].map(|name| column(&steps, name));
    let off = (0..shaping.len()).map(|at| (0.99 * after[at] - before[at] - shaping[at]).abs()).fold(0.0, f64::max);
    // As many digits as the table has.
    assert!(off < 2e-5 && after.iter().any(|&after| after > 0.05), "{off}");
    let summary: serde_json::Value = serde_json::from_str(&read(&out.join("summary.json"))).expect("JSON");
    assert_eq!((&summary["ablation"], &summary["gamma"]), (&"other_gamma".into(), &0.97.into()));

    let elsewhere = free_endpoint();
    for (reward, wrong, why) in [
        ("sparse", &["--ablation", "other_gamma"][..], "the reward is sparse"),
        ("shaped", &["--ablation", "other_gamma", "--gamma", "0.99"], "the learner's own is 0.99"),
        ("shaped", &["--ablation", "forward_only", "--connect", &elsewhere], "leave out --connect"),
    ] {
        let refused = run(PROGRAM, &[&arguments(&folder.path().join("refused"), reward)[..], wrong].concat());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!((refused.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains("--ablation: is") && said.contains(why), "{said}");
    }
}

#[test]
fn in_real_time_a_run_says_how_its_control_period_was_kept() {
    let folder = folder();
    let out = folder.path().join("live");
    let asked = ["--real-time", "--control-hz", "10", "--rollouts", "1", "--demonstrations", "1"];
    let short = ["--evaluate-every", "0", "--final-episodes", "0", "--updates-per-step", "1", "--size", "64x48"];
    let about = ["--bundle", text(push_bundle()), "--out", text(&out)];
    trains(&out, &[&["train", "push"][..], &about, &asked, &short].concat());
    assert!(read(&out.join("runtime.toml")).contains("clock = \"wall\""));
    let summary: serde_json::Value = serde_json::from_str(&read(&out.join("summary.json"))).expect("JSON");
    let steps = read(&out.join("steps.csv")).lines().count() - 1;
    assert_eq!(summary["period_millis"]["count"], steps, "{summary:#}");
    assert_eq!(summary["period_millis"]["wanted"], 100.0);
    let shares = summary["spent"].as_object().expect("shares");
    for part in ["policy", "physics", "pictures", "learning", "reward", "idle"] {
        assert!(shares[part].as_f64() > Some(0.0), "{part}: {summary:#}");
    }
}

/// As a power cut would: at once, in the middle of a rollout.
fn kill_after(rollouts: usize, out: &Path, arguments: &[&str]) {
    let mut child = Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).spawn().expect("it starts");
    let table = out.join("rollouts.csv");
    wait(&mut child, || read(&table).lines().count() > rollouts, "as many rollouts");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    // Its runtime notices that it is alone.
    let log = out.join("runtime.log");
    wait_for(|| read(&log).contains("down:"), "the runtime's end");
}

fn wait(child: &mut Child, there: impl Fn() -> bool, what: &str) {
    wait_for(
        || {
            assert!(child.try_wait().expect("it can be asked").is_none() || there(), "it ended before {what}");
            there()
        },
        what,
    );
}

fn wait_for(mut there: impl FnMut() -> bool, what: &str) {
    let start = Instant::now();
    while !there() {
        assert!(start.elapsed() < Duration::from_secs(120), "no {what} in two minutes");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn path_integrals_have_one_scene_and_a_killed_run_goes_on_as_if_nothing_had_happened() {
    let folder = folder();
    let (once, killed) = (folder.path().join("once"), folder.path().join("killed"));
    let arguments = |out| {
        let asked = ["--learner", "pi2", "--rollouts", "20", "--evaluate-every", "10", "--size", "64x48"];
        let about = ["--bundle", text(push_bundle()), "--reward", "true_progress", "--out", text(out)];
        [&["train", "push"][..], &about, &asked].concat()
    };
    trains(&once, &arguments(&once));
    let rollouts = read(&once.join("rollouts.csv"));
    let (seeds, ends) = (column(&rollouts, "seed"), column(&rollouts, "shaping_sum"));
    assert!(seeds.iter().all(|seed| seed.to_bits() == seeds[0].to_bits()), "one scene: {rollouts}");
    assert!(
        ends.iter().any(|end| (end - ends[0]).abs() > 1e-3),
        "of which something else is tried each time: {rollouts}"
    );

    // In the middle of the second step.
    kill_after(11, &killed, &arguments(&killed));
    let output = run(PROGRAM, &["train", "--resume", "--out", text(&killed)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in FILES {
        assert_eq!(read(&once.join(file)), read(&killed.join(file)), "{file}");
    }

    for [option, value] in
        [["--demonstrations", "2"], ["--rollouts", "15"], ["--evaluation-episodes", "2"], ["--updates-per-step", "2"]]
    {
        let out = folder.path().join("refused");
        let about = ["--bundle", text(push_bundle()), "--out", text(&out), option, value];
        let output = run(PROGRAM, &[&["train", "push", "--learner", "pi2"][..], &about].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(&format!("{option}: is {value}")), "{said}");
    }
}

#[test]
fn a_sparse_reward_is_gold_alone_and_what_is_true_can_shape() {
    let folder = folder();
    let (sparse, truth) = (folder.path().join("sparse"), folder.path().join("true"));
    trained(&sparse, "sparse");
    trained(&truth, "true_progress");
    let sparse = read(&sparse.join("rollouts.csv"));
    assert_eq!(column(&sparse, "shaping_sum"), [0.0; 3]);
    assert_eq!(column(&sparse, "reward_sum"), column(&sparse, "success"), "gold is 1 where the task was done");
    let truth = read(&truth.join("rollouts.csv"));
    assert!(column(&truth, "shaping_sum").iter().all(|sum| sum.abs() > 1e-6), "{truth}");
}

#[test]
fn a_runtime_that_is_locked_to_another_gamma_or_robot_refuses_the_learner() {
    let folder = folder();
    let config = "robot = \"trainer\"\n[time]\nclock = \"lock_step\"\n[sync]\nfrozen_after_secs = 0.0\nperiod_secs = 0.0\n[reward]\ngamma = 0.9\nlock_gamma = true\n";
    let runtime = Runtime::start(PROGRAM, folder.path(), push_bundle(), config);
    let out = folder.path().join("run");
    let output = run(PROGRAM, &[&arguments(&out, "shaped")[..], &["--connect", runtime.endpoint()]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("gamma"), "{said}");
}

#[test]
fn a_runtime_that_is_restarted_costs_an_episode_at_most() {
    let folder = folder();
    let out = folder.path().join("run");
    let config = "robot = \"trainer\"\n[time]\nclock = \"lock_step\"\n[sync]\nfrozen_after_secs = 0.0\nperiod_secs = 0.0\n[reward]\ngamma = 0.97\n";
    let endpoint = free_endpoint();
    let runtime = Runtime::start_at(PROGRAM, folder.path(), push_bundle(), &endpoint, config);
    let arguments = [&arguments(&out, "shaped")[..], &["--connect", &endpoint]].concat();
    let mut child = Command::new(PROGRAM).args(&arguments).stdin(Stdio::null()).spawn().expect("it starts");
    wait(&mut child, || read(&out.join("rollouts.csv")).lines().count() > 1, "a rollout");
    runtime.kill();
    let _second = Runtime::start_at(PROGRAM, folder.path(), push_bundle(), &endpoint, config);
    assert!(child.wait().expect("it ends").success());
    let summary: serde_json::Value = serde_json::from_str(&read(&out.join("summary.json"))).expect("JSON");
    let count = |key: &str| summary[key].as_u64().expect(key);
    assert!(count("void") + count("asked_again") > 0 && count("void") <= 1, "{summary}");
    assert_eq!(column(&read(&out.join("rollouts.csv")), "rollout"), [1.0, 2.0, 3.0]);
}

#[test]
fn a_run_goes_on_with_the_bundle_that_it_began_with_or_not_at_all() {
    let folder = folder();
    let (out, bundle) = (folder.path().join("run"), folder.path().join("push.bundle"));
    std::fs::create_dir(&bundle).expect("made");
    for file in std::fs::read_dir(push_bundle()).expect("a bundle") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), bundle.join(file.file_name())).expect("copied");
    }
    let swap: Vec<&str> = arguments(&out, "sparse")
        .iter()
        .map(|&one| if one == text(push_bundle()) { text(&bundle) } else { one })
        .collect();
    let output = run(PROGRAM, &swap);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let manifest = bundle.join("manifest.toml");
    std::fs::write(&manifest, format!("{}\n# changed\n", read(&manifest))).expect("written");
    let output = run(PROGRAM, &["train", "--resume", "--out", text(&out)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("another bundle than this run began with"), "{said}");
}

#[test]
fn runs_are_not_mixed_and_what_is_damaged_is_refused() {
    let folder = folder();
    let out = folder.path().join("run");
    let refused = |arguments: &[&str], what: &str| {
        let output = run(PROGRAM, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.contains(what), "{what}: {said}");
    };
    refused(&["train", "--resume", "--out", text(&out)], "checkpoint.bin");
    trained(&out, "sparse");
    refused(&arguments(&out, "sparse"), "--resume");
    let checkpoint = out.join("checkpoint.bin");
    let whole = std::fs::read(&checkpoint).expect("it is there");
    for (what, bytes) in [("is cut or damaged", &whole[..whole.len() - 70]), ("no checkpoint", &b"hello"[..])] {
        std::fs::write(&checkpoint, bytes).expect("it can be written");
        refused(&["train", "--resume", "--out", text(&out)], what);
    }
    refused(
        &arguments(&folder.path().join("x"), "shaped")
            .iter()
            .map(|&one| if one == "push" { "fly" } else { one })
            .collect::<Vec<_>>(),
        "fly",
    );
}
