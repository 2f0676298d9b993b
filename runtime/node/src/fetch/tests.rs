#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cache::{Cache, default_root};
use super::files::{lock, sha256_of_file, write_whole};
use super::pins::{Pin, Wheel};
use super::verify::{CheckState, check_hash};
use crate::error::Error;

const MEMBER: &str = "package/data.bin";
const CONTENT: &[u8] = b"what the wheel is fetched for";

/// A package that exists only here, in a folder of its own.
struct Fixture {
    folder: tempfile::TempDir,
    pin: Pin,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.whl");
        let mut archive = zip::ZipWriter::new(std::fs::File::create(&source).unwrap());
        archive.start_file(MEMBER, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(CONTENT).unwrap();
        archive.finish().unwrap();
        let content = folder.path().join("content");
        std::fs::write(&content, CONTENT).unwrap();
        let wheel = Wheel {
            platform: "any",
            pip_args: &["--only-binary=:all:"],
            file: "package-1.0-py3-none-any.whl",
            size_bytes: std::fs::metadata(&source).unwrap().len(),
            sha256: sha256_of_file(&source).unwrap().leak(),
            member: MEMBER,
            member_bytes: CONTENT.len() as u64,
            member_sha256: sha256_of_file(&content).unwrap().leak(),
        };
        let pin = Pin {
            package: "package",
            version: "1.0",
            place: "things/data.bin",
            executable: false,
            by_hand: "do without it",
            wheels: vec![wheel].leak(),
        };
        Self { folder, pin }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A cache whose Python is a shell script. Another process writes the script: a script that this process still held open
    /// for writing, in a child of another test's thread, could not be run.
    fn cache(&self, script: &str) -> Cache {
        let python = self.path("python3");
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
            .arg(&python)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        writer.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
        assert!(writer.wait().unwrap().success());
        Cache { python, ..Cache::new(self.path("cache")) }
    }

    /// A script that counts its calls and puts `wheel` where pip would.
    fn pip_that_gives(&self, wheel: &Path) -> String {
        format!(
            "echo call >> '{}'\nwhile [ \"$1\" != --dest ]; do shift; done\ncp '{}' \"$2/{}\"",
            self.path("calls").display(),
            wheel.display(),
            self.pin.wheels[0].file
        )
    }

    fn calls(&self) -> usize {
        std::fs::read_to_string(self.path("calls")).unwrap_or_default().lines().count()
    }
}

fn one_line(error: &Error) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "more than one line: {text}");
    text
}

#[test]
fn fetches_once_and_leaves_no_wheel_behind() {
    let fixture = Fixture::new();
    let cache = fixture.cache(&fixture.pip_that_gives(&fixture.path("source.whl")));
    let first = cache.obtain(&fixture.pin, true).unwrap();
    let second = cache.obtain(&fixture.pin, true).unwrap();
    let third = cache.obtain(&fixture.pin, false).unwrap();
    assert_eq!((&first, &first), (&second, &third));
    assert_eq!(std::fs::read(&first).unwrap(), CONTENT);
    assert_eq!(fixture.calls(), 1);
    assert!(!cache.root().join("downloads").exists());
}

#[test]
fn a_truncated_file_is_fetched_again() {
    let fixture = Fixture::new();
    let cache = fixture.cache(&fixture.pip_that_gives(&fixture.path("source.whl")));
    let path = cache.obtain(&fixture.pin, true).unwrap();
    std::fs::write(&path, &CONTENT[..3]).unwrap();
    cache.obtain(&fixture.pin, true).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), CONTENT);
    assert_eq!(fixture.calls(), 2);
}

#[test]
fn processes_at_once_fetch_once() {
    let fixture = Fixture::new();
    let cache = fixture.cache(&fixture.pip_that_gives(&fixture.path("source.whl")));
    // flock belongs to the open file, so threads that open the lock file each stand for processes.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| cache.obtain(&fixture.pin, true).unwrap());
        }
    });
    assert_eq!(fixture.calls(), 1);
}

#[test]
fn the_lock_keeps_a_second_one_out() {
    let folder = tempfile::tempdir().unwrap();
    let held = lock(folder.path(), || panic!("nobody holds it")).unwrap();
    let (waits, waited) = crossbeam_channel::bounded(1);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| lock(folder.path(), || waits.send(()).unwrap()).map(|_| ()));
        waited.recv().unwrap();
        drop(held);
        second.join().unwrap().unwrap();
    });
}

#[test]
fn without_fetch_nothing_runs_and_the_command_is_named() {
    let fixture = Fixture::new();
    let cache = fixture.cache(&fixture.pip_that_gives(&fixture.path("source.whl")));
    let text = one_line(&cache.obtain(&fixture.pin, false).unwrap_err());
    assert!(text.contains("striatum models fetch all") && text.contains("do without it"), "{text}");
    assert_eq!(fixture.calls(), 0);
}

#[test]
fn a_wheel_given_by_hand_is_used_without_pip_and_kept() {
    let fixture = Fixture::new();
    let cache = fixture.cache("exit 99");
    let given = cache.root().join("wheels").join(fixture.pin.wheels[0].file);
    std::fs::create_dir_all(given.parent().unwrap()).unwrap();
    std::fs::copy(fixture.path("source.whl"), &given).unwrap();
    let path = cache.obtain(&fixture.pin, true).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), CONTENT);
    assert!(given.exists());
}

#[test]
fn a_wrong_wheel_given_by_hand_is_named_with_both_hashes() {
    let fixture = Fixture::new();
    let cache = fixture.cache("exit 99");
    let given = cache.root().join("wheels").join(fixture.pin.wheels[0].file);
    std::fs::create_dir_all(given.parent().unwrap()).unwrap();
    std::fs::write(&given, b"not a wheel").unwrap();
    let text = one_line(&cache.obtain(&fixture.pin, true).unwrap_err());
    let found = sha256_of_file(&given).unwrap();
    assert!(text.contains(given.to_str().unwrap()), "{text}");
    assert!(text.contains(&found) && text.contains(fixture.pin.wheels[0].sha256), "{text}");
}

#[test]
fn a_wrong_hash_from_the_registry_leaves_nothing_in_place() {
    let fixture = Fixture::new();
    let wrong = fixture.path("wrong.whl");
    std::fs::write(&wrong, b"something else").unwrap();
    let cache = fixture.cache(&fixture.pip_that_gives(&wrong));
    let text = one_line(&cache.obtain(&fixture.pin, true).unwrap_err());
    assert!(text.contains(fixture.pin.wheels[0].file) && text.contains(fixture.pin.wheels[0].sha256), "{text}");
    assert!(!cache.root().join(fixture.pin.place).exists());
    assert!(!cache.root().join("downloads").exists());
}

#[test]
fn a_wrong_member_leaves_nothing_in_place() {
    let mut fixture = Fixture::new();
    let mut wheel = fixture.pin.wheels[0];
    wheel.member_sha256 = "00";
    fixture.pin.wheels = vec![wheel].leak();
    let cache = fixture.cache(&fixture.pip_that_gives(&fixture.path("source.whl")));
    let text = one_line(&cache.obtain(&fixture.pin, true).unwrap_err());
    assert!(text.contains(MEMBER), "{text}");
    let left: Vec<_> = std::fs::read_dir(cache.root().join("things")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What pip or Python print, and what the one line must hold.
#[test]
fn failures_of_pip_are_one_line_with_the_mend() {
    for (said, wanted) in [
        ("/usr/bin/python3: No module named pip", "python3 has no pip"),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution found",
            "cannot reach the package index",
        ),
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("Looking in indexes: x\nERROR: No matching distribution found for package==1.0", "No matching distribution"),
        ("", "without a word"),
    ] {
        let fixture = Fixture::new();
        let cache = fixture.cache(&format!("cat >&2 <<'END'\n{said}\nEND\nexit 1"));
        let text = one_line(&cache.obtain(&fixture.pin, true).unwrap_err());
        assert!(text.contains(wanted), "{said:?} gave {text:?}");
        if !wanted.contains("disk") {
            let wheels = cache.root().join("wheels");
            let by_hand = format!("put {} (https://pypi.org", fixture.pin.wheels[0].file);
            assert!(text.contains(&by_hand) && text.contains(wheels.to_str().unwrap()), "{text}");
        }
    }
}

#[test]
fn no_python_is_said_with_the_file_to_put() {
    let fixture = Fixture::new();
    let cache = Cache { python: fixture.path("no-such-python3"), ..Cache::new(fixture.path("cache")) };
    let text = one_line(&cache.obtain(&fixture.pin, true).unwrap_err());
    assert!(text.contains("there is no") && text.contains(fixture.pin.wheels[0].file), "{text}");
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let fixture = Fixture::new();
    // A file where the folder should be: refused for every user, root too.
    std::fs::write(fixture.path("file"), b"").unwrap();
    let cache = Cache { root: fixture.path("file").join("cache"), ..fixture.cache("exit 99") };
    let text = one_line(&cache.obtain(&fixture.pin, true).unwrap_err());
    assert!(text.contains("STRIATUM_CACHE"), "{text}");
}

#[test]
fn an_unknown_platform_is_named_with_the_override() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache { platform: "plan9-mips".to_owned(), ..Cache::new(folder.path()) };
    let text = one_line(&cache.onnxruntime(true).unwrap_err());
    assert!(text.contains("plan9-mips") && text.contains("ORT_DYLIB_PATH"), "{text}");
}

#[test]
fn every_platform_has_pinned_files_of_the_right_form() {
    for pin in
        [super::pins::ONNXRUNTIME, super::pins::FFMPEG, super::pins::MOBILENET_V2, super::pins::EFFICIENTNET_LITE0]
    {
        for platform in ["linux-x86_64", "linux-aarch64"] {
            let wheel = pin.wheel_for(platform).unwrap();
            assert!(wheel.file.contains(pin.version), "{}", wheel.file);
            for hash in [wheel.sha256, wheel.member_sha256] {
                assert!(
                    hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()),
                    "{hash}"
                );
            }
        }
    }
}

#[test]
fn what_the_user_gives_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let given = folder.path().join("given.so");
    std::fs::write(&given, b"x").unwrap();
    let cache = Cache {
        onnxruntime_override: Some(given.clone()),
        ffmpeg_override: Some(folder.path().join("absent")),
        ..Cache::new(folder.path().join("cache"))
    };
    assert_eq!(cache.onnxruntime(false).unwrap(), given);
    let text = one_line(&cache.ffmpeg(true).unwrap_err());
    assert!(text.contains("STRIATUM_FFMPEG") && text.contains("absent"), "{text}");
}

#[cfg(unix)]
#[test]
fn an_installed_ffmpeg_comes_before_the_wheel_and_must_be_a_program() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ffmpeg");
    std::fs::write(&program, b"").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o644)).unwrap();
    let cache = Cache { search_path: vec![folder.path().to_owned()], ..Cache::new(folder.path().join("cache")) };
    cache.ffmpeg(false).expect_err("not a program");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(cache.ffmpeg(false).unwrap(), program);
}

#[test]
fn the_folder_is_ours_then_xdg_then_home() {
    let path = |text| Some(Path::new(text));
    assert_eq!(default_root(path("/a"), path("/b"), path("/c")), Some(PathBuf::from("/a")));
    assert_eq!(default_root(None, path("/b"), path("/c")), Some(PathBuf::from("/b/striatum")));
    assert_eq!(default_root(None, None, path("/c")), Some(PathBuf::from("/c/.cache/striatum")));
    assert_eq!(default_root(None, None, None), None);
}

#[test]
fn verify_tells_good_missing_and_changed_apart() {
    let fixture = Fixture::new();
    let cache = fixture.cache(&fixture.pip_that_gives(&fixture.path("source.whl")));
    assert_eq!(cache.check_pin(&fixture.pin).state, CheckState::Missing);
    let path = cache.obtain(&fixture.pin, true).unwrap();
    assert_eq!(cache.check_pin(&fixture.pin).state, CheckState::Good);
    // Same size, other bytes: only hashing sees it.
    std::fs::write(&path, vec![b'x'; CONTENT.len()]).unwrap();
    let state = cache.check_pin(&fixture.pin).state;
    assert!(
        matches!(&state, CheckState::WrongHash { expected, .. } if expected == fixture.pin.wheels[0].member_sha256)
    );
    assert!(state.is_fault());
    assert!(matches!(check_hash(fixture.folder.path(), ""), CheckState::Unusable(_)));
}

#[test]
fn a_write_that_fails_leaves_neither_file_nor_part() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    let outcome = write_whole(&target, false, |file, part| {
        file.write_all(b"half").unwrap();
        assert!(part.exists());
        Err::<(), _>(Error::input("test", "stopped", "none"))
    });
    assert!(outcome.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
