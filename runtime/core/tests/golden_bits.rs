//! The same inputs give the same bits, on every target and in every build: what replay and comparison across machines rest
//! on. The digests hold the whole chain, hops to rewards, for each fusion rule.
//!
//! A digest that changes with the code is a change of the reward: say so in the CHANGELOG, then record the new one. A digest
//! that changes with the target or the compiler is a defect: something rounds differently there.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

mod support;

use striatum_core::{
    Ending, EpisodeRules, Fuser, FusionConfig, KMode, PotentialFn, Scores, Shaper, Success, SuccessSource, Transition,
};
use support::{rules, scores};

/// Numbers in \[-1, 1\) from a linear congruential generator: integer arithmetic, so the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// Scores with now and then a perspective that is not there or not a number.
    fn scores(&mut self) -> Scores {
        let mut hop = || match self.next() {
            rare if rare > 0.95 => None,
            rare if rare < -0.95 => Some(f64::NAN),
            _ => Some(self.next()),
        };
        let raw = scores(hop(), hop(), hop());
        Scores { std: self.next().abs() / 4.0, ood: self.next().abs(), ..raw }
    }
}

/// FNV-1a over 64-bit words.
fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ word).wrapping_mul(0x0100_0000_01b3))
}

fn bits_of_an_episode(config: FusionConfig) -> u64 {
    let mut numbers = Numbers(7);
    let mut fuser = Fuser::new(config).unwrap();
    let potential_fn = PotentialFn::new(1.25, 0.1).unwrap();
    let rules = EpisodeRules { k_mode: KMode::Elapsed, period_nanos: 200_000_000, ..rules(0.99) };
    let mut shaper = Shaper::begin(rules, potential_fn.of(&fuser.update(&numbers.scores()))).unwrap();
    let mut words = Vec::new();
    for index in 0..2000 {
        let estimate = fuser.update(&numbers.scores());
        let step = shaper
            .step(Transition {
                next: potential_fn.of(&estimate),
                k: numbers.next().abs() * 3.0 + 0.01,
                ending: if index == 1999 { Ending::Terminated } else { Ending::Running },
                success: Success::Yes,
                source: SuccessSource::Sensor,
            })
            .unwrap();
        words.extend([estimate.mean, estimate.std, estimate.ood, estimate.weight].map(f64::to_bits));
        words.extend([step.potential_prev.get(), step.potential.get(), step.shaping, step.reward].map(f64::to_bits));
    }
    digest(words.into_iter())
}

#[test]
fn the_chain_from_scores_to_rewards_gives_the_recorded_bits() {
    let recorded = [
        (FusionConfig::memoryless(), 0x2bab_3df7_053d_0fac),
        (FusionConfig::plain(), 0x49ba_de3b_85cf_534e),
        (FusionConfig::consistency(), 0x7c3e_5f38_9881_89b9),
        (FusionConfig::paper(), 0x004b_7fc5_dd09_bf96),
    ];
    for (config, expected) in recorded {
        let found = bits_of_an_episode(config);
        assert_eq!(found, expected, "{config:?} gives {found:#018x}, {expected:#018x} is recorded");
    }
}
