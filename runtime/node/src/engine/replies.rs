//! The last replies, so that the same (episode, step) asked twice gets the same bytes.

use std::collections::VecDeque;

use striatum_wire::EpisodeId;

/// Replies kept: a learner that asks again does so at once, not a thousand steps later.
const KEPT: usize = 1024;

struct Reply {
    episode: EpisodeId,
    step: u64,
    length: usize,
    bytes: [u8; striatum_wire::ShapedReward::MAX_LEN],
}

/// A ring of replies.
pub(super) struct Replies {
    ring: VecDeque<Reply>,
}

impl Replies {
    pub(super) fn new() -> Self {
        Self { ring: VecDeque::with_capacity(KEPT) }
    }

    pub(super) fn push(&mut self, episode: EpisodeId, step: u64, payload: &[u8]) {
        if self.ring.len() == KEPT {
            self.ring.pop_front();
        }
        let mut bytes = [0; striatum_wire::ShapedReward::MAX_LEN];
        let length = payload.len().min(bytes.len());
        bytes[..length].copy_from_slice(&payload[..length]);
        self.ring.push_back(Reply { episode, step, length, bytes });
    }

    pub(super) fn find(&self, episode: EpisodeId, step: u64) -> Option<&[u8]> {
        let found = self.ring.iter().rev().find(|reply| reply.episode == episode && reply.step == step)?;
        Some(&found.bytes[..found.length])
    }
}
