//! `striatum play`: an episode's frames over zenoh at their capture times, as from a live robot.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use striatum_core::StampNanos;
use striatum_wire::{ImageKind, Keys, Name};
use zenoh::Wait;
use zenoh::pubsub::Publisher;
use zenoh::qos::CongestionControl;

use crate::clock;
use crate::episode::{Episode, FrameReader, ReaderOptions};
use crate::error::{Error, Result};
use crate::fetch::Cache;

/// What to play, where to and how fast.
pub(crate) struct PlayOptions {
    pub(crate) episode: PathBuf,
    pub(crate) rate: f64,
    pub(crate) robot: String,
    pub(crate) connect: Option<String>,
    pub(crate) views: Option<Vec<String>>,
    /// JPEG quality; raw RGB8 where absent.
    pub(crate) jpeg: Option<u8>,
    /// Every n-th frame.
    pub(crate) stride: usize,
}

/// How long the runtime may take to be there.
const PEER_LIMIT: Duration = Duration::from_secs(10);
/// The first frame is due so much later.
const LEAD_NANOS: u64 = 500_000_000;

/// Plays to the end, or until `stop`. Returns the frame sets sent.
///
/// # Errors
/// A folder that is no episode, no decoder, or nobody at the endpoint.
pub(crate) fn play(options: &PlayOptions, stop: &AtomicBool) -> Result<u64> {
    let keys = Keys::new(&options.robot)?;
    let episode = Episode::open(&options.episode, options.views.as_deref())?;
    let names = episode.views().into_iter().map(Name::view).collect::<Result<Vec<_>, _>>()?;
    let session = crate::net::join(options.connect.as_deref())?;
    if !crate::net::has_peer(&session, PEER_LIMIT, stop) && !stop.load(Ordering::Relaxed) {
        let at = options.connect.as_deref().unwrap_or(crate::net::DEFAULT_ENDPOINT);
        return Err(Error::zenoh(
            format!("reach {at}"),
            "nobody is there",
            "start `striatum run` first, or give --connect",
        ));
    }
    let kind = if options.jpeg.is_some() { ImageKind::Compressed } else { ImageKind::Raw };
    let publishers = names
        .iter()
        .map(|view| {
            session
                .declare_publisher(keys.frames(view).as_str().to_owned())
                // A recording is not a camera: nothing of it should be lost on the way for want of a moment's patience.
                .congestion_control(CongestionControl::Block)
                .encoding(kind.encoding())
                .wait()
                .map_err(|error| Error::zenoh(format!("publish view {view}"), error, "check the endpoint"))
        })
        .collect::<Result<Vec<_>>>()?;
    let wanted: Vec<usize> = (0..episode.frames()).step_by(options.stride).collect();
    let mut reader = FrameReader::open(&episode, wanted, &ReaderOptions::new(Cache::from_env()?.ffmpeg(true)?))?;
    wait_for_listener(&publishers, stop);
    let start = clock::wall().plus(LEAD_NANOS);
    let mut sent = 0;
    while let Some(row) = reader.next_row()? {
        let at = Duration::from_secs_f64(episode.capture_secs(row.source_frame).max(0.0) / options.rate);
        let capture = start.plus(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX));
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let messages = row
            .images
            .iter()
            .zip(&names)
            .map(|(image, name)| image.as_ref().map(|image| message(image, name, capture, options.jpeg)).transpose())
            .collect::<Result<Vec<_>>>()?;
        std::thread::sleep(Duration::from_nanos(capture.since(clock::wall())));
        for (publisher, message) in publishers.iter().zip(messages) {
            if let Some(message) = message {
                publisher
                    .put(message)
                    .wait()
                    .map_err(|error| Error::zenoh("put a frame", error, "is the runtime up?"))?;
            }
        }
        sent += 1;
    }
    Ok(sent)
}

/// A frame that nobody hears is lost: gives the runtime five seconds to be there, then plays anyway.
fn wait_for_listener(publishers: &[Publisher<'_>], stop: &AtomicBool) {
    for _ in 0..100 {
        let heard =
            |publisher: &Publisher<'_>| publisher.matching_status().wait().is_ok_and(|status| status.matching());
        if stop.load(Ordering::Relaxed) || publishers.iter().all(heard) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    tracing::warn!("nobody listens to these frames yet; playing anyway");
}

fn message(image: &striatum_frames::Image, name: &Name, capture: StampNanos, jpeg: Option<u8>) -> Result<Vec<u8>> {
    match jpeg {
        Some(quality) => {
            crate::net::jpeg_message(&striatum_frames::encode_jpeg(image, quality)?, name.as_str(), capture)
        }
        None => crate::net::raw_message(image, name.as_str(), capture),
    }
}
