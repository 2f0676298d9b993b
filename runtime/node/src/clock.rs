//! The one place where the program reads a clock. Everything else is given its time.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use striatum_core::StampNanos;

/// Wall-clock time, Unix nanoseconds; 0 where the clock stands before 1970.
#[expect(clippy::disallowed_methods, reason = "this is the clock module")]
pub(crate) fn wall() -> StampNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    StampNanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Nanoseconds since the first call, never going back: for latencies.
pub(crate) fn monotonic_nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}
