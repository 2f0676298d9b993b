//! `striatum watch`: rewards as they arrive, with every gap of the sequence named.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use serde_json::json;
use striatum_wire::{EpisodeId, Keys, QualityFlags, ShapedReward, Status, TeacherCount, TeacherState};
use zenoh::Wait;

use crate::error::{Error, Result};

/// Messages that may wait for the terminal.
const QUEUE: usize = 4096;

/// What to watch.
pub(crate) struct WatchOptions {
    pub(crate) robot: String,
    pub(crate) connect: Option<String>,
    pub(crate) json: bool,
    /// Stop after this many rewards; 0 never.
    pub(crate) count: u64,
    /// Stop after this long without a reward, seconds; 0 never.
    pub(crate) idle_secs: f64,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) rewards: u64,
    pub(crate) lost: u64,
    pub(crate) not_ours: u64,
}

/// Follows the sequence of one epoch, and notices what is missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SequenceCheck {
    last: Option<(u64, u64)>,
}

/// What the sequence number of a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SequenceVerdict {
    /// The first message of an epoch; messages before it may have been sent before anyone listened.
    First,
    /// The next one.
    InOrder,
    /// So many were lost before this one.
    Lost(u64),
    /// Seen before, or older.
    Repeated,
    /// Another run of the runtime, of which so many were missed: an open transition is void.
    NewEpoch {
        /// A run counts from 1.
        missed: u64,
    },
}

impl SequenceCheck {
    /// Judges a message.
    pub(crate) fn take(&mut self, epoch: u64, sequence: u64) -> SequenceVerdict {
        let verdict = match self.last {
            None => SequenceVerdict::First,
            Some((last_epoch, _)) if last_epoch != epoch => {
                SequenceVerdict::NewEpoch { missed: sequence.saturating_sub(1) }
            }
            Some((_, last)) if sequence <= last => return SequenceVerdict::Repeated,
            Some((_, last)) if sequence == last + 1 => SequenceVerdict::InOrder,
            Some((_, last)) => SequenceVerdict::Lost(sequence - last - 1),
        };
        self.last = Some((epoch, sequence));
        verdict
    }
}

enum Heard {
    Reward(Vec<u8>),
    Status(Vec<u8>),
}

/// Prints rewards until it is stopped.
///
/// # Errors
/// Nobody at the endpoint, or an output that is closed.
pub(crate) fn watch(options: &WatchOptions, stop: &AtomicBool, out: &mut dyn Write) -> Result<Seen> {
    let keys = Keys::new(&options.robot)?;
    let session = crate::net::join(options.connect.as_deref())?;
    let (sender, heard) = bounded(QUEUE);
    let statuses = sender.clone();
    let refused = |error| Error::zenoh("subscribe", error, "check the endpoint");
    let _rewards = session
        .declare_subscriber(keys.reward().as_str())
        .callback(move |sample| {
            // Full: the terminal is slower than the robot; the gap shows in the sequence.
            let _ = sender.try_send(Heard::Reward(sample.payload().to_bytes().into_owned()));
        })
        .wait()
        .map_err(refused)?;
    let _status = session
        .declare_subscriber(keys.status().as_str())
        .callback(move |sample| {
            let _ = statuses.try_send(Heard::Status(sample.payload().to_bytes().into_owned()));
        })
        .wait()
        .map_err(refused)?;
    let mut printer = Printer { json: options.json, out, seen: Seen::default(), check: SequenceCheck::default() };
    let mut last = crate::clock::monotonic_nanos();
    if !crate::net::has_peer(&session, Duration::from_secs(3), stop) {
        let at = options.connect.as_deref().unwrap_or(crate::net::DEFAULT_ENDPOINT);
        tracing::warn!("nobody is at {at} yet; waiting (is `striatum run` up, and does it listen there?)");
    }
    while !stop.load(Ordering::Relaxed) {
        match heard.recv_timeout(Duration::from_millis(100)) {
            Ok(Heard::Reward(bytes)) => {
                last = crate::clock::monotonic_nanos();
                printer.reward(&bytes)?;
            }
            Ok(Heard::Status(bytes)) => printer.status(&bytes)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let idle = crate::clock::monotonic_nanos().saturating_sub(last) as f64 / 1e9;
        if (options.count > 0 && printer.seen.rewards >= options.count)
            || (options.idle_secs > 0.0 && idle > options.idle_secs)
        {
            break;
        }
    }
    Ok(printer.seen)
}

struct Printer<'a> {
    json: bool,
    out: &'a mut dyn Write,
    seen: Seen,
    check: SequenceCheck,
}

impl Printer<'_> {
    fn reward(&mut self, bytes: &[u8]) -> Result<()> {
        let message = match ShapedReward::decode(bytes) {
            Ok(message) => message,
            Err(error) => {
                self.seen.not_ours += 1;
                tracing::warn!("a message under the reward's key was not one: {error}");
                return Ok(());
            }
        };
        match self.check.take(message.epoch, message.sequence) {
            SequenceVerdict::Lost(count) => {
                self.seen.lost += count;
                tracing::warn!("{count} rewards were lost before sequence {}", message.sequence);
            }
            SequenceVerdict::NewEpoch { missed } => {
                self.seen.lost += missed;
                tracing::warn!(
                    "the runtime was restarted, an open transition is void; {missed} of its rewards were missed"
                );
            }
            SequenceVerdict::Repeated => return Ok(()),
            SequenceVerdict::First | SequenceVerdict::InOrder => {}
        }
        self.seen.rewards += 1;
        let line = if self.json { reward_json(&message).to_string() } else { reward_line(&message) };
        self.print(&line)
    }

    fn status(&mut self, bytes: &[u8]) -> Result<()> {
        let Ok(status) = Status::decode(bytes) else { return Ok(()) };
        if self.json {
            return self.print(&status_json(&status).to_string());
        }
        let drops: Vec<String> = striatum_wire::DropCause::ALL
            .iter()
            .filter(|cause| status.dropped(**cause) > 0)
            .map(|cause| format!("{} {}", status.dropped(*cause), cause.name()))
            .collect();
        let drops = if drops.is_empty() { "no drops".to_owned() } else { drops.join(", ") };
        let teacher = match status.teacher {
            TeacherState::Off => String::new(),
            state => {
                let [answered, asked] =
                    [TeacherCount::Answered, TeacherCount::Asked].map(|of| status.teacher_count(of));
                format!(
                    "  teacher {} ({answered} of {asked} answered), revision {}",
                    state.name(),
                    status.model_revision
                )
            }
        };
        self.print(&format!(
            "# {}  {:.1} frame sets/s  {:.1} rewards/s  {drops}{teacher}  {}",
            status.state.name(),
            status.frame_sets_per_sec,
            status.rewards_per_sec,
            status.detail
        ))
    }

    fn print(&mut self, line: &str) -> Result<()> {
        writeln!(self.out, "{line}")
            .and_then(|()| self.out.flush())
            .map_err(|source| Error::file("write to", std::path::Path::new("standard output"), source, "is it closed?"))
    }
}

fn flags(quality: QualityFlags) -> Vec<&'static str> {
    QualityFlags::ALL.iter().filter(|(flag, _)| quality.contains(*flag)).map(|(_, name)| *name).collect()
}

fn reward_line(message: &ShapedReward) -> String {
    let episode = if message.episode == EpisodeId::NONE {
        "watching".to_owned()
    } else {
        format!("episode {}", &message.episode.to_string()[24..])
    };
    format!(
        "{:>7}  {episode}  step {:>5}  progress {:.3} ± {:.3}  potential {:.3}  shaping {:+.4}  gold {:.0}  reward {:+.4}  {}",
        message.sequence,
        message.step,
        message.progress_mean,
        message.progress_std,
        message.potential,
        message.shaping,
        message.gold,
        message.reward,
        flags(message.quality).join(" ")
    )
}

fn reward_json(message: &ShapedReward) -> serde_json::Value {
    json!({
        "sequence": message.sequence, "epoch": message.epoch, "episode": message.episode.to_string(), "step": message.step,
        "capture_oldest_nanos": message.capture_oldest_nanos.0, "capture_newest_nanos": message.capture_newest_nanos.0,
        "published_nanos": message.published_nanos.0, "valid": message.valid, "shaping_mode": message.shaping_mode.name(),
        "gamma": message.gamma, "k": message.k, "potential_prev": message.potential_prev, "potential": message.potential,
        "shaping": message.shaping, "gold": message.gold, "reward": message.reward, "progress_mean": message.progress_mean,
        "progress_std": message.progress_std, "ood": message.ood, "votes": message.votes,
        "views_used": message.views_used.bits(), "ending": message.ending.name(), "bootstraps": message.bootstraps,
        "success": message.success.name(), "success_source": message.success_source.name(), "quality": flags(message.quality),
        "bundle_hash": message.bundle_hash.to_string(), "model_revision": message.model_revision,
    })
}

fn status_json(status: &Status) -> serde_json::Value {
    let drops: serde_json::Map<String, serde_json::Value> = striatum_wire::DropCause::ALL
        .iter()
        .map(|cause| (cause.name().to_owned(), json!(status.dropped(*cause))))
        .collect();
    let stages: serde_json::Map<String, serde_json::Value> = striatum_wire::Stage::ALL
        .iter()
        .map(|stage| {
            let at = stage.index();
            (
                stage.name().to_owned(),
                json!({ "p50_nanos": status.stage_p50_nanos[at], "p99_nanos": status.stage_p99_nanos[at] }),
            )
        })
        .collect();
    let teacher: serde_json::Map<String, serde_json::Value> =
        TeacherCount::ALL.iter().map(|of| (of.name().to_owned(), json!(status.teacher_count(*of)))).collect();
    json!({
        "status": status.state.name(), "epoch": status.epoch, "uptime_nanos": status.uptime_nanos,
        "frame_sets": status.frame_sets, "rewards": status.rewards, "steps": status.steps, "held": status.held,
        "images_encoded": status.images_encoded, "images_reused": status.images_reused,
        "frame_sets_per_sec": status.frame_sets_per_sec, "rewards_per_sec": status.rewards_per_sec,
        "drops": drops, "stages": stages, "recording": status.recording.name(),
        "model_revision": status.model_revision, "teacher": status.teacher.name(), "teacher_counts": teacher,
        "teacher_reason": status.teacher_reason.as_str(), "detail": status.detail.as_str(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gap_of_the_sequence_is_noticed() {
        let mut check = SequenceCheck::default();
        assert_eq!(check.take(1, 5), SequenceVerdict::First);
        assert_eq!(check.take(1, 6), SequenceVerdict::InOrder);
        assert_eq!(check.take(1, 9), SequenceVerdict::Lost(2));
        assert_eq!(check.take(1, 9), SequenceVerdict::Repeated);
        assert_eq!(check.take(2, 1), SequenceVerdict::NewEpoch { missed: 0 });
        assert_eq!(check.take(2, 2), SequenceVerdict::InOrder);
        assert_eq!(check.take(3, 40), SequenceVerdict::NewEpoch { missed: 39 });
    }
}
