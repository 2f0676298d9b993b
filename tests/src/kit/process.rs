//! The program as a process.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use super::network::wait_for;

/// A loopback endpoint that nobody uses: the system is asked for a port, which is then given back.
pub fn free_endpoint() -> String {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("loopback").port();
    format!("tcp/127.0.0.1:{port}")
}

/// Runs the program to its end.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    run_with(program, arguments, &[])
}

/// Runs the program to its end with these variables set.
pub fn run_with(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

/// A `striatum run` that listens; killed when it is dropped.
pub struct Runtime {
    child: Child,
    endpoint: String,
    log: PathBuf,
}

impl Runtime {
    /// Starts it on a free endpoint with this configuration added to the bundle and the endpoint.
    pub fn start(program: &str, folder: &Path, bundle: &Path, more: &str) -> Self {
        Self::start_at(program, folder, bundle, &free_endpoint(), more)
    }

    /// Starts it on this endpoint.
    pub fn start_at(program: &str, folder: &Path, bundle: &Path, endpoint: &str, more: &str) -> Self {
        Self::spawn(Command::new(program), folder, bundle, endpoint, more)
    }

    /// Starts it through a shell that limits the size of files to `kib`; writing beyond fails, as on a full disk.
    pub fn start_with_small_disk(program: &str, folder: &Path, bundle: &Path, kib: u32, more: &str) -> Self {
        let mut shell = Command::new("bash");
        // Bash counts in KiB. The signal that would end the process is ignored, so that the write fails instead.
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\""), program]);
        Self::spawn(shell, folder, bundle, &free_endpoint(), more)
    }

    fn spawn(mut command: Command, folder: &Path, bundle: &Path, endpoint: &str, more: &str) -> Self {
        let config = folder.join(format!("run-{}.toml", endpoint.replace(['/', ':'], "-")));
        let text = format!("bundle = {:?}\n{}\n[zenoh]\nlisten = [{endpoint:?}]\n", bundle.display().to_string(), more);
        std::fs::write(&config, text).expect("the temporary folder can be written");
        let log = config.with_extension("log");
        let file = std::fs::File::create(&log).expect("the temporary folder can be written");
        let child = command.arg("run").arg(&config).stdin(Stdio::null()).stderr(file).spawn().expect("it starts");
        let mut runtime = Self { child, endpoint: endpoint.to_owned(), log };
        runtime.wait_until_it_listens();
        runtime
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What it has said on stderr.
    pub fn log(&self) -> String {
        let mut text = String::new();
        std::fs::File::open(&self.log).and_then(|mut file| file.read_to_string(&mut text)).expect("its log is there");
        text
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Asks it to finish, as Ctrl-C does; returns its exit status.
    pub fn stop(mut self) -> ExitStatus {
        interrupt(&mut self.child)
    }

    /// Does it still run?
    pub fn is_up(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }

    fn wait_until_it_listens(&mut self) {
        let address = self.endpoint.trim_start_matches("tcp/").to_owned();
        // Its own line comes after everything is declared; the port alone is open earlier.
        let listens = || {
            assert!(self.is_up(), "it ended: {}", self.log());
            (self.log().contains("up: robot") && TcpStream::connect(&address).is_ok()).then_some(())
        };
        wait_for(listens, "the runtime does not listen");
    }
}

/// Asks a process to finish, as Ctrl-C does; its exit status.
pub(super) fn interrupt(child: &mut Child) -> ExitStatus {
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(asked.success());
    wait_for(|| child.try_wait().expect("it can be waited for"), "it does not stop")
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // It may have gone already: then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
