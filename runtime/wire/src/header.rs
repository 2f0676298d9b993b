//! `std_msgs/msg/Header`, with which the messages of ROS 2 drivers begin: when, and in which coordinate frame.

use striatum_core::StampNanos;

use crate::cdr::{CdrReader, CdrWriter, HEADER_LEN, align_up};
use crate::error::Error;

/// The longest frame id that is read, in bytes.
pub(crate) const TEXT_MAX: usize = 256;
const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Where the stamp ends.
pub(crate) const fn after_stamp() -> usize {
    HEADER_LEN + 8
}

/// Where a string ends that begins at `at`.
pub(crate) const fn after_str(at: usize, text: &str) -> usize {
    align_up(at, 4).saturating_add(4 + 1).saturating_add(text.len())
}

/// Writes stamp and frame id.
pub(crate) fn put_header(writer: &mut CdrWriter<'_>, stamp: StampNanos, frame_id: &str) -> Result<(), Error> {
    let (secs, nanosec) = (stamp.0 / NANOS_PER_SEC, stamp.0 % NANOS_PER_SEC);
    let message = writer.message();
    let why = "is after 2038, which ROS 2 stamps cannot say; check the clock";
    let sec = i32::try_from(secs).map_err(|_| Error::Contradiction { message, field: "header.stamp.sec", why })?;
    writer.i32("header.stamp.sec", sec)?;
    // The remainder is below 10^9, so it fits.
    writer.u32("header.stamp.nanosec", u32::try_from(nanosec).unwrap_or_default())?;
    writer.str("header.frame_id", frame_id)
}

/// Reads stamp and frame id.
pub(crate) fn get_header<'a>(reader: &mut CdrReader<'a>) -> Result<(StampNanos, &'a str), Error> {
    let message = reader.message();
    let sec = reader.i32("header.stamp.sec")?;
    let nanosec = reader.u32("header.stamp.nanosec")?;
    let why = "is negative; the sender must stamp with Unix time";
    let secs = u64::try_from(sec).map_err(|_| Error::Contradiction { message, field: "header.stamp.sec", why })?;
    let nanos = u64::from(nanosec);
    if nanos >= NANOS_PER_SEC {
        let why = "is a second or more, which is no part of a second";
        return Err(Error::Contradiction { message, field: "header.stamp.nanosec", why });
    }
    let frame_id = reader.str("header.frame_id", TEXT_MAX)?;
    // secs < 2^31, so the product is far below 2^64.
    Ok((StampNanos(secs * NANOS_PER_SEC + nanos), frame_id))
}
