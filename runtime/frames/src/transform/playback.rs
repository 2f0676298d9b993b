//! Which frame is shown when.

use super::Transform;
use super::random::Random;
use crate::error::{Error, Result};

/// Longest clip: three months at 1 Hz, four days at 30 Hz.
const MAX_FRAMES: u32 = 10_000_000;
/// Frame periods that make sense; a pause of 3 s is at most 3000 frames.
const PERIOD_SECS: std::ops::RangeInclusive<f64> = 0.001..=60.0;

/// The source frame that is shown at each playback frame.
///
/// Time transforms are applied in the order given, each to the clip that those before it made: FRAME, A and B count the frames of
/// that clip, and "the clip's length" is its length. Transforms of pixels and views change nothing here. `clip_frames` is the
/// source's number of frames, `frame_period_secs` the time between them, which only `warp` uses.
///
/// # Errors
/// When the clip is empty or too long, the period is not between 1 ms and 60 s, or a transform names a frame beyond the clip.
pub fn playback(transforms: &[Transform], clip_frames: u32, frame_period_secs: f64) -> Result<Vec<u32>> {
    let refuse = |why| Err(Error::Clip { frames: clip_frames, period_secs: frame_period_secs, why });
    if clip_frames == 0 || clip_frames > MAX_FRAMES {
        return refuse("a clip has 1 to 10 million frames; cut it or check the file");
    }
    if !PERIOD_SECS.contains(&frame_period_secs) {
        return refuse("frames come every 0.001 to 60 s; check the clip's frame rate");
    }
    let mut shown: Vec<u32> = (0..clip_frames).collect();
    for transform in transforms {
        apply(transform, &mut shown, frame_period_secs)?;
        if shown.len() > MAX_FRAMES as usize {
            return refuse("slowed down it has more than 10 million frames; use fewer warps or a shorter clip");
        }
    }
    Ok(shown)
}

fn apply(transform: &Transform, shown: &mut Vec<u32>, period_secs: f64) -> Result<()> {
    let index = |frame: u32| {
        let last = u32::try_from(shown.len() - 1).unwrap_or(u32::MAX);
        if frame <= last {
            Ok(frame as usize)
        } else {
            Err(Error::TransformFrame { transform: transform.to_string(), frame, last })
        }
    };
    match *transform {
        Transform::Reverse => shown.reverse(),
        Transform::Freeze { frame } => {
            let held = shown[index(frame)?];
            shown.fill(held);
        }
        Transform::Stall { frame } => {
            let at = index(frame)?;
            let held = shown[at];
            shown[at..].fill(held);
        }
        Transform::Loop { from, to } => {
            let (from, to) = (index(from)?, index(to)?);
            *shown = to_and_fro(&shown[from.min(to)..=from.max(to)], shown.len());
        }
        Transform::Shuffle { seed } => shuffle(shown, &mut Random::new(seed)),
        Transform::Warp { seed } => *shown = warp(shown, period_secs, &mut Random::new(seed)),
        Transform::Swap { .. }
        | Transform::Drop { .. }
        | Transform::Occlude { .. }
        | Transform::Brightness { .. }
        | Transform::Blur { .. }
        | Transform::Jpeg { .. } => {}
    }
    Ok(())
}

/// The piece forwards, backwards, forwards ...; turning points are shown once.
fn to_and_fro(piece: &[u32], length: usize) -> Vec<u32> {
    let inner = piece.get(1..piece.len() - 1).unwrap_or_default();
    piece.iter().chain(inner.iter().rev()).copied().cycle().take(length).collect()
}

/// Fisher and Yates.
fn shuffle(shown: &mut [u32], random: &mut Random) {
    for end in (1..shown.len()).rev() {
        shown.swap(end, random.below(end + 1));
    }
}

/// The clip in pieces of 1 to 4 s of its own time, each at its own speed; in one case of five the picture stands still instead.
/// The first and the last frame are kept, and time never runs back.
#[expect(clippy::cast_sign_loss, reason = "positions and lengths are positive")]
fn warp(shown: &[u32], period_secs: f64, random: &mut Random) -> Vec<u32> {
    let last = shown.len() - 1;
    let mut warped = vec![shown[0]];
    let mut position = 0.0; // in frames of the clip
    while position < last as f64 {
        let pause = random.uniform(0.0, 5.0) < 1.0;
        let (steps, speed) = if pause {
            (random.uniform(0.5, 3.0) / period_secs, 0.0)
        } else {
            let (piece_secs, speed) = (random.uniform(1.0, 4.0), random.speed());
            (piece_secs / speed / period_secs, speed)
        };
        for _ in 0..(steps.round() as usize).max(1) {
            position += speed;
            let at = (position as usize).min(last);
            warped.push(shown[at]);
            if position >= last as f64 {
                break;
            }
        }
    }
    warped
}
