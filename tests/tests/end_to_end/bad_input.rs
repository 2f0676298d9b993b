//! What comes from outside and is wrong: one clear line, nothing lost, the runtime goes on.

use std::time::Duration;

use striatum_tests::drawn::View;
use striatum_tests::kit::{Cameras, Learner, Runtime, now_nanos, run, run_with};
use striatum_wire::{DropCause, Keys, Recording, RefusalCode, State, encoding};

use crate::{PROGRAM, own_folder, text, world};

/// The program fails with status `status` and one line on stderr that holds each of `words`.
fn fails(arguments: &[&str], status: i32, words: &[&str]) {
    let output = run(PROGRAM, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "{arguments:?} does not say `{word}`: {stderr}");
    }
    let lines: Vec<_> = stderr.lines().filter(|line| line.starts_with("striatum: ")).collect();
    assert_eq!(lines.len(), 1, "one line: {stderr}");
}

#[test]
fn messages_that_are_not_ours_are_counted_and_change_nothing() {
    let folder = own_folder();
    let mut runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, "");
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint());
    let strangers = [
        (encoding::IMAGE, &b""[..]),
        (encoding::IMAGE, b"hello"),
        (encoding::IMAGE, &[0, 1, 0, 0]),
        (encoding::IMAGE, &[0xff; 100]),
        ("text/plain", b"hello"),
    ];
    for (count, (encoding, bytes)) in (1..).zip(strangers) {
        cameras.send_bytes("cam_high", encoding, bytes);
        learner.status(|status| status.dropped(DropCause::NotOurs) == count);
    }
    cameras.send_bytes("cam_nose", encoding::IMAGE, b"hello");
    learner.status(|status| status.dropped(DropCause::UnknownView) == 1);
    for (key, bytes) in [("begin", &b"x"[..]), ("step", &[0, 1, 0, 0, 9, 0, 0, 0]), ("abort", b"")] {
        let keys = Keys::new("robot").unwrap();
        let key = format!("{}/episode/{key}", keys.reward().trim_end_matches("/reward"));
        let (code, line) = learner.ask(&key, bytes).expect_err("it is no request");
        assert!(matches!(code, RefusalCode::Malformed | RefusalCode::VersionMismatch), "{code:?}: {line}");
    }
    // A JPEG that is cut.
    let mut jpeg = striatum_frames::encode_jpeg(&striatum_frames::Image::filled(64, 48, [9, 9, 9]), 80).unwrap();
    jpeg.truncate(jpeg.len() / 2);
    let message = striatum_wire::CompressedImage {
        stamp_nanos: striatum_core::StampNanos(now_nanos()),
        frame_id: "cam_high",
        format: "jpeg",
        data: &jpeg,
    };
    let mut bytes = vec![0; message.encoded_len()];
    message.encode(&mut bytes).unwrap();
    cameras.send_bytes("cam_high", encoding::COMPRESSED_IMAGE, &bytes);
    learner.status(|status| status.dropped(DropCause::Undecodable) == 1);
    // And it still works.
    let _rolling = cameras.roll(Duration::from_millis(100));
    learner.reward(|reward| reward.sequence >= 2);
    assert!(runtime.is_up());
}

#[test]
fn a_view_that_drops_out_degrades_and_its_return_mends() {
    let folder = own_folder();
    let runtime = Runtime::start(PROGRAM, folder.path(), &world().bundle, "[sync]\nperiod_secs = 0.0\n");
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint());
    let send = |frame: u32, views: &[View]| {
        let stamp = now_nanos();
        views.iter().for_each(|view| cameras.send_view(*view, frame, stamp));
        std::thread::sleep(Duration::from_millis(120));
    };
    (0..3).for_each(|frame| send(frame, &View::ALL));
    (3..8).for_each(|frame| send(frame, &[View::High, View::Side]));
    learner.reward(|reward| {
        reward.views_used.count() == 2 && reward.quality.contains(striatum_wire::QualityFlags::DEGRADED)
    });
    // Until it has taken effect; a busy computer needs more frames for it.
    let whole = |reward: &striatum_wire::ShapedReward| {
        reward.views_used.count() == 3 && !reward.quality.contains(striatum_wire::QualityFlags::DEGRADED)
    };
    let mended = (8..200).any(|frame| {
        send(frame, &View::ALL);
        learner.rewards().last().is_some_and(whole)
    });
    assert!(mended, "{:?}", learner.rewards().last());
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_rewards() {
    let folder = own_folder();
    let record = "[record]\npath = \"small.mcap\"\nflush_secs = 0.1\n";
    let runtime = Runtime::start_with_small_disk(PROGRAM, folder.path(), &world().bundle, 3000, record);
    let learner = Learner::connect(runtime.endpoint());
    let _cameras = Cameras::connect(runtime.endpoint()).roll(Duration::from_millis(50));
    let status = learner.status(|status| status.recording == Recording::Failed);
    assert_eq!(status.state, State::Degraded);
    let rewards = status.rewards;
    let later = learner.status(|status| status.rewards > rewards + 5);
    assert_eq!(later.recording, Recording::Failed);
    assert!(runtime.log().contains("rewards go on"), "{}", runtime.log());
    let file = folder.path().join("small.mcap");
    assert!(!runtime.stop().success(), "it says at the end that the recording failed");
    // What was on the disk before it was full can be replayed.
    let output = run(PROGRAM, &["replay", text(&file), "--check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn configurations_that_are_wrong_are_refused_by_key() {
    let folder = own_folder();
    let config = folder.path().join("c.toml");
    let bundle = format!("bundle = {:?}\n", text(&world().bundle));
    for (more, words) in [
        ("[sync]\nmax_skew = 0.1\n", &["line 3", "`max_skew`", "max_skew_secs"][..]),
        ("[rewards]\n", &["`rewards`", "reward"]),
        ("[reward]\ngamma = 2.0\n", &["discount", "2"]),
        ("[source]\nkind = \"telepathy\"\n", &["telepathy"]),
        ("[session]\nintra_op_threads = 0\n", &["intra_op_threads"]),
        ("[[session.providers]]\nname = \"cuda\"\n", &["cuda"]),
        ("[record]\npath = \"no/such/folder/r.mcap\"\n", &["no/such/folder"]),
        ("[zenoh]\nlisten = [\"carrier-pigeon/1\"]\n", &["carrier-pigeon"]),
    ] {
        std::fs::write(&config, format!("{bundle}{more}")).unwrap();
        fails(&["run", text(&config)], 1, words);
    }
    fails(&["run", "nowhere.toml"], 1, &["nowhere.toml"]);
    std::fs::write(&config, "bundle = \"nowhere.bundle\"\n").unwrap();
    fails(&["run", text(&config)], 1, &["nowhere.bundle"]);
}

#[test]
fn a_bundle_that_was_changed_is_refused_by_name() {
    let folder = own_folder();
    let copy = |name: &str| {
        let target = folder.path().join(name);
        copy_folder(&world().bundle, &target);
        target
    };
    let label = |bundle: &std::path::Path, words: &[&str]| {
        let out = folder.path().join("o.csv");
        fails(&["label", text(&world().other), "--bundle", text(bundle), "--out", text(&out)], 1, words);
        assert!(!out.exists(), "nothing is left behind");
    };
    let bundle = copy("head");
    let head = std::fs::read_dir(&bundle)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "onnx"))
        .expect("a head");
    let mut bytes = std::fs::read(&head).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&head, bytes).unwrap();
    label(&bundle, &[head.file_name().unwrap().to_str().unwrap()]);

    let bundle = copy("version");
    let manifest = bundle.join("manifest.toml");
    let lines = std::fs::read_to_string(&manifest).unwrap();
    let changed: Vec<_> = lines
        .lines()
        .map(|line| if line.starts_with("format_version") { "format_version = 99" } else { line })
        .collect();
    std::fs::write(&manifest, changed.join("\n")).unwrap();
    label(&bundle, &["99"]);

    let bundle = copy("view");
    let manifest = bundle.join("manifest.toml");
    let lines = std::fs::read_to_string(&manifest).unwrap().replace("cam_side", "cam_nose");
    std::fs::write(&manifest, lines).unwrap();
    label(&bundle, &["cam_nose"]);
}

#[test]
fn episodes_that_are_not_whole_are_refused_by_file() {
    let folder = own_folder();
    let bundle = text(&world().bundle);
    let out = folder.path().join("o.csv");
    let label =
        |episode: &str, words: &[&str]| fails(&["label", episode, "--bundle", bundle, "--out", text(&out)], 1, words);
    label("no/such/episode", &["no/such/episode"]);
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    label(text(&empty), &["empty"]);
    let broken = folder.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    for view in View::ALL {
        std::fs::write(broken.join(format!("{}.mp4", view.name())), b"this is no video").unwrap();
    }
    label(text(&broken), &["mp4"]);
    fails(&["label", text(&world().other), "--bundle", bundle, "--out", "o.xlsx"], 1, &["o.xlsx"]);
    fails(&["label"], 2, &["--bundle"]);
    fails(&["dance"], 2, &["dance"]);
    fails(&["label", "e", "--bundle", "b", "--out", "o.csv", "--transform", "spin:3"], 2, &["spin"]);
}

#[test]
fn playing_to_nobody_is_an_error_that_names_the_address() {
    let endpoint = striatum_tests::kit::free_endpoint();
    fails(&["play", text(&world().other), "--connect", &endpoint], 1, &["nobody", &endpoint]);
}

#[test]
fn numbers_out_of_range_on_the_command_line_are_wrong_usage() {
    fails(&["label", "e", "--bundle", "b", "--out", "o.csv", "--stride", "0"], 2, &["--stride"]);
    fails(&["label", "e", "--bundle", "b", "--out", "o.csv", "--gamma", "1.5"], 2, &["--gamma", "1.5"]);
    fails(&["play", "e", "--rate", "0"], 2, &["--rate"]);
    fails(&["bench", "--bundle", "b", "--episode", "e", "--steps", "0"], 2, &["--steps"]);
    fails(&["adapt", "e", "--out", "b", "--backbone", "mobilenet_v3"], 2, &["mobilenet_v2"]);
    fails(&[], 2, &["--help"]);
}

#[test]
fn a_missing_runtime_library_is_one_line_with_its_mend() {
    let folder = own_folder();
    let out = folder.path().join("o.csv");
    let arguments = ["label", text(&world().other), "--bundle", text(&world().bundle), "--out", text(&out)];
    let output = run_with(PROGRAM, &arguments, &[("ORT_DYLIB_PATH", "/nonexistent/libonnxruntime.so")]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("ORT_DYLIB_PATH") || stderr.contains("/nonexistent/libonnxruntime.so"), "{stderr}");
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
