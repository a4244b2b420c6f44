//! The messages of a starting app: in the log if there is one, else on standard error.

use std::{net::SocketAddr, time::Duration};

use tracing::{Level, level_filters::LevelFilter};

use super::{environment, mounted::Mounted};
use crate::{
    base::{
        program_log::{self, ProgramTarget},
        units,
    },
    config::{AdminAddr, Config},
};

/// Where the messages go.
enum LogAudience {
    /// To the log, with routekit's own target.
    Log,
    /// To the log, with the target of the program, because the filter hides routekit.
    LogOfProgram(ProgramTarget),
    /// To standard error, because nothing listens to the log.
    StandardError,
}

impl LogAudience {
    fn find() -> Self {
        match program_log::target() {
            _ if !program_log::has_listener() => Self::StandardError,
            Some(target) => Self::LogOfProgram(target),
            None => Self::Log,
        }
    }

    fn info(&self, message: &str) {
        match self {
            Self::Log => tracing::info!(target: "routekit", "{message}"),
            Self::LogOfProgram(target) => target.say(Level::INFO, message),
            Self::StandardError => print(message),
        }
    }

    fn warn(&self, message: &str) {
        match self {
            Self::Log => tracing::warn!(target: "routekit", "{message}"),
            Self::LogOfProgram(target) => target.say(Level::WARN, message),
            Self::StandardError => print(&format!("warning: {message}")),
        }
    }
}

#[expect(clippy::print_stderr, reason = "without a log, standard error is where a person looks")]
fn print(line: &str) {
    eprintln!("{line}");
}

/// Reports the routes, the addresses and the warnings. `note` follows the main address.
pub(super) fn announce(mounted: &Mounted, addr: SocketAddr, admin: Option<SocketAddr>, note: &str) {
    let audience = LogAudience::find();
    let table = &mounted.table;
    for line in table.to_string().lines() {
        audience.info(line);
    }
    let verifiers = mounted.verifiers.names().join(", ");
    if !verifiers.is_empty() {
        audience.info(&format!("clients are identified by {verifiers}"));
    }
    warn_of_hidden_log(&audience);
    let warnings = warnings(addr, admin, environment::is_kubernetes());
    for warning in table.warnings().iter().chain(&warnings) {
        audience.warn(warning);
    }
    if let Some(warning) = mounted.redis.warning() {
        audience.warn(warning);
    }
    let url = mounted.url(addr);
    let lines = mounted.redis.line().into_iter().chain(admin_line(&mounted.config, &url, admin));
    lines.for_each(|line| audience.info(&line));
    let line = format!("listening on {url}{note}; routes: {}", table.summary());
    match audience {
        LogAudience::Log => {
            let admin = admin.map(tracing::field::display);
            tracing::info!(target: "routekit", %addr, admin, "{line}");
        }
        LogAudience::LogOfProgram(_) | LogAudience::StandardError => audience.info(&line),
    }
}

/// Reports the listener that redirects to HTTPS.
pub(super) fn redirects(addr: SocketAddr) {
    LogAudience::find().info(&format!("redirecting http://{addr} to https"));
}

/// Reports that a shutdown has begun, and for how long the app still takes requests.
pub(super) fn stopping(reason: &str, drain: Duration) {
    let drain = if drain.is_zero() { String::new() } else { format!(", draining for {}", units::show(&drain)) };
    LogAudience::find().info(&format!("stopping: {reason}{drain}"));
}

/// Reports the end of the app, and why it was not clean.
pub(super) fn stopped(problem: Option<&str>) {
    let audience = LogAudience::find();
    match problem {
        None => audience.info("stopped"),
        Some(problem) => audience.warn(&format!("stopped; {problem}")),
    }
}

/// Warns on standard error that failures are not logged.
fn warn_of_hidden_log(audience: &LogAudience) {
    const NO_LISTENER: &str =
        "nothing is logged, not even failures: no `tracing` subscriber is set (see `routekit::telemetry::init`)";
    const HIDDEN: &str = "warning: the filter of the log hides routekit: causes of failures are not logged; add \
                          `routekit=info` to the filter";
    match audience {
        LogAudience::StandardError => print(NO_LISTENER),
        LogAudience::Log if program_log::hides_routekit() && LevelFilter::current() != LevelFilter::OFF => {
            print(HIDDEN);
        }
        LogAudience::Log | LogAudience::LogOfProgram(_) => {}
    }
}

/// Where the admin surface is, and what it needs to change state.
fn admin_line(config: &Config, url: &str, admin: Option<SocketAddr>) -> Option<String> {
    let place = match *config.admin_addr {
        AdminAddr::Main => format!("admin surface on {url}, beside the routes"),
        AdminAddr::Own(_) => format!("admin surface on http://{}", admin?),
        AdminAddr::Off => return None,
    };
    let needs = match (&*config.admin_token, &*config.admin_role) {
        (None, None) => "read-only: endpoints that change state need `admin_token` or `admin_role`".to_owned(),
        (Some(_), None) => "requests that change state need the `admin_token`".to_owned(),
        (None, Some(role)) => format!("requests that change state need the role `{role}`"),
        (Some(_), Some(role)) => format!("requests that change state need the `admin_token` or the role `{role}`"),
    };
    Some(format!("{place}; {needs}"))
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
    fn admin_line_says_how_to_change_state() {
        let addr: SocketAddr = "127.0.0.1:1".parse().unwrap();
        let reads = "read-only: endpoints that change state need `admin_token` or `admin_role`";
        for (name, main, token, role, expected) in [
            ("own, without operators", false, false, false, format!("http://127.0.0.1:1; {reads}")),
            ("main", true, false, false, format!("http://127.0.0.1:1, beside the routes; {reads}")),
            (
                "own, with a token",
                false,
                true,
                false,
                "http://127.0.0.1:1; requests that change state need the `admin_token`".to_owned(),
            ),
            (
                "own, with both",
                false,
                true,
                true,
                "http://127.0.0.1:1; requests that change state need the `admin_token` or the role `ops`".to_owned(),
            ),
        ] {
            let mut config = Config::default();
            config.set_admin_addr(if main { AdminAddr::Main } else { AdminAddr::Own(addr) });
            config.set_admin_token(token.then(|| crate::config::Secret::new("a-token-of-the-operators")));
            config.set_admin_role(role.then(|| "ops".to_owned()));
            let line = admin_line(&config, "http://127.0.0.1:1", (!main).then_some(addr));
            assert_eq!(
                line.as_deref().and_then(|line| line.strip_prefix("admin surface on ")),
                Some(&*expected),
                "{name}"
            );
        }
        let mut config = Config::default();
        assert_eq!(admin_line(&config, "http://127.0.0.1:1", None), None, "it has no listener");
        config.set_admin_addr(AdminAddr::Off);
        assert_eq!(admin_line(&config, "http://127.0.0.1:1", None), None);
    }

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
