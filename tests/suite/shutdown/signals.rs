//! Signals to a process.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::process::Quickstart;

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

#[test]
fn silent_clients_do_not_hold_up_the_exit_and_a_slow_body_is_cut_off() {
    for (slow, code) in [(false, 0), (true, 1)] {
        let app = Quickstart::start_with_all(&[
            ("ROUTEKIT_SERVER_DRAIN_DELAY", "100ms"),
            ("ROUTEKIT_SERVER_SHUTDOWN_GRACE", "100ms"),
            ("ROUTEKIT_SERVER_SHUTDOWN_DEADLINE", "7s"),
        ]);
        let clients: Vec<TcpStream> = [
            &b""[..],
            b"GET /v2/us",
            b"GET /v2/users HTTP/1.1\r\nhost: a\r\n\r\n",
            // HTTP/2, without an answer to anything.
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        ]
        .into_iter()
        .map(|bytes| {
            let mut client = TcpStream::connect(&app.addr).unwrap();
            client.write_all(bytes).unwrap();
            client
        })
        .collect();
        let half = slow.then(|| half_a_body(&app.addr));
        let (exit, last) = app.signal("-TERM");
        assert_eq!(exit, Some(code), "{last:?}");
        if slow {
            let last = last.unwrap();
            assert!(last.contains("stopped; cut off because they did not end in time: 1 request"), "{last}");
        }
        drop((clients, half));
    }
}
