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
    let variables = environment::listen_variables();
    if variables.fds.is_some() && variables.pid == Some(std::process::id().to_string()) {
        return vec![Diagnosis::ok("address", "a supervisor passes the sockets")];
    }
    let mut addresses = vec![("addr", *config.addr, config.addr.origin())];
    if let AdminAddr::Own(addr) = *config.admin_addr {
        addresses.push(("admin_addr", addr, config.admin_addr.origin()));
    }
    if let Some(addr) = *config.server_redirect_addr {
        addresses.push(("server.redirect_addr", addr, config.server_redirect_addr.origin()));
    }
    let before = |index: usize| addresses[..index].iter().map(|(name, addr, _)| (*name, *addr));
    let one = |(index, address): (usize, &(&'static str, SocketAddr, &Origin))| examine_one(*address, before(index));
    addresses.iter().enumerate().map(one).collect()
}

fn examine_one(
    (setting, addr, origin): (&'static str, SocketAddr, &Origin),
    mut others: impl Iterator<Item = (&'static str, SocketAddr)>,
) -> Diagnosis {
    let place = config::place(setting, origin);
    if let Some((other, _)) = others.find(|(_, other)| overlap(addr, *other)) {
        return Diagnosis::problem("address", format!("cannot listen on {addr}: `{other}` has it: {place}"));
    }
    match bind(addr) {
        Ok(()) => Diagnosis::ok("address", format!("{addr} is free: {place}")),
        Err(error) => Diagnosis::problem("address", format!("cannot listen on {addr}: {error}: {place}")),
    }
}

/// Whether two listeners cannot have these addresses. The system chooses the port 0.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (ip, other_ip) = (one.ip(), other.ip());
    let is_same = ip == other_ip || ip.is_unspecified() || other_ip.is_unspecified();
    one.port() != 0 && one.port() == other.port() && is_same && ip.is_ipv4() == other_ip.is_ipv4()
}

/// Binds the address as a start does, and gives it back. The socket does not listen, so no client can connect.
fn bind(addr: SocketAddr) -> io::Result<()> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows, this would allow a second listener.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)
}
