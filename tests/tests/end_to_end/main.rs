//! The whole road with nothing replaced: real processes, real zenoh on loopback, real ONNX Runtime, real video.
//!
//! Needs what `cargo xtask test` sets up. One bundle, adapted to a drawn episode, serves all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod bad_input;
mod calibrate;
mod commands;
mod control;
mod exact_mdp;
mod hot_path;
mod live;
mod members;
mod page;
mod recording;
mod sim;
mod sim_faults;
mod teacher;
mod train;

use std::path::PathBuf;
use std::sync::OnceLock;

use striatum_tests::kit;
use tempfile::TempDir;

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_striatum-under-test");

/// What all tests share; made once.
struct World {
    folder: TempDir,
    /// Two drawn episodes of the same task.
    teacher: PathBuf,
    other: PathBuf,
    /// Adapted to the first.
    bundle: PathBuf,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let teacher = kit::small_episode(folder.path(), 1);
        let other = kit::small_episode(folder.path(), 2);
        let bundle = folder.path().join("drawn.bundle");
        let arguments = ["adapt", text(&teacher), "--out", text(&bundle), "--stride", "2"];
        let output = kit::run(PROGRAM, &arguments);
        assert!(output.status.success(), "adapt: {}", String::from_utf8_lossy(&output.stderr));
        World { folder, teacher, other, bundle }
    })
}

/// A path as an argument.
fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

/// A folder of one test's own.
fn own_folder() -> TempDir {
    tempfile::tempdir_in(world().folder.path()).expect("a temporary folder")
}
