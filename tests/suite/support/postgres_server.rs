//! A PostgreSQL server of one test.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use super::programs::{Process, free_port, output_of, temporary, tool};

/// A server on a free port, with data of its own. It ends with its test.
pub(crate) struct PostgresServer {
    program: PathBuf,
    addr: SocketAddr,
    data: PathBuf,
    process: Option<Process>,
}

impl PostgresServer {
    /// Starts a server, and waits until it answers. `None` if there is no PostgreSQL, which skips the test.
    ///
    /// `name` is that of its directory.
    pub(crate) fn start(name: &str) -> Option<Self> {
        static EMPTY: LazyLock<Option<PathBuf>> = LazyLock::new(make_empty_data);
        let program = tool("postgres")?;
        let empty = EMPTY.as_ref()?;
        let data = temporary(&format!("postgres-{name}")).join("data");
        output_of(unprivileged("cp")?.arg("-R").arg(empty).arg(&data));
        let mut server = Self { program, addr: free_port(), data, process: None };
        server.spawn();
        Some(server)
    }

    /// The URL of its database, which is empty at first.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.addr)
    }

    /// Ends it. Its connections end as well.
    pub(crate) fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // SIGQUIT ends all its processes at once; after SIGKILL, it would leave its shared memory behind.
        let sent = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status();
        if sent.is_ok_and(|status| status.success()) {
            process.wait();
        }
    }

    /// Starts it again on the same port, with its data.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.spawn();
    }

    fn spawn(&mut self) {
        let mut command = unprivileged(&self.program).unwrap();
        command.arg("-D").arg(&self.data).args(["-h", "127.0.0.1", "-p", &self.addr.port().to_string()]);
        // Durability is of no use to a test. The compiler of queries needs LLVM, which `tests/run` does not get.
        for option in ["fsync=off", "full_page_writes=off", "jit=off", "unix_socket_directories="] {
            command.args(["-c", option]);
        }
        let log = fs::File::create(self.data.with_file_name("log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let process = self.process.insert(Process::new(child));
        // Up to a minute: a busy machine takes some time, and so does recovery.
        for _ in 0..3000 {
            if is_ready(&self.data, process.id()) {
                return;
            }
            assert!(!process.has_ended(), "the server has ended: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not answer: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.data.with_file_name("log")).unwrap_or_default()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether the server says so in its lock file, as `pg_ctl` reads it.
fn is_ready(data: &Path, process: u32) -> bool {
    let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = file.lines();
    lines.next() == Some(&process.to_string()) && lines.nth(6).is_some_and(|status| status.trim() == "ready")
}

/// Makes the data of an empty server, once for all tests.
fn make_empty_data() -> Option<PathBuf> {
    let initdb = tool("initdb")?;
    let version = output_of(Command::new(&initdb).arg("--version"));
    let version: String = version.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("postgres-empty-{version}"));
    if !data.exists() {
        // Other processes of the suite make it at the same time: the first one wins.
        let new = temporary(&format!("postgres-empty-{}", std::process::id())).join("data");
        let mut command = unprivileged(&initdb)?;
        command.arg("-D").arg(&new).args(["--no-sync", "--username=postgres", "--auth=trust"]);
        output_of(command.args(["--encoding=UTF8", "--locale=C", "--no-instructions"]));
        let renamed = fs::rename(&new, &data);
        assert!(renamed.is_ok() || data.exists(), "{renamed:?}");
        let _ = fs::remove_dir_all(new.parent().unwrap());
    }
    Some(data)
}

/// A command for PostgreSQL, which refuses to run as root. Root therefore runs it as another user, who keeps root's
/// access to files: the programs and the data may be below a directory that is closed to others.
fn unprivileged(program: impl AsRef<Path>) -> Option<Command> {
    static IS_ROOT: LazyLock<bool> = LazyLock::new(|| output_of(Command::new("id").arg("-u")).trim() == "0");
    if !*IS_ROOT {
        return Some(Command::new(program.as_ref()));
    }
    let mut command = Command::new(tool("setpriv")?);
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    command.args(["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--"]).arg(program.as_ref());
    Some(command)
}
