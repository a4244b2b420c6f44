//! The ports that an app listens on.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use super::supervisor::{InheritedSockets, SocketRole, inherited_sockets};
use crate::{
    base::{
        setting::Origin,
        setup_problem::{Error, SetupProblem},
    },
    config::{AdminAddr, Config},
};

/// Bound listeners that do not accept yet.
pub(in crate::app) struct BoundListeners {
    pub(in crate::app) main: TcpListener,
    /// For the admin surface, if it has its own port.
    pub(in crate::app) admin: Option<TcpListener>,
    /// For redirects to HTTPS, if there are any.
    pub(super) redirects: Option<TcpListener>,
    pub(in crate::app) source: ListenerSource,
}

impl BoundListeners {
    /// The listeners that the program gave to the app. Binds the address of redirects, if there is one.
    pub(in crate::app) fn given(
        config: &Config,
        main: TcpListener,
        admin: Option<TcpListener>,
    ) -> Result<Self, SetupProblem> {
        let redirects = redirects(config, None)?;
        Ok(Self { main, admin, redirects, source: ListenerSource::Program })
    }
}

/// Where the main listener comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum ListenerSource {
    /// The program gave it to the app.
    Program,
    /// The app bound it.
    Bound,
    /// The supervisor of the process passed it. Clients that connect before the app is ready wait in its queue, or
    /// reach the process that it replaces.
    Inherited,
}

impl ListenerSource {
    /// What the log says of it after the address.
    pub(super) const fn note(self) -> &'static str {
        match self {
            Self::Program | Self::Bound => "",
            Self::Inherited => " (inherited socket)",
        }
    }
}

/// Takes the sockets that the supervisor has passed, and binds the configured addresses for the others. `admin`, if
/// given, replaces the configured admin address.
pub(in crate::app) fn bind(config: &Config, admin: Option<TcpListener>) -> Result<BoundListeners, Error> {
    let takes_admin = admin.is_none() && matches!(*config.admin_addr, AdminAddr::Own(_));
    let mut used = vec![SocketRole::Main];
    used.extend(takes_admin.then_some(SocketRole::Admin));
    used.extend(config.server_redirect_addr.map(|_| SocketRole::Redirects));
    let InheritedSockets { main, admin: inherited_admin, redirects: inherited_redirects } = inherited_sockets(&used)?;
    let source = if main.is_some() { ListenerSource::Inherited } else { ListenerSource::Bound };
    let admin = admin.or(inherited_admin);
    let main = main.map_or_else(|| listen(*config.addr, config.addr.origin(), "ROUTEKIT_ADDR"), Ok);
    let admin = match (admin, &*config.admin_addr) {
        (None, AdminAddr::Own(addr)) => {
            Some(listen(*addr, config.admin_addr.origin(), "ROUTEKIT_ADMIN_ADDR")).transpose()
        }
        (given, _) => Ok(given),
    };
    match (main, admin, redirects(config, inherited_redirects)) {
        (Ok(main), Ok(admin), Ok(redirects)) => Ok(BoundListeners { main, admin, redirects, source }),
        (main, admin, redirects) => {
            Err(Error::new([main.err(), admin.err(), redirects.err()].into_iter().flatten().collect()))
        }
    }
}

/// The listener for redirects to HTTPS, if the configuration has an address for it.
fn redirects(config: &Config, inherited: Option<TcpListener>) -> Result<Option<TcpListener>, SetupProblem> {
    let Some(addr) = *config.server_redirect_addr else { return Ok(None) };
    let bind = || listen(addr, config.server_redirect_addr.origin(), "ROUTEKIT_SERVER_REDIRECT_ADDR");
    inherited.map_or_else(bind, Ok).map(Some)
}

/// The number of connections that wait to be accepted, within the limit of the system (`net.core.somaxconn`). tokio's
/// 1,024 are few for a restart with many clients: beyond them, clients are reset.
const BACKLOG: u32 = 4096;

/// Listens as `TcpListener::bind` does, with a longer queue.
fn open(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows, this would allow a second listener.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Binds the address of a setting. The variable is part of the error.
fn listen(addr: SocketAddr, origin: &Origin, variable: &'static str) -> Result<TcpListener, SetupProblem> {
    let setting = origin.to_string();
    open(addr).map_err(|error| {
        let or = match variable {
            "ROUTEKIT_ADMIN_ADDR" => ", or to `main` or `off`",
            "ROUTEKIT_SERVER_REDIRECT_ADDR" => ", or to `off`",
            _ => "",
        };
        let fix = format!("set {variable} to another address{or}");
        SetupProblem::new("bind", format!("cannot listen on {addr} ({setting}): {error}\n  {fix}")).at(setting)
    })
}
