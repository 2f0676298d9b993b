//! In which passes a list of wanted frames is decoded, and the words that tell ffmpeg which frames to keep.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Most frames one window may ask for by number: keeps ffmpeg's select expression short.
const MAX_WINDOW_FRAMES: usize = 128;

/// How a view's wanted frames are decoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Passes {
    /// One pass through the file: the wanted frames rise (an earlier one may be shown again before the next).
    Once(Vec<usize>),
    /// Several passes, each held in memory while its part of the list is shown.
    Windows(Vec<Window>),
}

/// One pass that is held in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    /// Frames to decode, rising, each once.
    pub(crate) frames: Vec<usize>,
    /// How many entries of the wanted list it serves.
    pub(crate) entries: usize,
}

/// Cuts `wanted` into passes that each hold at most `window_frames` pictures.
pub(crate) fn passes(wanted: &[usize], window_frames: usize) -> Passes {
    let mut distinct = wanted.to_vec();
    distinct.dedup();
    if distinct.is_sorted() && runs(&distinct).len() <= MAX_WINDOW_FRAMES {
        return Passes::Once(distinct);
    }
    let limit = window_frames.clamp(1, MAX_WINDOW_FRAMES);
    let mut windows = Vec::new();
    let (mut frames, mut entries) = (BTreeSet::new(), 0);
    for &frame in wanted {
        if frames.len() == limit && !frames.contains(&frame) {
            windows.push(Window { frames: std::mem::take(&mut frames).into_iter().collect(), entries });
            entries = 0;
        }
        frames.insert(frame);
        entries += 1;
    }
    if entries > 0 {
        windows.push(Window { frames: frames.into_iter().collect(), entries });
    }
    Passes::Windows(windows)
}

/// A row of frame numbers at one distance: `first`, `first + step`, ... `last`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    first: usize,
    last: usize,
    step: usize,
}

fn runs(rising: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &frame in rising {
        match runs.last_mut() {
            Some(run) if run.first == run.last => {
                run.step = frame - run.first;
                run.last = frame;
            }
            Some(run) if frame - run.last == run.step => run.last = frame,
            _ => runs.push(Run { first: frame, last: frame, step: 1 }),
        }
    }
    runs
}

/// ffmpeg's select expression for `rising` frame numbers, counted from `origin`; `None` when every frame from `origin` on
/// is kept, up to the last that is wanted.
pub(crate) fn select_expression(rising: &[usize], origin: usize) -> Option<String> {
    let runs = runs(rising);
    if let [Run { first, step: 1, .. }] = runs[..]
        && first == origin
    {
        return None;
    }
    let mut words = String::new();
    for Run { first, last, step } in runs {
        let (first, last) = (first.saturating_sub(origin), last.saturating_sub(origin));
        let plus = if words.is_empty() { "" } else { "+" };
        // Writing into a String cannot fail.
        let _ = match (first == last, step) {
            (true, _) => write!(words, "{plus}eq(n,{first})"),
            (false, 1) => write!(words, "{plus}between(n,{first},{last})"),
            (false, step) => write!(words, "{plus}between(n,{first},{last})*not(mod(n-{first},{step}))"),
        };
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stride_is_one_pass_and_one_word() {
        let wanted: Vec<usize> = (0..1277).step_by(5).collect();
        assert_eq!(passes(&wanted, 72), Passes::Once(wanted.clone()));
        assert_eq!(select_expression(&wanted, 0).unwrap(), "between(n,0,1275)*not(mod(n-0,5))");
        assert_eq!(select_expression(&[0, 1, 2], 0), None);
        assert_eq!(select_expression(&[7], 5).unwrap(), "eq(n,2)");
    }

    #[test]
    fn a_held_frame_is_decoded_once() {
        assert_eq!(passes(&[3, 3, 3, 4, 4], 72), Passes::Once(vec![3, 4]));
    }

    #[test]
    fn playing_backwards_takes_windows() {
        let wanted: Vec<usize> = (0..10).rev().collect();
        let Passes::Windows(windows) = passes(&wanted, 4) else { panic!("expected windows") };
        let frames: Vec<_> = windows.iter().map(|window| window.frames.clone()).collect();
        assert_eq!(frames, [vec![6, 7, 8, 9], vec![2, 3, 4, 5], vec![0, 1]]);
    }

    proptest! {
        #[test]
        fn windows_serve_every_entry_in_order_within_the_limit(
            wanted in prop::collection::vec(0_usize..400, 1..300), limit in 1_usize..200,
        ) {
            match passes(&wanted, limit) {
                Passes::Once(frames) => {
                    prop_assert!(frames.is_sorted());
                    prop_assert!(wanted.iter().all(|frame| frames.contains(frame)));
                }
                Passes::Windows(windows) => {
                    let mut rest = &wanted[..];
                    for window in windows {
                        prop_assert!(window.frames.len() <= limit && window.frames.is_sorted());
                        let (part, after) = rest.split_at(window.entries);
                        prop_assert!(part.iter().all(|frame| window.frames.contains(frame)));
                        rest = after;
                    }
                    prop_assert!(rest.is_empty());
                }
            }
        }

        #[test]
        fn runs_hold_exactly_the_frames(frames in prop::collection::btree_set(0_usize..500, 1..60)) {
            let rising: Vec<usize> = frames.into_iter().collect();
            let spread: Vec<usize> =
                runs(&rising).iter().flat_map(|run| (run.first..=run.last).step_by(run.step)).collect();
            prop_assert_eq!(spread, rising);
        }
    }
}
