//! A small decision process that is known exactly, rewarded over the wire: states are pictures, and what is best is computed
//! from the rewards that came. Shaping changes the values and no choice, however wrong the potential; the naive reward does.

use std::path::Path;

use striatum_core::{Ending, Success, SuccessSource};
use striatum_tests::kit::{Cameras, Learner, Runtime, begin_request, run, small_episode, step_request};
use striatum_wire::{ShapedReward, StepRequest};

use crate::{PROGRAM, own_folder, text};

/// Frames of the episode that the states look like, in the order of progress; the last is the goal.
const FRAMES: [u32; 5] = [2, 16, 30, 44, 58];
const GOAL: usize = FRAMES.len() - 1;
/// Ahead, back, and to wait; from the second state also straight to the last but one.
const ACTIONS: usize = 4;
/// As the kit's learner announces it.
const GAMMA: f64 = 0.99;
const PERIOD_NANOS: u64 = 100_000_000;
const PAUSE_NANOS: u64 = 1_000_000_000;

fn next(state: usize, action: usize) -> usize {
    match action {
        0 => state + 1,
        1 => state.saturating_sub(1),
        3 if state == 1 => GOAL - 1,
        _ => state,
    }
}

/// Rewards of each action in each state but the goal, and the potential of each state.
struct Found {
    rewards: [[f64; ACTIONS]; GOAL],
    potentials: [f64; GOAL],
}

/// Asks for the reward of every transition; each is an episode of one step.
fn explore(bundle: &Path, folder: &Path, more: &str) -> Found {
    let settings = "[time]\nclock = \"lock_step\"\n[sync]\nperiod_secs = 0.0\nfrozen_after_secs = 0.0\n\
                    [models]\nmembers = [\"absolute\"]\n";
    std::fs::create_dir_all(folder).expect("a folder");
    let runtime = Runtime::start(PROGRAM, folder, bundle, &format!("{settings}{more}"));
    let learner = Learner::connect(runtime.endpoint());
    let cameras = Cameras::connect(runtime.endpoint());
    cameras.wait_until_heard();
    let mut stamp = 1_000_000_000_000_000_000;
    let mut found = Found { rewards: [[0.0; ACTIONS]; GOAL], potentials: [f64::NAN; GOAL] };
    for (state, frame) in FRAMES.into_iter().enumerate().take(GOAL) {
        for action in 0..ACTIONS {
            stamp += PAUSE_NANOS;
            cameras.send(frame, stamp);
            let begun = learner.begin(&begin_request(stamp, 10.0)).expect("begin");
            let known = &mut found.potentials[state];
            assert!(known.is_nan() || known.to_bits() == begun.potential_0.to_bits(), "one picture, one potential");
            *known = begun.potential_0;
            stamp += PERIOD_NANOS;
            let after = next(state, action);
            cameras.send(FRAMES[after], stamp);
            let running = step_request(begun.episode, 1, stamp);
            let request = if after == GOAL {
                let (success, success_source) = (Success::Yes, SuccessSource::Simulation);
                StepRequest { ending: Ending::Terminated, success, success_source, ..running }
            } else {
                running
            };
            let reward = ShapedReward::decode(&learner.step(&request).expect("a reward")).expect("it decodes");
            assert!(reward.valid && reward.bootstraps == (after != GOAL), "{reward:?}");
            found.rewards[state][action] = reward.reward;
            if after != GOAL {
                learner.abort(begun.episode).expect("given up");
            }
        }
    }
    found
}

/// The best actions of each state, by values that have come to rest.
fn best(rewards: &[[f64; ACTIONS]; GOAL]) -> [Vec<usize>; GOAL] {
    let worth = |values: &[f64], state: usize, action: usize| {
        let after = next(state, action);
        rewards[state][action] + if after == GOAL { 0.0 } else { GAMMA * values[after] }
    };
    let mut values = [0.0; GOAL];
    for _ in 0..5000 {
        values = std::array::from_fn(|state| {
            (0..ACTIONS).map(|action| worth(&values, state, action)).fold(f64::NEG_INFINITY, f64::max)
        });
    }
    std::array::from_fn(|state| {
        let is_best = |action: &usize| worth(&values, state, *action) > values[state] - 1e-9;
        (0..ACTIONS).filter(is_best).collect()
    })
}

#[test]
fn shaping_changes_no_choice_and_the_naive_reward_does() {
    let folder = own_folder();
    let (episode, bundle) = (small_episode(folder.path(), 5), folder.path().join("states.bundle"));
    let output = run(PROGRAM, &["adapt", text(&episode), "--out", text(&bundle), "--stride", "2"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let explored = |name: &str, more: &str| explore(&bundle, &folder.path().join(name), more);

    let sparse = explored("sparse", "[reward]\nmode = \"off\"\n");
    let gold: f64 = sparse.rewards.iter().flatten().sum();
    assert!((gold - 1.0).abs() < 1e-12, "the last step alone is paid: {:?}", sparse.rewards);
    // Ahead, and the short way where there is one.
    let wanted = best(&sparse.rewards);
    assert_eq!(wanted, [vec![0], vec![3], vec![0], vec![0]]);

    let shaped = explored("shaped", "[reward]\nmode = \"potential\"\n");
    assert!(shaped.potentials.is_sorted() && shaped.potentials[GOAL - 1] > 0.5, "{:?}", shaped.potentials);
    assert_eq!(best(&shaped.rewards), wanted);

    let adversarial =
        explored("adversarial", "[reward]\nmode = \"potential\"\n[potential]\nscale = -1.0\nshift = 1.0\n");
    assert!(adversarial.rewards[0][0] < 0.0 && shaped.rewards[0][0] > 0.0, "it speaks against going on");
    assert_eq!(best(&adversarial.rewards), wanted);

    let naive = explored("naive", "[reward]\nmode = \"naive_progress\"\n");
    assert_eq!(
        best(&naive.rewards)[GOAL - 1],
        [2, 3],
        "to wait before the goal pays more than to arrive: {:?}",
        naive.rewards
    );
}
