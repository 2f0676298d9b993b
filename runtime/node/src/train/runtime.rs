//! The reward runtime that a training run starts for itself: a process of its own, which ends with its parent.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::error::{Error, Result};

/// A `striatum run`; it ends when this is dropped, and when this process is no more: its standard input ends then.
#[derive(Debug)]
pub(crate) struct Runtime {
    child: Child,
    _alive: Option<ChildStdin>,
    log: PathBuf,
    endpoint: String,
}

impl Runtime {
    /// Writes the configuration beside its log and starts the runtime with it.
    ///
    /// # Errors
    /// A folder that cannot be written, or a program that does not start.
    pub(crate) fn start(folder: &Path, config: impl FnOnce(&str) -> String) -> Result<Self> {
        let endpoint = crate::net::free_endpoint()?;
        let (path, log) = (folder.join("runtime.toml"), folder.join("runtime.log"));
        let cannot = |action, path: &Path| {
            let path = path.to_owned();
            move |source| Error::file(action, &path, source, "is the folder writable?")
        };
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(config(&endpoint).as_bytes()))
            .map_err(cannot("write", &path))?;
        let output = std::fs::File::create(&log).map_err(cannot("write", &log))?;
        let cannot_start =
            |source| Error::file("start", Path::new("this program"), source, "is it still where it was?");
        let program = std::env::current_exe().map_err(cannot_start)?;
        let mut command = Command::new(&program);
        // Ctrl-C is for the learner: it ends the runtime when it has saved.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .arg("run")
            .arg(&path)
            .arg("--until-stdin-ends")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .map_err(cannot_start)?;
        let alive = child.stdin.take();
        Ok(Self { child, _alive: alive, log, endpoint })
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// # Errors
    /// The runtime has ended; its last line says why.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                let last = said.lines().last().unwrap_or("it said nothing").trim_start_matches("striatum: ").to_owned();
                Err(Error::setup("the reward runtime", format!("ended with {status}: {last}"), "mend that"))
            }
            Err(source) => Err(Error::file("wait for", Path::new("the reward runtime"), source, "start it again")),
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // It may have gone already: then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
