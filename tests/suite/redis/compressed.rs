//! Entries that are compressed in Redis (`compress_stored`).

use http::{HeaderName, header};
use routekit::{cache::RedisStore, prelude::*, test::TestApp};

use super::within;
use crate::{
    compress_stored::{body, text},
    support::{RedisServer, Runs, exact},
};

#[get("/redis/packed", cache(ttl = 3600, compress_stored))]
async fn packed(runs: Dep<Runs>) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::ETAG, "\"1\"")], text(runs.next()))
}

#[get("/redis/unpacked", cache(ttl = 3600))]
async fn unpacked(runs: Dep<Runs>) -> String {
    text(runs.next())
}

/// A process, with the number of its handler's runs.
fn start(server: &RedisServer) -> (TestApp, Runs, RedisStore) {
    let store = RedisStore::builder(server.url()).budget(std::time::Duration::from_millis(250)).build().unwrap();
    let runs = Runs::default();
    let app = App::with_routes(routes![packed, unpacked]).cache(exact().store(store.clone()));
    (TestApp::new(app.provide(runs.clone())), runs, store)
}

/// `X-Cache`, the body, and whether it came compressed.
async fn said(app: &TestApp, path: &str, accept: &str) -> (String, String, bool) {
    let answer = app.get(path).header("accept-encoding", accept).send().await;
    let (text, is_compressed) = body(&answer);
    (answer.header("x-cache").unwrap().to_owned(), text, is_compressed)
}

async fn until_hit(app: &TestApp, path: &str) {
    within("a hit", async || said(app, path, "identity").await.0 == "HIT").await;
}

/// The name and the bytes of the only entry.
fn only_entry(server: &RedisServer) -> (String, Vec<u8>) {
    let names: Vec<String> = server.run(&["KEYS", "*:e:*"]);
    let [name] = &names[..] else { panic!("{names:?}") };
    (name.clone(), server.run(&["GET", name]))
}

fn set(server: &RedisServer, name: &str, bytes: &[u8]) {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    redis::cmd("SET").arg(name).arg(bytes).arg("KEEPTTL").query::<()>(&mut connection).unwrap();
}

#[tokio::test]
async fn processes_share_compressed_entries_in_both_forms() {
    let Some(server) = RedisServer::start("packed", &[]) else { return };
    let ((one, runs, _), (two, others, _)) = (start(&server), start(&server));
    until_hit(&one, "/redis/packed").await;
    let made = text(runs.count());
    for app in [&one, &two] {
        for (accept, is_compressed) in [("gzip", true), ("identity", false), ("gzip", true)] {
            assert_eq!(said(app, "/redis/packed", accept).await, ("HIT".to_owned(), made.clone(), is_compressed));
        }
        let request = app.get("/redis/packed").header("accept-encoding", "gzip").header("if-none-match", "W/\"1\"");
        assert_eq!(request.send().await.status(), 304);
    }
    assert_eq!(others.count(), 0);
    let (_, packed) = only_entry(&server);
    server.run::<()>(&["FLUSHALL"]);
    until_hit(&one, "/redis/unpacked").await;
    let (_, plain) = only_entry(&server);
    assert!(plain.len() > made.len() && packed.len() < plain.len() / 4, "{} {}", packed.len(), plain.len());
}

#[tokio::test]
async fn damaged_bodies_are_misses_and_are_replaced() {
    let Some(server) = RedisServer::start("packed-damage", &[]) else { return };
    let (app, runs, store) = start(&server);
    until_hit(&app, "/redis/packed").await;
    let (name, whole) = only_entry(&server);
    let gzip = whole.windows(3).rposition(|bytes| bytes == [0x1f, 0x8b, 8]).unwrap();
    for (accept, round) in [("gzip", 0), ("identity", 1)] {
        for at in (gzip..whole.len()).skip(round).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            set(&server, &name, &damaged);
            let (before, unreadable) = (runs.count(), store.unreadable_entries());
            let (x_cache, body, is_compressed) = said(&app, "/redis/packed", accept).await;
            assert_eq!((&*x_cache, body, is_compressed), ("MISS", text(before + 1), false), "byte {at}");
            assert!(store.unreadable_entries() > unreadable, "byte {at}");
            let hit = said(&app, "/redis/packed", accept).await;
            assert_eq!(hit, ("HIT".to_owned(), text(before + 1), accept == "gzip"), "byte {at}: it is replaced");
        }
    }
    for length in [gzip, gzip + 1, whole.len() - 8, whole.len() - 1] {
        set(&server, &name, &whole[..length]);
        assert_eq!(said(&app, "/redis/packed", "gzip").await.0, "MISS", "cut off after {length} bytes");
    }
}

/// As if a program of a former version had stored it.
#[tokio::test]
async fn entry_of_the_former_version_is_a_miss() {
    let Some(server) = RedisServer::start("packed-version", &[]) else { return };
    let (app, _, _) = start(&server);
    until_hit(&app, "/redis/packed").await;
    let (name, whole) = only_entry(&server);
    // A list of eight fields. The first is the version.
    let at = whole.windows(2).position(|bytes| bytes == [0x97, 4]).unwrap();
    let mut older = whole.clone();
    older[at + 1] = 3;
    set(&server, &name, &older);
    assert_eq!(said(&app, "/redis/packed", "gzip").await.0, "MISS");
    set(&server, &name, &whole);
    assert_eq!(said(&app, "/redis/packed", "gzip").await.0, "HIT");
}
