//! Draws an EPISODE folder: three views of a gripper that puts blocks into a box, with known progress.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use striatum::{Cache, Error, Result};
use striatum_tests::drawn::{DrawOptions, Drawn, Encoding, Freeze, View, write_episode};

/// Draws an EPISODE folder: three views of a gripper that puts blocks into a box, with known progress.
#[derive(Debug, Parser)]
#[command(name = "draw-episode")]
struct Arguments {
    /// The folder to write; made if it is not there.
    out: PathBuf,
    /// Places, colours, pace and noise.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Length in frames.
    #[arg(long, default_value_t = 240)]
    frames: u32,
    /// Frames per second.
    #[arg(long, default_value_t = 15.0)]
    fps: f64,
    /// Width in pixels.
    #[arg(long, default_value_t = 320)]
    width: u32,
    /// Height in pixels.
    #[arg(long, default_value_t = 240)]
    height: u32,
    /// How many blocks, 1 to 8.
    #[arg(long, default_value_t = 4)]
    blocks: u32,
    /// How much seeds differ, 0 to 1.
    #[arg(long, default_value_t = 0.5)]
    variation: f32,
    /// Half-width of the sensor noise in levels of 255.
    #[arg(long, default_value_t = 4.0)]
    noise_levels: f32,
    /// A failed episode: stop after this many blocks.
    #[arg(long)]
    stop_after_blocks: Option<u32>,
    /// A camera that freezes: VIEW:FRAME, for example cam_side:100.
    #[arg(long, value_parser = parse_freeze)]
    freeze: Option<Freeze>,
    /// Write `<view>.mp4` in place of numbered images; ffmpeg is fetched if there is none.
    #[arg(long)]
    video: bool,
}

fn parse_freeze(text: &str) -> Result<Freeze, String> {
    let (view, frame) = text.split_once(':').ok_or("write VIEW:FRAME, for example cam_side:100")?;
    let view = View::from_name(view)
        .ok_or_else(|| format!("there is no view {view}: there are {}", View::ALL.map(View::name).join(", ")))?;
    let from_frame = frame.parse().map_err(|_| format!("{frame} is not a frame number"))?;
    Ok(Freeze { view, from_frame })
}

fn draw(arguments: &Arguments) -> Result<()> {
    let drawn = Drawn::new(DrawOptions {
        seed: arguments.seed,
        frames: arguments.frames,
        fps: arguments.fps,
        width: arguments.width,
        height: arguments.height,
        blocks: arguments.blocks,
        variation: arguments.variation,
        noise_levels: arguments.noise_levels,
        stop_after_blocks: arguments.stop_after_blocks,
        freeze: arguments.freeze,
    })?;
    if !arguments.video {
        return write_episode(&drawn, &arguments.out, Encoding::Images);
    }
    let ffmpeg = Cache::from_env()?.ffmpeg(true)?;
    write_episode(&drawn, &arguments.out, Encoding::Video(&ffmpeg))
}

#[allow(clippy::print_stderr, reason = "an error of a command is one line on stderr")]
fn report(error: &Error) {
    eprintln!("draw-episode: {error}");
}

fn main() -> ExitCode {
    match draw(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}
