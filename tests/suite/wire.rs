//! Real sockets: an app on a free port, and a small client.

use std::{net::SocketAddr, time::Duration};

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use routekit::{App, Error};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// An app that listens.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), Error>>,
}

/// Without a drain, so that it stops as soon as its requests have ended.
pub(crate) async fn run(app: App) -> Running {
    run_as_configured(app.configure(|config| config.set_server_drain_delay(Duration::ZERO))).await
}

pub(crate) async fn run_as_configured(app: App) -> Running {
    run_on(app, TcpListener::bind("127.0.0.1:0").await.unwrap())
}

pub(crate) fn run_on(app: App, listener: TcpListener) -> Running {
    let addr = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(app.serve_on(listener, async move {
        let _ = stopped.await;
    }));
    Running { addr, stop: Some(stop), served }
}

/// Another listener of the same app.
pub(crate) struct Other(SocketAddr);

impl Other {
    pub(crate) async fn http1(&self, request: Request<Body>) -> (http::response::Parts, String) {
        http1(self.0, request).await
    }
}

/// The body of the answer to a request on a new HTTP/1.1 connection.
pub(crate) async fn http1(addr: SocketAddr, request: Request<Body>) -> (http::response::Parts, String) {
    let mut connection = http1_connection(addr).await;
    read(connection.send_request(request).await.unwrap()).await
}

async fn http1_connection(addr: SocketAddr) -> hyper::client::conn::http1::SendRequest<Body> {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection.with_upgrades());
    sender
}

impl Running {
    /// The same app by another address.
    pub(crate) fn at(&self, addr: SocketAddr) -> Other {
        Other(addr)
    }

    /// Tells it to stop, as a signal would.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().expect("stopped once").send(());
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(self) -> Result<(), Error> {
        self.served.await.unwrap()
    }

    /// The body of the answer to a request on a new HTTP/1.1 connection.
    pub(crate) async fn http1(&self, request: Request<Body>) -> (http::response::Parts, String) {
        http1(self.addr, request).await
    }

    pub(crate) async fn http1_connection(&self) -> hyper::client::conn::http1::SendRequest<Body> {
        http1_connection(self.addr).await
    }

    /// HTTP/2 without TLS, with prior knowledge.
    pub(crate) async fn http2_connection(&self) -> hyper::client::conn::http2::SendRequest<Body> {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).header("host", "localhost").body(Body::empty()).unwrap()
}

pub(crate) async fn read(response: Response<Incoming>) -> (http::response::Parts, String) {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts, String::from_utf8(bytes.to_vec()).unwrap())
}
