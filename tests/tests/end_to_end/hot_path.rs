//! The number of allocations from decoded frames in hand to the reward's bytes, counted.

use std::sync::Arc;

use striatum::{Config, Engine, EngineConfig, Event, Output, Pipeline};
use striatum_core::{ShapingMode, SourceSet, StampNanos};
use striatum_frames::{Frame, Image, content_hash};
use striatum_models::{Bundle, BundleModel, LoadOptions, Member, MemberRuleName, MembersConfig, SessionConfig};
use striatum_tests::drawn::{DrawOptions, Drawn, View};
use striatum_tests::kit::{begin_request, step_request};
use striatum_wire::{BeginReply, BundleHash, ShapedReward};

use crate::world;

#[test]
fn a_step_allocates_nothing_in_rust() {
    count_allocations(MembersConfig::default());
}

#[test]
fn a_step_of_three_members_allocates_nothing_in_rust() {
    for rule in MemberRuleName::ALL {
        count_allocations(MembersConfig::of(Member::ALL.to_vec(), rule));
    }
}

fn count_allocations(members: MembersConfig) {
    let cache = striatum::Cache::from_env().unwrap();
    striatum_models::init_runtime(&cache.onnxruntime(true).unwrap()).unwrap();
    let cache_dir = Some(cache.root().join("backbones"));
    let options = LoadOptions { session: SessionConfig::default(), cache_dir, members };
    let bundle = Bundle::load(&world().bundle, &options).unwrap();
    let model = BundleModel::new(bundle, || 0).unwrap();
    let config = Config::parse("bundle = \"-\"\n[sync]\nperiod_secs = 0.0\n", "test").unwrap();
    let pipeline = Pipeline::new(Box::new(model), &config.pipeline(3, "test").unwrap()).unwrap();
    let engine = Engine::new(
        pipeline,
        EngineConfig {
            epoch: 1,
            bundle_hash: BundleHash([0; 32]),
            max_skew_nanos: 1_000_000,
            lock_gamma: false,
            begin_timeout_nanos: 0,
            mode: ShapingMode::Potential,
            gold_sources: SourceSet::default(),
        },
    );
    let drawn = Drawn::new(DrawOptions { frames: 20, width: 160, height: 120, ..DrawOptions::default() }).unwrap();
    let sets: Vec<Vec<Frame>> = (0..20).map(|frame| frames(&drawn, frame)).collect();
    let (warm_up, counted) = sets.split_at(5);
    let mut run = Run { engine, rewards: 0, replies: 0, bytes: [0; ShapedReward::MAX_LEN] };
    warm_up.iter().for_each(|set| run.frame_set(set));
    let (watched, learnt) = counted.split_at(7);
    let allocations = allocation_counter::measure(|| watched.iter().for_each(|set| run.frame_set(set)));
    assert_eq!(run.rewards, 11, "every frame set but the first gave a reward");
    assert_eq!(allocations.count_total, 0, "{allocations:?}");

    // A learner's steps: request, state at the stamp, reward, reply, and the reply kept for who asks again.
    let first = learnt[0][0].capture;
    run.frame_set(&learnt[0]);
    run.handle(first, Event::Begin(1, begin_request(first.0, 1.0)));
    assert_eq!(run.replies, 1, "begun");
    let episode = BeginReply::decode(&run.bytes[..BeginReply::MAX_LEN]).unwrap().episode;
    let requests: Vec<_> =
        (1..).zip(&learnt[1..]).map(|(step, set)| (set, step_request(episode, step, set[0].capture.0))).collect();
    let allocations = allocation_counter::measure(|| {
        for (set, request) in requests {
            run.frame_set(set);
            run.handle(set[0].capture, Event::Step(request.step, request, set[0].capture));
        }
    });
    assert_eq!(run.replies, learnt.len(), "every step was answered");
    // The vector of requests itself goes on the way; nothing is made.
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

/// An engine and what it said last.
struct Run {
    engine: Engine,
    rewards: usize,
    replies: usize,
    bytes: [u8; ShapedReward::MAX_LEN],
}

impl Run {
    fn frame_set(&mut self, set: &[Frame]) {
        set.iter().for_each(|frame| self.handle(frame.capture, Event::Frame(frame.clone())));
    }

    fn handle(&mut self, now: StampNanos, event: Event) {
        let mut event = Some(event);
        while let Some(next) = event.take() {
            let Self { engine, rewards, replies, bytes } = self;
            engine
                .handle(now, next, &mut |output| match output {
                    Output::Reward(_, encoded) => {
                        bytes[..encoded.len()].copy_from_slice(encoded);
                        *rewards += 1;
                    }
                    Output::Reply(_, encoded) => {
                        bytes[..encoded.len()].copy_from_slice(encoded);
                        *replies += 1;
                    }
                    Output::Scored(_) | Output::Refuse(..) | Output::Shown(_) => {}
                })
                .unwrap();
            event = self.engine.wants_conclusion().then_some(Event::Conclude);
        }
    }
}

fn frames(drawn: &Drawn, frame: u32) -> Vec<Frame> {
    View::ALL
        .iter()
        .enumerate()
        .map(|(index, view)| {
            let picture = drawn.image(*view, frame);
            let image = Image::new(picture.width(), picture.height(), picture.into_raw()).unwrap();
            let capture = StampNanos(1_000_000_000 + u64::from(frame) * 100_000_000);
            Frame {
                view: index,
                capture,
                received: capture,
                source_frame: frame,
                content_hash: content_hash(&image),
                image: Arc::new(image),
            }
        })
        .collect()
}
