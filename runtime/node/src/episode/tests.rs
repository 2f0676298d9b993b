//! Decoding against itself: any order must give the bytes that playing straight through gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::Command;

use striatum_core::ViewMask;
use striatum_frames::{Image, content_hash, encode_png};

use super::*;

/// The ffmpeg to test with: given, on PATH or in the cache; `None`, loudly, where there is none (in CI that is a failure).
fn ffmpeg() -> Option<PathBuf> {
    let found = crate::fetch::Cache::from_env().and_then(|cache| cache.ffmpeg(false));
    let works =
        |program: &PathBuf| Command::new(program).arg("-version").output().is_ok_and(|output| output.status.success());
    if let Some(program) = found.ok().filter(works) {
        return Some(program);
    }
    assert!(std::env::var_os("CI").is_none(), "no ffmpeg: run `cargo xtask setup`, or set STRIATUM_FFMPEG");
    eprintln!("SKIPPED: no ffmpeg: run `cargo xtask setup`, or set STRIATUM_FFMPEG");
    None
}

/// The real episode; `None`, loudly, where it is not there (in CI that is a failure).
fn real_episode() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("STRIATUM_SHARED").map_or(default, PathBuf::from);
    let folder = shared.join("data/organize_table/episode_001");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no real episode: set STRIATUM_SHARED");
    eprintln!("SKIPPED: no real episode: STRIATUM_SHARED does not hold data/organize_table");
    None
}

/// Draws a clip of moving noise with B-frames and a key frame every 25 frames; `rate` in frames per second.
fn draw(ffmpeg: &Path, path: &Path, rate: u32, frames: u32, more: &[&str]) {
    let source = format!("testsrc2=size=96x64:rate={rate}");
    let count = frames.to_string();
    let mut command = Command::new(ffmpeg);
    command.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", &source, "-frames:v", &count]);
    command.args(["-c:v", "libx264", "-bf", "3", "-g", "25", "-pix_fmt", "yuv420p"]).args(more).arg(path);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn clip(frames: u32) -> Option<(PathBuf, tempfile::TempDir)> {
    let ffmpeg = ffmpeg()?;
    let folder = tempfile::tempdir().unwrap();
    draw(&ffmpeg, &folder.path().join("front.mp4"), 30, frames, &[]);
    Some((ffmpeg, folder))
}

fn hashes(episode: &Episode, wanted: &[usize], options: &ReaderOptions) -> Result<Vec<Vec<u64>>> {
    let mut reader = FrameReader::open(episode, wanted.to_vec(), options)?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row()? {
        assert_eq!(row.source_frame, wanted[rows.len()]);
        rows.push(row.images.iter().flatten().map(|image| content_hash(image)).collect());
    }
    assert_eq!(rows.len(), wanted.len());
    Ok(rows)
}

fn any_order_gives_the_same_bytes(episode: &Episode, ffmpeg: &Path, window_bytes: usize) {
    let all: Vec<usize> = (0..episode.frames()).collect();
    let options = ReaderOptions { window_bytes, ..ReaderOptions::new(ffmpeg.to_owned()) };
    let straight = hashes(episode, &all, &options).unwrap();
    let distinct: std::collections::BTreeSet<_> = straight.iter().collect();
    assert!(distinct.len() > all.len() / 2, "the clip must move, or the test sees nothing");
    let strided: Vec<usize> = all.iter().copied().step_by(5).collect();
    let backwards: Vec<usize> = strided.iter().rev().copied().collect();
    let to_and_fro: Vec<usize> = (20..40).chain((20..40).rev()).chain(20..40).collect();
    let shuffled: Vec<usize> = all.iter().map(|frame| (frame * 37 + 11) % all.len()).take(90).collect();
    let paused: Vec<usize> = all.iter().map(|frame| frame - frame % 7).collect();
    for wanted in [&strided, &backwards, &to_and_fro, &shuffled, &paused, &vec![all.len() - 1]] {
        let shown = hashes(episode, wanted, &options).unwrap();
        for (row, &frame) in shown.iter().zip(wanted.iter()) {
            assert_eq!(row, &straight[frame], "frame {frame} of {wanted:?}");
        }
    }
}

#[test]
fn any_order_of_a_drawn_clip_with_b_frames_gives_the_same_bytes() {
    let Some((ffmpeg, folder)) = clip(130) else { return };
    let episode = Episode::open(folder.path(), None).unwrap();
    assert_eq!((episode.frames(), episode.views()), (130, vec!["front"]));
    assert!(matches!(episode.sources()[0].source, Source::Video { seekable: true, .. }));
    any_order_gives_the_same_bytes(&episode, &ffmpeg, 96 * 64 * 3 * 10);
}

#[test]
fn any_order_of_the_real_episode_gives_the_same_bytes() {
    let (Some(ffmpeg), Some(folder)) = (ffmpeg(), real_episode()) else { return };
    let views = ["cam_high", "cam_left_wrist"].map(str::to_owned);
    let episode = Episode::open(&folder, Some(&views)).unwrap();
    assert_eq!(episode.frames(), 1277);
    assert!((episode.frame_period_secs() - 1.0 / 30.0).abs() < 1e-9);
    assert!((episode.capture_secs(1276) - 1276.0 / 30.0).abs() < 1e-4);
    assert_eq!(
        (episode.annotated(8), episode.annotated(147), episode.annotated(1276)),
        (Some(0.0), Some(1.0 / 16.0), Some(1.0))
    );
    any_order_gives_the_same_bytes(&episode, &ffmpeg, 64 << 20);
}

#[test]
fn a_clip_cut_by_an_edit_list_shows_what_a_player_shows() {
    let Some((ffmpeg, folder)) = clip(100) else { return };
    let cut = tempfile::tempdir().unwrap();
    let mut command = Command::new(&ffmpeg);
    command.args(["-v", "error", "-nostdin", "-ss", "1.2", "-i"]).arg(folder.path().join("front.mp4"));
    command.args(["-t", "1.1", "-c", "copy"]).arg(cut.path().join("front.mp4"));
    assert!(command.status().unwrap().success());
    let episode = Episode::open(cut.path(), None).unwrap();
    assert!(episode.frames() < 64, "frames before the cut are stored but not shown: {}", episode.frames());
    let all: Vec<usize> = (0..episode.frames()).collect();
    let options = ReaderOptions::new(ffmpeg);
    let cut_hashes = hashes(&episode, &all, &options).unwrap();
    let whole = Episode::open(folder.path(), None).unwrap();
    let first = hashes(&whole, &[36], &options).unwrap();
    assert_eq!(cut_hashes[0], first[0], "1.2 s is frame 36");
    let backwards: Vec<usize> = all.iter().rev().copied().collect();
    let shown = hashes(&episode, &backwards, &ReaderOptions { window_bytes: 96 * 64 * 3 * 8, ..options }).unwrap();
    assert!(shown.iter().rev().eq(cut_hashes.iter()), "backwards without an exact seek");
}

#[test]
fn views_of_other_rate_and_length_are_matched_by_time() {
    let Some((ffmpeg, folder)) = clip(60) else { return };
    draw(&ffmpeg, &folder.path().join("side.mp4"), 15, 20, &[]);
    let names = ["front", "side"].map(str::to_owned);
    let episode = Episode::open(folder.path(), Some(&names)).unwrap();
    assert_eq!(episode.frames(), 39, "side ends at 19 / 15 s, frame 38 of front");
    assert_eq!((episode.view_frame(1, 0), episode.view_frame(1, 20), episode.view_frame(1, 38)), (0, 10, 19));
    let rows = hashes(&episode, &(0..39).collect::<Vec<_>>(), &ReaderOptions::new(ffmpeg)).unwrap();
    assert_eq!(rows[20][1], rows[21][1]);
    assert_ne!(rows[20][0], rows[21][0]);
}

#[test]
fn skipped_views_are_not_decoded() {
    let Some((ffmpeg, folder)) = clip(10) else { return };
    std::fs::copy(folder.path().join("front.mp4"), folder.path().join("side.mp4")).unwrap();
    let episode = Episode::open(folder.path(), None).unwrap();
    let options = ReaderOptions { skip: ViewMask::EMPTY.with(0), ..ReaderOptions::new(ffmpeg) };
    let mut reader = FrameReader::open(&episode, vec![3], &options).unwrap();
    let row = reader.next_row().unwrap().unwrap();
    assert!(row.images[0].is_none() && row.images[1].is_some());
}

#[test]
fn dropping_a_reader_in_the_middle_ends_its_children() {
    let Some((ffmpeg, folder)) = clip(130) else { return };
    let episode = Episode::open(folder.path(), None).unwrap();
    let all: Vec<usize> = (0..130).collect();
    let mut reader = FrameReader::open(&episode, all, &ReaderOptions::new(ffmpeg)).unwrap();
    reader.next_row().unwrap();
    drop(reader); // joins the thread: a child that went on would keep it here
}

#[test]
fn damaged_videos_are_refused_by_name() {
    let Some((ffmpeg, folder)) = clip(100) else { return };
    let whole = std::fs::read(folder.path().join("front.mp4")).unwrap();
    let fast = folder.path().join("fast.mp4");
    draw(&ffmpeg, &fast, 30, 100, &["-movflags", "+faststart"]);
    let index_first = std::fs::read(&fast).unwrap();
    std::fs::remove_file(&fast).unwrap();
    let mut corrupt = whole.clone();
    let middle = whole.len() / 3;
    corrupt[middle..middle + 4000].iter_mut().for_each(|byte| *byte ^= 0x5a);
    let cases: [(&str, Vec<u8>); 5] = [
        ("empty", Vec::new()),
        ("text", b"this is not a video".to_vec()),
        ("cut", whole[..whole.len() * 2 / 3].to_vec()),
        ("cut with its index first", index_first[..index_first.len() * 2 / 3].to_vec()),
        ("corrupt", corrupt),
    ];
    for (name, bytes) in cases {
        std::fs::write(folder.path().join("front.mp4"), bytes).unwrap();
        let outcome = Episode::open(folder.path(), None).and_then(|episode| {
            let all: Vec<usize> = (0..episode.frames()).collect();
            hashes(&episode, &all, &ReaderOptions::new(ffmpeg.clone()))
        });
        let message = outcome.expect_err(name).to_string();
        assert!(message.contains("front.mp4") && !message.contains('\n'), "{name}: {message}");
    }
}

/// A program that stands for an ffmpeg of some kind.
#[cfg(unix)]
fn stand_in(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/episode/test_data").join(name)
}

#[cfg(unix)]
#[test]
fn a_complaint_is_an_error_though_every_picture_came() {
    let Some((_, folder)) = clip(10) else { return };
    let episode = Episode::open(folder.path(), None).unwrap();
    let options = ReaderOptions::new(stand_in("complaining_ffmpeg.sh"));
    let message = hashes(&episode, &[4], &options).unwrap_err().to_string();
    assert!(message.contains("front.mp4") && message.contains("(error while decoding MB 3 4)"), "{message}");
}

#[cfg(unix)]
#[test]
fn an_older_ffmpeg_is_asked_in_its_own_words() {
    let Some((_, folder)) = clip(10) else { return };
    let episode = Episode::open(folder.path(), None).unwrap();
    let mut reader = FrameReader::open(&episode, vec![4], &ReaderOptions::new(stand_in("old_ffmpeg.sh"))).unwrap();
    let row = reader.next_row().unwrap().unwrap();
    assert_eq!(row.images[0].as_ref().unwrap().pixels(), b"abc");
    assert!(reader.next_row().unwrap().is_none());
}

#[test]
fn a_missing_ffmpeg_is_said_in_one_line() {
    let Some((_, folder)) = clip(10) else { return };
    let episode = Episode::open(folder.path(), None).unwrap();
    let message = hashes(&episode, &[0], &ReaderOptions::new("no-such-ffmpeg".into())).unwrap_err().to_string();
    assert!(message.contains("no-such-ffmpeg") && message.contains("STRIATUM_FFMPEG"), "{message}");
}

#[test]
fn image_folders_are_views_too() {
    let folder = tempfile::tempdir().unwrap();
    let view = folder.path().join("top");
    std::fs::create_dir(&view).unwrap();
    for frame in 0..12_u8 {
        let image = Image::filled(8, 6, [frame * 20, 1, 2]);
        std::fs::write(view.join(format!("frame{frame}.png")), encode_png(&image).unwrap()).unwrap();
    }
    let episode = Episode::open(folder.path(), None).unwrap();
    assert_eq!((episode.frames(), episode.views()), (12, vec!["top"]));
    assert!((episode.truth(11) - 1.0).abs() < 1e-12 && episode.annotated(0).is_none());
    assert_eq!((episode.truth_source(), episode.succeeded()), (TruthSource::LinearInTime, None));
    let mut reader = FrameReader::open(&episode, vec![10, 2, 2], &ReaderOptions::new("unused".into())).unwrap();
    let mut reds = Vec::new();
    while let Some(row) = reader.next_row().unwrap() {
        reds.push(row.images[0].as_ref().unwrap().pixels()[0]);
    }
    assert_eq!(reds, [200, 40, 40]);
    std::fs::write(view.join("frame3.png"), b"\x89PNG broken").unwrap();
    let message = hashes(&episode, &[3], &ReaderOptions::new("unused".into())).unwrap_err().to_string();
    assert!(message.contains("frame3.png"), "{message}");
}

#[test]
fn what_is_not_an_episode_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |path: &Path| Episode::open(path, None).unwrap_err().to_string();
    assert!(refusal(folder.path()).contains("no views"));
    assert!(refusal(&folder.path().join("nothing")).contains("no such folder"));
    assert!(refusal(Path::new("run.mcap")).contains("not readable as episodes yet"));
    assert!(refusal(Path::new("data#episode=3")).contains("LeRobot"));
}

#[test]
fn keyframes_beyond_the_clip_are_refused() {
    let Some((_, folder)) = clip(10) else { return };
    let keyframes = folder.path().join(keyframes::FILE_NAME);
    std::fs::write(&keyframes, "[{\"start_frame_id\": 0, \"end_frame_id\": 11}]").unwrap();
    let message = Episode::open(folder.path(), None).unwrap_err().to_string();
    assert!(message.contains("beyond the clip of 10 frames"), "{message}");
}

#[test]
fn a_view_is_named_by_the_hash_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, b"abc").unwrap();
    assert_eq!(hash::file(&path).unwrap()[..4], [0xba, 0x78, 0x16, 0xbf], "FIPS 180-2, appendix B.1");
}
