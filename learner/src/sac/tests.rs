#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{Sac, SacConfig};
use crate::error::Error;
use crate::random::Random;
use crate::replay::Transition;

fn small() -> SacConfig {
    SacConfig {
        hidden: 16,
        batch: 16,
        cloning_updates: 20,
        capacity: 40,
        actor_every: 2,
        actor_after: 0,
        ..SacConfig::default()
    }
}

/// A learner that has lived a little and has seen some of it shown.
fn lived(seed: u64, steps: usize) -> Sac {
    let mut sac = Sac::new(3, 2, small(), seed).unwrap();
    let mut random = Random::new(seed, 9);
    let mut action = Vec::new();
    for step in 0..steps {
        let row: Vec<f32> = (0..6).map(|_| random.normal()).collect();
        sac.act(&row[..3], true, &mut action).unwrap();
        let transition = Transition {
            observation: &row[..3],
            action: &action,
            reward: row[0] - action[0],
            discount: if step % 7 == 6 { 0.0 } else { 0.9 },
            next_observation: &row[3..],
            potentials: [row[1], row[4]],
        };
        if step % 3 == 0 {
            sac.remember_demonstration([transition]).unwrap();
        } else {
            sac.remember(transition).unwrap();
        }
        sac.update().unwrap();
    }
    sac
}

#[test]
fn one_seed_is_one_learner() {
    let bytes = lived(5, 30).save().unwrap();
    assert_eq!(bytes, lived(5, 30).save().unwrap());
    assert_ne!(bytes, lived(6, 30).save().unwrap());
}

/// Longer than the memory, so that what was overwritten is saved as well.
#[test]
fn a_loaded_learner_goes_on_to_the_bit() {
    let mut whole = lived(1, 90);
    let mut loaded = Sac::load(&whole.save().unwrap()).unwrap();
    for sac in [&mut whole, &mut loaded] {
        let mut action = Vec::new();
        for step in 0..10_u8 {
            let row = [0.1 * f32::from(step), -0.3, 0.5];
            sac.act(&row, true, &mut action).unwrap();
            sac.remember(Transition {
                observation: &row,
                action: &action,
                reward: action[1],
                discount: 0.9,
                next_observation: &row,
                potentials: [0.0; 2],
            })
            .unwrap();
            sac.update().unwrap();
        }
    }
    assert_eq!(whole.save().unwrap(), loaded.save().unwrap());
}

#[test]
fn every_damaged_byte_is_refused() {
    let bytes = Sac::new(1, 1, SacConfig { hidden: 1, critics: 2, ..small() }, 0).unwrap().save().unwrap();
    assert!(Sac::load(&bytes).is_ok());
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(matches!(Sac::load(&damaged), Err(Error::Damaged { .. })), "byte {at}");
        assert!(matches!(Sac::load(&bytes[..at]), Err(Error::Damaged { .. })), "cut at {at}");
    }
}

/// Whatever comes after a terminal step, its value is its reward.
#[test]
fn a_terminal_step_is_worth_its_reward_alone() {
    let mut targets = Vec::new();
    for next in [0.0, 5.0, -5.0] {
        let mut sac = lived(2, 10);
        sac.lived = crate::replay::Replay::new(3, 2, 40);
        sac.demonstrated = crate::replay::Replay::new(3, 2, 40);
        sac.remember(Transition {
            observation: &[0.0; 3],
            action: &[0.5; 2],
            reward: 0.25,
            discount: 0.0,
            next_observation: &[next; 3],
            potentials: [0.0; 2],
        })
        .unwrap();
        sac.draw_batch().unwrap();
        sac.find_targets();
        targets.extend(sac.scratch.targets.iter().map(|target| target.to_bits()));
    }
    assert!(targets.iter().all(|target| *target == 0.25_f32.to_bits()), "{targets:?}");
}

/// The counterpart: with a discount the next state counts, by the least of the critics that were drawn.
#[test]
fn a_step_on_the_way_is_worth_what_comes_after() {
    let mut sac = Sac::new(1, 1, SacConfig { critics: 2, subset: 2, ..small() }, 0).unwrap();
    for (critic, value) in sac.critics.iter_mut().zip([2.0, 3.0]) {
        critic.target.params.fill(0.0);
        *critic.target.params.last_mut().unwrap() = value;
    }
    let step = Transition {
        observation: &[0.0],
        action: &[0.0],
        reward: 1.0,
        discount: 0.5,
        next_observation: &[1.0],
        potentials: [0.0; 2],
    };
    sac.remember(step).unwrap();
    sac.draw_batch().unwrap();
    sac.find_targets();
    assert!(
        sac.scratch.targets.iter().all(|target| target.to_bits() == 2.0_f32.to_bits()),
        "{:?}",
        sac.scratch.targets
    );
}

#[test]
fn half_of_a_batch_is_demonstrated() {
    let mut sac = Sac::new(1, 1, small(), 0).unwrap();
    let step = |reward| Transition {
        observation: &[0.0],
        action: &[0.0],
        reward,
        discount: 0.5,
        next_observation: &[0.0],
        potentials: [0.0; 2],
    };
    assert!(matches!(sac.update(), Err(Error::NotReady { .. })));
    sac.remember_demonstration([step(1.0)]).unwrap();
    assert_eq!(sac.draw_batch().unwrap(), 16, "there is nothing else");
    sac.remember(step(2.0)).unwrap();
    assert_eq!(sac.draw_batch().unwrap(), 8);
    let demonstrated = sac.scratch.batch.rewards.iter().filter(|reward| **reward < 1.5).count();
    assert_eq!(demonstrated, 8);
}

#[test]
fn a_warm_start_clones() {
    let mut sac = Sac::new(1, 1, SacConfig { cloning_updates: 500, learning_rate: 3e-3, ..small() }, 3).unwrap();
    let mut random = Random::new(0, 0);
    for _ in 0..40 {
        let at = random.normal();
        let action = [libm::tanhf(at) * 0.8];
        let step = Transition {
            observation: &[at],
            action: &action,
            reward: 0.0,
            discount: 0.0,
            next_observation: &[at],
            potentials: [0.0; 2],
        };
        sac.remember_demonstration([step]).unwrap();
    }
    let loss = sac.warm_start().unwrap();
    assert!(loss < 0.01, "{loss}");
}

/// Parameters of the actor lose their size in the warm start, and in updates.
#[test]
fn an_actor_that_forgets_is_a_smaller_one() {
    let size = |actor_decay, cloning_updates, updates: usize| {
        let config = SacConfig { actor_decay, cloning_updates, actor_after: 0, actor_every: 1, ..small() };
        let mut sac = Sac::new(1, 1, config, 3).unwrap();
        let step = |at: f32| Transition {
            observation: if at > 0.0 { &[1.0] } else { &[-1.0] },
            action: if at > 0.0 { &[0.7] } else { &[-0.7] },
            reward: 0.0,
            discount: 0.0,
            next_observation: &[0.0],
            potentials: [0.0; 2],
        };
        sac.remember_demonstration([step(1.0), step(-1.0)]).unwrap();
        if cloning_updates > 0 {
            sac.warm_start().unwrap();
        }
        for _ in 0..updates {
            sac.update().unwrap();
        }
        sac.actor.network.params.iter().map(|param| param * param).sum::<f32>()
    };
    for [cloning_updates, updates] in [[300, 0], [0, 300]] {
        let [kept, lost] = [0.0, 1.0].map(|decay| size(decay, cloning_updates, updates));
        assert!(lost < 0.9 * kept, "{cloning_updates} {updates}: {lost} {kept}");
    }
}

/// A point on a line that is to be brought to 0, paid for being there and shaped by `potential`: what has been learnt in 80
/// episodes.
fn point_learner(mut potential: impl FnMut() -> f32) -> Sac {
    const DISCOUNT: f32 = 0.9;
    let config = SacConfig {
        hidden: 32,
        batch: 64,
        learning_rate: 2e-3,
        initial_temperature: 0.02,
        actor_every: 1,
        actor_after: 0,
        target_rate: 0.01,
        ..SacConfig::default()
    };
    let mut sac = Sac::new(1, 1, config, 4).unwrap();
    let mut random = Random::new(11, 0);
    let mut action = Vec::new();
    for _ in 0..80 {
        let mut at = 2.0 * random.unit() - 1.0;
        let mut before = potential();
        for _ in 0..12 {
            sac.act(&[at], true, &mut action).unwrap();
            let next = advance(at, action[0]);
            let there = next.abs() < 0.1;
            let after = if there { 0.0 } else { potential() };
            let (gold, discount) = if there { (1.0, 0.0) } else { (0.0, DISCOUNT) };
            let step = Transition {
                observation: &[at],
                action: &action,
                reward: gold + DISCOUNT * after - before,
                discount,
                next_observation: &[next],
                potentials: [before, after],
            };
            sac.remember(step).unwrap();
            sac.update().unwrap();
            (at, before) = (next, after);
            if there {
                break;
            }
        }
    }
    sac
}

fn advance(at: f32, action: f32) -> f32 {
    (at + 0.3 * action).clamp(-1.0, 1.0)
}

#[test]
fn it_learns_to_reach_a_point() {
    reaches(point_learner(|| 0.0));
}

/// A potential that is nothing but error, as large as gold itself: it says nothing, and it spoils nothing.
#[test]
fn a_rough_potential_is_taken_off_again() {
    let mut random = Random::new(3, 0);
    let sac = point_learner(|| random.unit());
    for critic in &sac.critics {
        assert!((critic.share() + 1.0).abs() < 0.1, "{}", critic.share());
    }
    reaches(sac);
}

fn reaches(mut sac: Sac) {
    let mut action = Vec::new();
    for start in [-0.95_f32, -0.5, 0.4, 0.9] {
        let mut at = start;
        let mut steps = 0;
        while at.abs() >= 0.1 && steps < 8 {
            sac.act(&[at], false, &mut action).unwrap();
            at = advance(at, action[0]);
            steps += 1;
        }
        assert!(at.abs() < 0.1, "from {start} it came to {at} in {steps} steps");
    }
}

#[test]
fn a_refused_transition_changes_nothing() {
    let mut sac = lived(8, 10);
    let before = sac.save().unwrap();
    let good = Transition {
        observation: &[0.0; 3],
        action: &[0.0; 2],
        reward: 0.0,
        discount: 0.5,
        next_observation: &[0.0; 3],
        potentials: [0.0; 2],
    };
    let bad = [
        Transition { observation: &[0.0; 2], ..good },
        Transition { observation: &[f32::NAN; 3], ..good },
        Transition { action: &[1.5; 2], ..good },
        Transition { action: &[0.0; 3], ..good },
        Transition { reward: f32::INFINITY, ..good },
        Transition { discount: 1.5, ..good },
        Transition { discount: f32::NAN, ..good },
        Transition { next_observation: &[0.0; 4], ..good },
        Transition { potentials: [0.0, f32::NAN], ..good },
    ];
    for transition in bad {
        let error = sac.remember(transition).unwrap_err().to_string();
        assert!(error.contains("give") && !error.contains('\n'), "{error}");
        assert!(sac.remember_demonstration([transition]).is_err(), "{transition:?}");
    }
    assert!(sac.act(&[0.0; 2], true, &mut Vec::new()).is_err());
    assert_eq!(before, sac.save().unwrap());
    sac.remember(good).unwrap();
}

proptest! {
    /// Every figure that is out of range is refused by its name.
    #[test]
    fn configurations_out_of_range_are_refused(which in 0_usize..8, wild in prop_oneof![Just(f32::NAN), Just(-30.0), Just(1e9)]) {
        let mut config = SacConfig::default();
        let fields = [
            (&mut config.demonstration_share, "demonstration_share"),
            (&mut config.learning_rate, "learning_rate"),
            (&mut config.target_rate, "target_rate"),
            (&mut config.initial_temperature, "initial_temperature"),
            (&mut config.target_entropy, "target_entropy"),
            (&mut config.cloning_weight, "cloning_weight"),
            (&mut config.actor_decay, "actor_decay"),
        ];
        let name = match fields.into_iter().nth(which) {
            Some((field, name)) => {
                *field = wild;
                name
            }
            None => {
                config.subset = config.critics + 1;
                "subset"
            }
        };
        let error = Sac::new(2, 2, config, 0).err().map(|error| error.to_string()).unwrap_or_default();
        prop_assert!(error.contains(name) && error.contains("give"), "{error}");
    }
}

/// A step that is known by its reward.
fn live(sac: &mut Sac, reward: f32) {
    let transition = Transition {
        observation: &[0.5],
        action: &[0.25],
        reward,
        discount: 0.9,
        next_observation: &[0.5],
        potentials: [0.0; 2],
    };
    sac.remember(transition).unwrap();
}

/// A learner whose second rollout, of nine steps that go over the end of its memory, ended so.
fn ended(imitate_success: bool, succeeded: bool) -> Sac {
    let config = SacConfig { imitate_success, ..small() };
    let mut sac = Sac::new(1, 1, config, 3).unwrap();
    for steps in [35, 9] {
        sac.begin_rollout();
        (0..steps).for_each(|step: u8| live(&mut sac, f32::from(step)));
    }
    sac.end_rollout(succeeded);
    // Nothing has been lived since.
    sac.end_rollout(succeeded);
    sac
}

#[test]
fn a_rollout_that_succeeded_is_a_demonstration() {
    assert_eq!(ended(true, true).demonstrated.rewards(), (0..9_u8).map(f32::from).collect::<Vec<_>>());
    assert!(ended(true, false).demonstrated.rewards().is_empty());
    assert!(ended(false, true).demonstrated.rewards().is_empty());
}

#[test]
fn a_learner_that_was_saved_in_a_rollout_remembers_the_whole() {
    let mut sac = ended(true, false);
    for reward in [1.0, 2.0] {
        sac = Sac::load(&sac.save().unwrap()).unwrap();
        live(&mut sac, reward);
    }
    sac.end_rollout(true);
    assert_eq!(sac.demonstrated.rewards(), [1.0, 2.0]);
}
