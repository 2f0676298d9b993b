//! The number of allocations from decoded frames in hand to the reward's bytes, counted.

use std::sync::Arc;

use striatum::{Config, Engine, EngineConfig, Event, Output, Pipeline};
use striatum_core::{ShapingMode, SourceSet, StampNanos};
use striatum_frames::{Frame, Image, content_hash};
use striatum_models::{Bundle, BundleModel, LoadOptions, SessionConfig};
use striatum_tests::drawn::{DrawOptions, Drawn, View};
use striatum_wire::{BundleHash, ShapedReward};

use crate::world;

#[test]
fn a_step_allocates_nothing_in_rust() {
    let cache = striatum::Cache::from_env().unwrap();
    striatum_models::init_runtime(&cache.onnxruntime(true).unwrap()).unwrap();
    let options = LoadOptions { session: SessionConfig::default(), cache_dir: Some(cache.root().join("backbones")) };
    let bundle = Bundle::load(&world().bundle, &options).unwrap();
    let model = BundleModel::new(bundle, || 0).unwrap();
    let config = Config::parse("bundle = \"-\"\n[sync]\nperiod_secs = 0.0\n", "test").unwrap();
    let pipeline = Pipeline::new(Box::new(model), &config.pipeline(3, "test").unwrap()).unwrap();
    let mut engine = Engine::new(
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
    let mut rewards = 0;
    let mut bytes = [0; ShapedReward::MAX_LEN];
    let mut step = |set: &[Frame]| {
        for frame in set {
            engine
                .handle(frame.capture, Event::Frame(frame.clone()), &mut |output| {
                    if let Output::Reward(_, encoded) = output {
                        bytes[..encoded.len()].copy_from_slice(encoded);
                        rewards += 1;
                    }
                })
                .unwrap();
        }
    };
    let (warm_up, counted) = sets.split_at(5);
    warm_up.iter().for_each(|set| step(set));
    let allocations = allocation_counter::measure(|| counted.iter().for_each(|set| step(set)));
    assert_eq!(rewards, 19, "every frame set but the first gave a reward");
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
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
