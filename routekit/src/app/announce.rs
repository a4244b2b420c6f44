//! The messages of a starting app: in the log if there is one, else on standard error.

use std::net::SocketAddr;

use super::{environment, mounted::Mounted};

/// Reports the routes, the addresses and the warnings.
pub(super) fn announce(mounted: &Mounted, addr: SocketAddr, admin: Option<SocketAddr>) {
    let table = &mounted.table;
    let summary = table.summary();
    let verifiers = mounted.verifiers.names().join(", ");
    let verifiers = (!verifiers.is_empty()).then_some(verifiers);
    let warnings = table.warnings().iter().cloned().chain(warnings(addr, admin, environment::is_kubernetes()));
    if tracing::dispatcher::has_been_set() {
        for line in table.to_string().lines() {
            tracing::info!("{line}");
        }
        tracing::info!(%addr, admin = admin.map(tracing::field::display), verifiers, "listening; routes: {summary}");
        for warning in warnings {
            tracing::warn!("{warning}");
        }
    } else {
        #[expect(clippy::print_stderr, reason = "without a log, standard error is where a person looks")]
        {
            eprintln!("{table}");
            eprintln!("routes: {summary}");
            if let Some(verifiers) = verifiers {
                eprintln!("clients are identified by {verifiers}");
            }
            eprintln!(
                "nothing is logged, not even failures: no `tracing` subscriber is set (see `routekit::telemetry::init`)"
            );
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            if let Some(admin) = admin {
                eprintln!("admin surface on http://{admin}");
            }
            eprintln!("listening on http://{addr}");
        }
    }
}

/// Warns about loopback addresses under Kubernetes, where probes, services and scrapes come from outside the pod.
fn warnings(addr: SocketAddr, admin: Option<SocketAddr>, kubernetes: bool) -> Vec<String> {
    if !kubernetes {
        return Vec::new();
    }
    let rows = [(Some(addr), "the app", "ROUTEKIT_ADDR"), (admin, "the admin surface", "ROUTEKIT_ADMIN_ADDR")];
    rows.into_iter()
        .filter(|(addr, ..)| addr.is_some_and(|addr| addr.ip().is_loopback()))
        .map(|(_, what, variable)| {
            format!("{what} listens on loopback, which nothing outside the pod reaches; set {variable} to 0.0.0.0:PORT")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_warned_of_under_kubernetes() {
        let (loopback, all): (SocketAddr, SocketAddr) = ("127.0.0.1:1".parse().unwrap(), "0.0.0.0:1".parse().unwrap());
        for (name, addr, admin, kubernetes, expected) in [
            ("elsewhere", loopback, Some(loopback), false, 0),
            ("both", loopback, Some(loopback), true, 2),
            ("the admin surface", all, Some(loopback), true, 1),
            ("neither", all, Some(all), true, 0),
            ("no admin surface", all, None, true, 0),
        ] {
            assert_eq!(warnings(addr, admin, kubernetes).len(), expected, "{name}");
        }
    }
}
