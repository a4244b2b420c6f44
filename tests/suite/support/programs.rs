//! Programs that tests start, and what these need.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command},
};

/// A program from `PATH`, where `tests/run` puts it.
///
/// # Panics
/// If it is missing and `CI` is set; otherwise a missing program is `None`, and the test that needs it is skipped.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{name} is not there; `tests/run` gets it");
        eprintln!("SKIPPED: {name} is not there; `tests/run` gets it");
    }
    found
}

/// This program once more, with one test: for what belongs to a process, such as its subscriber.
pub(crate) fn test_as_program(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]);
    command
}

/// Runs a program to its end, which must be a success, and returns its standard output.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{stdout}\n{stderr}");
    stdout
}

/// A new, empty directory of a test, below cargo's directory for tests.
pub(crate) fn temporary(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// An address for a program that cannot choose a free port by itself.
pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A program that is killed when this is dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn new(child: Child) -> Self {
        Self(child)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// The exit code, once it has ended.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
