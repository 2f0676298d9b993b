//! A drawn episode that can be asked for any frame, its progress and its keyframes.

use image::RgbImage;
use striatum::Result;

use super::canvas::Canvas;
use super::motion::Motion;
use super::options::{DrawOptions, View};
use super::{render, robot};

/// A drawn episode.
#[derive(Debug, Clone)]
pub struct Drawn {
    options: DrawOptions,
    motion: Motion,
    /// What the fixed cameras see of the room: high, side.
    backgrounds: [Canvas; 2],
}

impl Drawn {
    /// Lays out the scene and the motion; images are drawn when they are asked for.
    ///
    /// # Errors
    /// [`striatum::Error::Input`] naming an option that is out of its range.
    pub fn new(options: DrawOptions) -> Result<Self> {
        options.check()?;
        let motion = Motion::new(&options);
        let size = (options.width as usize, options.height as usize);
        let start = motion.at(0.0);
        let backgrounds = [View::High, View::Side].map(|view| render::background(&render::camera(view, &start, size)));
        Ok(Self { options, motion, backgrounds })
    }

    /// What it was made from.
    pub fn options(&self) -> &DrawOptions {
        &self.options
    }

    /// The image that a view shows at a frame; frames after the last one show the last one.
    pub fn image(&self, view: View, frame: u32) -> RgbImage {
        let last = self.options.frames - 1;
        let shown = match self.options.freeze {
            Some(freeze) if freeze.view == view => frame.min(freeze.from_frame),
            _ => frame,
        }
        .min(last);
        let state = self.motion.at(self.share(shown));
        let camera = render::camera(view, &state, (self.options.width as usize, self.options.height as usize));
        let mut canvas = match view {
            View::High => self.backgrounds[0].clone(),
            View::Side => self.backgrounds[1].clone(),
            View::Wrist => render::background(&camera),
        };
        render::draw(&mut canvas, &camera, &robot::cuboids(&self.motion, &state));
        let stream = (view as u64) << 32 | u64::from(shown);
        render::develop(&canvas, self.options.seed, stream, self.options.noise_levels)
    }

    /// First and last frame of each block's subtask. Those that a failed episode never reaches share the time after its last
    /// frame, so that readers of keyframes hold the progress where it is.
    pub fn keyframes(&self) -> Vec<(f64, f64)> {
        let last = self.options.frames - 1;
        let done = self.options.stop_after_blocks.unwrap_or(self.options.blocks) as usize;
        let never = (self.motion.subtasks.len() - done).max(1) as f64;
        let frame = |share: f32| f64::from((share * last as f32).round());
        let after = |i: usize| f64::from(last) + i as f64 / never;
        (self.motion.subtasks.iter().enumerate())
            .map(|(i, &(start, end))| match i.checked_sub(done) {
                None => (frame(start), frame(end)),
                Some(late) => (after(late), after(late + 1)),
            })
            .collect()
    }

    /// The true progress at a frame, 0 to 1: linear over the keyframes, each worth the same.
    pub fn true_progress(&self, frame: u32) -> f64 {
        let keyframes = self.keyframes();
        let now = f64::from(frame.min(self.options.frames - 1));
        let done: f64 = keyframes.iter().map(|(start, end)| ((now - start) / (end - start)).clamp(0.0, 1.0)).sum();
        done / keyframes.len() as f64
    }

    /// Whether every block ends in the box.
    pub fn succeeds(&self) -> bool {
        self.options.stop_after_blocks.is_none()
    }

    fn share(&self, frame: u32) -> f32 {
        frame as f32 / (self.options.frames - 1) as f32
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]

    use super::super::options::Freeze;
    use super::*;

    fn small(options: DrawOptions) -> Drawn {
        Drawn::new(DrawOptions { width: 64, height: 48, frames: 60, ..options }).unwrap()
    }

    fn difference(a: &RgbImage, b: &RgbImage) -> f64 {
        a.iter().zip(b.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
    }

    #[test]
    fn the_same_options_give_the_same_pixels_and_another_seed_others() {
        for view in View::ALL {
            let first = small(DrawOptions::default()).image(view, 20);
            assert_eq!(first, small(DrawOptions::default()).image(view, 20));
            assert_ne!(first, small(DrawOptions { seed: 1, ..DrawOptions::default() }).image(view, 20));
        }
    }

    #[test]
    fn progress_rises_from_0_to_1_and_each_block_is_worth_the_same() {
        let drawn = small(DrawOptions { seed: 3, ..DrawOptions::default() });
        let progress: Vec<f64> = (0..60).map(|frame| drawn.true_progress(frame)).collect();
        assert_eq!((progress[0], progress[59]), (0.0, 1.0));
        assert!(progress.windows(2).all(|pair| pair[0] <= pair[1]));
        for (i, (_, end)) in drawn.keyframes().into_iter().enumerate() {
            let frame = (0..60).find(|frame| f64::from(*frame) == end).unwrap();
            assert!((drawn.true_progress(frame) - (i + 1) as f64 / 4.0).abs() < 1e-9);
        }
    }

    #[test]
    fn every_block_moves_from_the_table_into_the_box() {
        let drawn = small(DrawOptions { blocks: 8, variation: 1.0, seed: 5, ..DrawOptions::default() });
        let (start, end) = (drawn.motion.at(0.0), drawn.motion.at(1.0));
        for (before, after) in start.blocks.iter().zip(&end.blocks) {
            assert!(before.0.x < 0.15, "{before:?}");
            let away = after.0 - super::super::motion::BOX_CENTRE;
            assert!(away.x.abs() < 0.1 && away.y.abs() < 0.1, "{after:?}");
        }
    }

    #[test]
    fn blocks_never_jump() {
        let drawn = small(DrawOptions { seed: 7, ..DrawOptions::default() });
        let states: Vec<_> = (0..=2000_u16).map(|i| drawn.motion.at(f32::from(i) / 2000.0)).collect();
        for pair in states.windows(2) {
            for (before, after) in pair[0].blocks.iter().zip(&pair[1].blocks) {
                assert!((before.0 - after.0).length() < 0.03, "{before:?} to {after:?}");
            }
        }
    }

    #[test]
    fn a_failed_episode_keeps_its_progress_and_its_last_blocks_on_the_table() {
        let drawn = small(DrawOptions { stop_after_blocks: Some(2), ..DrawOptions::default() });
        assert!(!drawn.succeeds());
        assert_eq!(drawn.true_progress(59), 0.5);
        let keyframes = drawn.keyframes();
        assert_eq!(keyframes[2..], [(59.0, 59.5), (59.5, 60.0)]);
        let end = drawn.motion.at(1.0);
        assert!(end.blocks[1].0.x > 0.2 && end.blocks[2].0.x < 0.1);
        // Nothing but noise moves at the end.
        assert!(difference(&drawn.image(View::High, 58), &drawn.image(View::High, 59)) < 6.0);
    }

    #[test]
    fn a_frozen_camera_repeats_its_frame_byte_for_byte_and_the_others_go_on() {
        let freeze = Some(Freeze { view: View::Side, from_frame: 10 });
        let drawn = small(DrawOptions { freeze, ..DrawOptions::default() });
        assert_eq!(drawn.image(View::Side, 10), drawn.image(View::Side, 40));
        assert_ne!(drawn.image(View::Side, 9), drawn.image(View::Side, 10));
        assert_ne!(drawn.image(View::High, 10), drawn.image(View::High, 40));
    }

    #[test]
    fn every_view_shows_the_work() {
        let drawn = small(DrawOptions { noise_levels: 0.0, ..DrawOptions::default() });
        for view in View::ALL {
            assert!(difference(&drawn.image(view, 0), &drawn.image(view, 59)) > 1.0, "{view:?}");
        }
    }

    #[test]
    fn options_out_of_range_are_named() {
        for (options, field) in [
            (DrawOptions { frames: 3, ..DrawOptions::default() }, "frames"),
            (DrawOptions { fps: f64::NAN, ..DrawOptions::default() }, "fps"),
            (DrawOptions { width: 33, ..DrawOptions::default() }, "width"),
            (DrawOptions { height: 5000, ..DrawOptions::default() }, "height"),
            (DrawOptions { blocks: 9, ..DrawOptions::default() }, "blocks"),
            (DrawOptions { variation: -1.0, ..DrawOptions::default() }, "variation"),
            (DrawOptions { noise_levels: f32::NAN, ..DrawOptions::default() }, "noise_levels"),
            (DrawOptions { stop_after_blocks: Some(4), ..DrawOptions::default() }, "stop_after_blocks"),
        ] {
            let text = Drawn::new(options).unwrap_err().to_string();
            assert!(text.contains(field), "{text}");
        }
    }
}
