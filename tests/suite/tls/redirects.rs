//! The listener that redirects to HTTPS.

use std::net::SocketAddr;

use axum::body::Body;
use http::{Method, Request};
use routekit::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{SOON, TestFiles, TestPair, connect, http1, version, version_on};
use crate::{
    support::free_port,
    wire::{self, Running},
};

/// An app, and the address that redirects to it.
async fn redirecting(name: &str, pair: &TestPair) -> (Running, SocketAddr) {
    let files = TestFiles::new(name);
    files.write(pair);
    let addr = free_port();
    let config = files.config_with(&format!("redirect_addr = '{addr}'\n"));
    let app = wire::run(App::with_routes(routes![version]).config(config)).await;
    // Once a client is served, both listeners are open.
    version_on(&mut http1(connect(app.addr, pair, &[]).await.unwrap()).await).await;
    (app, addr)
}

#[tokio::test]
async fn plain_request_is_redirected_to_the_same_page() {
    let (mut app, addr) = redirecting("redirect", &TestPair::new()).await;
    let port = app.addr.port();
    for (method, target, host, expected) in [
        (
            Method::GET,
            "/tls/version?a=1&b=%20",
            "shop.example",
            format!("https://shop.example:{port}/tls/version?a=1&b=%20"),
        ),
        (Method::POST, "/unknown", "shop.example:8080", format!("https://shop.example:{port}/unknown")),
        (Method::HEAD, "/", "[::1]", format!("https://[::1]:{port}/")),
    ] {
        let request = Request::builder().method(method).uri(target).header("host", host);
        let (parts, body) = wire::http1(addr, request.body(Body::empty()).unwrap()).await;
        assert_eq!((parts.status.as_u16(), &*body), (308, ""));
        assert_eq!(parts.headers["location"], expected);
        assert_eq!(parts.headers["connection"], "close");
    }
    app.stop();
    timeout(SOON, app.stopped()).await.expect("it stops").unwrap();
    assert!(TcpStream::connect(addr).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn port_that_clients_see_can_be_set() {
    let (files, addr) = (TestFiles::new("redirect-port"), free_port());
    files.write(&TestPair::new());
    let config = files.config_with(&format!("redirect_addr = '{addr}'\nredirect_port = 443\n"));
    let _app = wire::run(App::with_routes(routes![version]).config(config)).await;
    while TcpStream::connect(addr).await.is_err() {
        tokio::task::yield_now().await;
    }
    let request = Request::get("/a").header("host", "shop.example:8080").body(Body::empty()).unwrap();
    assert_eq!(wire::http1(addr, request).await.0.headers["location"], "https://shop.example/a");
}

#[tokio::test]
async fn request_without_a_host_is_refused() {
    let (_app, addr) = redirecting("no-host", &TestPair::new()).await;
    for head in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost:\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(SOON, stream.read_to_string(&mut answer)).await.expect("it is closed").unwrap();
        let status = answer.split(' ').nth(1);
        assert_eq!(status, Some("400"), "{head:?}: {answer:?}");
    }
}

#[tokio::test]
async fn address_of_redirects_that_is_in_use_is_a_startup_error() {
    let files = TestFiles::new("redirect-in-use");
    files.write(&TestPair::new());
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = taken.local_addr().unwrap();
    let config = files.config_with(&format!("redirect_addr = '{addr}'\n"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = App::with_routes(routes![version]).config(config);
    let error = app.serve_on(listener, std::future::ready(())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the app cannot start: cannot listen on {addr} (routekit.toml): Address already in use (os error 98)\n  \
             set ROUTEKIT_SERVER_REDIRECT_ADDR to another address, or to `off`"
        )
    );
}
