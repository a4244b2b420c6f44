//! The ports that an app listens on.

use std::net::SocketAddr;

use tokio::net::TcpListener;

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
pub(in crate::app) async fn bind(config: &Config, admin: Option<TcpListener>) -> Result<BoundListeners, Error> {
    let main = listen(*config.addr, config.addr.origin(), "ROUTEKIT_ADDR").await;
    let admin = match (admin, &*config.admin_addr) {
        (None, AdminAddr::Own(addr)) => {
            Some(listen(*addr, config.admin_addr.origin(), "ROUTEKIT_ADMIN_ADDR").await).transpose()
        }
        (given, _) => Ok(given),
    };
    match (main, admin) {
        (Ok(main), Ok(admin)) => Ok(BoundListeners { main, admin }),
        (main, admin) => Err(Error::new(main.err().into_iter().chain(admin.err()).collect())),
    }
}

async fn listen(addr: SocketAddr, origin: &Origin, variable: &'static str) -> Result<TcpListener, SetupProblem> {
    let setting = origin.to_string();
    TcpListener::bind(addr).await.map_err(|error| {
        let or = if variable == "ROUTEKIT_ADMIN_ADDR" { ", or to `main` or `off`" } else { "" };
        let fix = format!("set {variable} to another address{or}");
        SetupProblem::new("bind", format!("cannot listen on {addr} ({setting}): {error}\n  {fix}")).at(setting)
    })
}
