//! The page of episodes whose progress is known.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use super::*;
use crate::label::fake::{draw_episode, loaded};

const HEAD: &str = "frame_index,timestamp_secs,progress,phase,success\n";

/// Two views of 41 pictures that brighten, and what is true of them.
fn episode(folder: &Path, name: &str, success: bool) -> PathBuf {
    let path = folder.join(name);
    draw_episode(&path);
    let rows = (0..41).map(|frame| {
        let progress = if success { f64::from(frame) / 40.0 } else { 0.2 };
        format!("{frame},{},{progress},0,{}\n", f64::from(frame) / 30.0, u8::from(success && frame == 40))
    });
    std::fs::write(path.join("truth.csv"), rows.fold(HEAD.to_owned(), |table, row| table + &row)).unwrap();
    path
}

fn options(folder: &Path, episodes: &[PathBuf]) -> PageOptions {
    PageOptions {
        episodes: episodes.to_vec(),
        bundle: "unused".into(),
        out: folder.join("page.html"),
        stride: 2,
        gamma: 0.99,
        live: Vec::new(),
        runs: Vec::new(),
        live_rate: 1.0,
        ffmpeg: "unused".into(),
        session: SessionConfig::default(),
        members: MembersConfig::default(),
    }
}

fn learnt() -> Learnt {
    Learnt { task: "fill the <cup>".to_owned(), views: vec!["left".to_owned()], ..Learnt::default() }
}

/// The page, and what was printed.
fn made(options: &PageOptions) -> (String, String) {
    let mut out = Vec::new();
    page_with(loaded(), &learnt(), options, &mut out).unwrap();
    (std::fs::read_to_string(&options.out).unwrap(), String::from_utf8(out).unwrap())
}

#[test]
fn successes_stand_beside_failures_and_wrong_verdicts_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = episode(folder.path(), "good", true);
    let bad = episode(folder.path(), "bad", false);
    std::fs::write(bad.join("simulation.json"), r#"{"failure": "wrong_object", "robot": "panda", "seed": 4}"#).unwrap();
    let (page, printed) = made(&options(folder.path(), &[good, bad]));
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(
        place("<h2>Successes</h2>") < place("id=\"episode-1\"")
            && place("id=\"episode-1\"") < place("<h2>Failures</h2>")
    );
    assert!(place("<h2>Failures</h2>") < place("id=\"episode-2\""));
    // The model goes by the brightness, which rises in both: it is right on one and wrong on the other.
    assert!(page.contains("judged <strong>1 of 2</strong> rightly"));
    assert!(
        page.contains("\u{2717} success")
            && page.contains("failure: wrong object")
            && page.contains("simulated panda, seed 4")
    );
    let rows: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1][..4], ["good", "success", "success", "yes"]);
    assert_eq!(rows[1][4], "0.000", "the model's progress is the true one");
    assert_eq!(rows[2][..6], ["bad", "failure:", "wrong", "object", "success", "NO"]);
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (page, _) = made(&options(folder.path(), &[episode(folder.path(), "one", true)]));
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), drawing::MOMENTS * 2);
    assert!(page.contains("fill the &lt;cup&gt;") && !page.contains("<cup>"));
    for wrong in ["<script", "<link", "src=\"http", "url(", "@import", "NaN", "inf\""] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    for tag in ["svg", "section", "article", "div", "table", "dl"] {
        let (opened, closed) = (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
        assert_eq!(opened, closed, "{tag}");
    }
}

#[test]
fn without_truth_there_is_no_error_and_no_right_or_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("real");
    draw_episode(&path);
    std::fs::remove_file(path.join("annotated_keyframes.json")).unwrap();
    let (page, printed) = made(&options(folder.path(), &[path]));
    assert!(page.contains("Outcome not recorded") && !page.contains("<polyline class=\"truth\" points=\"52"));
    assert!(!page.contains("rightly"));
    let cells: Vec<&str> = printed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(cells[..6], ["real", "not", "recorded", "success", "-", "-"]);
}

#[test]
fn live_rewards_are_drawn_over_the_episode_that_was_played() {
    let folder = tempfile::tempdir().unwrap();
    let heard = folder.path().join("heard.jsonl");
    let line = |at: u32, progress: f64| {
        format!("{{\"capture_newest_nanos\":{at}00000000,\"progress_mean\":{progress},\"reward\":0.01}}\n")
    };
    std::fs::write(&heard, [line(10, 0.0), line(12, 0.1), line(14, 0.2)].concat()).unwrap();
    let live = vec![LiveFile { episode: "one".to_owned(), file: heard }];
    let asked = options(folder.path(), &[episode(folder.path(), "one", true)]);
    let (page, _) = made(&PageOptions { live, ..asked.clone() });
    assert_eq!(page.matches("<polyline class=\"live\"").count(), 3, "progress, reward and the key");
    let (page, _) = made(&asked);
    assert!(!page.contains("<polyline class=\"live\""));
}

#[test]
fn nothing_is_played_for_a_page_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let one = episode(folder.path(), "one", true);
    let refusal = |asked: &PageOptions| {
        let message = page_with(loaded(), &learnt(), asked, &mut Vec::new()).unwrap_err().to_string();
        assert!(!asked.out.is_file() && !message.contains('\n'));
        message
    };
    let asked = options(folder.path(), std::slice::from_ref(&one));
    let out = folder.path().join("nowhere/page.html");
    assert!(refusal(&PageOptions { out, ..asked.clone() }).contains("does not exist"));
    assert!(refusal(&PageOptions { out: folder.path().to_owned(), ..asked.clone() }).contains("is a folder"));
    assert!(refusal(&options(folder.path(), &[one.clone(), folder.path().join("two")])).contains("two"));
    std::fs::write(one.join("truth.csv"), HEAD).unwrap();
    assert!(refusal(&asked).contains("has 0 rows for a clip of 41 frames"));
}

#[test]
fn folders_of_one_name_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["good/e", "bad/e", "f"].map(|name| episode(folder.path(), name, true));
    let episodes: Vec<Episode> = paths.iter().map(|path| Episode::open(path, None).unwrap()).collect();
    assert_eq!(names(&episodes), ["good/e", "bad/e", "f"]);
}
