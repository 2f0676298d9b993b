//! Experts succeed, asked-for failures fail, and truth tells which is which. Over all 100 seeds: the example `physics_experts`.
#![allow(clippy::expect_used)]

use striatum_robots::RobotSpec;
use striatum_sim::{Expert, FailureKind, TaskId, Truth, World, WorldConfig, WorldError};

fn world(task: TaskId, max_actions: usize) -> World {
    let robot = RobotSpec::builtin("panda").expect("built in");
    World::new(task, &robot, WorldConfig { max_actions, ..WorldConfig::default() }).expect("the Panda does every task")
}

/// Every truth of an episode, up to its end or until it has settled: the expert is done and nothing has moved for 2 s.
fn episode(world: &mut World, seed: u64, failure: Option<FailureKind>) -> Vec<Truth> {
    world.reset(seed).expect("a world");
    let mut expert = match failure {
        Some(failure) => Expert::failing(world, failure).expect("a failure of this task"),
        None => Expert::new(world),
    };
    let mut truths = vec![world.truth()];
    while !(world.ended() || expert.finished(world) && world.still_secs() > 1.999) {
        let action = expert.act(world);
        truths.push(world.act(&action).expect("before the end").truth);
    }
    truths
}

fn succeeds(task: TaskId) {
    let mut world = world(task, 300);
    for seed in [11, 12] {
        let truths = episode(&mut world, seed, None);
        let last = truths.last().expect("at least one");
        assert!(last.success && (last.progress - 1.0).abs() < f64::EPSILON, "{} seed {seed}: {last:?}", task.name());
        assert!(truths[0].progress < 0.1, "{} starts at {}", task.name(), truths[0].progress);
        let secs = world.time_secs();
        assert!((5.0..30.0).contains(&secs), "{} took {secs} s", task.name());
        // A good attempt goes up nearly all the time.
        let falls: f64 = truths.windows(2).map(|pair| (pair[0].progress - pair[1].progress).max(0.0)).sum();
        assert!(falls < 0.25, "{} seed {seed}: fell by {falls} in all", task.name());
    }
}

fn fails(task: TaskId) {
    let kinds = FailureKind::supported(task);
    assert!(kinds.len() >= 3, "{}: {kinds:?}", task.name());
    let mut settled = Vec::new();
    for &kind in kinds {
        let mut world = world(task, 300);
        // Nothing much can happen to one that misses or waits.
        let seeds = if matches!(kind, FailureKind::Miss | FailureKind::Stall) { 21..22 } else { 21..23 };
        for seed in seeds {
            let truths = episode(&mut world, seed, Some(kind));
            let name = kind.name();
            assert!(truths.iter().all(|truth| !truth.success), "{} {name} seed {seed} succeeded", task.name());
            settled.push(!world.ended());
            let last = truths.last().expect("at least one");
            let best = truths.iter().map(|truth| truth.progress).fold(0.0, f64::max);
            match kind {
                // Taken back: it was nearly there and is not any more.
                FailureKind::Undo => assert!(
                    best > 0.5 && last.progress < best - 0.15,
                    "{} undo seed {seed}: best {best}, last {}",
                    task.name(),
                    last.progress
                ),
                FailureKind::Drop if task != TaskId::Tidy => {
                    assert!(last.progress < best - 0.1, "{} drop", task.name());
                }
                FailureKind::WrongObject => assert_eq!(last.failed, Some(kind), "{} seed {seed}", task.name()),
                _ => {}
            }
        }
    }
    // What rolls on, or is pushed along, may take all the time there is.
    let count = settled.iter().filter(|&&settled| settled).count();
    assert!(3 * count >= 2 * settled.len(), "{}: {count} of {} failures settled", task.name(), settled.len());
}

#[test]
fn push_succeeds() {
    succeeds(TaskId::Push);
}

#[test]
fn pick_place_succeeds() {
    succeeds(TaskId::PickPlace);
}

#[test]
fn tidy_succeeds() {
    succeeds(TaskId::Tidy);
}

#[test]
fn door_succeeds() {
    succeeds(TaskId::Door);
}

#[test]
fn peg_succeeds() {
    succeeds(TaskId::Peg);
}

#[test]
fn push_fails_as_asked() {
    fails(TaskId::Push);
}

#[test]
fn pick_place_fails_as_asked() {
    fails(TaskId::PickPlace);
}

#[test]
fn tidy_fails_as_asked() {
    fails(TaskId::Tidy);
}

#[test]
fn door_fails_as_asked() {
    fails(TaskId::Door);
}

#[test]
fn peg_fails_as_asked() {
    fails(TaskId::Peg);
}

#[test]
fn a_failure_that_a_task_does_not_have_is_refused() {
    let world = world(TaskId::Door, 10);
    let error = Expert::failing(&world, FailureKind::Drop).err().expect("a door cannot be dropped");
    assert!(matches!(error, WorldError::NoSuchFailure { task: "door", failure: "drop", .. }));
    assert!(error.to_string().contains("ask for miss, jam, stall, undo"), "{error}");
    assert!(FailureKind::from_name("boredom").is_err());
}

#[test]
fn other_robots_do_the_tasks_within_their_reach() {
    for (robot, tasks) in [("ur5", &TaskId::ALL[..]), ("so101", &[TaskId::Push, TaskId::PickPlace, TaskId::Door][..])] {
        let robot = RobotSpec::builtin(robot).expect("built in");
        for &task in tasks {
            let mut world = World::new(task, &robot, WorldConfig::default()).expect("within its reach");
            let truths = episode(&mut world, 2, None);
            assert!(truths.last().is_some_and(|truth| truth.success), "{} {}", robot.name, task.name());
        }
    }
}
