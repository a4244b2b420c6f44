//! A Redis server of one test.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use redis::FromRedisValue;

use super::programs::{Process, free_port, temporary, tool};

/// The variable that names another program, such as `valkey-server`.
const PROGRAM: &str = "TEST_REDIS_SERVER";

/// A server on a free port, with a directory of its own. It ends with its test.
pub(crate) struct RedisServer {
    program: PathBuf,
    addr: SocketAddr,
    dir: PathBuf,
    options: Vec<String>,
    /// The library that makes its clock one that the test sets.
    clock: Option<PathBuf>,
    process: Option<Process>,
}

impl RedisServer {
    /// Starts a server, and waits until it answers. `None` if there is no Redis, which skips the test.
    ///
    /// `name` is that of its directory. `options` are those of its command line, without dumps by default.
    pub(crate) fn start(name: &str, options: &[&str]) -> Option<Self> {
        Self::start_program(name, options, None)
    }

    /// Starts a server whose clock the test [sets](Self::set_clock).
    pub(crate) fn start_with_clock(name: &str, options: &[&str]) -> Option<Self> {
        // Also without a C compiler: the test is skipped as a whole.
        let clock = Self::clock()?;
        Self::start_program(name, options, Some(clock))
    }

    /// The library that makes the clock of a server one that the test sets.
    pub(super) fn clock() -> Option<PathBuf> {
        static CLOCK: LazyLock<Option<PathBuf>> = LazyLock::new(build_clock);
        CLOCK.clone()
    }

    fn start_program(name: &str, options: &[&str], clock: Option<PathBuf>) -> Option<Self> {
        let mut server = Self::new(name, free_port(), options, clock)?;
        server.spawn();
        Some(server)
    }

    /// A server that was not started yet.
    fn new(name: &str, addr: SocketAddr, options: &[&str], clock: Option<PathBuf>) -> Option<Self> {
        let program = tool(&std::env::var(PROGRAM).unwrap_or_else(|_| "redis-server".to_owned()))?;
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let dir = temporary(&format!("redis-{name}"));
        Some(Self { program, addr, dir, options, clock, process: None })
    }

    /// Starts a server on this address. `Some(None)` if the address is in use.
    pub(super) fn start_on(
        name: &str,
        addr: SocketAddr,
        options: &[&str],
        clock: Option<PathBuf>,
    ) -> Option<Option<Self>> {
        let mut server = Self::new(name, addr, options, clock)?;
        Some(server.try_spawn().then_some(server))
    }

    fn spawn(&mut self) {
        assert!(self.try_spawn(), "the server with {:?} does not answer on {}", self.options, self.addr);
    }

    /// Whether it answers. If it does not, it has ended.
    fn try_spawn(&mut self) -> bool {
        let mut command = Command::new(&self.program);
        command.args(["--bind", "127.0.0.1", "--port", &self.addr.port().to_string(), "--save", ""]);
        command.args(["--appendonly", "no", "--repl-diskless-sync-delay", "0"]).args(&self.options);
        command.arg("--dir").arg(&self.dir).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(clock) = &self.clock {
            command.env("LD_PRELOAD", clock).env("CLOCK", self.dir.join("clock"));
        }
        let child = command.spawn().unwrap();
        let process = self.process.insert(Process::new(child));
        // A busy machine takes some time, and so does a dump.
        for _ in 0..500 {
            match answer(self.addr) {
                Some(line) if line.starts_with("+PONG") || line.starts_with("-NOAUTH") => return true,
                // Its address may be in use.
                _ if process.has_ended() => break,
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        self.process = None;
        false
    }

    /// Whether this is the server that answers, and not one with the same address.
    pub(super) fn is_own(&self) -> bool {
        let dir = self.try_run::<Vec<String>>(&["CONFIG", "GET", "dir"]);
        dir.is_ok_and(|dir| dir.get(1).is_some_and(|dir| fs::canonicalize(&self.dir).is_ok_and(|own| own == *dir)))
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again on the same port, with what `save` wrote.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.spawn();
    }

    /// Starts it again on the same port, without data.
    pub(crate) fn restart_empty(&mut self) {
        self.kill();
        let _ = fs::remove_file(self.dir.join("dump.rdb"));
        self.spawn();
    }

    /// Pauses it with SIGSTOP: connections stay, and nothing is answered.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Writes its data to its dump.
    pub(crate) fn save(&self) {
        self.run::<()>(&["SAVE"]);
    }

    /// Runs a command on a connection of its own.
    pub(crate) fn run<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_run(command).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    pub(crate) fn try_run<T: FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        let mut connection = redis::Client::open(self.url())?.get_connection()?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let (name, arguments) = command.split_first().unwrap();
        redis::cmd(name).arg(arguments).query(&mut connection)
    }

    /// Stops the clock of a server that was started with one, at this time since 1970.
    pub(crate) fn set_clock(&self, time: Duration) {
        self.write_clock(&format!("@{}", time.as_millis()), time);
    }

    /// Sets the clock of a server that was started with one to seconds before the real time. It runs.
    pub(crate) fn set_clock_back(&self, seconds: u64) {
        self.write_clock(&format!("-{seconds}000"), unix_time() - Duration::from_secs(seconds));
    }

    fn write_clock(&self, text: &str, time: Duration) {
        assert!(self.clock.is_some(), "the server was not started with a clock");
        // In one step: the server may read at any time.
        let (new, file) = (self.dir.join("clock.new"), self.dir.join("clock"));
        fs::write(&new, text).unwrap();
        fs::rename(new, file).unwrap();
        // Valkey does not read it for each command.
        let is_set = || {
            let (seconds, micros): (u64, u32) = self.run(&["TIME"]);
            Duration::new(seconds, 1000 * micros).abs_diff(time) < Duration::from_millis(900)
        };
        let set = (0..500).any(|_| {
            is_set() || {
                std::thread::sleep(Duration::from_millis(2));
                false
            }
        });
        assert!(set, "the clock of the server cannot be set");
    }
}

/// The time since 1970.
pub(crate) fn unix_time() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the time of the server")]
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap()
}

/// The line that a server answers to a PING.
fn answer(addr: SocketAddr) -> Option<String> {
    let mut stream = TcpStream::connect(addr).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(b"PING\r\n").ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line)
}

fn build_clock() -> Option<PathBuf> {
    let cc = tool("cc")?;
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    // Other processes of the suite build it at the same time.
    let (new, file) = (dir.join(format!("server_clock.{}.so", std::process::id())), dir.join("server_clock.so"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/suite/support/server_clock.c");
    let built = Command::new(cc).args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]).arg(&new).arg(source).status();
    assert!(built.unwrap().success());
    fs::rename(new, &file).unwrap();
    Some(file)
}
