//! A world over zenoh, as a robot would be: frames and joint states out, actions in; and beyond a robot, resets and the truth.
//!
//! - `alone`: one world for each name.
//! - `desk`: whose world it is, and the newest action; what refuses the others.
//! - `doors`: zenoh in: actions and resets.
//! - `show`: the world from episode to episode.
//! - `outlet`: zenoh out: frames, joint states, truth; `camera`, `cable`: frames, and what goes wrong with them on the way.
//! - `pace`: when the next control period is due.

mod alone;
mod cable;
mod camera;
mod desk;
mod doors;
mod outlet;
mod pace;
mod show;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use striatum_wire::{Keys, Refusal, RefusalCode, ResetReply};

use self::desk::{Desk, Tokens};
use self::doors::Asked;
use self::outlet::Outlet;
use self::pace::Pace;
use self::show::{Driver, Show};
use super::faults::{self, FaultOption};
use super::world::WorldOptions;
use crate::clock;
use crate::config::ZenohConfig;
use crate::error::{Error, Result};

/// What to serve, and where to.
#[derive(Clone, Debug)]
pub(crate) struct ServeOptions {
    pub(crate) world: WorldOptions,
    /// The robot's name in the keys.
    pub(crate) robot: String,
    /// Where the runtime listens.
    pub(crate) connect: Option<String>,
    /// Where learners reach the world.
    pub(crate) listen: Option<String>,
    /// The expert drives while no client does.
    pub(crate) expert: bool,
    /// Simulated seconds in a second.
    pub(crate) rate: f64,
    /// JPEG; raw RGB8 otherwise.
    pub(crate) jpeg: bool,
    /// What goes wrong with the cameras.
    pub(crate) faults: Vec<FaultOption>,
}

/// Where learners reach the world, if nothing else is said: this machine alone.
const DEFAULT_LISTEN: &str = "tcp/127.0.0.1:7448";
/// Resets that may wait; one is answered in a moment.
const WAITING_RESETS: usize = 8;
/// Simulated time between two episodes of the expert, seconds.
const EXPERT_PAUSE_SECS: f64 = 1.0;
/// After this the expert takes the world back from a client whose episode has ended, seconds.
const CLIENT_PAUSE_SECS: f64 = 10.0;

/// Serves until `stop`.
///
/// # Errors
/// A world that there is not, an endpoint that is taken, or zenoh refusing.
pub(crate) fn serve(options: &ServeOptions, stop: &Arc<AtomicBool>) -> Result<()> {
    if options.world.failure.is_some() && !options.expert {
        return Err(Error::input("--failure", "only an expert fails on request", "add --expert"));
    }
    let keys = Keys::new(&options.robot)?;
    let show = Show::new(&options.world)?;
    let faults = faults::resolve(&options.faults, &show.views(), clock::wall().0)?;
    let connect = options.connect.as_deref().unwrap_or(crate::net::DEFAULT_ENDPOINT);
    let listen = options.listen.as_deref().unwrap_or(DEFAULT_LISTEN);
    let session = crate::net::serve(&ZenohConfig {
        connect: vec![connect.to_owned()],
        listen: vec![listen.to_owned()],
        ..ZenohConfig::default()
    })?;
    let _alone = alone::claim(&session, &keys, &options.robot, clock::wall().0)?;
    let desk = Arc::new(Desk::new(show.arm_joints()));
    let (asked, resets) = crossbeam_channel::bounded(WAITING_RESETS);
    let _doors = doors::open(&session, &keys, &desk, &asked)?;
    let outlet = Outlet::new(&session, &keys, &show, options.jpeg, &faults, options.world.seed)?;
    tracing::info!(
        "up: world {} for robot `{}`, runtime at {connect}, learners at {listen}; {}",
        options.world.task,
        options.robot,
        if options.expert { "the expert drives" } else { "waiting for a reset" }
    );
    if !options.faults.is_empty() {
        let faults: Vec<String> = options.faults.iter().map(ToString::to_string).collect();
        tracing::info!("the cameras have faults: {}", faults.join("; "));
    }
    let pace = Pace::new(show.period_secs() / options.rate, clock::monotonic_nanos());
    let tokens = Tokens::new(clock::wall().0);
    let mut server = Server { show, desk, outlet, pace, tokens, seed: options.world.seed };
    server.run(options.expert, &resets, stop)?;
    server.show.say_end(&server.desk.tally(), server.pace.late());
    server.outlet.say_end();
    Ok(())
}

struct Server {
    show: Show,
    desk: Arc<Desk>,
    outlet: Outlet,
    pace: Pace,
    tokens: Tokens,
    /// Of the expert's next episode.
    seed: u64,
}

impl Server {
    fn run(&mut self, expert: bool, resets: &Receiver<Asked>, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let now = clock::monotonic_nanos();
            let frame = self.outlet.due_nanos().map_or(u64::MAX, |due| due.saturating_sub(now));
            let wait = Duration::from_nanos(self.pace.wait_nanos(now).min(frame));
            match resets.recv_timeout(wait) {
                Ok(asked) => self.reset(&asked)?,
                Err(RecvTimeoutError::Timeout) => {
                    let now = clock::monotonic_nanos();
                    self.outlet.deliver(now)?;
                    if self.pace.wait_nanos(now) == 0 {
                        self.period(expert)?;
                    }
                }
                // `serve` holds a sender as long as this runs.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
        Ok(())
    }

    /// One control period: the newest action, then what came of it.
    fn period(&mut self, expert: bool) -> Result<()> {
        self.pace.passed(clock::monotonic_nanos());
        if expert && self.show.idle_secs().is_some_and(|idle| idle >= self.pause_secs()) {
            return self.expert_episode();
        }
        let stamp = clock::wall();
        let ended = self.show.advance(self.desk.take());
        if ended {
            self.desk.end();
        }
        self.outlet.put(&mut self.show, &self.desk.tally(), stamp)?;
        if ended {
            self.show.say_end(&self.desk.tally(), self.pace.late());
        }
        Ok(())
    }

    fn pause_secs(&self) -> f64 {
        match self.show.driver() {
            Some(Driver::Client) => CLIENT_PAUSE_SECS,
            Some(Driver::Expert) => EXPERT_PAUSE_SECS,
            // Nobody has driven yet.
            None => 0.0,
        }
    }

    /// The next episode of the expert that `--expert` asked for.
    fn expert_episode(&mut self) -> Result<()> {
        self.show.begin(self.seed, Driver::Expert, self.show.usual_failure())?;
        self.seed = self.seed.wrapping_add(1);
        self.desk.open(None);
        self.outlet.put(&mut self.show, &self.desk.tally(), clock::wall())
    }

    /// A client's reset.
    fn reset(&mut self, asked: &Asked) -> Result<()> {
        let request = &asked.request;
        let driver = if request.expert { Driver::Expert } else { Driver::Client };
        let failure = match self.show.failure(&request.failure) {
            Ok(failure) => failure,
            Err(error) => {
                asked.refuse(&Refusal::new(RefusalCode::OutOfRange, format_args!("{error}")));
                return Ok(());
            }
        };
        self.show.say_end(&self.desk.tally(), self.pace.late());
        if let Err(error) = self.show.begin(request.seed, driver, failure) {
            asked.refuse(&Refusal::new(RefusalCode::Internal, format_args!("{error}")));
            return Err(error);
        }
        let token = self.tokens.next();
        self.desk.open((driver == Driver::Client).then_some(token));
        self.pace.restart(clock::monotonic_nanos());
        let stamp_nanos = clock::wall();
        asked.reply(&ResetReply {
            token,
            episode: self.show.episode(),
            stamp_nanos,
            seed: request.seed,
            period_secs: self.show.period_secs(),
            joints: u32::try_from(self.show.arm_joints()).unwrap_or(u32::MAX),
            task: self.show.task(),
        });
        self.outlet.put(&mut self.show, &self.desk.tally(), stamp_nanos)
    }
}
