//! Lookups without a script: between any two of their commands, other clients change everything.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use http::{HeaderMap, StatusCode};
use routekit::cache::{BufferedResponse, CacheStore, Key, Lookup, RedisStore, Stamp, StoredResponse, Tag, Target};

use super::{Node, lookup, now, within};
use crate::support::{MINUTE, RedisServer, StepProxy};

const KEY: &str = "key";
const CLOCK: &str = "{routekit}:clock";

/// The commands of a lookup without a script.
const PLAIN: [&str; 4] = ["PTTL", "GET", "HMGET", "TIME"];

fn store(url: &str) -> RedisStore {
    // Invalidations end a period every second.
    let builder = RedisStore::builder(url).horizon(Duration::from_secs(1));
    builder.budget(Duration::from_millis(250)).build().unwrap()
}

/// What is stored under the key, and whether it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stored {
    id: usize,
    valid: bool,
}

/// A stamp, and what had happened when it was read.
#[derive(Debug, Clone, Copy)]
struct Taken {
    stamp: Stamp,
    invalidations: usize,
    epochs: usize,
}

/// The other clients, and what must be true after what they did.
struct Others<'a> {
    server: &'a RedisServer,
    store: RedisStore,
    random: Rng,
    stored: Option<Stored>,
    taken: Vec<Taken>,
    ids: usize,
    invalidations: usize,
    epochs: usize,
    name: String,
}

impl Others<'_> {
    /// Does something, and returns what it was.
    async fn act(&mut self) -> &'static str {
        match self.random.u32(..100) {
            0..30 => {
                self.take().await;
                let newest = *self.taken.last().unwrap();
                self.put(newest, ["x"]).await;
                "put"
            }
            // By a handler that ran for a while.
            30..40 => {
                let taken = self.taken[self.random.usize(..self.taken.len())];
                self.put(taken, ["x"]).await;
                "late put"
            }
            40..55 => {
                let newest = *self.taken.last().unwrap();
                self.invalidate(Target::tag("", "x")).await;
                self.invalidations += 1;
                self.put(newest, ["x"]).await;
                "put that an invalidation overtakes"
            }
            55..62 => {
                let newest = *self.taken.last().unwrap();
                self.put(newest, ["x", "z"]).await;
                "put with other tags"
            }
            62..82 => {
                self.invalidate(Target::tag("", "x")).await;
                self.invalidations += 1;
                self.end();
                "invalidation"
            }
            82..92 => {
                self.invalidate(Target::tag("", "y")).await;
                "invalidation of another tag"
            }
            92 => {
                self.invalidate(Target::pattern("", "/none*here")).await;
                "invalidation of a pattern"
            }
            93..95 => {
                self.server.run::<()>(&["DEL", &self.name]);
                self.stored = None;
                "eviction"
            }
            95 => {
                self.server.run::<()>(&["DEL", &self.name]);
                self.server.run::<()>(&["LPUSH", &self.name, "wrong type"]);
                self.stored = None;
                "wrong type"
            }
            96..98 => {
                self.server.run::<()>(&["DEL", CLOCK]);
                self.begin_epoch().await;
                "lost state"
            }
            _ => {
                self.server.run::<()>(&["FLUSHALL"]);
                self.stored = None;
                self.begin_epoch().await;
                "flush"
            }
        }
    }

    async fn begin_epoch(&mut self) {
        self.epochs += 1;
        self.end();
        self.take().await;
    }

    /// Nothing that is stored is valid any more.
    fn end(&mut self) {
        if let Some(stored) = &mut self.stored {
            stored.valid = false;
        }
    }

    async fn take(&mut self) {
        let stamp = lookup(&self.store, "unused").await.stamp();
        if self.taken.len() == 6 {
            self.taken.remove(0);
        }
        self.taken.push(Taken { stamp, invalidations: self.invalidations, epochs: self.epochs });
    }

    async fn put<const N: usize>(&mut self, taken: Taken, tags: [&str; N]) {
        let id = self.ids;
        self.ids += 1;
        let answer = BufferedResponse::new(StatusCode::OK, &HeaderMap::new(), id.to_string().as_bytes());
        let entry = || {
            let entry = StoredResponse::new(Key::new(KEY), answer.clone(), taken.stamp, now(), MINUTE);
            // Longer than the horizon, which is what bounds it.
            entry.with_tags(tags.map(|tag| Tag::named("", tag))).into()
        };
        within("a put", async || self.store.put(entry()).await.is_ok()).await;
        // One of a former epoch is not stored.
        if taken.epochs == self.epochs {
            self.stored = Some(Stored { id, valid: taken.invalidations == self.invalidations });
        }
    }

    async fn invalidate(&self, target: Target) {
        let target = [target];
        within("an invalidation", async || self.store.invalidate(&target).await.is_ok()).await;
    }
}

/// A hit must have been stored and valid at one time during its lookup.
#[tokio::test]
async fn lookups_between_which_others_act_are_as_one_step() {
    let Some(server) = RedisServer::start("plain", &[]) else { return };
    let proxy = StepProxy::start(server.addr()).await;
    let reader = store(&proxy.url());
    let mut others = Others {
        server: &server,
        store: store(&server.url()),
        random: Rng::with_seed(7),
        stored: None,
        taken: Vec::new(),
        ids: 0,
        invalidations: 0,
        epochs: 0,
        name: format!("{{routekit}}:e:{}", Key::new(KEY).digest()),
    };
    others.take().await;
    lookup(&reader, KEY).await;
    let (key, mut hits, mut plain, mut disturbed, mut failed) = (Key::new(KEY), 0, 0, 0, 0);
    for round in 0..1500 {
        let (mut commands, mut history) = (Vec::new(), vec![("before", others.stored)]);
        // Often without any disturbance, so that the process gets to know the tags.
        let rate = if others.random.u32(..3) == 0 { 0.0 } else { 0.4 };
        proxy.step(true);
        let mut looking = reader.lookup(&key);
        let found = loop {
            let command = tokio::select! {
                found = &mut looking => break found,
                command = proxy.next() => command,
            };
            while others.random.f64() < rate {
                let what = others.act().await;
                history.push((what, others.stored));
            }
            commands.push(command.name.clone());
            history.push((PLAIN.into_iter().find(|name| *name == command.name).unwrap_or("script"), others.stored));
            command.let_through();
        };
        drop(looking);
        proxy.step(false);
        let is_plain = commands == PLAIN;
        match found {
            Ok(Lookup::Hit(found, _)) => {
                let id: usize = std::str::from_utf8(found.body()).unwrap().parse().unwrap();
                let is_right = history.iter().any(|(_, stored)| *stored == Some(Stored { id, valid: true }));
                assert!(is_right, "round {round}: got {id} after\n{history:#?}");
                hits += 1;
                plain += usize::from(is_plain);
                disturbed += usize::from(is_plain && history.len() > 1 + PLAIN.len());
            }
            Ok(_) => {}
            Err(_) => {
                failed += 1;
                lookup(&reader, KEY).await;
            }
        }
        if others.stored.is_none_or(|stored| !stored.valid) {
            others.take().await;
            let newest = *others.taken.last().unwrap();
            others.put(newest, ["x"]).await;
        }
    }
    eprintln!("{hits} hits, {plain} of them without a script, {disturbed} of these disturbed; {failed} failed");
    assert!(plain > 300 && disturbed > 100, "{hits} hits, {plain} plain, {disturbed} disturbed say little");
    assert!(failed < 100, "{failed} lookups failed");
}

/// The second lookup of a process needs no script, and the first one of another process does.
#[tokio::test]
async fn hits_need_no_script() {
    let Some(server) = RedisServer::start("no-script", &[]) else { return };
    let world = Arc::default();
    let nodes = [Node::patient(&server.url(), &world), Node::patient(&server.url(), &world)];
    let scripts = || {
        let stats: String = server.run(&["INFO", "commandstats"]);
        let calls = stats.split_once("cmdstat_evalsha:calls=").map(|(_, rest)| rest.split(',').next().unwrap());
        calls.map_or(0, |calls| calls.parse::<usize>().unwrap())
    };
    for node in &nodes {
        node.until_hit(1).await;
    }
    let before = scripts();
    for _ in 0..20 {
        for node in &nodes {
            assert!(node.read_current(1).await);
        }
    }
    assert_eq!(scripts(), before);
    nodes[0].change(1).await;
    for node in &nodes {
        node.until_hit(1).await;
        assert!(node.read_current(1).await);
    }
    // An entry that is older than a pattern needs the script, in one round trip, until it is replaced.
    nodes[0].cache.invalidate_pattern("/none*here").await.unwrap();
    assert!(nodes[1].read_current(1).await);
    let before = scripts();
    for _ in 0..10 {
        assert!(nodes[1].read_current(1).await);
    }
    assert_eq!(scripts(), before + 10);
    nodes[0].change(1).await;
    for node in &nodes {
        node.until_hit(1).await;
        assert!(node.read_current(1).await);
    }
    let before = scripts();
    for node in nodes.iter().chain(&nodes) {
        assert!(node.read_current(1).await);
    }
    assert_eq!(scripts(), before);
}
