//! Spoiling a clip on purpose: a reward that is worth something must notice.

mod edits;
mod grammar;
mod playback;
mod random;
#[cfg(test)]
mod tests;

pub use edits::ViewEdits;
pub use playback::playback;

/// One way to spoil a clip. `Display` and `FromStr` are each other's inverse; the form is given with each.
///
/// The first group changes which frame is shown when ([`playback`]); the others change what is shown ([`ViewEdits`]).
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// `reverse`: from the last frame to the first.
    Reverse,
    /// `freeze:FRAME`: that frame for the clip's length.
    Freeze {
        /// The frame that is shown.
        frame: u32,
    },
    /// `stall:FRAME`: plays to that frame, then holds it to the clip's length.
    Stall {
        /// The last frame that is reached.
        frame: u32,
    },
    /// `loop:A-B`: from A to B and back, for the clip's length.
    Loop {
        /// The first turning point.
        from: u32,
        /// The second, after the first.
        to: u32,
    },
    /// `shuffle:SEED`: the frames in random order.
    Shuffle {
        /// The same seed gives the same order.
        seed: u64,
    },
    /// `warp:SEED`: pieces of 1 to 4 s, each at a speed from 0.25 to 4 times (log-uniform), one in five a pause of 0.5 to 3 s.
    Warp {
        /// The same seed gives the same speeds.
        seed: u64,
    },
    /// `swap:VIEW,VIEW`: each camera shows what the other sees.
    Swap {
        /// One view.
        first: String,
        /// The other.
        second: String,
    },
    /// `drop:VIEW`: that camera is missing.
    Drop {
        /// The view.
        view: String,
    },
    /// `occlude:VIEW,FRACTION`: a black rectangle of the picture's proportions in its middle.
    Occlude {
        /// The view.
        view: String,
        /// Share of the picture's area that is covered, 0 to 1.
        fraction: f64,
    },
    /// `brightness:X`: every value times X, in every view.
    Brightness {
        /// 0 to 100; 1 changes nothing.
        factor: f64,
    },
    /// `blur:SIGMA`: Gaussian, in every view.
    Blur {
        /// Standard deviation in pixels, above 0, at most 100.
        sigma: f64,
    },
    /// `jpeg:QUALITY`: encoded and decoded again, in every view.
    Jpeg {
        /// 1 to 100.
        quality: u8,
    },
}
