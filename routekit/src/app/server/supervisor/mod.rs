//! The supervisor that started the process, such as systemd (feature `systemd`, on Unix).
//!
//! 1. `sockets`: it may pass listening sockets to [`App::serve`](crate::App::serve), which then binds no ports for them
//!    (`sd_listen_fds(3)`). They outlive the process, so that a restart refuses no connection.
//! 2. `notifications`: it learns when the app is ready, that it is alive, and when it stops (`sd_notify(3)`).

mod notifications;
mod sockets;

pub(super) use self::{
    notifications::Supervisor,
    sockets::{InheritedSockets, SocketRole, inherited_sockets},
};
