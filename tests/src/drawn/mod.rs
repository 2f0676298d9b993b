//! A drawn episode: a gripper puts coloured blocks into a box, seen from three viewpoints, with known progress.
//!
//! It stands in for a robot where there is none: the demo and the tests need no recorded file. It is software-rendered and a
//! pure function of its options, so a test can ask for any frame of any view without a file.
//!
//! ```
//! use striatum_tests::drawn::{DrawOptions, Drawn, View};
//! let drawn = Drawn::new(DrawOptions { frames: 60, width: 96, height: 72, ..DrawOptions::default() })?;
//! assert_eq!(drawn.true_progress(0), 0.0);
//! assert_eq!(drawn.true_progress(59), 1.0);
//! assert_eq!(drawn.image(View::High, 30).dimensions(), (96, 72));
//! # Ok::<(), striatum::Error>(())
//! ```

mod camera;
mod canvas;
mod geometry;
mod motion;
mod options;
mod render;
mod robot;
mod room;
mod scene;
mod write;

pub use options::{DrawOptions, Freeze, View};
pub use scene::Drawn;
pub use write::{Encoding, write_episode};
