//! A served world as a process, and a client of it that drives and listens.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use striatum_core::StampNanos;
use striatum_wire::{
    Action, ActionKind, Detail, ImageKind, ImageMessage, JointState, Keys, RefusalCode, ResetReply, ResetRequest, Truth,
};
use zenoh::pubsub::Subscriber;
use zenoh::{Session, Wait};

use super::network::{Heard, join, subscribe, wait_for};
use super::process::interrupt;

/// A `striatum sim --serve`; killed when it is dropped.
pub struct Served {
    child: Child,
    endpoint: String,
    log: PathBuf,
}

impl Served {
    /// Starts `striatum sim TASK --serve` on a free endpoint and waits until it is up; it publishes to the runtime at `runtime`.
    pub fn start(program: &str, folder: &Path, runtime: &str, arguments: &[&str]) -> Self {
        let mut served = Self::spawn(program, folder, runtime, arguments);
        wait_for(
            || {
                assert!(served.is_up(), "it ended: {}", served.log());
                served.log().contains("up: world").then_some(())
            },
            "the world does not come up",
        );
        served
    }

    /// Starts one that is to be refused: its exit status and what it said.
    pub fn refused(program: &str, folder: &Path, runtime: &str, arguments: &[&str]) -> (ExitStatus, String) {
        let mut served = Self::spawn(program, folder, runtime, arguments);
        let status = wait_for(|| served.child.try_wait().expect("it can be waited for"), "it is not refused");
        (status, served.log())
    }

    fn spawn(program: &str, folder: &Path, runtime: &str, arguments: &[&str]) -> Self {
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
        Self { child, endpoint, log }
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
    pub fn stop(self) -> ExitStatus {
        self.finish().0
    }

    /// The same, and what it has said.
    pub fn finish(mut self) -> (ExitStatus, String) {
        (interrupt(&mut self.child), self.log())
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
    /// When it came.
    pub received_nanos: u64,
    /// Bytes of the image.
    pub bytes: usize,
}

/// A client of a served world.
pub struct WorldClient {
    session: Session,
    keys: Keys,
    truths: Heard<Truth>,
    joints: Heard<Joints>,
    frames: Heard<Seen>,
    _subscribers: [Subscriber<()>; 3],
}

impl WorldClient {
    /// Connects to the world of robot `robot` at `endpoint`.
    pub fn connect(endpoint: &str) -> Self {
        let keys = Keys::new("robot").expect("a robot's name");
        let session = join(endpoint);
        let (truths, joints, frames) = (Heard::default(), Heard::default(), Heard::default());
        let (told, moved, seen) = (truths.clone(), joints.clone(), frames.clone());
        let on_truth = subscribe(&session, &keys.world_truth(), move |_, _, bytes| {
            told.push(Truth::decode(bytes).expect("the truth decodes"));
        });
        let on_joints = subscribe(&session, &keys.joint_state(), move |_, _, bytes| {
            let state = JointState::decode(bytes).expect("the joint state decodes");
            moved.push(Joints {
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
            seen.push(Seen { view, stamp_nanos, received_nanos: super::now_nanos(), bytes: bytes.len() });
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
        super::network::ask(&self.session, self.keys.world_reset().as_str(), payload)
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
        self.truths.newest(wanted, "no such truth")
    }

    /// Waits for a joint state that satisfies `wanted`; the newest such.
    pub fn joints(&self, wanted: impl Fn(&Joints) -> bool) -> Joints {
        self.joints.newest(wanted, "no such joint state")
    }

    /// Waits until `count` frames of a view have come.
    pub fn wait_for_frames(&self, view: &str, count: usize) {
        let enough = || (self.frames().iter().filter(|frame| frame.view == view).count() >= count).then_some(());
        wait_for(enough, "not enough frames");
    }

    /// Every frame since the start, in the order of arrival.
    pub fn frames(&self) -> Vec<Seen> {
        self.frames.all()
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
