//! What can be chosen about a drawn episode.

use striatum::{Error, Result};

/// The three viewpoints; their names are the names of the episode's videos or folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// Fixed, in front of and above the table.
    High,
    /// Fixed, beside the table and low.
    Side,
    /// Moves with the gripper and looks at its fingers.
    Wrist,
}

impl View {
    /// All of them, in the order of the episode.
    pub const ALL: [Self; 3] = [Self::High, Self::Side, Self::Wrist];

    /// The name of the view.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "cam_high",
            Self::Side => "cam_side",
            Self::Wrist => "cam_wrist",
        }
    }

    /// The view of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// A camera that stops delivering: from `from_frame` on it repeats that frame, byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freeze {
    /// Which camera.
    pub view: View,
    /// The first frame that is repeated, counted from 0.
    pub from_frame: u32,
}

/// Everything that can be chosen; the same options give the same pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawOptions {
    /// Where the blocks lie, how fast the arm is and the sensor noise.
    pub seed: u64,
    /// Length in frames, at least 20.
    pub frames: u32,
    /// Frames per second, 1 to 240.
    pub fps: f64,
    /// Width in pixels, even, 32 to 1920.
    pub width: u32,
    /// Height in pixels, even, 32 to 1920.
    pub height: u32,
    /// How many blocks are moved, 1 to 8; each is worth the same progress.
    pub blocks: u32,
    /// How much seeds differ from each other in places, colours and timing: 0 (not at all, but for noise) to 1.
    pub variation: f32,
    /// Half-width of the sensor noise in levels of 255.
    pub noise_levels: f32,
    /// A failed episode: after this many blocks the arm goes home and stays there. `None` is a success.
    pub stop_after_blocks: Option<u32>,
    /// A camera that freezes.
    pub freeze: Option<Freeze>,
}

impl Default for DrawOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            frames: 240,
            fps: 15.0,
            width: 320,
            height: 240,
            blocks: 4,
            variation: 0.5,
            noise_levels: 4.0,
            stop_after_blocks: None,
            freeze: None,
        }
    }
}

impl DrawOptions {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Input`] naming the first field that is out of its range.
    pub(super) fn check(&self) -> Result<()> {
        let side = |pixels: u32| (32..=1920).contains(&pixels) && pixels.is_multiple_of(2);
        let rules: [(&str, bool, &str); 8] = [
            ("frames", self.frames >= 20, "give at least 20"),
            ("fps", (1.0..=240.0).contains(&self.fps), "give 1 to 240"),
            ("width", side(self.width), "give an even number from 32 to 1920"),
            ("height", side(self.height), "give an even number from 32 to 1920"),
            ("blocks", (1..=8).contains(&self.blocks), "give 1 to 8"),
            ("variation", (0.0..=1.0).contains(&self.variation), "give 0 to 1"),
            ("noise_levels", (0.0..=64.0).contains(&self.noise_levels), "give 0 to 64"),
            (
                "stop_after_blocks",
                self.stop_after_blocks.is_none_or(|n| n < self.blocks),
                "give fewer blocks than there are",
            ),
        ];
        match rules.iter().find(|(_, holds, _)| !holds) {
            Some((field, _, mend)) => Err(Error::input(format!("drawn episode, {field}"), "out of range", *mend)),
            None => Ok(()),
        }
    }
}
