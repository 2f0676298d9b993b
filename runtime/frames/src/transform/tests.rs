//! The grammar, the order of frames, and the pictures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::panic)]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::image_buffer::Image;

fn parse(text: &str) -> Transform {
    text.parse().unwrap()
}

fn play(texts: &[&str], frames: u32) -> Vec<u32> {
    let transforms: Vec<Transform> = texts.iter().map(|text| parse(text)).collect();
    playback(&transforms, frames, 0.1).unwrap()
}

fn any_transform() -> impl Strategy<Value = Transform> {
    let name = "[a-z_]{1,8}";
    prop_oneof![
        Just(Transform::Reverse),
        any::<u32>().prop_map(|frame| Transform::Freeze { frame }),
        any::<u32>().prop_map(|frame| Transform::Stall { frame }),
        (0..u32::MAX, 1_u32..1000).prop_map(|(from, more)| Transform::Loop { from, to: from.saturating_add(more) }),
        any::<u64>().prop_map(|seed| Transform::Shuffle { seed }),
        any::<u64>().prop_map(|seed| Transform::Warp { seed }),
        (name, name).prop_map(|(first, second)| Transform::Swap { second: format!("{second}{first}"), first }),
        name.prop_map(|view| Transform::Drop { view }),
        (name, 0.0..=1.0).prop_map(|(view, fraction)| Transform::Occlude { view, fraction }),
        (0.0..=100.0).prop_map(|factor| Transform::Brightness { factor }),
        (0.01..=100.0).prop_map(|sigma| Transform::Blur { sigma }),
        (1_u8..=100).prop_map(|quality| Transform::Jpeg { quality }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(transform in any_transform()) {
        let text = transform.to_string();
        prop_assert_eq!(text.parse::<Transform>(), Ok(transform), "{}", text);
    }

    /// Whatever is given: a transform that reads back, or one line with a form that is valid.
    #[test]
    fn errors_name_a_form_that_works(
        text in prop_oneof![".{0,20}", "(freeze|stall|loop|swap|occlude|blur|jpeg|warp|brightness|drop)(:[-a-z0-9.,]{0,9})?"],
    ) {
        match text.parse::<Transform>() {
            Ok(transform) => prop_assert_eq!(transform.to_string().parse(), Ok(transform)),
            Err(Error::TransformSyntax { text: named, why, nearest }) => {
                prop_assert_eq!(named, text);
                prop_assert!(!why.is_empty());
                prop_assert!(nearest.parse::<Transform>().is_ok(), "{}", nearest);
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn playback_stays_in_the_clip_and_only_warp_changes_its_length(
        transforms in prop::collection::vec(any_transform(), 0..5), frames in 1_u32..300,
    ) {
        let warps = transforms.iter().any(|transform| matches!(transform, Transform::Warp { .. }));
        match playback(&transforms, frames, 0.1) {
            Ok(shown) => {
                prop_assert!(shown.iter().all(|&frame| frame < frames));
                prop_assert!(warps || shown.len() == frames as usize);
            }
            Err(error) => prop_assert!(matches!(error, Error::TransformFrame { .. }), "{}", error),
        }
    }

    #[test]
    fn a_warp_is_fixed_by_its_seed_and_never_runs_back(seed: u64, frames in 1_u32..2000, period in 0.01_f64..0.5) {
        let warp = [Transform::Warp { seed }];
        let shown = playback(&warp, frames, period).unwrap();
        prop_assert_eq!(&shown, &playback(&warp, frames, period).unwrap());
        prop_assert_eq!((shown[0], shown[shown.len() - 1]), (0, frames - 1));
        // At most 4 frames at once (the position is cut to whole frames, so 4 steps can show as 4 at most).
        prop_assert!(shown.windows(2).all(|pair| (0..=4).contains(&(pair[1] - pair[0]))));
    }

    #[test]
    fn a_shuffle_keeps_every_frame(seed: u64, frames in 1_u32..500) {
        let mut shown = playback(&[Transform::Shuffle { seed }], frames, 0.1).unwrap();
        prop_assert!(frames < 50 || !shown.is_sorted());
        shown.sort_unstable();
        prop_assert!(shown.into_iter().eq(0..frames));
    }
}

/// Over many seeds: a fifth of the pieces stand still, and speeds cover the range on both sides of 1 alike.
#[test]
fn warps_have_pauses_and_speeds_as_described() {
    let (mut slow, mut fast, mut longest_stand, mut pauses) = (0, 0, 0, 0);
    for seed in 0..200 {
        let shown = playback(&[Transform::Warp { seed }], 3000, 0.01).unwrap();
        let stands: Vec<usize> = shown.chunk_by(|a, b| a == b).map(<[u32]>::len).collect();
        // At a quarter of the speed a frame is shown 4 or 5 times; a pause is at least 50.
        pauses += stands.iter().filter(|&&length| length >= 50).count();
        longest_stand = longest_stand.max(stands.iter().copied().max().unwrap());
        slow += stands.iter().filter(|&&length| (2..50).contains(&length)).sum::<usize>();
        fast += shown.windows(2).map(|pair| (pair[1] - pair[0]) as usize).filter(|&step| step >= 2).sum::<usize>();
    }
    // 30 s in pieces of 2.5 s: about 12 pieces of motion and 3 pauses a clip.
    assert!((400..800).contains(&pauses), "{pauses} pauses in 200 clips");
    // Pauses can follow one another, so this is no upper limit.
    assert!(longest_stand > 250, "the longest stand is {longest_stand} frames of 10 ms");
    assert!(slow > 50_000 && fast > 50_000, "{slow} slow, {fast} fast");
}

/// A stream that changed would change every published result that names a seed.
#[test]
fn seeds_give_the_same_stream_for_ever() {
    assert_eq!(play(&["shuffle:1"], 10), [2, 7, 8, 5, 3, 6, 1, 9, 0, 4]);
    assert_eq!(play(&["warp:1"], 30)[..12], [0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8]);
}

#[test]
fn time_transforms_do_what_they_say() {
    assert_eq!(play(&["reverse"], 4), [3, 2, 1, 0]);
    assert_eq!(play(&["freeze:2"], 4), [2, 2, 2, 2]);
    assert_eq!(play(&["stall:1"], 4), [0, 1, 1, 1]);
    assert_eq!(play(&["loop:1-3"], 10), [1, 2, 3, 2, 1, 2, 3, 2, 1, 2]);
    assert_eq!(play(&["loop:0-1"], 5), [0, 1, 0, 1, 0]);
    assert_eq!(play(&["drop:cam", "jpeg:5"], 3), [0, 1, 2]);
    // Each sees the clip that those before it made.
    assert_eq!(play(&["reverse", "stall:1"], 4), [3, 2, 2, 2]);
    assert_eq!(play(&["stall:1", "reverse"], 4), [1, 1, 1, 0]);
    assert_eq!(play(&["freeze:0"], 1), [0]);
}

#[test]
fn clips_that_cannot_be_played_are_refused() {
    assert!(matches!(playback(&[], 0, 0.1), Err(Error::Clip { .. })));
    assert!(matches!(playback(&[], u32::MAX, 0.1), Err(Error::Clip { .. })));
    for period in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9] {
        assert!(matches!(playback(&[], 10, period), Err(Error::Clip { .. })));
    }
    let beyond = playback(&[parse("stall:10")], 10, 0.1).unwrap_err();
    assert_eq!(beyond.to_string(), "transform `stall:10`: the clip has no frame 10; its frames are 0 to 9");
}

#[test]
fn mistakes_are_explained() {
    let message = |text: &str| text.parse::<Transform>().unwrap_err().to_string();
    assert!(message("revrese").ends_with("write it like `reverse`"), "{}", message("revrese"));
    assert!(message("frezze:3").ends_with("write it like `freeze:300`"));
    assert!(message("loop:9-3").ends_with("A must be before B; write it like `loop:3-9`"));
    assert!(message("jpeg:0").contains("QUALITY must be from 1 to 100"));
    assert!(message("reverse:1").contains("takes no argument"));
    assert!(message("swap:a").contains("two views"));
    assert!(message("blur:nan").contains("SIGMA must be a number"));
    assert!(message("warp").contains("needs an argument, SEED"));
}

fn images() -> Vec<Option<Arc<Image>>> {
    let picture = |grey| Some(Arc::new(Image::filled(20, 10, [grey, 100, 200])));
    vec![picture(1), picture(2), picture(3)]
}

fn edited(texts: &[&str]) -> Vec<Option<Arc<Image>>> {
    let transforms: Vec<Transform> = texts.iter().map(|text| parse(text)).collect();
    let mut images = images();
    ViewEdits::new(&transforms, &["a", "b", "c"]).unwrap().apply(&mut images).unwrap();
    images
}

#[test]
fn views_are_swapped_and_dropped_in_the_order_given() {
    let before = images();
    assert_eq!(edited(&["swap:a,c"]), [before[2].clone(), before[1].clone(), before[0].clone()]);
    assert_eq!(edited(&["swap:a,c", "drop:c"]), [before[2].clone(), before[1].clone(), None]);
    assert_eq!(edited(&["drop:c", "swap:a,c"]), [None, before[1].clone(), before[0].clone()]);
    assert!(ViewEdits::new(&[parse("warp:3")], &["a"]).unwrap().is_empty());
}

#[test]
fn an_unknown_view_is_named_with_those_there_are() {
    let error = ViewEdits::new(&[parse("occlude:d,0.5")], &["a", "b"]).unwrap_err();
    assert_eq!(error.to_string(), "transform `occlude:d,0.5`: there is no view `d`; the views are a, b");
}

#[test]
fn pixels_are_changed_in_a_copy() {
    let mut images = images();
    let shared = images[0].clone();
    ViewEdits::new(&[parse("brightness:2")], &["a", "b", "c"]).unwrap().apply(&mut images).unwrap();
    assert_eq!(images[0].as_ref().unwrap().pixels()[..3], [2, 200, 255]);
    assert_eq!(shared.unwrap().pixels()[..3], [1, 100, 200]);
}

#[test]
fn occlusion_covers_its_share_of_one_view() {
    for (fraction, pixels) in [(0.0, 0), (0.25, 50), (1.0, 200)] {
        let images = edited(&[&format!("occlude:b,{fraction}")]);
        let black = |image: &Image| image.pixels().as_chunks::<3>().0.iter().filter(|&&pixel| pixel == [0; 3]).count();
        let counts: Vec<usize> = images.iter().flatten().map(|image| black(image)).collect();
        assert_eq!(counts, [0, pixels, 0]);
    }
}

#[test]
fn blur_and_jpeg_keep_size_and_mean() {
    let mut picture = Image::filled(32, 24, [0; 3]);
    picture.pixels_mut().chunks_exact_mut(12).for_each(|four| four[..6].fill(200));
    for text in ["blur:3", "jpeg:5"] {
        let mut images = vec![Some(Arc::new(picture.clone())), None];
        ViewEdits::new(&[parse(text)], &["a", "b"]).unwrap().apply(&mut images).unwrap();
        let after = images[0].as_ref().unwrap();
        assert_eq!((after.width(), after.height(), images[1].is_none()), (32, 24, true));
        let mean =
            |image: &Image| image.pixels().iter().map(|&value| f64::from(value)).sum::<f64>() / (32.0 * 24.0 * 3.0);
        assert!((mean(after) - mean(&picture)).abs() < 12.0, "{text}: {} from {}", mean(after), mean(&picture));
        assert_ne!(after.pixels(), picture.pixels(), "{text} changes the picture");
    }
}
