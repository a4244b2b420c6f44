//! Promises 2 to 4: what has been invalidated is not found again, and stamps never decrease.

use futures_util::future::{join, join_all};
use http::header;
use routekit::{
    cache::{Entry, Key, Stamp, Tag, Target, Variants},
    prelude::Identity,
};
use tokio::task::yield_now;

use super::contract::{FRESH, KEPT, Tested, key, stamp_of};

pub(super) async fn check(t: &mut Tested<'_>) {
    tags(t).await;
    other_targets(t).await;
    patterns(t).await;
    many(t).await;
    at_once(t).await;
    stamps(t).await;
    clear(t).await;
}

async fn tags(t: &mut Tested<'_>) {
    let stamp = t.stamp().await;
    for (name, tags) in [("a", &["x", "y"][..]), ("b", &["x"]), ("c", &["y"]), ("d", &[])] {
        t.put(name, "1", stamp, tags).await;
    }
    let number = t.invalidate(&["x"]).await;
    t.check("every entry with the tag is invalid", t.is_miss("a").await && t.is_miss("b").await);
    t.check("no other entry is invalid", t.has("c").await && t.has("d").await);
    t.check("an invalidation is later than the stamps before it", number > stamp);
    t.check("a stamp after an invalidation is not earlier", t.stamp().await >= number);

    t.put("a", "old", stamp, &["x"]).await;
    t.check(
        "an entry that is older than the invalidation is invalid, also if it is put after it",
        t.is_miss("a").await,
    );
    let late = Entry::from(t.entry("never put", "old", stamp).with_tags([Tag::named("", "x")]));
    t.check("an entry that was never put can be invalid", !t.reader.is_valid(&late).await.unwrap());
    let other = Entry::from(t.entry("never put", "old", stamp).with_tags([Tag::named("", "y")]));
    t.check("an entry that was never put can be valid", t.reader.is_valid(&other).await.unwrap());
    let stamp = t.stamp().await;
    t.put("a", "new", stamp, &["x"]).await;
    t.check("an entry that is later than the invalidation is valid", t.get("a").await.as_deref() == Some("new"));

    let stamp = t.stamp().await;
    t.invalidate(&["on no entry yet"]).await;
    t.put("e", "old", stamp, &["on no entry yet"]).await;
    t.check("a tag that no entry has yet is invalidated as well", t.is_miss("e").await);

    let stamp = t.stamp().await;
    for name in ["a", "b", "c"] {
        t.put(name, "1", stamp, &[name]).await;
    }
    t.invalidate(&["a", "c"]).await;
    let invalid = t.is_miss("a").await && t.has("b").await && t.is_miss("c").await;
    t.check("several tags can be invalidated", invalid);
    t.writer.invalidate(&[]).await.unwrap();
    t.check("no target invalidates no entry", t.has("b").await);

    let stamp = t.stamp().await;
    t.writer.put(t.entry("s", "1", stamp).keep_stale_for(KEPT).with_tags([Tag::named("", "s")]).into()).await.unwrap();
    t.advance(FRESH);
    t.invalidate(&["s"]).await;
    t.check("a stale entry becomes invalid as well", t.is_miss("s").await);
}

/// Each of these has a tag, and no two have the same.
async fn other_targets(t: &mut Tested<'_>) {
    let ann = Identity::new("ann");
    let targets = [
        Target::tag("", "/u"),
        Target::tag("tenant", "/u"),
        Target::path("", "/u"),
        Target::path("tenant", "/u"),
        Target::route("", "/u"),
        Target::user("", &ann),
        Target::user("tenant", &ann),
        Target::pattern("", "/u/*"),
    ];
    for (n, target) in targets.iter().enumerate() {
        let stamp = t.stamp().await;
        for (m, target) in targets.iter().enumerate() {
            let entry = t.response(Key::new(format!("target {m}")), b"1", stamp);
            t.writer.put(entry.with_tags([target.as_tag().unwrap()]).into()).await.unwrap();
        }
        t.writer.invalidate(std::slice::from_ref(target)).await.unwrap();
        for m in 0..targets.len() {
            let is_valid = t.has(&format!("target {m}")).await;
            t.check(&format!("{target:?} covers its entries only"), is_valid == (m != n));
        }
    }
}

async fn patterns(t: &mut Tested<'_>) {
    let stamp = t.stamp().await;
    t.put("p", "1", stamp, &[]).await;
    t.writer.invalidate(&[Target::pattern("", "*")]).await.unwrap();
    t.check("a pattern is compared with paths", t.is_miss("p").await);
    t.put("p", "1", stamp, &[]).await;
    t.check("a pattern also concerns older entries that are put after it", t.is_miss("p").await);
    let stamp = t.stamp().await;
    t.put("p", "1", stamp, &[]).await;
    let others = [Target::pattern("another", "*"), Target::pattern("", "/x*y"), Target::pattern("", "/x?y")];
    t.writer.invalidate(&others).await.unwrap();
    t.check("a pattern concerns paths of its partition that match", t.has("p").await);

    let variants = Variants::new(key("v"), [header::ACCEPT], t.stamp().await, t.clock.now(), FRESH);
    t.writer.put(variants.into()).await.unwrap();
    t.writer.invalidate(&[Target::pattern("", "*")]).await.unwrap();
    t.check("a pattern concerns names of headers", t.is_miss("v").await);

    // More than a store has to keep: those that it drops make everything before them invalid.
    let stamp = t.stamp().await;
    t.put("p", "1", stamp, &[]).await;
    t.writer.invalidate(&[Target::pattern("", "*x")]).await.unwrap();
    t.writer.invalidate(&[Target::pattern("", "*")]).await.unwrap();
    for number in 0..100 {
        t.writer.invalidate(&[Target::pattern("", &format!("/x*{number}"))]).await.unwrap();
    }
    t.put("p", "1", stamp, &[]).await;
    t.check("a pattern is not forgotten because of later ones", t.is_miss("p").await);
    let stamp = t.stamp().await;
    t.put("p", "2", stamp, &[]).await;
    t.check("an entry that is later than many patterns is valid", t.has("p").await);
}

async fn many(t: &mut Tested<'_>) {
    let stamp = t.stamp().await;
    t.put("old", "1", stamp, &["first"]).await;
    t.invalidate(&["first"]).await;
    for batch in 0..20 {
        let targets: Vec<Target> = (0..100).map(|n| Target::tag("", &format!("other {batch} {n}"))).collect();
        t.writer.invalidate(&targets).await.unwrap();
    }
    t.put("old", "1", stamp, &["first"]).await;
    t.check("a tag is not forgotten because of later ones", t.is_miss("old").await);
    t.put("old", "1", stamp, &["other 0 99"]).await;
    t.check("each of many targets is invalidated", t.is_miss("old").await);
    let stamp = t.stamp().await;
    t.put("new", "1", stamp, &["first", "other 0 99"]).await;
    t.check("an entry that is later than many invalidations is valid", t.has("new").await);
}

/// One invalidation of two tags, while a reader compares entries of both.
async fn at_once(t: &mut Tested<'_>) {
    let mut split = 0;
    for round in 0..20 {
        let (one, two) = (format!("one {round}"), format!("two {round}"));
        let stamp = t.stamp().await;
        t.put("one", "1", stamp, &[&one]).await;
        t.put("two", "1", stamp, &[&two]).await;
        let reading = async {
            for _ in 0..100_000 {
                let (one, two) = (t.has("one").await, t.has("two").await);
                if !one {
                    return two;
                }
                // A store that answers from memory never lets the reply to the invalidation in.
                yield_now().await;
            }
            true
        };
        let (_, seen) = join(t.invalidate(&[&one, &two]), reading).await;
        split += u32::from(seen);
    }
    t.check("all targets of an invalidation become invalid at once", split == 0);
}

/// A stamp is one of the handle that gave it.
async fn stamps(t: &mut Tested<'_>) {
    let mut before = [Stamp::new(0); 2];
    let mut decreased = false;
    for round in 0..24 {
        let (handle, store) = if round % 2 == 0 { (0, t.writer) } else { (1, t.reader) };
        let next = match round / 2 % 3 {
            0 => store.invalidate(&[Target::tag("", "x")]).await.unwrap(),
            1 => store.clear().await.unwrap(),
            _ => stamp_of(store).await,
        };
        decreased |= next < before[handle];
        before[handle] = next;
    }
    t.check("stamps never decrease", !decreased);
    let invalidations = (0..20).map(|n| {
        let store = if n % 2 == 0 { t.writer } else { t.reader };
        async move {
            let before = stamp_of(store).await;
            let number = store.invalidate(&[Target::tag("", &format!("at a time {n}"))]).await.unwrap();
            before < number && number <= stamp_of(store).await
        }
    });
    let ordered = join_all(invalidations).await.into_iter().all(|ordered| ordered);
    t.check("the stamp of an invalidation is between those around it", ordered);
}

async fn clear(t: &mut Tested<'_>) {
    let stamp = t.stamp().await;
    t.put("a", "1", stamp, &["x"]).await;
    let stale = t.entry("s", "1", stamp).keep_stale_for(KEPT);
    t.writer.put(stale.into()).await.unwrap();
    t.advance(FRESH - KEPT);
    let number = t.writer.clear().await.unwrap();
    t.check("no entry is found after a clear", t.is_miss("a").await);
    t.check("a clear is later than the stamps before it", number > stamp && t.stamp().await >= number);
    t.put("a", "1", stamp, &[]).await;
    t.check("an entry that is older than the clear is invalid, also if it is put after it", t.is_miss("a").await);
    let old = Entry::from(t.entry("never put", "old", stamp));
    t.check("an entry that was never put is invalid after a clear", !t.reader.is_valid(&old).await.unwrap());
    t.advance(KEPT);
    t.check("no stale entry is found after a clear", t.is_miss("s").await);
    let stamp = t.stamp().await;
    t.put("a", "2", stamp, &[]).await;
    t.check("an entry that is later than the clear is valid", t.has("a").await);
}
