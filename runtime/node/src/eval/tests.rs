//! What eval says of pictures whose progress is known, and the same numbers from the field's own tool.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic, clippy::print_stderr)]

use std::path::Path;
use std::process::Command;

use super::measures::CompletionClass;
use super::*;
use crate::label::fake::{self, draw_episode, loaded};

fn options(episode: &Path) -> EvalOptions {
    EvalOptions {
        episodes: vec![episode.to_owned()],
        bundle: PathBuf::from("unused"),
        stride: 5,
        transforms: Vec::new(),
        reuse: None,
        hacks: false,
        other: None,
        playbacks: PlaybackSet::All,
        json: None,
        report: None,
        ffmpeg: PathBuf::from("unused"),
        session: SessionConfig::default(),
        members: MembersConfig::default(),
    }
}

fn drawn() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    folder
}

#[test]
fn a_model_that_is_right_has_the_measures_of_one() {
    let folder = drawn();
    let mut out = Vec::new();
    let report = eval_with(loaded(), &options(folder.path()), &mut out).unwrap();
    let episode = &report.episodes[0];
    assert!((episode.voc_plus - 1.0).abs() < 1e-12 && (episode.voc_minus.unwrap() + 1.0).abs() < 1e-12);
    assert!(episode.mae < 1e-12 && episode.rmse < 1e-12 && (episode.kendall_tau - 1.0).abs() < 1e-12);
    assert_eq!((episode.frozen_drift, episode.interval_coverage_90), (Some(0.0), 1.0));
    assert_eq!((episode.final_truth, episode.true_completion_class), (1.0, CompletionClass::Success));
    assert!((episode.ood_mean - 0.1).abs() < 1e-12);
    assert_eq!((episode.ood_share, episode.succeeded), (0.0, None));
    assert_eq!((episode.completion_class, episode.failure_detected), (CompletionClass::Success, false));
    assert_eq!((episode.frames, episode.rows, report.encoder_calls_per_step), (41, 9, 2.0));
    let table = String::from_utf8(out).unwrap();
    assert!(table.starts_with("episode") && table.contains("success"));
}

#[test]
fn json_on_standard_output_is_one_object_and_nothing_else() {
    let folder = drawn();
    let mut out = Vec::new();
    let asked = EvalOptions { json: Some("-".into()), hacks: true, ..options(folder.path()) };
    eval_with(loaded(), &asked, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let episode = &json["episodes"][0];
    for key in ["voc_plus", "voc_minus", "mae", "rmse", "kendall_tau", "frozen_drift", "interval_coverage_90"] {
        assert!(episode[key].is_f64(), "{key}");
    }
    assert_eq!((&episode["completion_class"], &episode["failure_detected"]), (&"success".into(), &false.into()));
    assert_eq!(json["encoder_calls_per_step"], 2.0);
    assert!(json["latency_ms"]["p50"].is_f64() && json["latency_ms"]["p99"].is_f64());
    let hacks = episode["hacks"].as_array().unwrap();
    let hack = |name: &str| hacks.iter().find(|hack| hack["transform"] == name).expect(name);
    assert_eq!(hack("reverse")["verdict_right"], true);
    assert_eq!(hack("stall:30")["completion_class"], "partial");
    assert_eq!(hack("drop:left")["completion_class"], "success");
    let swap = hack("swap:left,right");
    assert_eq!(swap["verdict_right"], false, "pictures that are all alike cannot tell their views");
    assert_eq!(
        (&swap["must"][0], &swap["broken"][0]),
        (&"no success, or half of the rows flagged".into(), &"called a success, 0 % of rows flagged".into())
    );
    assert_eq!(hack("freeze:20")["verdict_right"], true);
    assert!(hacks.iter().all(|hack| hack["transform"] != "other"), "no other clip was given");
}

#[test]
fn the_first_playback_encodes_everything_and_the_others_what_is_new() {
    let folder = drawn();
    let (loaded, modes) = fake::loaded_with_modes();
    let mut asked = EvalOptions { hacks: true, ..options(folder.path()) };
    asked.episodes.push(folder.path().to_owned());
    let report = eval_with(loaded, &asked, &mut Vec::new()).unwrap();
    let an_episode = [MemoMode::Fill, MemoMode::Reuse, MemoMode::Off];
    assert_eq!(*modes.lock().unwrap(), [an_episode, an_episode].concat(), "nothing is left for the next episode");
    assert_eq!(report.encoder_calls_per_step, 2.0, "that of a playback without memory");
}

#[test]
fn another_tasks_clip_is_judged_as_if_nothing_were_done() {
    let folder = drawn();
    let asked = EvalOptions { hacks: true, other: Some(folder.path().to_owned()), ..options(folder.path()) };
    let report = eval_with(loaded(), &asked, &mut Vec::new()).unwrap();
    let other = report.episodes[0].hacks.iter().find(|hack| hack.transform == "other").unwrap();
    // The model takes it for its own task's, and it is not in the least surprised.
    assert!((other.mae - 0.5).abs() < 1e-9, "{}", other.mae);
    assert!(!other.verdict_right && other.broken.len() == 2, "{:?}", other.broken);
    assert!(report.table().contains("WRONG: called a success at a truth of 0.00; 0 % of rows flagged"));
}

#[test]
fn a_success_that_was_seen_and_lost_again_is_reported() {
    let folder = drawn();
    // It takes the clip's middle for the goal.
    let loaded = || fake::loaded_with_goal(|progress| if (0.4..0.8).contains(&progress) { 1.0 } else { 0.0 });
    let asked = EvalOptions { stride: 1, json: Some("-".into()), ..options(folder.path()) };
    let mut out = Vec::new();
    eval_with(loaded(), &asked, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let episode = &json["episodes"][0];
    // Frames 16 to 31 show it, a 30th of a second each: the 16th of them makes half a second, and the window holds it to the end.
    assert_eq!(episode["success_seen"], true);
    assert!((episode["success_first_secs"].as_f64().unwrap() - 31.0 / 30.0).abs() < 1e-9, "{episode}");
    assert_eq!(episode["failure_detected"], false, "the window still holds it");
    assert_eq!(episode["false_success_any"], 0.0, "by keyframes nothing is certain from 0.7 on");
    let done_never = "frame_index,timestamp_secs,progress,phase,success\n".to_owned()
        + &(0..41).map(|frame| format!("{frame},{},0.5,0,0\n", f64::from(frame) / 30.0)).collect::<String>();
    std::fs::write(folder.path().join("truth.csv"), done_never).unwrap();
    let report = eval_with(loaded(), &EvalOptions { stride: 1, ..options(folder.path()) }, &mut Vec::new()).unwrap();
    let episode = &report.episodes[0];
    assert!((episode.false_success_any - 10.0 / 41.0).abs() < 1e-9, "{}", episode.false_success_any);
    assert!(report.table().contains("seen at 1.0 s, to the end; FALSE in 24.4 % of rows"), "{}", report.table());
    let plain = eval_with(fake::loaded_with_goal(|_| 0.0), &options(folder.path()), &mut Vec::new()).unwrap();
    assert_eq!((plain.episodes[0].success_seen, plain.episodes[0].success_first_secs), (false, None));
    assert!(plain.table().contains("not seen"));
}

#[test]
fn freezes_are_judged_as_if_each_were_played() {
    let folder = drawn();
    let goal: fn(f64) -> f64 = |progress| if (0.2..0.3).contains(&progress) || progress > 0.8 { 1.0 } else { 0.1 };
    let asked = EvalOptions { hacks: true, ..options(folder.path()) };
    let report = eval_with(fake::loaded_with_goal(goal), &asked, &mut Vec::new()).unwrap();
    let hack = report.episodes[0].hacks.iter().find(|hack| hack.transform == "freezes").unwrap();
    let freezes = hack.freezes.as_ref().unwrap();
    // Frames 0, 10 and 20 are before 0.7; frame 10, at a quarter, looks like the goal.
    assert_eq!((freezes.tried, freezes.successes, freezes.frames.as_slice()), (3, 1, &[10][..]));
    assert!(!hack.verdict_right && hack.broken[0].contains("1 of 3 called a success, the first frame 10"));
    for frame in [0, 10, 20] {
        let transforms = vec![format!("freeze:{frame}").parse().unwrap()];
        let frozen = EvalOptions { transforms, stride: 1, ..options(folder.path()) };
        let played = eval_with(fake::loaded_with_goal(goal), &frozen, &mut Vec::new()).unwrap();
        assert_eq!(played.episodes[0].success_seen, freezes.frames.contains(&frame), "{frame}");
    }
    let right = eval_with(fake::loaded_with_goal(|progress| progress), &asked, &mut Vec::new()).unwrap();
    let hack = right.episodes[0].hacks.iter().find(|hack| hack.transform == "freezes").unwrap();
    assert!(hack.verdict_right && hack.freezes.as_ref().unwrap().successes == 0);
    assert!(right.table().contains("no success at any of 3 frozen frames"));
}

#[test]
fn what_was_not_played_has_no_number() {
    let folder = drawn();
    let asked = EvalOptions { playbacks: PlaybackSet::Forward, json: Some("-".into()), ..options(folder.path()) };
    let mut out = Vec::new();
    let report = eval_with(loaded(), &asked, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert!(json["episodes"][0]["voc_minus"].is_null() && json["episodes"][0]["frozen_drift"].is_null());
    assert_eq!(json["episodes"][0]["voc_plus"], 1.0);
    assert!(report.table().contains(" - "), "{}", report.table());
}

#[test]
fn transforms_come_before_everything_else() {
    let folder = drawn();
    let transforms = vec!["reverse".parse().unwrap()];
    let report = eval_with(loaded(), &EvalOptions { transforms, ..options(folder.path()) }, &mut Vec::new()).unwrap();
    let episode = &report.episodes[0];
    assert!((episode.voc_plus + 1.0).abs() < 1e-12 && (episode.voc_minus.unwrap() - 1.0).abs() < 1e-12);
    assert!(episode.mae < 1e-12, "the truth is that of the frames that are shown");
    assert!(episode.failure_detected);
    assert_eq!(report.transforms, ["reverse"]);
}

#[test]
fn the_report_needs_nothing_but_itself() {
    let folder = drawn();
    let path = folder.path().join("report.html");
    let asked = EvalOptions { report: Some(path.clone()), hacks: true, ..options(folder.path()) };
    eval_with(loaded(), &asked, &mut Vec::new()).unwrap();
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), MOMENTS.0 * 2);
    assert!(page.contains("called a success"));
    for part in ["<h2>Measures", "Attacks: what must hold", "<h2>Calibration", "<h2>Latency", "<h2>What was run"] {
        assert!(page.contains(part), "{part}");
    }
    let attacks = hacks::attacks(41, &["left", "right"], None).len();
    assert_eq!(page.matches("<svg class=\"spark\"").count(), attacks + 1, "a curve for each attack, and for `freezes`");
    for outside in ["<script", "<link", "src=\"http", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn many_episodes_have_fewer_pictures_each() {
    assert_eq!((moments(1, 3), moments(25, 3), moments(50, 3), moments(10_000, 3), moments(0, 0)), (8, 8, 4, 2, 8));
}

#[test]
fn the_same_input_gives_the_same_page_but_for_latency() {
    let folder = drawn();
    let page = |name: &str| {
        let path = folder.path().join(name);
        let asked = EvalOptions { report: Some(path.clone()), hacks: true, ..options(folder.path()) };
        eval_with(loaded(), &asked, &mut Vec::new()).unwrap();
        let page = std::fs::read_to_string(path).unwrap();
        let (before, latency) = page.split_once("<h2>Latency</h2>").unwrap();
        let (_, after) = latency.split_once("<h2>What was run</h2>").unwrap();
        // The command names the file.
        (before.to_owned(), after.replace(name, ""))
    };
    assert_eq!(page("one.html"), page("two.html"));
}

#[test]
fn json_has_what_the_report_draws() {
    let folder = drawn();
    let mut out = Vec::new();
    let asked = EvalOptions { json: Some("-".into()), ..options(folder.path()) };
    eval_with(loaded(), &asked, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let calibration = &json["calibration"];
    assert_eq!((&calibration["episodes"], calibration["bins"].as_array().unwrap().len()), (&1.into(), 10));
    // Nine rows from 0 to 1 in steps of 1/8: none in the fifth tenth, and all are right.
    assert!(calibration["ece"].as_f64().unwrap() < 1e-12);
    assert_eq!(
        (calibration["bins"][2]["true"].as_f64(), &calibration["bins"][4]["true"]),
        (Some(0.25), &json["nothing"])
    );
    assert_eq!(
        (&calibration["coverage"][0]["nominal"], &calibration["coverage"][0]["mean"]),
        (&0.1.into(), &1.0.into())
    );
    for stage in ["synchronise", "preprocess", "encode", "score", "fuse_shape"] {
        assert!(json["stages_ms"][stage]["p90"].is_f64(), "{stage}");
    }
    assert!(json["latency_ms"]["p90"].is_f64());
    assert!(json["run"]["command"].as_str().unwrap().starts_with("striatum eval "));
    assert_eq!(json["run"]["program_sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn a_clip_whose_truth_nobody_wrote_down_says_nothing_of_calibration() {
    let folder = drawn();
    std::fs::remove_file(folder.path().join("annotated_keyframes.json")).unwrap();
    let report = eval_with(loaded(), &options(folder.path()), &mut Vec::new()).unwrap();
    assert_eq!(report.calibration, None);
}

#[test]
fn every_episode_is_opened_before_the_first_is_played() {
    let folder = drawn();
    let mut asked = options(folder.path());
    asked.episodes.push(folder.path().join("nothing"));
    let message = eval_with(loaded(), &asked, &mut Vec::new()).unwrap_err().to_string();
    assert!(message.contains("nothing"), "{message}");
}

/// Python with what the tool needs, and the tool; `None`, loudly, where one is missing (in CI the tool must be there).
fn metrics_tool() -> Option<(PathBuf, PathBuf)> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let tool = std::env::var_os("STRIATUM_SHARED").map_or(default, PathBuf::from).join("tools/progress_metrics.py");
    if !tool.is_file() {
        assert!(std::env::var_os("CI").is_none(), "no progress_metrics.py: set STRIATUM_SHARED");
        eprintln!("SKIPPED: STRIATUM_SHARED does not hold tools/progress_metrics.py");
        return None;
    }
    let python = std::env::var_os("STRIATUM_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let ready =
        Command::new(&python).args(["-c", "import numpy, scipy"]).output().is_ok_and(|out| out.status.success());
    if !ready {
        eprintln!("SKIPPED: {} has no numpy and scipy (STRIATUM_PYTHON names another)", python.display());
        return None;
    }
    Some((python, tool))
}

#[test]
fn measures_agree_with_the_fields_own_tool() {
    let Some((python, tool)) = metrics_tool() else { return };
    let folder = drawn();
    let keyframes = folder.path().join("annotated_keyframes.json");
    let pieces = "[{\"start_frame_id\": 3, \"end_frame_id\": 12}, {\"start_frame_id\": 20, \"end_frame_id\": 33}]";
    std::fs::write(&keyframes, pieces).unwrap();
    // Out of order with a pause at the end: no simple correlation, many ties, and the truth is not the model's.
    let labels = fake::options(folder.path(), "labels.csv", &["shuffle:2", "stall:30"]);
    let labels = crate::label::LabelOptions { stride: 1, ..labels };
    crate::label::label_with(loaded(), &labels).unwrap();
    let output = Command::new(python)
        .arg(tool)
        .args([labels.out.as_os_str(), keyframes.as_os_str()])
        .args(["--truth-column", "source_frame"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let asked = EvalOptions { transforms: labels.transforms, stride: 1, ..options(folder.path()) };
    let ours = eval_with(loaded(), &asked, &mut Vec::new()).unwrap().episodes.remove(0);
    for (name, ours, theirs) in [
        ("voc_plus", ours.voc_plus, &theirs["voc_plus"]),
        ("kendall_tau", ours.kendall_tau, &theirs["kendall_tau"]),
        ("mae", ours.mae, &theirs["mae"]),
        ("rmse", ours.rmse, &theirs["rmse"]),
        ("coverage", ours.interval_coverage_90, &theirs["calibration"]["coverage"]["90"]),
    ] {
        let theirs = theirs.as_f64().unwrap();
        assert!((ours - theirs).abs() <= 1e-6, "{name}: ours {ours}, theirs {theirs}"); // the tool rounds to 6 places
    }
    assert_eq!(ours.completion_class.name(), theirs["completion"]["class"]);
    assert!(ours.mae > 0.01 && ours.voc_plus.abs() < 0.9, "a curve without errors would compare nothing");
}
