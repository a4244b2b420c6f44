//! The ports that an app listens on.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

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
}

/// Binds the configured addresses. `admin`, if given, replaces the configured admin address.
pub(in crate::app) fn bind(config: &Config, admin: Option<TcpListener>) -> Result<BoundListeners, Error> {
    let main = listen(*config.addr, config.addr.origin(), "ROUTEKIT_ADDR");
    let admin = match (admin, &*config.admin_addr) {
        (None, AdminAddr::Own(addr)) => {
            Some(listen(*addr, config.admin_addr.origin(), "ROUTEKIT_ADMIN_ADDR")).transpose()
        }
        (given, _) => Ok(given),
    };
    match (main, admin) {
        (Ok(main), Ok(admin)) => Ok(BoundListeners { main, admin }),
        (main, admin) => Err(Error::new(main.err().into_iter().chain(admin.err()).collect())),
    }
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
pub(super) fn listen(addr: SocketAddr, origin: &Origin, variable: &'static str) -> Result<TcpListener, SetupProblem> {
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
