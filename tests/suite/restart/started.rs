//! Starts programs with sockets, as a supervisor does.

use std::{
    io::{BufRead, BufReader, ErrorKind},
    net::TcpListener,
    os::{fd::OwnedFd, unix::net::UnixDatagram},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use crate::support::{Process, temporary};

/// Longer than any step of a test takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a supervisor names the process that its sockets are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListenPid {
    /// As systemd.
    Own,
    /// Of a parent, which left its variables to its children.
    Other,
    /// As `systemfd`.
    Unset,
}

/// The command, started with these sockets as its files 3 and 4. Both outputs go to standard error.
///
/// A shell moves the sockets there. Both are inherited as standard input and output of the shell.
pub(crate) fn with_sockets(command: &Command, sockets: Vec<OwnedFd>, pid: ListenPid) -> Command {
    let pid = match pid {
        ListenPid::Own => "LISTEN_PID=$$; export LISTEN_PID; ",
        ListenPid::Other => "LISTEN_PID=1; export LISTEN_PID; ",
        ListenPid::Unset => "",
    };
    let files = if sockets.len() == 2 { "3<&0 4<&1" } else { "3<&0" };
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{pid}exec \"$0\" \"$@\" {files} 0</dev/null 1>&2"));
    shell.arg(command.get_program()).args(command.get_args());
    shell.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.env("LISTEN_FDS", sockets.len().to_string()).env_remove("LISTEN_PID").env_remove("LISTEN_FDNAMES");
    let mut sockets = sockets.into_iter().map(Stdio::from);
    shell.stdin(sockets.next().unwrap_or_else(Stdio::null)).stdout(sockets.next().unwrap_or_else(Stdio::null));
    shell
}

/// A listening socket on a free port of this machine.
pub(crate) fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// The same socket for one more process.
pub(crate) fn share(listener: &TcpListener) -> OwnedFd {
    listener.try_clone().unwrap().into()
}

/// A program that runs.
pub(crate) struct Started {
    process: Process,
    log: Receiver<String>,
}

impl Started {
    pub(crate) fn new(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, log) = mpsc::channel();
        // Read to its end, so that the program does not block.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { process: Process::new(child), log }
    }

    /// The next line with this text.
    pub(crate) fn line_with(&self, text: &str) -> String {
        let mut before = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => before.push(line),
                Err(error) => panic!("no `{text}` ({error}) in:\n{}", before.join("\n")),
            }
        }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// The exit code, and the rest of the log.
    pub(crate) fn ended(mut self) -> (Option<i32>, Vec<String>) {
        let code = self.process.wait();
        (code, self.log.iter().collect())
    }
}

/// The socket on which a supervisor is notified.
pub(crate) struct NotifySocket {
    socket: UnixDatagram,
    pub(crate) path: PathBuf,
}

impl NotifySocket {
    pub(crate) fn new(test: &str) -> Self {
        let mut path = temporary(&format!("notify-{test}")).join("socket");
        // A longer path is no address.
        if path.as_os_str().len() > 100 {
            path = std::env::temp_dir().join(format!("routekit-{}-{test}", std::process::id()));
            let _ = std::fs::remove_file(&path);
        }
        Self { socket: UnixDatagram::bind(&path).unwrap(), path }
    }

    /// The next notification.
    pub(crate) fn next(&self) -> String {
        self.within(PATIENCE).expect("a notification arrives")
    }

    /// The next notification that is no sign of life.
    pub(crate) fn next_state(&self) -> String {
        loop {
            let notification = self.next();
            if notification != ALIVE {
                return notification;
            }
        }
    }

    /// The notifications that have arrived.
    pub(crate) fn arrived(&self) -> Vec<String> {
        std::iter::from_fn(|| self.within(Duration::from_millis(1))).collect()
    }

    /// The next notification, if it arrives within this time.
    pub(crate) fn within(&self, time: Duration) -> Option<String> {
        let mut text = [0; 1024];
        self.socket.set_read_timeout(Some(time)).unwrap();
        match self.socket.recv(&mut text) {
            Ok(length) => Some(String::from_utf8_lossy(&text[..length]).into_owned()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Drop for NotifySocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The notification that the app is alive.
pub(crate) const ALIVE: &str = "WATCHDOG=1\n";
