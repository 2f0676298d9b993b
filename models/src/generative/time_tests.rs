//! How long a step takes, of a model that is large enough to tell: printed, not judged.
#![allow(clippy::print_stderr)] // its numbers are what it is for

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Limits;
use super::model::{Caching, GenerativeGrm, GenerativeOptions};
use super::reading::ReadingRules;
use super::testkit::{manifest, set};
use crate::test_files::{session, with_runtime};

/// Seconds that this thread has had a processor, where the system says so: others that use the same cores do not count.
fn thread_secs() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|nanos| nanos / 1e9)
}

/// A way to do it.
struct Way {
    name: &'static str,
    caching: Caching,
    /// Whether keys and values go through main memory although a GPU has its own.
    through_main_memory: bool,
    /// Answers that are less likely are not worked out.
    prune_below: f64,
}

/// Seconds of a step, the median of some: as the clock on the wall goes where a GPU works, else as the thread was busy.
fn secs_of_a_step(folder: &Path, way: &Way) -> f64 {
    let reading = ReadingRules { prune_below: way.prune_below, text_tokens: 0, ..ReadingRules::default() };
    let options = GenerativeOptions { caching: way.caching, reading, session: session(), limits: Limits::default() };
    let on_gpu = options.session.device_memory().is_some();
    let alone = options.session.intra_op_threads == 1 && !on_gpu;
    let mut grm = GenerativeGrm::with_manifest(folder, manifest(), [0; 32], &options).unwrap();
    if way.through_main_memory {
        grm.engine.decoder.stay_in(None);
    }
    grm.begin("clear the table", &set(400, 10), &set(900, 500)).unwrap();
    // The first step reads the references; the second is the first of its shape.
    let warm_up = 2;
    let mut times = Vec::new();
    for (index, column) in [60, 110, 160, 210, 260, 310, 360].into_iter().enumerate().take(if alone { 5 } else { 7 }) {
        let pictures = set(400, column);
        let (thread, wall) = (thread_secs(), Instant::now());
        let step = grm.step(&pictures).unwrap();
        let wall = wall.elapsed().as_secs_f64();
        let busy = thread_secs().zip(thread).map_or(wall, |(end, begin)| end - begin);
        eprintln!("  {}: {busy:.4} s of the thread, {wall:.4} s in all, {:?}", way.name, step.counts);
        if index >= warm_up {
            times.push(if alone { busy } else { wall });
        }
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Times a step of a larger random model, kept and anew: `STRIATUM_GRM_SCALED` names its folder (docs/guide/generative.md).
#[test]
#[ignore = "takes minutes, and a model that is not in the repository"]
fn time_of_a_step() {
    let Some(folder) = std::env::var_os("STRIATUM_GRM_SCALED").map(PathBuf::from) else {
        eprintln!("SKIPPED: STRIATUM_GRM_SCALED names no folder");
        return;
    };
    with_runtime(|| {
        // Prompts alone: what reading the answers costs is the same either way.
        let way = |name, caching| Way { name, caching, through_main_memory: false, prune_below: 0.5 };
        let kept = secs_of_a_step(&folder, &way("kept", Caching::Kept));
        let anew = secs_of_a_step(&folder, &way("anew", Caching::Off));
        eprintln!("prompts: kept {kept:.4} s, anew {anew:.4} s, ratio {:.3}", kept / anew);
        if session().device_memory().is_none() {
            return;
        }
        let through = Way { through_main_memory: true, ..way("kept, copied", Caching::Kept) };
        let copied = secs_of_a_step(&folder, &through);
        eprintln!("prompts: on the GPU {kept:.4} s, through main memory {copied:.4} s, ratio {:.3}", kept / copied);
        let every = |through_main_memory| Way {
            prune_below: 0.0,
            through_main_memory,
            ..way(if through_main_memory { "every answer, copied" } else { "every answer" }, Caching::Kept)
        };
        let (stayed, copied) = (secs_of_a_step(&folder, &every(false)), secs_of_a_step(&folder, &every(true)));
        eprintln!("answers: on the GPU {stayed:.4} s, through main memory {copied:.4} s, ratio {:.3}", stayed / copied);
    });
}
