//! Whether the app can listen on its addresses.

use std::{io, net::SocketAddr};

use tokio::net::TcpSocket;

use super::diagnosis::Diagnosis;
use crate::{
    app::environment,
    base::setting::Origin,
    config::{self, AdminAddr, Config},
};

/// One line for each address.
pub(super) fn examine(config: &Config) -> Vec<Diagnosis> {
    if environment::listen_variables().fds.is_some() {
        return vec![Diagnosis::ok("address", "a supervisor passes the sockets")];
    }
    let mut found = vec![examine_one("addr", *config.addr, config.addr.origin())];
    if let AdminAddr::Own(addr) = *config.admin_addr {
        found.push(examine_one("admin_addr", addr, config.admin_addr.origin()));
    }
    if let Some(addr) = *config.server_redirect_addr {
        found.push(examine_one("server.redirect_addr", addr, config.server_redirect_addr.origin()));
    }
    found
}

fn examine_one(setting: &'static str, addr: SocketAddr, origin: &Origin) -> Diagnosis {
    let place = config::place(setting, origin);
    match bind(addr) {
        Ok(()) => Diagnosis::ok("address", format!("{addr} is free: {place}")),
        Err(error) => Diagnosis::problem("address", format!("cannot listen on {addr}: {error}: {place}")),
    }
}

/// Binds the address as a start does, and gives it back. The socket does not listen, so no client can connect.
fn bind(addr: SocketAddr) -> io::Result<()> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows, this would allow a second listener.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)
}
