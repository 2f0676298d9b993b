//! zenoh sessions, and image messages to put on them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use striatum_core::StampNanos;
use striatum_frames::{Encoding, Image, ImageLimits, PixelFormat};
use striatum_wire::{CompressedImage, ImageKind, ImageMessage, PixelEncoding, RawImage};
use zenoh::{Session, Wait};

use crate::config::ZenohConfig;
use crate::error::{Error, Result};

/// Where `striatum run` listens, and where the other commands connect, if nothing else is said: this machine alone.
pub(crate) const DEFAULT_ENDPOINT: &str = "tcp/127.0.0.1:7447";

/// Largest message that is taken: an uncompressed 4096 x 4096 image. zenoh's own default is 1 GiB.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

/// A peer that listens on or connects to what the configuration says; without either it listens on [`DEFAULT_ENDPOINT`].
///
/// # Errors
/// An endpoint that is not one, is taken, or cannot be reached.
pub(crate) fn serve(config: &ZenohConfig) -> Result<Session> {
    if config.connect.is_empty() && config.listen.is_empty() && !config.multicast {
        return open(&ZenohConfig { listen: vec![DEFAULT_ENDPOINT.to_owned()], ..ZenohConfig::default() });
    }
    open(config)
}

/// A peer that connects to `endpoint`, or to [`DEFAULT_ENDPOINT`].
///
/// # Errors
/// As [`serve`].
pub(crate) fn join(endpoint: Option<&str>) -> Result<Session> {
    let connect = vec![endpoint.unwrap_or(DEFAULT_ENDPOINT).to_owned()];
    open(&ZenohConfig { connect, ..ZenohConfig::default() })
}

fn open(config: &ZenohConfig) -> Result<Session> {
    config.connect.iter().chain(&config.listen).try_for_each(|endpoint| check_endpoint(endpoint))?;
    let mut settings = zenoh::Config::default();
    let mut set = |key: &str, value: String| {
        settings
            .insert_json5(key, &value)
            .map_err(|error| Error::zenoh(format!("set {key} to {value}"), error, "check the [zenoh] section"))
    };
    set("mode", "\"peer\"".to_owned())?;
    set("scouting/multicast/enabled", config.multicast.to_string())?;
    set("listen/endpoints", list(&config.listen))?;
    set("connect/endpoints", list(&config.connect))?;
    set("transport/link/rx/max_message_size", MAX_MESSAGE_BYTES.to_string())?;
    // A lost peer is noticed in two seconds, not ten.
    set("transport/link/tx/lease", "2000".to_owned())?;
    zenoh::open(settings).wait().map_err(|error| {
        let action = format!("open a session (listen {:?}, connect {:?})", config.listen, config.connect);
        Error::zenoh(action, error, "give an address of this machine that is free, or start what listens there")
    })
}

/// What zenoh would say of a wrong one is about its own parser.
fn check_endpoint(endpoint: &str) -> Result<()> {
    let is_one = endpoint.split_once('/').is_some_and(|(transport, address)| {
        let port = address.split(['?', '#']).next().and_then(|address| address.rsplit_once(':')).map(|(_, port)| port);
        ["tcp", "udp"].contains(&transport) && port.is_some_and(|port| port.parse::<u16>().is_ok())
    });
    let what = || format!("endpoint `{endpoint}`");
    if is_one {
        Ok(())
    } else {
        Err(Error::input(what(), "is none", "give tcp/HOST:PORT, for example tcp/127.0.0.1:7447"))
    }
}

fn list(endpoints: &[String]) -> String {
    serde_json::Value::from(endpoints.to_vec()).to_string()
}

/// An endpoint on the loopback interface that nobody uses: the system is asked for a port, which is then given back.
///
/// # Errors
/// No loopback interface.
pub(crate) fn free_endpoint() -> Result<String> {
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address
        .map_err(|source| Error::file("listen on", Path::new("127.0.0.1"), source, "is the loopback interface up?"))?;
    Ok(format!("tcp/{address}"))
}

/// Two sessions that meet over TCP on the loopback interface, as those of two processes do; the second one listens.
///
/// # Errors
/// No loopback interface, or zenoh refusing.
pub(crate) fn loopback_pair() -> Result<(Session, Session)> {
    let endpoint = free_endpoint()?;
    let theirs = serve(&ZenohConfig { listen: vec![endpoint.clone()], ..ZenohConfig::default() })?;
    Ok((join(Some(&endpoint))?, theirs))
}

/// Waits until somebody is at the other end; false when nobody came in time or `stop` was set.
pub(crate) fn has_peer(session: &Session, limit: Duration, stop: &AtomicBool) -> bool {
    let start = crate::clock::monotonic_nanos();
    let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    loop {
        let info = session.info();
        if info.peers_zid().wait().next().is_some() || info.routers_zid().wait().next().is_some() {
            return true;
        }
        if stop.load(Ordering::Relaxed) || crate::clock::monotonic_nanos().saturating_sub(start) > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The bytes of a `sensor_msgs/msg/CompressedImage` with a JPEG in it.
///
/// # Errors
/// A frame id that is too long or a stamp beyond what ROS 2 can say.
pub(crate) fn jpeg_message(jpeg: &[u8], frame_id: &str, capture: StampNanos) -> Result<Vec<u8>> {
    encode(&ImageMessage::Compressed(CompressedImage { stamp_nanos: capture, frame_id, format: "jpeg", data: jpeg }))
}

/// The bytes of a `sensor_msgs/msg/Image` in `rgb8`.
///
/// # Errors
/// As [`jpeg_message`].
pub(crate) fn raw_message(image: &Image, frame_id: &str, capture: StampNanos) -> Result<Vec<u8>> {
    encode(&ImageMessage::Raw(RawImage {
        stamp_nanos: capture,
        frame_id,
        height: image.height(),
        width: image.width(),
        encoding: PixelEncoding::Rgb8,
        step: image.width() * 3,
        data: image.pixels(),
    }))
}

fn encode(message: &ImageMessage<'_>) -> Result<Vec<u8>> {
    let mut bytes = vec![0; message.encoded_len()];
    let length = message.encode(&mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Decodes an image message to pixels; also says when it was captured.
///
/// # Errors
/// Bytes that are no such message, or pixels that do not decode or are too large.
pub(crate) fn decode_image(kind: ImageKind, bytes: &[u8], limits: &ImageLimits) -> Result<(StampNanos, Image)> {
    match ImageMessage::decode(kind, bytes)? {
        ImageMessage::Compressed(message) => {
            let encoding = if message.data.starts_with(b"\x89PNG") { Encoding::Png } else { Encoding::Jpeg };
            Ok((message.stamp_nanos, striatum_frames::decode(message.data, encoding, limits)?))
        }
        ImageMessage::Raw(message) => {
            let format = match message.encoding {
                PixelEncoding::Rgb8 => PixelFormat::Rgb8,
                PixelEncoding::Bgr8 => PixelFormat::Bgr8,
                PixelEncoding::Mono8 => PixelFormat::Mono8,
            };
            let encoding = Encoding::Raw { format, width: message.width, height: message.height, step: message.step };
            Ok((message.stamp_nanos, striatum_frames::decode(message.data, encoding, limits)?))
        }
    }
}
