//! A teacher elsewhere: an OpenAI-compatible endpoint that looks at pictures, as vLLM serves the public weights.
//!
//! It is asked for the forward and the backward hop of a frame set, one request each. It is shown the same prompt as a bundle here would
//! be. There is no incremental hop: it would need the frame set before, and nobody knows how long ago that was.

mod base64;
mod client;
mod grammar;
mod reply;
#[cfg(test)]
mod stub_tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use striatum_core::{Perspectives, Scores, ViewMask};
use striatum_frames::{FrameSet, Image, encode_jpeg};
use striatum_models::{GenerativeManifest, Role, Slot};

use self::base64::data_url;
use self::client::Client;
pub(super) use self::client::key;
use self::grammar::Grammar;
use self::reply::Said;
use super::open::References;
use super::{Judgement, Teacher};
use crate::config::RemoteConfig;
use crate::error::{Error, Result};

/// Quality of the pictures that are sent.
const JPEG_QUALITY: u8 = 90;
/// Alternatives that are asked for with each token.
const TOP_LOGPROBS: u32 = 20;
/// Longest prompt file, bytes.
const MAX_PROMPT: u64 = 64 << 10;

/// An endpoint with the references of the student's task.
pub(super) struct Remote {
    config: RemoteConfig,
    client: Client,
    deadline: Duration,
    grammar: Grammar,
    /// The prompt's text around its pictures: one piece more than there are slots.
    pieces: Vec<String>,
    slots: Vec<Slot>,
    views: Vec<String>,
    /// Where each view is among the student's.
    places: Vec<usize>,
    /// As data URLs, by view.
    start: Vec<String>,
    goal: Vec<String>,
}

impl Remote {
    /// Reads prompt and key. Nothing is sent yet.
    ///
    /// # Errors
    /// A prompt that does not fit the views, a view that the student has not, or a variable without a key.
    pub(super) fn open(config: &RemoteConfig, deadline_nanos: u64, references: &References) -> Result<Self> {
        Self::with_key(config, key(config)?, deadline_nanos, references)
    }

    fn with_key(
        config: &RemoteConfig,
        key: Option<String>,
        deadline_nanos: u64,
        references: &References,
    ) -> Result<Self> {
        let views = if config.views.is_empty() { references.views.clone() } else { config.views.clone() };
        let places = references.places(&views, "teacher.remote.views")?;
        let slots = GenerativeManifest::usual_slots(&views);
        let pieces = pieces(config, &references.task)?;
        if pieces.len() != slots.len() + 1 {
            let what = format!("has {} `<image>`, {} views need {}", pieces.len() - 1, views.len(), slots.len());
            return Err(Error::input(config.prompt.display().to_string(), what, "use the prompt of these weights"));
        }
        let urls =
            |images: &[Arc<Image>]| places.iter().map(|&view| picture(&images[view])).collect::<Result<Vec<_>>>();
        let (start, goal) = (urls(&references.start)?, urls(&references.goal)?);
        let (client, grammar) = (Client::new(config, key), Grammar::new(&config.answer));
        let (config, deadline) = (config.clone(), Duration::from_nanos(deadline_nanos));
        Ok(Self { config, client, deadline, grammar, pieces, slots, views, places, start, goal })
    }

    /// What is sent to ask for the hop from `before` to `now`.
    fn request(&self, before: &[String], now: &[String]) -> Value {
        let mut content = Vec::with_capacity(2 * self.slots.len() + 1);
        for (at, piece) in self.pieces.iter().enumerate() {
            if !piece.is_empty() {
                content.push(json!({ "type": "text", "text": piece }));
            }
            let Some(slot) = self.slots.get(at) else { continue };
            let view = self.views.iter().position(|view| *view == slot.view).unwrap_or_default();
            let url = match slot.role {
                Role::Start => &self.start[view],
                Role::Goal => &self.goal[view],
                Role::Before => &before[view],
                Role::After => &now[view],
            };
            content.push(json!({ "type": "image_url", "image_url": { "url": url } }));
        }
        json!({
            "model": self.config.model,
            "messages": [{ "role": "user", "content": content }],
            "temperature": 0,
            "max_tokens": self.config.max_tokens,
            "logprobs": true,
            "top_logprobs": TOP_LOGPROBS,
        })
    }

    fn ask(&self, before: &[String], now: &[String], until: Instant) -> Result<Said> {
        let reply = self.client.ask(&self.request(before, now), until)?;
        Said::read(&reply, &self.grammar, &self.config.url)
    }
}

impl Teacher for Remote {
    fn judge(&mut self, set: &FrameSet) -> Result<Judgement> {
        let until = Instant::now() + self.deadline;
        let url = |&view: &usize| match set.frames.get(view).and_then(Option::as_ref) {
            Some(frame) => picture(&frame.image),
            None => Err(Error::input("the teacher", "a view is missing", "check the cameras")),
        };
        let now = self.places.iter().map(url).collect::<Result<Vec<_>>>()?;
        let forward = self.ask(&self.start, &now, until)?;
        let backward = self.ask(&self.goal, &now, until)?;
        let hop = |said: &Said| Some(said.hop.unwrap_or(f64::NAN));
        let scores = Scores {
            hops: Perspectives { incremental: None, forward: hop(&forward), backward: hop(&backward) },
            std: spread(&[&forward, &backward]),
            ood: 0.0,
            least_ood: 0.0,
            views: (0..self.views.len()).fold(ViewMask::EMPTY, ViewMask::with),
            ..Scores::MISSING
        };
        Ok(Judgement { scores, detail: json!({ "forward": forward.json(), "backward": backward.json() }) })
    }

    fn forget(&mut self) {}

    fn hash(&self) -> [u8; 32] {
        [0; 32]
    }
}

/// Root of the mean variance of the answers that say one; NaN where none does. That they differ is the fuser's to see.
fn spread(said: &[&Said]) -> f64 {
    let variances: Vec<f64> = said.iter().filter(|said| said.hop.is_some()).filter_map(|said| said.variance).collect();
    (variances.iter().sum::<f64>() / variances.len() as f64).sqrt()
}

fn picture(image: &Image) -> Result<String> {
    Ok(data_url("image/jpeg", &encode_jpeg(image, JPEG_QUALITY)?))
}

/// The prompt around its pictures, the task filled in.
fn pieces(config: &RemoteConfig, task: &str) -> Result<Vec<String>> {
    let path = &config.prompt;
    let unreadable =
        |source| Error::file("read", path, source, "give the prompt of these weights: teacher.remote.prompt");
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_PROMPT {
        return Err(Error::input(
            path.display().to_string(),
            "is longer than a prompt",
            "give a text of at most 64 KiB",
        ));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    // A task with a slot in it would move every picture.
    if task.contains("<image>") || task.contains("<|") {
        return Err(Error::input("the bundle's task", "holds a slot or a special token", "call the task otherwise"));
    }
    Ok(text.trim_end().split("<image>").map(|piece| piece.replace("{task}", task)).collect())
}
