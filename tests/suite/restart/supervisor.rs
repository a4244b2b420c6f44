//! Sockets that the supervisor passes, and its notifications.

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use super::{
    program::{WORKERS, program},
    started::{ALIVE, ListenPid, NotifySocket, Started, listener, share, with_sockets},
};
use crate::{
    process::{ask, quickstart},
    support::temporary,
};

#[test]
fn app_serves_on_the_sockets_that_it_inherits() {
    for (name, pid) in [("systemd", ListenPid::Own), ("systemfd", ListenPid::Unset)] {
        let (main, admin) = (listener(), listener());
        let (addr, admin_addr) = (main.local_addr().unwrap().to_string(), admin.local_addr().unwrap().to_string());
        let mut command = with_sockets(&quickstart(), vec![share(&admin), share(&main)], pid);
        command.env("LISTEN_FDNAMES", "admin:http");
        let app = Started::new(command);
        app.line_with(&format!("admin surface on http://{admin_addr};"));
        app.line_with(&format!("listening on http://{addr} (inherited socket); routes: "));
        assert!(ask(&addr, "GET", "/v2/users", "").starts_with("HTTP/1.1 200"), "{name}");
        assert!(ask(&admin_addr, "GET", "/readiness", "").starts_with("HTTP/1.1 200"), "{name}");
        app.terminate();
        assert_eq!(app.ended().0, Some(0), "{name}");
    }
}

#[test]
fn app_redirects_on_the_socket_that_it_inherits() {
    let dir = temporary("restart-redirects");
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(dir.join("tls.crt"), certificate.pem()).unwrap();
    fs::write(dir.join("tls.key"), key.serialize_pem()).unwrap();
    let (main, redirects) = (listener(), listener());
    let (addr, redirects_addr) = (main.local_addr().unwrap(), redirects.local_addr().unwrap().to_string());
    let sockets = vec![share(&redirects), share(&main)];
    let mut command = with_sockets(&program(Path::new("")), sockets, ListenPid::Own);
    command.env("LISTEN_FDNAMES", "redirect:https").env("ROUTEKIT_SERVER_REDIRECT_ADDR", &redirects_addr);
    command.env("ROUTEKIT_SERVER_TLS_CERTIFICATE", dir.join("tls.crt"));
    command.env("ROUTEKIT_SERVER_TLS_KEY", dir.join("tls.key"));
    let app = Started::new(command);
    app.line_with(&format!("listening on https://{addr} (inherited socket); routes: "));
    let answer = ask(&redirects_addr, "GET", "/fast", "");
    let location = format!("location: https://localhost:{}/fast", addr.port());
    assert!(answer.starts_with("HTTP/1.1 308") && answer.contains(&location), "{answer}");
    app.terminate();
    assert_eq!(app.ended().0, Some(0));
}

#[test]
fn app_is_ready_and_accepts_once_its_warm_up_has_ended() {
    let (socket, admin, notified) = (listener(), listener(), NotifySocket::new("warm-up"));
    let gate = temporary("restart-warm-up").join("gate");
    let mut command = with_sockets(&program(&gate), vec![share(&socket), share(&admin)], ListenPid::Own);
    let addr = socket.local_addr().unwrap();
    let admin = admin.local_addr().unwrap();
    command.env("NOTIFY_SOCKET", &notified.path).env("ROUTEKIT_ADMIN_ADDR", "127.0.0.1:0");
    let app = Started::new(command);
    app.line_with("listening on ");
    let readiness = ask(&admin.to_string(), "GET", "/readiness", "");
    assert!(readiness.contains("warming up the cache"), "the admin surface answers at once: {readiness}");
    let mut client = TcpStream::connect(addr).unwrap();
    client.write_all(b"GET /fast HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    client.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut answer = Vec::new();
    let waiting = client.read_to_end(&mut answer).unwrap_err();
    assert!(matches!(waiting.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{waiting}");
    assert_eq!(notified.arrived(), [""; 0]);

    fs::write(&gate, "").unwrap();
    assert_eq!(notified.next(), format!("READY=1\nSTATUS=listening on http://{addr}\n"));
    client.set_read_timeout(None).unwrap();
    client.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&answer));
    app.terminate();
    assert_eq!(notified.next(), "STOPPING=1\n");
    assert_eq!(app.ended().0, Some(0));
    assert_eq!(notified.arrived(), [""; 0]);
}

#[test]
fn app_that_stops_before_it_is_ready_never_reports_ready() {
    let (socket, notified) = (listener(), NotifySocket::new("early-stop"));
    let gate = temporary("restart-early-stop").join("gate");
    let mut command = with_sockets(&program(&gate), vec![share(&socket)], ListenPid::Own);
    command.env("NOTIFY_SOCKET", &notified.path);
    let app = Started::new(command);
    app.line_with("listening on ");
    app.terminate();
    assert_eq!(app.ended().0, Some(0));
    assert_eq!(notified.arrived(), ["STOPPING=1\n"]);
}

#[test]
fn supervisor_learns_that_the_app_is_alive() {
    for (name, watched, expected) in [("itself", None, true), ("another process", Some("1"), false)] {
        let notified = NotifySocket::new("watchdog");
        let mut command = program(Path::new(""));
        command.env("NOTIFY_SOCKET", &notified.path).env("WATCHDOG_USEC", "100000");
        if let Some(process) = watched {
            command.env("WATCHDOG_PID", process);
        }
        let app = Started::new(command);
        assert!(notified.next_state().starts_with("READY=1\n"), "without an inherited socket, too");
        if expected {
            for _ in 0..5 {
                assert_eq!(notified.next(), ALIVE, "{name}");
            }
        }
        app.terminate();
        assert_eq!(notified.next_state(), "STOPPING=1\n", "{name}");
        assert_eq!(app.ended().0, Some(0));
        assert!(!notified.arrived().contains(&ALIVE.to_owned()), "{name}");
    }
}

#[test]
fn app_with_a_blocked_runtime_does_not_report_that_it_is_alive() {
    let (socket, notified) = (listener(), NotifySocket::new("blocked"));
    let addr = socket.local_addr().unwrap();
    let mut command = with_sockets(&program(Path::new("")), vec![share(&socket)], ListenPid::Own);
    command.env("NOTIFY_SOCKET", &notified.path).env("WATCHDOG_USEC", "100000");
    let app = Started::new(command);
    notified.next_state();
    let clients: Vec<TcpStream> = (0..WORKERS)
        .map(|_| {
            let mut client = TcpStream::connect(addr).unwrap();
            client.write_all(b"GET /block?seconds=10 HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
            // The next request is for a thread that is free.
            app.line_with("a handler blocks its thread");
            client
        })
        .collect();
    let is_silent = (0..100).any(|_| notified.within(Duration::from_secs(1)).is_none());
    assert!(is_silent, "a blocked runtime reports that it is alive");
    assert_eq!(notified.next(), ALIVE, "the runtime is free again");
    drop(clients);
    app.terminate();
    assert_eq!(app.ended().0, Some(0));
}

#[test]
fn supervisor_that_cannot_be_notified_is_one_warning() {
    let mut command = quickstart();
    command.env("NOTIFY_SOCKET", temporary("restart-no-supervisor").join("socket"));
    command.env("WATCHDOG_USEC", "1000");
    let app = Started::new(with_sockets(&command, Vec::new(), ListenPid::Unset));
    app.line_with("listening on ");
    app.line_with("the supervisor named by NOTIFY_SOCKET cannot be notified");
    app.terminate();
    let (code, rest) = app.ended();
    assert_eq!(code, Some(0));
    assert!(!rest.iter().any(|line| line.contains("NOTIFY_SOCKET")), "{rest:?}");
}
