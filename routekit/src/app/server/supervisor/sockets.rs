//! Sockets that the supervisor passes.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::TcpListener;

use crate::{
    app::environment::{self, ListenVariables},
    base::setup_problem::{Error, SetupProblem},
};

/// The listening sockets that the supervisor has passed.
#[derive(Debug, Default)]
pub(in crate::app::server) struct InheritedSockets {
    pub(in crate::app::server) main: Option<TcpListener>,
    pub(in crate::app::server) admin: Option<TcpListener>,
    pub(in crate::app::server) redirects: Option<TcpListener>,
}

/// What an inherited socket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app::server) enum SocketRole {
    Main,
    Admin,
    /// The redirects to HTTPS.
    Redirects,
}

impl SocketRole {
    const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Admin => "admin",
            Self::Redirects => "redirect",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        match name {
            "main" | "http" | "https" => Some(Self::Main),
            "admin" => Some(Self::Admin),
            "redirect" => Some(Self::Redirects),
            _ => None,
        }
    }

    /// The setting without which an app has no such socket.
    const fn needs(self) -> &'static str {
        match self {
            Self::Main => "nothing",
            Self::Admin => "an `admin_addr` that is an address",
            Self::Redirects => "a `server.redirect_addr`",
        }
    }
}

/// Takes the sockets that the supervisor has passed. Only the first call in a process gets them.
///
/// `used` are the sockets that the app needs, in the order of those without a name.
pub(in crate::app::server) fn inherited_sockets(used: &[SocketRole]) -> Result<InheritedSockets, Error> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(InheritedSockets::default());
    }
    let variables = environment::listen_variables();
    let roles = roles(&variables, std::process::id(), used).map_err(Error::new)?;
    take(&roles)
}

/// Takes the sockets, each for its role. Reports all that cannot be used.
fn take(roles: &[SocketRole]) -> Result<InheritedSockets, Error> {
    let mut inherited = InheritedSockets::default();
    if roles.is_empty() {
        return Ok(inherited);
    }
    let (mut sockets, mut problems) = (environment::PassedSockets::take(), Vec::new());
    for (index, role) in roles.iter().enumerate() {
        let listener = sockets.listener(index).and_then(|listener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        });
        match (listener, role) {
            (Ok(listener), SocketRole::Main) => inherited.main = Some(listener),
            (Ok(listener), SocketRole::Admin) => inherited.admin = Some(listener),
            (Ok(listener), SocketRole::Redirects) => inherited.redirects = Some(listener),
            (Err(error), role) => problems.push(problem(format!(
                "LISTEN_FDS: socket {} of {} (`{}`) cannot be used: {error}\n  pass a TCP socket that listens: in a \
                 systemd socket unit, `ListenStream=` with an address and a port, and `Accept=no`",
                index + 1,
                roles.len(),
                role.name(),
            ))),
        }
    }
    if problems.is_empty() { Ok(inherited) } else { Err(Error::new(problems)) }
}

/// The role of each passed socket, or everything that is wrong with the variables.
fn roles(variables: &ListenVariables, process: u32, used: &[SocketRole]) -> Result<Vec<SocketRole>, Vec<SetupProblem>> {
    let Some(fds) = variables.fds.as_deref().filter(|fds| !fds.is_empty()) else { return Ok(Vec::new()) };
    // The variables of a parent concern other processes (`sd_listen_fds(3)`). `systemfd` does not know the process.
    if variables.pid.as_deref().is_some_and(|pid| !pid.is_empty() && pid != process.to_string()) {
        return Ok(Vec::new());
    }
    let Ok(count) = fds.parse::<usize>() else {
        return Err(vec![SetupProblem::invalid_setting("LISTEN_FDS", fds, "not a number of sockets")]);
    };
    let names = names(variables, count)?;
    if count > used.len() {
        let used = used.iter().map(|role| format!("`{}`", role.name())).collect::<Vec<_>>().join(", ");
        let message = format!(
            "LISTEN_FDS passes {count} sockets, and the app uses: {used}\n  `admin` needs {}, and `redirect` {}",
            SocketRole::Admin.needs(),
            SocketRole::Redirects.needs(),
        );
        return Err(vec![problem(message)]);
    }
    assign(&names, used)
}

/// The name of each socket; `None` for one without a name.
fn names(variables: &ListenVariables, count: usize) -> Result<Vec<Option<&str>>, Vec<SetupProblem>> {
    let Some(text) = variables.names.as_deref().filter(|names| !names.is_empty()) else {
        return Ok(vec![None; count.min(4)]);
    };
    // systemd names a socket after its unit if the unit has no `FileDescriptorName=`, and `unknown` without a unit.
    let is_name = |name: &&str| !name.is_empty() && *name != "unknown" && !name.ends_with(".socket");
    let names: Vec<Option<&str>> = text.split(':').map(|name| Some(name).filter(is_name)).collect();
    if names.len() == count {
        return Ok(names);
    }
    let message = format!(
        "LISTEN_FDNAMES is `{text}`, and LISTEN_FDS is {count}: there must be one name for each socket, separated by \
         `:`"
    );
    Err(vec![problem(message)])
}

/// Sockets with a name have its role. The others take the roles that are left, in their order.
fn assign(names: &[Option<&str>], used: &[SocketRole]) -> Result<Vec<SocketRole>, Vec<SetupProblem>> {
    let mut left = used.to_vec();
    let mut problems = Vec::new();
    let mut named = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let role = name.map(|name| SocketRole::of_name(name).ok_or(name)).transpose();
        let wrong = match role {
            Ok(None) => None,
            Err(name) => Some(format!(
                "socket {} has the name `{name}`, and the app knows `main`, `admin` and `redirect`\n  in a systemd \
                 socket unit, set `FileDescriptorName=main`",
                index + 1
            )),
            Ok(Some(role)) if !used.contains(&role) => {
                Some(format!("the app needs no socket `{}`\n  it needs {}", role.name(), role.needs()))
            }
            Ok(Some(role)) => match left.iter().position(|left| *left == role) {
                Some(position) => {
                    left.remove(position);
                    None
                }
                None => Some(format!("two sockets are `{}`", role.name())),
            },
        };
        problems.extend(wrong.map(|wrong| problem(format!("LISTEN_FDNAMES: {wrong}"))));
        named.push(role.ok().flatten());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut left = left.into_iter();
    // There are at most as many sockets as roles.
    Ok(named.into_iter().filter_map(|role| role.or_else(|| left.next())).collect())
}

fn problem(message: impl Into<String>) -> SetupProblem {
    let message = message.into();
    let variable = if message.starts_with("LISTEN_FDNAMES") { "LISTEN_FDNAMES" } else { "LISTEN_FDS" };
    SetupProblem::new("inherited-socket", message).at(variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: SocketRole = SocketRole::Main;
    const ADMIN: SocketRole = SocketRole::Admin;
    const REDIRECTS: SocketRole = SocketRole::Redirects;

    /// The sockets of an app with a listener for the admin surface, and of one without.
    fn used(has_admin: bool) -> &'static [SocketRole] {
        if has_admin { &[MAIN, ADMIN] } else { &[MAIN] }
    }

    fn variables(fds: &str, pid: Option<&str>, names: Option<&str>) -> ListenVariables {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        ListenVariables { fds: Some(fds.to_owned()), pid: owned(pid), names: owned(names) }
    }

    #[test]
    fn sockets_have_roles_by_name_and_then_by_order() {
        for (fds, names, takes_admin, expected) in [
            ("0", None, true, &[][..]),
            ("", None, true, &[]),
            ("1", None, true, &[MAIN]),
            ("2", None, true, &[MAIN, ADMIN]),
            ("1", Some("admin"), true, &[ADMIN]),
            ("1", Some("http"), false, &[MAIN]),
            ("2", Some("admin:main"), true, &[ADMIN, MAIN]),
            ("2", Some("admin:"), true, &[ADMIN, MAIN]),
            ("2", Some("shop.socket:shop.socket"), true, &[MAIN, ADMIN]),
            ("2", Some("unknown:main"), true, &[ADMIN, MAIN]),
        ] {
            let found = roles(&variables(fds, None, names), 7, used(takes_admin)).unwrap();
            assert_eq!(found, expected, "{fds} {names:?} {takes_admin}");
        }
        let all = [MAIN, ADMIN, REDIRECTS];
        for (names, expected) in [(None, all), (Some(":redirect:https"), [ADMIN, REDIRECTS, MAIN])] {
            assert_eq!(roles(&variables("3", None, names), 7, &all).unwrap(), expected, "{names:?}");
        }
    }

    #[test]
    fn variables_of_another_process_are_ignored() {
        for (pid, expected) in [(None, 1), (Some(""), 1), (Some("7"), 1), (Some("8"), 0), (Some("x"), 0)] {
            assert_eq!(roles(&variables("1", pid, None), 7, used(true)).unwrap().len(), expected, "{pid:?}");
        }
        assert_eq!(roles(&ListenVariables::default(), 7, used(true)).unwrap(), []);
    }

    #[test]
    fn wrong_variables_are_start_up_errors() {
        for (fds, names, takes_admin, expected) in [
            ("two", None, true, "LISTEN_FDS is `two`: not a number of sockets"),
            (
                "2",
                None,
                false,
                "LISTEN_FDS passes 2 sockets, and the app uses: `main`\n  `admin` needs an `admin_addr` that is an \
                 address, and `redirect` a `server.redirect_addr`",
            ),
            (
                "18446744073709551615",
                None,
                true,
                "LISTEN_FDS passes 18446744073709551615 sockets, and the app uses: `main`, `admin`\n  `admin` needs an \
                 `admin_addr` that is an address, and `redirect` a `server.redirect_addr`",
            ),
            (
                "2",
                Some("main"),
                true,
                "LISTEN_FDNAMES is `main`, and LISTEN_FDS is 2: there must be one name for each socket, separated by \
                 `:`",
            ),
            ("2", Some("http:main"), true, "LISTEN_FDNAMES: two sockets are `main`"),
            (
                "1",
                Some("admin"),
                false,
                "LISTEN_FDNAMES: the app needs no socket `admin`\n  it needs an `admin_addr` that is an address",
            ),
            (
                "1",
                Some("redirect"),
                true,
                "LISTEN_FDNAMES: the app needs no socket `redirect`\n  it needs a `server.redirect_addr`",
            ),
            (
                "1",
                Some("web"),
                true,
                "LISTEN_FDNAMES: socket 1 has the name `web`, and the app knows `main`, `admin` and `redirect`\n  in a \
                 systemd socket unit, set `FileDescriptorName=main`",
            ),
        ] {
            let problems = roles(&variables(fds, None, names), 7, used(takes_admin)).unwrap_err();
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(texts, [expected], "{fds} {names:?}");
        }
        let two = roles(&variables("2", None, Some("web:api")), 7, used(true)).unwrap_err();
        assert_eq!(two.len(), 2, "all are reported");
    }
}
