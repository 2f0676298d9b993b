//! Whose world it is, and the newest action: what takes an action or says why not.
//!
//! The world belongs to the client that reset it last: each reset makes a token, and an action counts only with the newest.
//! There is room for one action. A newer one takes its place; at the end of each control period it is taken.

use std::sync::{Mutex, MutexGuard, PoisonError};

use striatum_core::StampNanos;
use striatum_wire::{Action, ActionKind, ActionLoss, RefusalCode};

/// An action stamped longer ago than this, or further ahead, is not done: on a robot it would be dangerous.
const STALE_NANOS: u64 = 1_000_000_000;
/// At most one line of the log in this time is about actions that were refused.
const SILENCE_NANOS: u64 = 1_000_000_000;

/// What became of the actions since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) used: u64,
    pub(super) losses: [u64; ActionLoss::COUNT],
}

/// Shared by zenoh's threads and the world's.
pub(super) struct Desk(Mutex<State>);

struct State {
    arm_joints: usize,
    mode: Mode,
    /// The token of the last reset that gave the world to a client.
    token: Option<u64>,
    newest: Option<Action>,
    tally: Tally,
    quiet_until_nanos: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Idle,
    Client,
    Expert,
}

impl Desk {
    pub(super) fn new(arm_joints: usize) -> Self {
        Self(Mutex::new(State {
            arm_joints,
            mode: Mode::Idle,
            token: None,
            newest: None,
            tally: Tally::default(),
            quiet_until_nanos: 0,
        }))
    }

    /// Takes an action's bytes at `now` (and `monotonic_nanos`, for the silence of the log). A line for the log if it is not
    /// used, unless there was one a moment ago.
    pub(super) fn offer(&self, bytes: &[u8], now: StampNanos, monotonic_nanos: u64) -> Option<String> {
        let mut state = self.state();
        let (loss, why) = match Action::decode(bytes) {
            Ok(action) => match state.objection(&action, now) {
                None => {
                    if state.newest.replace(action).is_some() {
                        state.lose(ActionLoss::Replaced);
                    }
                    return None;
                }
                Some((loss, why)) => (loss, why.to_owned()),
            },
            Err(error) => match RefusalCode::from(&error) {
                RefusalCode::OutOfRange => (ActionLoss::OutOfRange, error.to_string()),
                _ => (ActionLoss::Malformed, error.to_string()),
            },
        };
        state.lose(loss);
        let count = state.tally.losses[loss.index()];
        let loud = monotonic_nanos >= state.quiet_until_nanos;
        if loud {
            state.quiet_until_nanos = monotonic_nanos.saturating_add(SILENCE_NANOS);
        }
        loud.then(|| format!("an action was refused: {}: {why} ({count} such so far)", loss.name()))
    }

    /// The newest action, which is used now.
    pub(super) fn take(&self) -> Option<Action> {
        let mut state = self.state();
        let action = state.newest.take();
        state.tally.used += u64::from(action.is_some());
        action
    }

    /// An episode begins: of the client with this token, or of the expert.
    pub(super) fn open(&self, token: Option<u64>) {
        let mut state = self.state();
        state.clear(ActionLoss::WrongToken);
        state.mode = if token.is_some() { Mode::Client } else { Mode::Expert };
        if token.is_some() {
            state.token = token;
        }
    }

    /// The episode is over.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.clear(ActionLoss::NoEpisode);
        state.mode = Mode::Idle;
    }

    pub(super) fn tally(&self) -> Tally {
        self.state().tally
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; should it, the numbers are still numbers.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn objection(&self, action: &Action, now: StampNanos) -> Option<(ActionLoss, &'static str)> {
        let away = now.since(action.stamp_nanos).max(action.stamp_nanos.since(now));
        if away > STALE_NANOS {
            return Some((ActionLoss::Stale, "its stamp is more than a second off; check the clocks"));
        }
        match (self.mode, self.token) {
            (Mode::Expert, _) => Some((ActionLoss::ExpertDrives, "reset the world to take it over")),
            (_, None) => Some((ActionLoss::NoEpisode, "reset the world first")),
            (_, Some(token)) if token != action.token => {
                Some((ActionLoss::WrongToken, "the world belongs to the client that reset it last"))
            }
            (Mode::Idle, _) => Some((ActionLoss::NoEpisode, "the episode has ended; reset the world")),
            (Mode::Client, _) if action.kind == ActionKind::JointDelta && action.delta.len() != self.arm_joints => {
                Some((ActionLoss::OutOfRange, "delta must have one value for each arm joint"))
            }
            (Mode::Client, _) => None,
        }
    }

    fn lose(&mut self, loss: ActionLoss) {
        self.tally.losses[loss.index()] += 1;
    }

    fn clear(&mut self, loss: ActionLoss) {
        if self.newest.take().is_some() {
            self.lose(loss);
        }
    }
}

/// Tokens that nobody has by accident: of an earlier reset, or of another run.
pub(super) struct Tokens(u64);

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next one; never 0. SplitMix64 (Steele, Lea and Flood 2014), which repeats none within 2^64.
    pub(super) fn next(&mut self) -> u64 {
        loop {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let token = z ^ (z >> 31);
            if token != 0 {
                return token;
            }
        }
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
