//! A gym is a world in numbers: experts succeed through them, a seed is an episode, and what is no action is refused.
#![allow(clippy::expect_used)]

use striatum_robots::RobotSpec;
use striatum_sim::{Gym, GymConfig, TaskId, WorldError};

fn gym(task: TaskId, config: GymConfig) -> Gym {
    Gym::new(task, &RobotSpec::builtin("panda").expect("built in"), config).expect("the Panda does every task")
}

/// Plays an expert's episode: every observation, and whether it was done.
fn episode(gym: &mut Gym, seed: u64) -> (Vec<Vec<f32>>, bool) {
    let (mut observation, mut action) = (Vec::new(), Vec::new());
    let mut seen = Vec::new();
    gym.reset(seed).expect("a world");
    loop {
        gym.observe(&mut observation);
        seen.push(observation.clone());
        gym.expert_action(&mut action);
        assert!(action.iter().all(|value| value.abs() <= 1.0), "{action:?}");
        let step = gym.step(&action).expect("before the end");
        if step.ended {
            return (seen, step.truth.success);
        }
    }
}

#[test]
fn experts_succeed_in_numbers() {
    for task in TaskId::ALL {
        let mut gym = gym(task, GymConfig::of(task));
        let (seen, success) = episode(&mut gym, 31);
        assert!(success, "{} was not done", task.name());
        for observation in &seen {
            assert_eq!(observation.len(), gym.observation_len());
            let most = observation.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            assert!(most <= 1.5, "{}: {most}", task.name());
        }
        // Nothing of it stands for nothing: each number changes in an episode, or from one to the next.
        let (other, _) = episode(&mut gym, 32);
        let all: Vec<_> = seen.iter().chain(&other).collect();
        let same = |index: usize| all.iter().all(|row| row[index].to_bits() == all[0][index].to_bits());
        let idle: Vec<_> = (0..gym.observation_len()).filter(|&index| same(index)).collect();
        // An expert brings the last object last, so that it is never there while there is something left to do.
        assert_eq!(idle.len(), usize::from(task == TaskId::Tidy), "{}: {idle:?}", task.name());
    }
}

#[test]
fn a_seed_is_an_episode() {
    let mut first = gym(TaskId::Push, GymConfig { max_secs: 3.0, ..GymConfig::default() });
    let mut second = gym(TaskId::Push, GymConfig { max_secs: 3.0, ..GymConfig::default() });
    episode(&mut second, 5);
    let (seen, success) = episode(&mut first, 4);
    assert_eq!(seen, episode(&mut second, 4).0);
    assert_ne!(seen, episode(&mut second, 5).0);
    assert!(!success && seen.len() == 15, "cut off after 3 s of 5 steps each: {}", seen.len());
}

#[test]
fn a_learner_is_told_how_long_ago_the_gripper_was_told_something_else() {
    // Behind what is told of the hand's place, its turn, and the gripper itself.
    const AGE: usize = 11;
    let mut gym = gym(TaskId::PickPlace, GymConfig::default());
    let ages = |gym: &mut Gym, grippers: &[f32]| {
        let mut observation = Vec::new();
        grippers
            .iter()
            .map(|gripper| {
                gym.step(&[0.0, 0.0, 0.0, 0.0, *gripper]).expect("before the end");
                gym.observe(&mut observation);
                observation[AGE]
            })
            .collect::<Vec<_>>()
    };
    // A decision is an eighth of the time after which nothing is awaited any more.
    assert_eq!(ages(&mut gym, &[-0.5, -0.5, -0.9, 0.5, 0.5]), [-1.0, -0.75, -0.5, -1.0, -0.75]);
    assert_eq!(ages(&mut gym, &[0.5; 9])[6..], [1.0; 3]);
    gym.reset(3).expect("a world");
    assert_eq!(ages(&mut gym, &[-0.5]), [-1.0]);
}

#[test]
fn what_is_no_action_is_refused_and_changes_nothing() {
    let mut gym = gym(TaskId::PickPlace, GymConfig::default());
    let mut before = Vec::new();
    gym.world().state_bytes(&mut before);
    assert_eq!(gym.step(&[0.0; 4]), Err(WorldError::ActionLen { given: 4, wanted: 5 }));
    let error = gym.step(&[0.0, f32::NAN, 0.0, 0.0, 0.0]).expect_err("not finite");
    assert!(error.to_string().contains("values[1]"), "{error}");
    let mut after = Vec::new();
    gym.world().state_bytes(&mut after);
    assert_eq!(before, after);
}

#[test]
fn success_ends_nothing_where_it_is_not_to() {
    let usual = GymConfig::of(TaskId::Push);
    let (seen, success) = episode(&mut gym(TaskId::Push, usual), 31);
    let (whole, at_the_end) = episode(&mut gym(TaskId::Push, GymConfig { hold_secs: 0.0, ..usual }), 31);
    assert!(success && at_the_end);
    assert_eq!(whole.len(), 100, "20 s of 5 steps each");
    assert_eq!(whole[..seen.len()], seen, "until then nothing is different");
}

#[test]
fn configurations_that_cannot_be_are_refused() {
    let robot = RobotSpec::builtin("panda").expect("built in");
    let usual = GymConfig::default();
    for (config, key) in [
        (GymConfig { max_secs: f64::NAN, ..usual }, "max_secs"),
        (GymConfig { hold_secs: -0.1, ..usual }, "hold_secs"),
        (GymConfig { expert_noise: 1.5, ..usual }, "expert_noise"),
        (GymConfig { control_hz: 0.0, ..usual }, "control_hz"),
    ] {
        let error = Gym::new(TaskId::Push, &robot, config).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(key), "{key}: {error}");
    }
}
