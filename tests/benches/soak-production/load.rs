//! Clients with every kind of request, some of which leave early.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use fastrand::Rng;
use parking_lot::Mutex;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

const CLIENTS: u64 = 16;

/// Of each client, between two requests.
const PAUSE: Duration = Duration::from_millis(40);

/// A client renews its connections after this number of requests.
const REQUESTS_OF_CONNECTION: usize = 500;

/// Each client keeps this number of users.
const USERS: usize = 50;

/// How many responses there were of each kind and status. `None`: the client left before.
pub(crate) type Statuses = BTreeMap<(&'static str, Option<u16>), usize>;

/// Where to send requests, and the statuses of the responses so far.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) statuses: Arc<Mutex<Statuses>>,
}

/// A kind of request, and the statuses that are right for it while everything around the program fails.
type Kind = (&'static str, &'static [u16]);

const CREATION: Kind = ("create a user", &[201]);

const KINDS: [Kind; 10] = [
    ("list users", &[200]),
    ("show a user", &[200]),
    CREATION,
    ("rename a user", &[200]),
    ("list orders", &[200]),
    // Without Redis, a key cannot be claimed.
    ("order", &[201, 503]),
    ("list sessions", &[200, 500, 502, 503, 504]),
    ("send a malformed user", &[400, 422]),
    ("ask for nothing", &[404]),
    ("forget the token", &[401]),
];

/// The responses with a status that is not right for their kind.
pub(crate) fn wrong(statuses: &Statuses) -> Vec<String> {
    let right = |kind: &str, status: u16| KINDS.iter().any(|(name, right)| *name == kind && right.contains(&status));
    let wrong = statuses.iter().filter(|((kind, status), _)| status.is_some_and(|status| !right(kind, status)));
    wrong.map(|((kind, status), count)| format!("{kind}: {count} × {status:?}")).collect()
}

impl Load {
    /// Sends requests for some time. All connections are closed at the end.
    pub(crate) async fn run(&self, time: Duration) {
        let end = Instant::now() + time;
        // Other names in each run: a user whose client has left stays.
        let mut clients: JoinSet<()> = (0..CLIENTS).map(|_| self.clone().client(Rng::new(), end)).collect();
        while let Some(ended) = clients.join_next().await {
            ended.unwrap();
        }
    }

    async fn client(self, mut rng: Rng, end: Instant) {
        let mut users = VecDeque::new();
        let mut client = Client::new();
        for sent in 1.. {
            if Instant::now() >= end {
                break;
            }
            if sent % REQUESTS_OF_CONNECTION == 0 {
                client = Client::new();
            }
            let (kind, _) = if users.is_empty() { CREATION } else { KINDS[rng.usize(..KINDS.len())] };
            // One in twenty leaves at once, or while the handler works.
            let patience = (rng.u8(..20) == 0).then(|| Duration::from_micros(rng.u64(..3000)));
            let request = self.send(&client, kind, &mut rng, &mut users);
            let status = match patience {
                Some(patience) => timeout(patience, request).await.ok(),
                None => Some(request.await),
            };
            *self.statuses.lock().entry((kind, status)).or_default() += 1;
            sleep(PAUSE).await;
        }
        for user in users {
            let _ = self.request(&client, Method::DELETE, &format!("/v2/users/{user}")).send().await;
        }
    }

    fn request(&self, client: &Client, method: Method, path: &str) -> reqwest::RequestBuilder {
        client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    async fn send(&self, client: &Client, kind: &str, rng: &mut Rng, users: &mut VecDeque<String>) -> u16 {
        let request = |method, path: &str| self.request(client, method, path);
        // Without a user, the kind is a creation.
        let index = rng.usize(..users.len().max(1));
        let user = || format!("/v2/users/{}", users[index]);
        let name: String = (0..12).map(|_| rng.lowercase()).collect();
        let new_user = json!({ "name": name, "email": format!("{name}@example.com") });
        let order = json!({ "product": "tea", "quantity": 1 });
        let request = match kind {
            "list users" => request(Method::GET, &format!("/v2/users?page={}", rng.u8(1..=3))),
            "show a user" => request(Method::GET, &user()),
            "rename a user" => request(Method::PUT, &user()).json(&json!({ "name": name })),
            "list sessions" => request(Method::GET, &format!("{}/sessions", user())),
            "list orders" => request(Method::GET, "/v2/orders"),
            "order" => request(Method::POST, "/v2/orders").header("idempotency-key", name).json(&order),
            "send a malformed user" => {
                request(Method::POST, "/v2/users").header("content-type", "application/json").body("{")
            }
            "ask for nothing" => request(Method::GET, &format!("/v2/{name}")),
            "forget the token" => client.get(format!("{}/v2/users", self.url)),
            _ => return self.create(client, &new_user, users).await,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let _ = response.bytes().await.unwrap();
        status
    }

    /// Creates a user, and deletes the oldest one if there are many.
    async fn create(&self, client: &Client, user: &Value, users: &mut VecDeque<String>) -> u16 {
        let response = self.request(client, Method::POST, "/v2/users").json(user).send().await.unwrap();
        let status = response.status().as_u16();
        let created: Value = response.json().await.unwrap();
        users.extend(created["id"].as_str().map(str::to_owned));
        if users.len() > USERS
            && let Some(oldest) = users.pop_front()
        {
            let deleted = self.request(client, Method::DELETE, &format!("/v2/users/{oldest}")).send().await.unwrap();
            assert_eq!(deleted.status(), 204);
        }
        status
    }
}
