//! What the supervisor that started the process says in variables, and how it is notified.

use std::{env, io, net::TcpListener, time::Duration};

pub(in crate::app) use self::systemd::{PassedSockets, notify_alive, notify_ready, notify_stopping, watchdog};

/// The variables by which a supervisor passes sockets (`sd_listen_fds(3)`).
#[derive(Debug, Default)]
pub(in crate::app) struct ListenVariables {
    pub(in crate::app) fds: Option<String>,
    pub(in crate::app) pid: Option<String>,
    pub(in crate::app) names: Option<String>,
}

/// The variables of this process. Empty without the feature `systemd`.
pub(in crate::app) fn listen_variables() -> ListenVariables {
    let read = |name| if SUPERVISED { env::var(name).ok() } else { None };
    ListenVariables { fds: read("LISTEN_FDS"), pid: read("LISTEN_PID"), names: read("LISTEN_FDNAMES") }
}

/// Whether this build knows supervisors.
const SUPERVISED: bool = cfg!(all(unix, feature = "systemd"));

/// Whether a supervisor expects notifications.
pub(in crate::app) fn expects_notifications() -> bool {
    SUPERVISED && env::var_os("NOTIFY_SOCKET").is_some_and(|socket| !socket.is_empty())
}

#[cfg(all(unix, feature = "systemd"))]
mod systemd {
    use listenfd::ListenFd;
    use sd_notify::NotifyState;
    use socket2::SockRef;

    use super::{Duration, TcpListener, io};

    /// The sockets that the process was started with.
    pub(in crate::app) struct PassedSockets(ListenFd);

    impl PassedSockets {
        /// Takes them, and removes their variables, so that no child process takes them too.
        pub(in crate::app) fn take() -> Self {
            Self(ListenFd::from_env())
        }

        /// Returns a socket that listens.
        pub(in crate::app) fn listener(&mut self, index: usize) -> io::Result<TcpListener> {
            let listener = self.0.take_tcp_listener(index)?;
            let listener = listener.ok_or_else(|| io::Error::other("it was not passed to this process"))?;
            if listens(&listener)? { Ok(listener) } else { Err(io::Error::other("the socket does not listen")) }
        }
    }

    #[cfg(any(target_os = "android", target_os = "freebsd", target_os = "linux"))]
    fn listens(listener: &TcpListener) -> io::Result<bool> {
        SockRef::from(listener).is_listener()
    }

    /// Not every system answers this, but a connection has a peer.
    #[cfg(not(any(target_os = "android", target_os = "freebsd", target_os = "linux")))]
    fn listens(listener: &TcpListener) -> io::Result<bool> {
        Ok(SockRef::from(listener).peer_addr().is_err())
    }

    /// The app is ready. `status` is for people.
    pub(in crate::app) fn notify_ready(status: &str) -> io::Result<()> {
        sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)])
    }

    pub(in crate::app) fn notify_alive() -> io::Result<()> {
        sd_notify::notify(&[NotifyState::Watchdog])
    }

    pub(in crate::app) fn notify_stopping() -> io::Result<()> {
        sd_notify::notify(&[NotifyState::Stopping])
    }

    /// How long the supervisor waits for a sign of life; `None` if it does not wait.
    pub(in crate::app) fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled().filter(|longest| *longest / 2 > Duration::ZERO)
    }
}

#[cfg(not(all(unix, feature = "systemd")))]
mod systemd {
    use super::{Duration, TcpListener, io};

    /// No sockets.
    pub(in crate::app) struct PassedSockets;

    impl PassedSockets {
        pub(in crate::app) fn take() -> Self {
            Self
        }

        pub(in crate::app) fn listener(&mut self, _: usize) -> io::Result<TcpListener> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    pub(in crate::app) fn notify_ready(_: &str) -> io::Result<()> {
        Ok(())
    }

    pub(in crate::app) fn notify_alive() -> io::Result<()> {
        Ok(())
    }

    pub(in crate::app) fn notify_stopping() -> io::Result<()> {
        Ok(())
    }

    pub(in crate::app) fn watchdog() -> Option<Duration> {
        None
    }
}
