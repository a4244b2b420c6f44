//! The load of HttpArena's `crud` profile, and a checker of what is read.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    time::{Duration, Instant},
};

use fastrand::Rng;
use futures_util::future::join_all;
use serde::Deserialize;

use crate::connection::Connection;

const CONNECTIONS: u64 = 64;

/// A connection is renewed after this number of requests.
const REQUESTS_OF_CONNECTION: u32 = 200;

/// Above all prices of the seed.
const FIRST_VERSION: i32 = 1000;

/// Above all items of the seed.
const FIRST_NEW_ITEM: i32 = 1_000_000;

const CATEGORIES: [&str; 8] = ["books", "clothing", "electronics", "garden", "home", "office", "sports", "toys"];

/// What was measured of one round.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) reads: usize,
    pub(crate) hits: usize,
    /// Reads that were sent after an update was answered, and returned what was there before it.
    pub(crate) stale: usize,
}

/// The updates of an item. Its price is the version that the last one wrote.
#[derive(Clone, Copy, Default)]
struct Versions {
    answered: i32,
    /// One update at a time, so that the version in the database only rises.
    is_changing: bool,
}

/// Random requests, and what they have changed so far.
pub(crate) struct Load {
    items: RefCell<Vec<Versions>>,
    next_version: Cell<i32>,
    next_item: Cell<i32>,
}

#[derive(Deserialize)]
struct Answer {
    price: i32,
}

impl Load {
    /// Reads and updates are of the items 1 to this one.
    pub(crate) fn new(last_item: usize) -> Self {
        Self {
            items: RefCell::new(vec![Versions::default(); last_item + 1]),
            next_version: Cell::new(FIRST_VERSION),
            next_item: Cell::new(FIRST_NEW_ITEM),
        }
    }

    /// Sends requests for some time, on all connections at once.
    pub(crate) async fn run(&self, addr: SocketAddr, time: Duration) -> Figures {
        let figures = RefCell::new(Figures::default());
        let end = Instant::now() + time;
        let clients = (0..CONNECTIONS).map(|seed| self.client(addr, Rng::with_seed(seed), end, &figures));
        join_all(clients).await;
        figures.into_inner()
    }

    async fn client(&self, addr: SocketAddr, mut rng: Rng, end: Instant, figures: &RefCell<Figures>) {
        let mut connection = Connection::open(addr).await;
        // The connections are not renewed all at once.
        let mut left = rng.u32(1..=REQUESTS_OF_CONNECTION);
        while Instant::now() < end {
            if left == 0 {
                connection = Connection::open(addr).await;
                left = REQUESTS_OF_CONNECTION;
            }
            left -= 1;
            let begin = Instant::now();
            match rng.u8(..100) {
                0..75 => self.read(&mut connection, &mut rng, figures).await,
                75..90 => self.update(&mut connection, &mut rng).await,
                90..95 => list(&mut connection, &mut rng).await,
                _ => self.create(&mut connection).await,
            }
            figures.borrow_mut().latencies.push(begin.elapsed());
        }
    }

    fn any_item(&self, rng: &mut Rng) -> usize {
        rng.usize(1..self.items.borrow().len())
    }

    async fn read(&self, connection: &mut Connection, rng: &mut Rng, figures: &RefCell<Figures>) {
        let item = self.any_item(rng);
        let answered = self.items.borrow()[item].answered;
        let request = format!("GET /crud/items/{item} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let response = connection.send(request.as_bytes()).await;
        assert_eq!(response.status, 200, "{request}");
        let is_hit = response.header("x-cache") == Some("HIT");
        let Answer { price } = serde_json::from_slice(response.body).unwrap();
        let mut figures = figures.borrow_mut();
        figures.reads += 1;
        figures.hits += usize::from(is_hit);
        figures.stale += usize::from(price < answered);
    }

    async fn update(&self, connection: &mut Connection, rng: &mut Rng) {
        let item = loop {
            let item = self.any_item(rng);
            if !self.items.borrow()[item].is_changing {
                break item;
            }
            // With few items, all may be changing.
            tokio::task::yield_now().await;
        };
        self.items.borrow_mut()[item].is_changing = true;
        let version = self.next_version.replace(self.next_version.get() + 1);
        let body = format!(r#"{{"name":"Changed","price":{version},"quantity":5}}"#);
        let request = with_body("PUT", &format!("/crud/items/{item}"), &body);
        let response = connection.send(request.as_bytes()).await;
        assert_eq!(response.status, 200, "{request}");
        self.items.borrow_mut()[item] = Versions { answered: version, is_changing: false };
    }

    async fn create(&self, connection: &mut Connection) {
        let item = self.next_item.replace(self.next_item.get() + 1);
        let body = format!(r#"{{"id":{item},"name":"New","category":"test","price":25,"quantity":10}}"#);
        let request = with_body("POST", "/crud/items", &body);
        assert_eq!(connection.send(request.as_bytes()).await.status, 201, "{request}");
    }
}

async fn list(connection: &mut Connection, rng: &mut Rng) {
    let (category, page) = (CATEGORIES[rng.usize(..CATEGORIES.len())], rng.u8(1..=10));
    let request =
        format!("GET /crud/items?category={category}&page={page}&limit=10 HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert_eq!(connection.send(request.as_bytes()).await.status, 200, "{request}");
}

fn with_body(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    let fields = format!("host: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}");
    format!("{method} {path} HTTP/1.1\r\n{fields}\r\n\r\n{body}")
}
