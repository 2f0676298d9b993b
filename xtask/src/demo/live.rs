//! The live part: runtime, players and watchers in processes of their own, then the recording played back.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::offline::name;
use crate::failure::{Failure, Result};
use crate::process;

/// How long the runtime may take to load its models and listen.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long the runtime may take to write its recording and go.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// A watcher goes when it has heard nothing for so long.
const IDLE_SECS: &str = "4";

/// An episode to play, and where what is heard meanwhile goes.
#[derive(Clone, Debug)]
pub(super) struct Play {
    episode: PathBuf,
    rate: u32,
    pub(super) rewards: PathBuf,
}

impl Play {
    /// Plays `episode` at `rate` times its speed.
    pub(super) fn new(episode: &Path, rate: u32, out: &Path) -> Self {
        let rewards = out.join(format!("rewards-{}.jsonl", name(episode)));
        Self { episode: episode.to_owned(), rate, rewards }
    }

    /// The episode's name.
    pub(super) fn name(&self) -> String {
        name(&self.episode)
    }
}

/// What the live part came to.
#[derive(Debug)]
pub(super) struct Live {
    /// Rewards that the watcher printed, by episode.
    heard: Vec<usize>,
    pub(super) recording: PathBuf,
    pub(super) files: Vec<PathBuf>,
}

impl Live {
    /// Rewards that were received, in words.
    pub(super) fn rewards(&self) -> String {
        self.heard.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ")
    }
}

/// A process that is ended if this one leaves early.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have gone already: then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs and records; plays and watches one episode after the other.
pub(super) fn run(striatum: &Path, bundle: &Path, plays: &[Play], out: &Path) -> Result<Live> {
    let address = free_address()?;
    let endpoint = format!("tcp/{address}");
    let recording = out.join("live.mcap");
    let config = out.join("run.toml");
    let log = out.join("run.log");
    remove_old(&recording)?;
    write(&config, &config_text(bundle, &endpoint, &recording))?;

    let mut runtime = Guard(start(Command::new(striatum).arg("run").arg(&config).stderr(create(&log)?))?);
    wait_until_it_listens(&mut runtime.0, address)?;
    let heard = plays.iter().map(|play| play_and_watch(striatum, play, &endpoint)).collect::<Result<Vec<_>>>()?;
    interrupt(&runtime.0)?;
    wait(&mut runtime.0, STOP_LIMIT, "the runtime")?;
    if heard.contains(&0) {
        return Err(Failure::new("watching", "no reward arrived", format!("read {}", log.display())));
    }
    let rewards = plays.iter().map(|play| play.rewards.clone());
    let files = [config, log, recording.clone()].into_iter().chain(rewards).collect();
    Ok(Live { heard, recording, files })
}

/// Plays an episode while a watcher writes down the rewards; returns how many there were.
fn play_and_watch(striatum: &Path, play: &Play, endpoint: &str) -> Result<usize> {
    let mut watch = Command::new(striatum);
    watch.args(["watch", "--json", "--idle-secs", IDLE_SECS, "--connect", endpoint]).stdout(create(&play.rewards)?);
    let mut watcher = Guard(start(&mut watch)?);
    let mut player = Command::new(striatum);
    player.arg("play").arg(&play.episode).args(["--connect", endpoint, "--rate", &play.rate.to_string()]);
    process::run(&mut player)?;
    wait(&mut watcher.0, Duration::from_secs(30), "the watcher")?;
    Ok(count_rewards(&std::fs::read_to_string(&play.rewards).unwrap_or_default()))
}

/// `striatum replay --check`; returns what it said last.
pub(super) fn replay(striatum: &Path, recording: &Path) -> Result<String> {
    let said = process::output(Command::new(striatum).arg("replay").arg(recording).arg("--check"))?;
    Ok(said.lines().last().unwrap_or("done").to_owned())
}

/// Lines of `striatum watch --json` that are rewards; the others are statuses.
fn count_rewards(lines: &str) -> usize {
    lines
        .lines()
        .filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok_and(|value| value["reward"].is_number()))
        .count()
}

/// The configuration of `striatum run`; every key that is not here has its default.
fn config_text(bundle: &Path, endpoint: &str, recording: &Path) -> String {
    format!(
        "bundle = {:?}\nrobot = \"robot\"\n\n[source]\nkind = \"zenoh\"\n\n[zenoh]\nlisten = [{endpoint:?}]\n\n[record]\npath = {:?}\n",
        bundle.display().to_string(),
        recording.display().to_string()
    )
}

/// A loopback address that nobody uses: the system is asked for a port, which is then given back.
fn free_address() -> Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(|e| Failure::new("finding a free port", e, "check that loopback sockets are allowed"))
}

/// Players and watchers that come too early wait for seconds between their tries.
fn wait_until_it_listens(runtime: &mut Child, address: SocketAddr) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < START_LIMIT {
        if TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        if let Ok(Some(status)) = runtime.try_wait() {
            return Err(Failure::new("the runtime", status, "its own message is in run.log"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let limit = format!("does not listen on {address} after {} s", START_LIMIT.as_secs());
    Err(Failure::new("the runtime", limit, "its own message is in run.log"))
}

fn start(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null()).spawn().map_err(|e| process::cannot_start(command, &e))
}

/// Asks a process to finish its work, as Ctrl-C does.
fn interrupt(child: &Child) -> Result<()> {
    process::run(Command::new("kill").args(["-INT", &child.id().to_string()]))
}

fn wait(child: &mut Child, limit: Duration, who: &str) -> Result<()> {
    let odd = |why: String| Failure::new(who, why, "its own message is above or in run.log");
    let start = Instant::now();
    while start.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(odd(status.to_string())),
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(e) => return Err(odd(e.to_string())),
        }
    }
    Err(odd(format!("did not end within {} s", limit.as_secs())))
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|e| cannot_write(path, &e))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|e| cannot_write(path, &e))
}

fn remove_old(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(cannot_write(path, &e)),
        _ => Ok(()),
    }
}

fn cannot_write(path: &Path, why: &std::io::Error) -> Failure {
    Failure::new(format!("writing {}", path.display()), why, "give --out a folder that can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_not_counted_as_rewards() {
        let lines = "{\"sequence\":1,\"reward\":0.5}\n{\"status\":\"running\",\"rewards\":1}\nnot JSON\n";
        assert_eq!(count_rewards(lines), 1);
    }
}
