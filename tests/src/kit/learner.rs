//! A learner in this process: begins episodes, asks for rewards, and hears what is published.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use striatum_core::{Ending, KMode, StampNanos, Success, SuccessSource};
use striatum_wire::{
    AbortRequest, BeginReply, BeginRequest, EpisodeId, Keys, Refusal, RefusalCode, ShapedReward, Status, StepRequest,
    Task,
};
use zenoh::pubsub::Subscriber;
use zenoh::{Session, Wait};

/// Longest wait for a reply.
const LIMIT: Duration = Duration::from_secs(20);

/// A learner connected to a runtime.
pub struct Learner {
    session: Session,
    keys: Keys,
    rewards: Arc<Mutex<Vec<Vec<u8>>>>,
    statuses: Arc<Mutex<Vec<Status>>>,
    _subscribers: [Subscriber<()>; 2],
}

impl Learner {
    /// Connects to the runtime of robot `robot` at `endpoint`.
    pub fn connect(endpoint: &str) -> Self {
        let keys = Keys::new("robot").expect("a robot's name");
        let session = super::cameras::join(endpoint);
        let rewards = Arc::new(Mutex::new(Vec::new()));
        let statuses = Arc::new(Mutex::new(Vec::new()));
        let (heard, told) = (Arc::clone(&rewards), Arc::clone(&statuses));
        let on_reward = session
            .declare_subscriber(keys.reward().as_str())
            .callback(move |sample| heard.lock().expect("not poisoned").push(sample.payload().to_bytes().into_owned()))
            .wait()
            .expect("zenoh subscribes");
        let on_status = session
            .declare_subscriber(keys.status().as_str())
            .callback(move |sample| {
                let status = Status::decode(&sample.payload().to_bytes()).expect("the runtime's status decodes");
                told.lock().expect("not poisoned").push(status);
            })
            .wait()
            .expect("zenoh subscribes");
        let learner = Self { session, keys, rewards, statuses, _subscribers: [on_reward, on_status] };
        // The first status proves that the subscription has reached the runtime.
        learner.status(|_| true);
        learner
    }

    /// Begins an episode.
    pub fn begin(&self, request: &BeginRequest) -> Result<BeginReply, (RefusalCode, String)> {
        let mut bytes = [0; BeginRequest::MAX_LEN];
        let length = request.encode(&mut bytes).expect("a request in range");
        let reply = self.ask(self.keys.episode_begin().as_str(), &bytes[..length])?;
        Ok(BeginReply::decode(&reply).expect("the reply decodes"))
    }

    /// Asks for a step's reward; gives the reply's bytes.
    pub fn step(&self, request: &StepRequest) -> Result<Vec<u8>, (RefusalCode, String)> {
        let mut bytes = [0; StepRequest::MAX_LEN];
        let length = request.encode(&mut bytes).expect("a request in range");
        self.ask(self.keys.episode_step().as_str(), &bytes[..length])
    }

    /// Gives an episode up.
    pub fn abort(&self, episode: EpisodeId) -> Result<Vec<u8>, (RefusalCode, String)> {
        let mut bytes = [0; AbortRequest::MAX_LEN];
        let length = AbortRequest { episode }.encode(&mut bytes).expect("a request in range");
        self.ask(self.keys.episode_abort().as_str(), &bytes[..length])
    }

    /// Asks with any bytes.
    pub fn ask(&self, key: &str, payload: &[u8]) -> Result<Vec<u8>, (RefusalCode, String)> {
        let replies = self.session.get(key).payload(payload).timeout(LIMIT).wait().expect("zenoh asks");
        let reply = replies.recv().expect("somebody answers");
        match reply.result() {
            Ok(sample) => Ok(sample.payload().to_bytes().into_owned()),
            Err(error) => {
                let bytes = error.payload().to_bytes();
                let (code, text) = Refusal::parse(&bytes).unwrap_or_else(|| panic!("not a refusal: {bytes:?}"));
                Err((code, text.to_owned()))
            }
        }
    }

    /// Epochs of the runtimes that are alive.
    pub fn alive(&self) -> Vec<u64> {
        let tokens =
            self.session.liveliness().get(self.keys.alive_any().as_str()).timeout(LIMIT).wait().expect("zenoh asks");
        let keys: Vec<String> =
            tokens.iter().filter_map(|reply| Some(reply.result().ok()?.key_expr().as_str().to_owned())).collect();
        keys.iter().map(|key| self.keys.epoch_of(key).expect("a liveliness key")).collect()
    }

    /// Everything that was published since the start, in the order of arrival.
    pub fn rewards(&self) -> Vec<ShapedReward> {
        let heard = self.rewards.lock().expect("not poisoned");
        heard.iter().map(|bytes| ShapedReward::decode(bytes).expect("the runtime's reward decodes")).collect()
    }

    /// Waits for a reward that satisfies `wanted`.
    pub fn reward(&self, wanted: impl Fn(&ShapedReward) -> bool) -> ShapedReward {
        wait_for(|| self.rewards().into_iter().find(|reward| wanted(reward)), "no such reward")
    }

    /// Waits for a status that satisfies `wanted`.
    pub fn status(&self, wanted: impl Fn(&Status) -> bool) -> Status {
        wait_for(
            || self.statuses.lock().expect("not poisoned").iter().rev().find(|status| wanted(status)).cloned(),
            "no such status",
        )
    }
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>, what: &str) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < LIMIT, "{what} in {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A request to begin with gamma 0.99, ten steps a second, that waits for frames from `stamp_nanos` on.
pub fn begin_request(stamp_nanos: u64, deadline_secs: f64) -> BeginRequest {
    BeginRequest {
        task: Task::try_from("put the blocks into the box").expect("short"),
        gamma: 0.99,
        period_secs: 0.1,
        deadline_secs,
        bootstrap_on_truncation: true,
        terminate_on_success: false,
        k_mode: KMode::Unit,
        stamp_nanos: StampNanos(stamp_nanos),
    }
}

/// A request for a running step.
pub fn step_request(episode: EpisodeId, step: u64, stamp_nanos: u64) -> StepRequest {
    StepRequest {
        episode,
        step,
        stamp_nanos: StampNanos(stamp_nanos),
        k: 0.0,
        ending: Ending::Running,
        success: Success::Unknown,
        success_source: SuccessSource::None,
    }
}
