//! The hot path takes no memory once it is warm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use striatum_core::StampNanos;
use striatum_frames::{
    DropOut, Frame, FrozenPolicy, Image, Normalisation, Resizer, SyncConfig, Synchroniser, content_hash,
};

#[test]
fn a_warm_resizer_does_not_allocate() {
    let images =
        [Image::filled(640, 480, [1, 2, 3]), Image::filled(320, 240, [9, 9, 9]), Image::filled(97, 31, [7; 3])];
    let normalise = Normalisation::new([0.5; 3], [0.5; 3]);
    let mut resizer = Resizer::new(224, 224);
    let mut planes = vec![0.0; resizer.output_len()];
    let mut all = || images.iter().for_each(|image| resizer.resize_to_planes(image, &normalise, &mut planes).unwrap());
    all();
    assert_eq!(allocation_counter::measure(|| (0..3).for_each(|_| all())).count_total, 0);
}

/// Complete sets, lost frames, full queues, deadlines: from the first frame on.
#[test]
fn a_synchroniser_never_allocates() {
    let image = Arc::new(Image::filled(8, 8, [0; 3]));
    let hash = content_hash(&image);
    for drop_out in [DropOut::Wait, DropOut::Degrade, DropOut::Hold] {
        let config = SyncConfig {
            views: 3,
            max_skew_nanos: 40,
            view_deadline_nanos: 50,
            period_nanos: 0,
            drop_out,
            frozen_after_nanos: 300,
            frozen: FrozenPolicy::FlagOnly,
        };
        let mut sync = Synchroniser::new(config).unwrap();
        let mut sets = 0;
        let counted = allocation_counter::measure(|| {
            for tick in 0..300_u64 {
                let lost = (100..150).contains(&tick);
                for view in 0..if lost { 2 } else { 3 } {
                    let stamp = StampNanos(tick * 100 + view as u64);
                    let image = image.clone();
                    let frame =
                        Frame { view, capture: stamp, received: stamp, source_frame: 0, content_hash: hash, image };
                    sets += u32::from(sync.push(frame, stamp).unwrap().is_some());
                }
                sets += u32::from(sync.poll(StampNanos(tick * 100 + 90)).is_some());
            }
        });
        assert_eq!(counted.count_total, 0, "{drop_out:?}");
        assert_eq!(sets, if drop_out == DropOut::Wait { 250 } else { 300 });
    }
}
