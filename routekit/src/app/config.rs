//! What the environment says.

use std::{env, net::SocketAddr};

use crate::setup::SetupProblem;

/// The address to listen on.
pub(super) const ADDR: &str = "ROUTEKIT_ADDR";

const DEFAULT_ADDR: SocketAddr = SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 3000));

/// `ROUTEKIT_ADDR`, else 127.0.0.1:3000.
pub(super) fn addr() -> Result<SocketAddr, SetupProblem> {
    let Some(value) = env::var_os(ADDR) else { return Ok(DEFAULT_ADDR) };
    let value = value.to_string_lossy();
    value.parse().map_err(|_| SetupProblem::InvalidSetting {
        source: ADDR,
        value: value.clone().into_owned(),
        reason: "not an address with a port, such as 127.0.0.1:3000 or [::]:3000".to_owned(),
    })
}
