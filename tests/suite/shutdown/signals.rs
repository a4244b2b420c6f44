//! Signals to a process.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

use crate::{
    process::{Quickstart, ask},
    restart::{
        program::{HOOKS, program},
        started::Started,
    },
};

/// A client that has sent the beginning of a body. The handler waits for the rest.
fn half_a_body(addr: &str) -> TcpStream {
    let mut client = TcpStream::connect(addr).unwrap();
    client
        .write_all(
            b"POST /v2/users HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-type: application/json\r\n\
              content-length: 100\r\n\r\n",
        )
        .unwrap();
    let mut answer = [0; 21];
    // The server says so once the handler reads.
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue");
    client
}

#[test]
fn second_signal_ends_the_process_at_once() {
    let mut app = Quickstart::start_with_all(&[]);
    let client = half_a_body(&app.addr);
    app.send("-TERM");
    app.until_log("stopping: SIGTERM");
    let (code, last) = app.signal("-TERM");
    assert_eq!(code, Some(1));
    assert!(last.as_ref().is_some_and(|line| line.contains("a second signal")), "{last:?}");
    drop(client);
}

/// The program with these settings, and its address.
fn started(variables: &[(&str, &str)]) -> (Started, String) {
    let mut command = program(Path::new(""));
    command.env("ROUTEKIT_SERVER_SHUTDOWN_GRACE", "100ms").envs(variables.iter().copied());
    let app = Started::new(command);
    let line = app.line_with("listening on http://");
    let addr = line.split("http://").nth(1).unwrap().split(';').next().unwrap().to_owned();
    (app, addr)
}

/// A connection with these bytes, which the server has read: a later request is answered.
fn client(addr: &str, bytes: &[u8]) -> TcpStream {
    let mut client = TcpStream::connect(addr).unwrap();
    client.write_all(bytes).unwrap();
    assert!(ask(addr, "GET", "/fast", "").ends_with("fast"));
    client
}

const WEBSOCKET: &[u8] = b"GET /echo HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Clients that want nothing any more.
const QUIET: [&[u8]; 5] = [
    b"",
    b"GET /fa",
    b"GET /fast HTTP/1.1\r\nhost: a\r\n\r\n",
    // HTTP/2, without an answer to anything.
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    WEBSOCKET,
];

const HALF_A_BODY: &[u8] = b"POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nx";

/// Longer than a test waits for a line of the log.
const NEVER: (&str, &str) = ("ROUTEKIT_SERVER_SHUTDOWN_DEADLINE", "10m");

#[test]
fn quiet_clients_do_not_hold_up_the_exit() {
    let (app, addr) = started(&[NEVER]);
    let clients = QUIET.map(|bytes| client(&addr, bytes));
    app.terminate();
    app.line_with("stopped");
    assert_eq!(app.ended().0, Some(0));
    drop(clients);
}

#[test]
fn slow_body_holds_up_the_exit_for_its_own_timeout() {
    let (app, addr) = started(&[NEVER, ("ROUTEKIT_SERVER_BODY_TIMEOUT", "2s")]);
    let slow = client(&addr, HALF_A_BODY);
    app.terminate();
    app.line_with("stopped");
    assert_eq!(app.ended().0, Some(0));
    drop(slow);
}

#[test]
fn clients_of_every_kind_are_cut_off_at_the_deadline() {
    let (app, addr) = started(&[("ROUTEKIT_SERVER_SHUTDOWN_DEADLINE", "2s")]);
    let quiet = QUIET.map(|bytes| client(&addr, bytes));
    let busy = [HALF_A_BODY, b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n"].map(|bytes| client(&addr, bytes));
    app.terminate();
    let stopped = app.line_with("stopped; ");
    assert!(stopped.contains("1 request (POST /upload after "), "{stopped}");
    assert!(stopped.contains("open connection"), "{stopped}");
    assert_eq!(app.ended().0, Some(1));
    drop((quiet, busy));
}

#[test]
fn handler_that_blocks_its_thread_does_not_hold_up_the_exit() {
    let (app, addr) = started(&[("ROUTEKIT_SERVER_SHUTDOWN_DEADLINE", "1s")]);
    let mut blocking = TcpStream::connect(addr).unwrap();
    blocking.write_all(b"GET /block?seconds=1000000 HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    app.line_with("a handler blocks its thread");
    app.terminate();
    assert_eq!(app.ended().0, Some(1));
}

#[test]
fn hooks_that_hang_or_panic_make_the_exit_code_one() {
    let (app, _) = started(&[(HOOKS, "on")]);
    app.terminate();
    for hook in ["c", "b", "a"] {
        app.line_with(&format!("the hook {hook} runs"));
    }
    assert_eq!(app.ended().0, Some(1));
}
