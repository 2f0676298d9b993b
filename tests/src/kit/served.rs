//! A served world as a process, and a client of it that drives and listens.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use striatum_core::StampNanos;
use striatum_wire::{
    Action, ActionKind, Detail, ImageKind, ImageMessage, JointState, Keys, Refusal, RefusalCode, ResetReply,
    ResetRequest, Truth,
};
use zenoh::pubsub::Subscriber;
use zenoh::{Session, Wait};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// A `striatum sim --serve`; killed when it is dropped.
pub struct Served {
    child: Child,
    endpoint: String,
    log: PathBuf,
}

impl Served {
    /// Starts `striatum sim TASK --serve` with `more` on a free endpoint; it publishes to the runtime at `runtime`.
    pub fn start(program: &str, folder: &Path, runtime: &str, arguments: &[&str]) -> Self {
        let endpoint = super::free_endpoint();
        let log = folder.join(format!("world-{}.log", endpoint.replace(['/', ':'], "-")));
        let file = std::fs::File::create(&log).expect("the temporary folder can be written");
        let child = Command::new(program)
            .arg("sim")
            .args(arguments)
            .args(["--serve", "--connect", runtime, "--listen", &endpoint])
            .stdin(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("it starts");
        let mut served = Self { child, endpoint, log };
        let start = Instant::now();
        while !served.log().contains("up: world") {
            assert!(served.is_up(), "it ended: {}", served.log());
            assert!(start.elapsed() < LIMIT, "it does not come up: {}", served.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        served
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What it has said on stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("its log is there")
    }

    /// Does it still run?
    pub fn is_up(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }

    /// Asks it to finish, as Ctrl-C does; returns its exit status.
    pub fn stop(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(asked.success());
        wait_for(|| self.child.try_wait().expect("it can be waited for"), "it does not stop")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have gone already: then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A joint state, kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Joints {
    /// When this was so.
    pub stamp_nanos: u64,
    /// Names.
    pub names: Vec<String>,
    /// Positions.
    pub positions: Vec<f64>,
    /// Speeds.
    pub velocities: Vec<f64>,
}

/// A frame, without its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The view's name.
    pub view: String,
    /// When it was captured.
    pub stamp_nanos: u64,
    /// Bytes of the image.
    pub bytes: usize,
}

/// A client of a served world.
pub struct WorldClient {
    session: Session,
    keys: Keys,
    truths: Arc<Mutex<Vec<Truth>>>,
    joints: Arc<Mutex<Vec<Joints>>>,
    frames: Arc<Mutex<Vec<Seen>>>,
    _subscribers: [Subscriber<()>; 3],
}

impl WorldClient {
    /// Connects to the world of robot `robot` at `endpoint`.
    pub fn connect(endpoint: &str) -> Self {
        let keys = Keys::new("robot").expect("a robot's name");
        let session = super::cameras::join(endpoint);
        let (truths, joints, frames) = (shared(), shared(), shared());
        let (told, moved, seen) = (Arc::clone(&truths), Arc::clone(&joints), Arc::clone(&frames));
        let on_truth = subscribe(&session, &keys.world_truth(), move |_, _, bytes| {
            told.lock().expect("not poisoned").push(Truth::decode(bytes).expect("the truth decodes"));
        });
        let on_joints = subscribe(&session, &keys.joint_state(), move |_, _, bytes| {
            let state = JointState::decode(bytes).expect("the joint state decodes");
            moved.lock().expect("not poisoned").push(Joints {
                stamp_nanos: state.stamp_nanos.0,
                names: state.names.iter().map(|&name| name.to_owned()).collect(),
                positions: state.positions.to_vec(),
                velocities: state.velocities.to_vec(),
            });
        });
        let ours = keys.clone();
        let on_frame = subscribe(&session, &keys.frames_any(), move |key, encoding, bytes| {
            let view = ours.view_of(key).expect("a frames key").as_str().to_owned();
            let kind = ImageKind::from_encoding(encoding).expect("an image's content type");
            let image = ImageMessage::decode(kind, bytes).expect("the image decodes");
            let stamp_nanos = image.stamp_nanos().0;
            seen.lock().expect("not poisoned").push(Seen { view, stamp_nanos, bytes: bytes.len() });
        });
        let client = Self { session, keys, truths, joints, frames, _subscribers: [on_truth, on_joints, on_frame] };
        // The first truth proves that the subscription, and what was declared before it, has reached the world.
        client.truth(|_| true);
        client
    }

    /// Begins an episode of this client's own.
    pub fn reset(&self, seed: u64) -> ResetReply {
        self.ask(&ResetRequest { seed, expert: false, failure: Detail::new() }).expect("the world is reset")
    }

    /// Asks for a reset.
    pub fn ask(&self, request: &ResetRequest) -> Result<ResetReply, (RefusalCode, String)> {
        let mut bytes = [0; ResetRequest::MAX_LEN];
        let length = request.encode(&mut bytes).expect("a request in range");
        let reply = self.ask_bytes(&bytes[..length])?;
        Ok(ResetReply::decode(&reply).expect("the reply decodes"))
    }

    /// Asks for a reset with any bytes.
    pub fn ask_bytes(&self, payload: &[u8]) -> Result<Vec<u8>, (RefusalCode, String)> {
        let key = self.keys.world_reset();
        let replies = self.session.get(key.as_str()).payload(payload).timeout(LIMIT).wait().expect("zenoh asks");
        let reply = replies.recv().expect("the world answers");
        match reply.result() {
            Ok(sample) => Ok(sample.payload().to_bytes().into_owned()),
            Err(error) => {
                let bytes = error.payload().to_bytes();
                let (code, text) = Refusal::parse(&bytes).unwrap_or_else(|| panic!("not a refusal: {bytes:?}"));
                Err((code, text.to_owned()))
            }
        }
    }

    /// Puts an action.
    pub fn act(&self, action: &Action) {
        let mut bytes = [0; Action::MAX_LEN];
        let length = action.encode(&mut bytes).expect("an action in range");
        self.act_bytes(&bytes[..length]);
    }

    /// Puts any bytes where actions are put.
    pub fn act_bytes(&self, bytes: &[u8]) {
        self.session.put(self.keys.action().as_str(), bytes).wait().expect("zenoh puts");
    }

    /// Waits for a truth that satisfies `wanted`; the newest such.
    pub fn truth(&self, wanted: impl Fn(&Truth) -> bool) -> Truth {
        newest(&self.truths, wanted, "no such truth")
    }

    /// Waits for a joint state that satisfies `wanted`; the newest such.
    pub fn joints(&self, wanted: impl Fn(&Joints) -> bool) -> Joints {
        newest(&self.joints, wanted, "no such joint state")
    }

    /// Every frame since the start, in the order of arrival.
    pub fn frames(&self) -> Vec<Seen> {
        self.frames.lock().expect("not poisoned").clone()
    }
}

/// An action of the end effector, stamped now: a shift in metres, the gripper open.
pub fn shift(token: u64, metres: [f64; 3]) -> Action {
    Action {
        stamp_nanos: StampNanos(super::now_nanos()),
        token,
        kind: ActionKind::EndEffectorDelta,
        delta: metres.into_iter().chain([0.0; 3]).collect(),
        gripper: 1.0,
    }
}

fn shared<T>() -> Arc<Mutex<Vec<T>>> {
    Arc::new(Mutex::new(Vec::new()))
}

fn subscribe(
    session: &Session,
    key: &str,
    heard: impl Fn(&str, &str, &[u8]) + Send + Sync + 'static,
) -> Subscriber<()> {
    session
        .declare_subscriber(key.to_owned())
        .callback(move |sample| {
            let encoding = sample.encoding().to_string();
            heard(sample.key_expr().as_str(), &encoding, &sample.payload().to_bytes());
        })
        .wait()
        .expect("zenoh subscribes")
}

fn newest<T: Clone>(heard: &Mutex<Vec<T>>, wanted: impl Fn(&T) -> bool, what: &str) -> T {
    wait_for(|| heard.lock().expect("not poisoned").iter().rev().find(|one| wanted(one)).cloned(), what)
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>, what: &str) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < LIMIT, "{what} in {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
