//! Promise 1: a lookup returns an entry only under exactly its key, only until it has expired, and as it was put.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use routekit::cache::{BufferedResponse, Entry, Key, Lookup, Reuse, Stamp, StoredResponse, Tag, Variants};

use super::contract::{FRESH, KEPT, Tested, key};

pub(super) async fn check(t: &mut Tested<'_>) {
    keys(t).await;
    lifetimes(t).await;
    contents(t).await;
    names_of_headers(t).await;
}

async fn keys(t: &mut Tested<'_>) {
    t.check("a store begins without entries", t.is_miss("a").await);
    let stamp = t.stamp().await;
    t.put("a", "1", stamp, &["x", "y"]).await;
    t.check("an entry is found under its key", t.get("a").await.as_deref() == Some("1"));
    let others = !t.has("b").await && !t.has("").await && !t.has("aa").await && !t.has("A").await;
    t.check("an entry is found under no other key", others);
    t.put("a", "2", stamp, &["x", "y"]).await;
    t.check("a later entry takes the place of the one before", t.get("a").await.as_deref() == Some("2"));

    let long = |last: u8| [vec![b'k'; 64 * 1024], vec![last]].concat();
    let keys: Vec<Key> = [b"\0".to_vec(), b"\0\0".to_vec(), vec![0xff, 0xfe], b"{a}b".to_vec(), b"{a}c".to_vec()]
        .into_iter()
        .chain([b"*".to_vec(), b"a\r\nb".to_vec(), b"a b".to_vec(), long(1), long(2), Vec::new()])
        .map(Key::new)
        .collect();
    for (n, key) in keys.iter().enumerate() {
        t.writer.put(t.response(key.clone(), n.to_string().as_bytes(), stamp).into()).await.unwrap();
    }
    for (n, key) in keys.iter().enumerate() {
        let body = t.lookup(key).await.response().map(|response| response.body().to_vec());
        t.check("keys may have any bytes", body == Some(n.to_string().into_bytes()));
    }
}

async fn lifetimes(t: &mut Tested<'_>) {
    let stamp = t.stamp().await;
    t.put("a", "1", stamp, &[]).await;
    t.check("the ttl of a new entry is whole", t.has_ttl("a", FRESH).await);
    t.advance(FRESH - Duration::from_secs(1));
    t.check("an entry is fresh until its ttl has passed", t.has("a").await);
    t.check("the ttl decreases", t.has_ttl("a", Duration::from_secs(1)).await);
    t.advance(Duration::from_secs(1));
    t.check("an entry is not fresh after its ttl", !t.has("a").await);

    let stale = t.entry("s", "1", stamp).keep_stale_for(KEPT);
    t.writer.put(stale.into()).await.unwrap();
    t.advance(FRESH);
    t.check("an entry that is kept longer is stale", matches!(t.lookup(&key("s")).await, Lookup::Stale(..)));
    t.advance(KEPT);
    t.check("a stale entry expires", t.is_miss("s").await);

    // So a cache removes the value of a key.
    t.put("a", "1", stamp, &[]).await;
    let answer = BufferedResponse::new(StatusCode::NO_CONTENT, &HeaderMap::new(), b"");
    let over = StoredResponse::new(key("a"), answer.clone(), stamp, t.clock.now(), Duration::ZERO);
    t.writer.put(over.into()).await.unwrap();
    t.check("an entry without lifetime takes the place of the one before", t.is_miss("a").await);

    let endless = StoredResponse::new(key("endless"), answer, stamp, t.clock.now(), Duration::MAX);
    let put = t.writer.put(endless.into()).await;
    t.check("the longest lifetime is stored", put.is_ok() && t.has("endless").await);
}

/// Everything that the public interface tells about an entry.
async fn contents(t: &mut Tested<'_>) {
    let stamp = t.stamp().await;
    let mut headers = HeaderMap::new();
    headers.append(header::SET_COOKIE, HeaderValue::from_static("a=1"));
    headers.append(header::SET_COOKIE, HeaderValue::from_static("b=2"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_bytes(b"text/\xfcber").unwrap());
    headers.insert(header::ETAG, HeaderValue::from_static("\"7\""));
    let body: Vec<u8> = (0..1 << 20).map(|n: u32| n.to_le_bytes()[n as usize % 3]).collect();
    let mut reuse = Reuse::default();
    (reuse.stale_while_revalidate, reuse.stale_if_error) = (KEPT, 2 * KEPT);
    (reuse.must_revalidate, reuse.open, reuse.can_be_validated) = (true, true, true);
    let tags = [Tag::named("", "x"), Tag::named("tenant", "x"), Tag::named("", "")];
    let answer = BufferedResponse::new(StatusCode::NOT_FOUND, &headers, &body);
    let put = StoredResponse::new(key("whole"), answer, stamp, t.clock.now(), FRESH);
    let put = put.with_age(KEPT).with_tags(tags).with_reuse(reuse);
    t.writer.put(put.into()).await.unwrap();
    t.advance(Duration::from_secs(10));
    let Lookup::Hit(found, _) = t.lookup(&key("whole")).await else {
        t.check("a large entry is found", false);
        return;
    };
    t.check("an entry has its status", found.status() == StatusCode::NOT_FOUND);
    t.check("an entry has its body", found.body()[..] == body[..]);
    let same = headers.iter().all(|(name, _)| headers.get_all(name).iter().eq(found.headers().get_all(name)));
    t.check("an entry has its headers", same);
    t.check("an entry has its uses", found.reuse() == reuse);
    t.check("an entry has its tags", found.tags() == tags);
    t.check("an entry has its stamp", found.stamp() == stamp && found.key() == &key("whole"));
    let now = t.clock.now();
    let ten = Duration::from_secs(10);
    let has_age = t.is_age(found.age(now), KEPT + ten) && t.is_ttl(found.ttl(now), FRESH - ten);
    t.check("an entry has its age", has_age);
}

async fn names_of_headers(t: &mut Tested<'_>) {
    let clock = t.clock;
    let variants = |stamp: Stamp| {
        Entry::from(Variants::new(key("v"), [header::ACCEPT, header::COOKIE], stamp, clock.now(), FRESH))
    };
    let names = [header::ACCEPT, header::COOKIE];
    let stamp = t.stamp().await;
    t.writer.put(variants(stamp)).await.unwrap();
    let found = t.lookup(&key("v")).await;
    let finds_names = matches!(&found, Lookup::VariesBy(variants, _) if variants.names() == names);
    t.check("the names of headers are no response", finds_names && found.response().is_none());
    t.put("v", "1", stamp, &[]).await;
    t.check("a response takes the place of names of headers", t.has("v").await);
    t.writer.put(variants(stamp)).await.unwrap();
    let found = t.lookup(&key("v")).await;
    t.check("names of headers take the place of a response", matches!(found, Lookup::VariesBy(..)));
    t.advance(FRESH);
    t.check("names of headers expire", t.is_miss("v").await);
}
