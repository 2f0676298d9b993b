//! `run`, `play` and `watch` as three processes, on video.

use std::process::{Command, Stdio};

use striatum_tests::drawn::{DrawOptions, Drawn, Encoding, write_episode};
use striatum_tests::kit::{Learner, Runtime, run};

use crate::{PROGRAM, own_folder, text, world};

#[test]
fn an_episode_played_as_video_arrives_as_rewards() {
    let folder = own_folder();
    let ffmpeg = striatum::Cache::from_env().and_then(|cache| cache.ffmpeg(true)).expect("ffmpeg");
    let options =
        DrawOptions { seed: 1, frames: 75, width: 160, height: 120, fps: 15.0, blocks: 2, ..DrawOptions::default() };
    let episode = folder.path().join("video");
    write_episode(&Drawn::new(options).unwrap(), &episode, Encoding::Video(&ffmpeg)).unwrap();
    let config = "[sync]\nmax_skew_secs = 0.03\n";
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, config);
    let watch = Command::new(PROGRAM)
        .args(["watch", "--json", "--idle-secs", "4", "--connect", runtime.endpoint()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let learner = Learner::connect(runtime.endpoint());
    let played = run(PROGRAM, &["play", text(&episode), "--connect", runtime.endpoint()]);
    assert!(played.status.success(), "{}", String::from_utf8_lossy(&played.stderr));
    let output = watch.wait_with_output().unwrap();
    assert!(output.status.success());
    let rewards: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
        .filter(|line: &serde_json::Value| line.get("reward").is_some())
        .collect();
    // Five seconds at five frame sets a second; the first has no transition into it. A computer that is too busy loses some, and
    // counts each of them.
    let drops: u64 = learner.status(|_| true).drops.iter().sum();
    let lost = 24_u64.saturating_sub(rewards.len() as u64);
    assert!((12..=25).contains(&rewards.len()), "{}", rewards.len());
    assert!(lost <= drops + 1, "{lost} are missing, {drops} were counted: {:?}", learner.status(|_| true).drops);
    assert!(rewards.windows(2).all(|pair| pair[1]["sequence"].as_u64() == pair[0]["sequence"].as_u64().map(|n| n + 1)));
    let progress = |at: usize| rewards[at]["progress_mean"].as_f64().unwrap();
    assert!(
        progress(0) < 0.3 && progress(rewards.len() - 1) > 0.7,
        "{} to {}",
        progress(0),
        progress(rewards.len() - 1)
    );
}
