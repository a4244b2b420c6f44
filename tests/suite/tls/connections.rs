//! Protocols, clients that do not speak TLS, and the end of connections.

use std::{io, time::Duration};

use axum::{extract::ws::WebSocketUpgrade, response::Response};
use futures_util::{SinkExt, StreamExt};
use routekit::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::{self, protocol::frame::coding::CloseCode};

use super::{SOON, TestFiles, TestPair, absolute, chosen, connect, http1, http2, run, version_on};
use crate::{logs, wire};

#[tokio::test]
async fn client_chooses_http1_or_http2_by_alpn() {
    let pair = TestPair::new();
    let app = run("alpn", &pair).await;
    for (offered, expected) in [
        (&["h2", "http/1.1"][..], Some("h2")),
        (&["http/1.1", "h2"], Some("h2")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let stream = connect(app.addr, &pair, offered).await.unwrap();
        assert_eq!(chosen(&stream), expected, "{offered:?}");
        let answer = if expected == Some("h2") {
            let response = http2(stream).await.send_request(absolute(app.addr)).await.unwrap();
            wire::read(response).await.1
        } else {
            version_on(&mut http1(stream).await).await
        };
        let protocol = if expected == Some("h2") { "HTTP/2.0" } else { "HTTP/1.1" };
        assert_eq!(answer, format!("{protocol} 127.0.0.1"), "{offered:?}");
    }
    let error = connect(app.addr, &pair, &["gopher"]).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

/// HTTP/2 names the host in its target.
#[tokio::test]
async fn response_over_tls_has_hsts_unless_its_host_is_localhost() {
    const HSTS: &str = "strict-transport-security";
    let pair = TestPair::new();
    let app = run("hsts", &pair).await;
    for (host, expected) in [("shop.example", Some("max-age=31536000")), ("localhost", None)] {
        let request =
            |target: String| http::Request::get(target).header("host", host).body(axum::body::Body::empty()).unwrap();
        let mut connection = http1(connect(app.addr, &pair, &[]).await.unwrap()).await;
        let response = connection.send_request(request("/tls/version".to_owned())).await.unwrap();
        assert_eq!(response.headers().get(HSTS).map(|value| value.to_str().unwrap()), expected, "{host}");
        let mut connection = http2(connect(app.addr, &pair, &["h2"]).await.unwrap()).await;
        let response = connection.send_request(request(format!("https://{host}/tls/version"))).await.unwrap();
        assert_eq!(response.headers().get(HSTS).map(|value| value.to_str().unwrap()), expected, "{host}, HTTP/2");
    }
}

#[tokio::test]
async fn connection_over_tls_serves_several_requests() {
    let pair = TestPair::new();
    let app = run("keep-alive", &pair).await;
    let mut connection = http1(connect(app.addr, &pair, &[]).await.unwrap()).await;
    for _ in 0..3 {
        assert_eq!(version_on(&mut connection).await, "HTTP/1.1 127.0.0.1");
    }
}

#[get("/tls/echo")]
async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(async move |mut socket| {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    })
}

#[tokio::test]
async fn websocket_over_tls_gets_a_close_frame_at_shutdown() {
    let (files, pair) = (TestFiles::new("websocket"), TestPair::new());
    files.write(&pair);
    let app = App::with_routes(routes![echo]).config(files.config());
    let mut app = wire::run(app.configure(|config| config.set_server_shutdown_grace(Duration::from_millis(20)))).await;
    let stream = connect(app.addr, &pair, &["http/1.1"]).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async("wss://localhost/tls/echo", stream).await.unwrap();
    socket.send(tungstenite::Message::text("a")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap().as_str(), "a");
    app.stop();
    let tungstenite::Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no frame") };
    assert_eq!(frame.code, CloseCode::Away);
    // The handler drops its stream, so there is no close_notify: the Close frames have said that nothing is missing.
    let next = timeout(SOON, socket.next()).await.expect("the client answers, and the server closes the connection");
    assert!(!matches!(next, Some(Ok(_))), "{next:?}");
    timeout(SOON, app.stopped()).await.expect("it stops").unwrap();
}

#[test]
fn log_of_the_start_has_the_scheme() {
    let pair = TestPair::new();
    let (addr, lines) = logs::caught(async {
        let app = run("announced", &pair).await;
        version_on(&mut http1(connect(app.addr, &pair, &[]).await.unwrap()).await).await;
        app.addr
    });
    let said = |text: &str| lines.iter().any(|line| line.fields.iter().any(|field| field.contains(text)));
    assert!(said(&format!("message=listening on https://{addr}; routes: ")), "{lines:#?}");
}

#[tokio::test]
async fn client_without_tls_is_closed_and_others_are_served() {
    let pair = TestPair::new();
    let app = run("plain", &pair).await;
    for bytes in
        [&b"GET /tls/version HTTP/1.1\r\nhost: localhost\r\n\r\n"[..], b"\x16\x03\x01\xff\xffnot a ClientHello"]
    {
        let mut stream = TcpStream::connect(app.addr).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // The system may reset the connection.
        let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("it is closed");
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let mut connection = http1(connect(app.addr, &pair, &[]).await.unwrap()).await;
    assert_eq!(version_on(&mut connection).await, "HTTP/1.1 127.0.0.1");
}

#[tokio::test]
async fn client_that_does_not_trust_the_certificate_disconnects() {
    let app = run("untrusted", &TestPair::new()).await;
    let error = connect(app.addr, &TestPair::new(), &[]).await.unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"), "{error}");
}

/// Acknowledges the pings of the server until it ends the connection.
async fn http2_until_the_end(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    loop {
        let mut head = [0; 9];
        if stream.read(&mut head[..1]).await? == 0 {
            return Ok(());
        }
        stream.read_exact(&mut head[1..]).await?;
        let mut payload = vec![0; usize::from(head[2])];
        stream.read_exact(&mut payload).await?;
        const PING: u8 = 6;
        if head[3] == PING {
            head[4] = 1;
            stream.write_all(&[&head[..], &payload].concat()).await?;
        }
    }
}

#[tokio::test]
async fn shutdown_ends_connections_with_close_notify() {
    let pair = TestPair::new();
    for (name, protocol) in [("close-h1", "http/1.1"), ("close-h2", "h2")] {
        let mut app = run(name, &pair).await;
        let mut stream = connect(app.addr, &pair, &[protocol]).await.unwrap();
        let ended = if protocol == "h2" {
            // The preface and an empty SETTINGS frame.
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
            app.stop();
            timeout(SOON, http2_until_the_end(&mut stream)).await
        } else {
            stream.write_all(b"GET /tls/version HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
            stream.read_exact(&mut [0; 9]).await.unwrap();
            app.stop();
            timeout(SOON, stream.read_to_end(&mut Vec::new())).await.map(|read| read.map(drop))
        };
        // Without close_notify, this is an error: the client cannot tell the end from an attack (RFC 8446 §6.1).
        ended.expect("it is closed").expect(name);
        timeout(SOON, app.stopped()).await.expect("it stops").unwrap();
    }
}

#[tokio::test]
async fn connection_without_a_handshake_does_not_delay_shutdown() {
    let pair = TestPair::new();
    for bytes in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut app = run("silent", &pair).await;
        let mut silent = TcpStream::connect(app.addr).await.unwrap();
        silent.write_all(bytes).await.unwrap();
        // Once another client is served, the silent one has been accepted.
        version_on(&mut http1(connect(app.addr, &pair, &[]).await.unwrap()).await).await;
        app.stop();
        timeout(SOON, app.stopped()).await.expect("it stops").unwrap();
    }
}
