//! A learner in this process: begins episodes, asks for rewards, and hears what is published.

use striatum_core::{Ending, KMode, StampNanos, Success, SuccessSource};
use striatum_wire::{
    AbortRequest, BeginReply, BeginRequest, EpisodeId, Keys, RefusalCode, ShapedReward, Status, StepRequest, Task,
    TeacherScore,
};
use zenoh::pubsub::Subscriber;
use zenoh::{Session, Wait};

use super::network::{Heard, LIMIT, join, subscribe, wait_for};

/// A learner connected to a runtime.
pub struct Learner {
    session: Session,
    keys: Keys,
    rewards: Heard<Vec<u8>>,
    statuses: Heard<Status>,
    scores: Heard<TeacherScore>,
    _subscribers: [Subscriber<()>; 3],
}

impl Learner {
    /// Connects to the runtime of robot `robot` at `endpoint`.
    pub fn connect(endpoint: &str) -> Self {
        let keys = Keys::new("robot").expect("a robot's name");
        let session = join(endpoint);
        let (rewards, statuses, scores) = (Heard::default(), Heard::default(), Heard::default());
        let (heard, told, taught) = (rewards.clone(), statuses.clone(), scores.clone());
        let on_reward = subscribe(&session, &keys.reward(), move |_, _, bytes| heard.push(bytes.to_vec()));
        let on_status = subscribe(&session, &keys.status(), move |_, _, bytes| {
            told.push(Status::decode(bytes).expect("the runtime's status decodes"));
        });
        let on_score = subscribe(&session, &keys.teacher(), move |_, _, bytes| {
            taught.push(TeacherScore::decode(bytes).expect("the teacher's score decodes"));
        });
        let _subscribers = [on_reward, on_status, on_score];
        let learner = Self { session, keys, rewards, statuses, scores, _subscribers };
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
        super::network::ask(&self.session, key, payload)
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
        let heard = self.rewards.all();
        heard.iter().map(|bytes| ShapedReward::decode(bytes).expect("the runtime's reward decodes")).collect()
    }

    /// Waits for a reward that satisfies `wanted`.
    pub fn reward(&self, wanted: impl Fn(&ShapedReward) -> bool) -> ShapedReward {
        wait_for(|| self.rewards().into_iter().find(|reward| wanted(reward)), "no such reward")
    }

    /// Everything that a teacher said since the start.
    pub fn scores(&self) -> Vec<TeacherScore> {
        self.scores.all()
    }

    /// Waits for a status that satisfies `wanted`.
    pub fn status(&self, wanted: impl Fn(&Status) -> bool) -> Status {
        self.statuses.newest(wanted, "no such status")
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
