//! Rate limits: who is counted, what clients are told, and what operators can change.

mod addresses;
mod capped;
mod explained;
mod layer;
mod limits;
mod observe;
mod settings;

use std::net::SocketAddr;

use axum::{body::Body, extract::ConnectInfo};
use http::Request;
use routekit::{ManualClock, prelude::*, test::TestApp};

/// An app whose time stands still.
pub(crate) fn still(app: App) -> (TestApp, ManualClock) {
    let clock = ManualClock::new();
    (TestApp::builder(app).clock(clock.clock()).build(), clock)
}

/// A GET request of the client at this address.
pub(crate) fn from(peer: &str, path: &str) -> Request<Body> {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
    request
}

/// The statuses of as many requests.
pub(crate) async fn statuses(app: &TestApp, path: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(app.get(path).send().await.status().as_u16());
    }
    statuses
}
