//! Sockets that an app cannot use.

use std::{
    fs::File,
    net::{TcpListener, TcpStream, UdpSocket},
    os::{fd::OwnedFd, unix::net::UnixListener},
    process::{Command, Stdio},
};

use super::started::{ListenPid, listener, share, with_sockets};
use crate::{
    process::{quickstart, refused},
    support::temporary,
};

/// What follows the number of a socket that cannot be used.
fn unusable(index: u8, of: u8, role: &str, reason: &str) -> String {
    format!(
        "LISTEN_FDS: socket {index} of {of} (`{role}`) cannot be used: {reason}\n  pass a TCP socket that listens: \
         in a systemd socket unit, `ListenStream=` with an address and a port, and `Accept=no`"
    )
}

fn refused_with(sockets: Vec<OwnedFd>, change: impl FnOnce(&mut Command)) -> String {
    let mut command = with_sockets(&quickstart(), sockets, ListenPid::Unset);
    change(&mut command);
    refused(&mut command)
}

#[test]
fn sockets_of_another_kind_are_start_up_errors() {
    let dir = temporary("restart-errors");
    let file = File::create(dir.join("file")).unwrap();
    let client = TcpStream::connect(listener().local_addr().unwrap()).unwrap();
    for (name, socket, reason) in [
        ("a file", OwnedFd::from(file), "fd 3 is not a socket"),
        ("a UDP socket", UdpSocket::bind("127.0.0.1:0").unwrap().into(), "fd 3 is not a valid tcp socket"),
        ("a Unix socket", UnixListener::bind(dir.join("unix")).unwrap().into(), "fd 3 is not a valid tcp socket"),
        ("a connection", client.into(), "the socket does not listen"),
    ] {
        let text = refused_with(vec![socket], |_| {});
        let expected = unusable(1, 1, "main", reason);
        assert_eq!(text, format!("Error: the app cannot start: {expected}\n"), "{name}");
    }
}

#[test]
fn missing_sockets_are_start_up_errors() {
    let two = |command: &mut Command| {
        command.env("LISTEN_FDS", "2");
    };
    let text = refused_with(vec![share(&listener())], two);
    assert!(text.contains("LISTEN_FDS: socket 2 of 2 (`admin`) cannot be used: fd 4 is not a "), "{text}");
    assert!(!text.contains("socket 1 of 2"), "only that one is wrong: {text}");
    let text = refused_with(Vec::new(), two);
    for expected in ["for 2 reasons", "socket 1 of 2 (`main`)", "socket 2 of 2 (`admin`)"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn wrong_variables_are_start_up_errors() {
    for (variable, value, expected) in [
        ("LISTEN_FDS", "one", "LISTEN_FDS is `one`: not a number of sockets"),
        ("LISTEN_FDS", "3", "LISTEN_FDS passes 3 sockets, and the app uses: `main`, `admin`\n"),
        (
            "LISTEN_FDNAMES",
            "web",
            "LISTEN_FDNAMES: socket 1 has the name `web`, and the app knows `main`, `admin` and `redirect`",
        ),
        (
            "LISTEN_FDNAMES",
            "main:admin",
            "LISTEN_FDNAMES is `main:admin`, and LISTEN_FDS is 1: there must be one name ",
        ),
        ("ROUTEKIT_ADMIN_ADDR", "", "LISTEN_FDNAMES: the app needs no socket `admin`"),
    ] {
        let text = refused_with(vec![share(&listener())], |command| {
            command.env(variable, value);
            if variable == "ROUTEKIT_ADMIN_ADDR" {
                command.env("LISTEN_FDNAMES", "admin").env(variable, "off");
            }
        });
        assert!(text.starts_with(&format!("Error: the app cannot start: {expected}")), "{text}");
    }
}

#[test]
fn sockets_of_another_process_are_ignored() {
    let taken: TcpListener = listener();
    let addr = taken.local_addr().unwrap();
    let mut command = with_sockets(&quickstart(), vec![share(&taken)], ListenPid::Other);
    let text = refused(command.env("ROUTEKIT_ADDR", addr.to_string()).stderr(Stdio::piped()));
    assert!(text.contains(&format!("cannot listen on {addr} (ROUTEKIT_ADDR)")), "{text}");
}
