//! Keys of values: any text, bounded in length in the store, and separate from other keys.

use routekit::{ManualClock, prelude::*, test::TestApp};

use super::{wrapped::Wrapped, *};

#[tokio::test]
async fn any_text_is_a_key() {
    on_both(async |cache, _| {
        let long = "x".repeat(10_000);
        let keys = ["", " ", "\0", "*", "?", "{id}", "a", "A", "a:", "/a", "/a/", "\u{e4}\n", "\0value\0", &long];
        for key in keys {
            cache.set(key, key, &options()).await.unwrap();
        }
        for key in keys {
            assert_eq!(cache.get::<String>(key).await.unwrap().as_deref(), Some(key));
        }
        for (index, key) in keys.iter().enumerate() {
            cache.invalidate(key).await.unwrap();
            for (other, kept) in keys.iter().enumerate() {
                assert_eq!(cache.exists(kept).await.unwrap(), other > index, "{kept:?} after {key:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn long_keys_are_hashed_and_distinct() {
    let clock = ManualClock::new();
    let store = Wrapped::new(clock.clock());
    let cache = builder(&clock.clock()).store(store.clone()).build();
    let base = "k".repeat(250);
    let keys = [base.clone() + "1", base.clone() + "2", base[..240].to_owned(), base[..241].to_owned()];
    for (n, key) in keys.iter().enumerate() {
        cache.set(key, &n, &options()).await.unwrap();
    }
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(cache.get(key).await.unwrap(), Some(n));
    }
    let put = store.put.lock().unwrap().clone();
    let shows = |put: &[u8], text: &str| put.windows(text.len()).any(|window| window == text.as_bytes());
    assert_eq!(put.iter().map(|put| shows(put, &base[..240])).collect::<Vec<_>>(), [false, false, true, false]);
    assert!(
        put.iter().all(|put| put.len() < 300 && shows(put, "api:cache:")),
        "the third has 250 bytes with its prefix"
    );

    let cache = builder(&clock.clock()).store(store.clone()).key_prefix("p:").max_key_length(10).build();
    cache.partition("tenant").set("ab", &1, &options()).await.unwrap();
    cache.partition("tenant").set("abc", &1, &options()).await.unwrap();
    let put = store.put.lock().unwrap().split_off(4);
    assert_eq!(put.iter().map(|put| shows(put, "tenant")).collect::<Vec<_>>(), [true, false]);
    assert!(put.iter().all(|put| shows(put, "p:")));
}

#[tokio::test]
async fn hashed_key_is_compared_in_full() {
    let clock = ManualClock::new();
    let cache = builder(&clock.clock()).store(Wrapped::careless(clock.clock())).build();
    let (one, other) = ("1".repeat(300), "2".repeat(300));
    cache.set(&one, "of the one", &options()).await.unwrap();
    assert_eq!(cache.get::<String>(&one).await.unwrap().as_deref(), Some("of the one"));
    // The store returns an entry as if two keys had the same hash.
    assert_eq!(cache.get::<String>(&other).await.unwrap(), None);
    assert_eq!((cache.exists(&other).await.unwrap(), cache.ttl(&other).await.unwrap()), (false, None));
    let filled = cache.get_or_fill(&other, &options(), async || Ok::<_, Failed>("of the other".to_owned())).await;
    assert_eq!(filled.as_deref(), Ok("of the other"));
}

#[tokio::test]
async fn partitions_share_no_value() {
    on_both(async |cache, _| {
        let (acme, other) = (cache.partition("acme"), cache.partition("other"));
        for key in ["user:7", &"user:".repeat(100)] {
            let all = [(&cache, "none"), (&acme, "acme"), (&other, "other")];
            let set = async || {
                for (cache, name) in all {
                    cache.set(key, name, &options().tags(["users"])).await.unwrap();
                }
            };
            let has = async || {
                let mut has = Vec::new();
                for (cache, _) in all {
                    has.push(cache.get::<String>(key).await.unwrap().unwrap_or_default());
                }
                has
            };
            set().await;
            assert_eq!(has().await, ["none", "acme", "other"]);
            acme.invalidate(key).await.unwrap();
            assert_eq!(has().await, ["none", "", "other"]);
            set().await;
            acme.invalidate_tag("users").await.unwrap();
            assert_eq!(has().await, ["none", "", "other"]);
            for pattern in ["user:*", "u*", key] {
                set().await;
                acme.invalidate_pattern(pattern).await.unwrap();
                assert_eq!(has().await, ["none", "", "other"], "{pattern}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn key_prefixes_separate_programs_in_one_store() {
    let clock = ManualClock::new();
    let store = Wrapped::new(clock.clock());
    let [one, other] =
        ["one:", "other:"].map(|prefix| builder(&clock.clock()).store(store.clone()).key_prefix(prefix).build());
    for key in ["key", &"key".repeat(100)] {
        one.set(key, "one", &options()).await.unwrap();
        assert!(!other.exists(key).await.unwrap());
        other.set(key, "other", &options()).await.unwrap();
        assert_eq!(one.get::<String>(key).await.unwrap().as_deref(), Some("one"));
        one.invalidate(key).await.unwrap();
        assert!(!one.exists(key).await.unwrap() && other.exists(key).await.unwrap());
    }
}

#[get("/users/{id}", cache(ttl = 60))]
async fn user(id: u64) -> String {
    format!("the answer {id}")
}

#[tokio::test]
async fn values_and_responses_share_no_entry() {
    on_both(async |cache, clock| {
        let app = App::with_routes(routes![user]).cache(cache.clone());
        let app = TestApp::builder(app).clock(clock.clock()).build();
        let did = async || {
            let answer = app.get("/users/7").send().await;
            assert_eq!(answer.text(), "the answer 7");
            answer.header("x-cache").unwrap().to_owned()
        };
        cache.set("/users/7", "the value", &options()).await.unwrap();
        assert_eq!((did().await, did().await), ("MISS".into(), "HIT".into()));
        assert_eq!(cache.get::<String>("/users/7").await.unwrap().as_deref(), Some("the value"));
        cache.invalidate("/users/7").await.unwrap();
        assert_eq!(did().await, "HIT", "it is about one value");
        cache.set("/users/7", "the value", &options()).await.unwrap();
        cache.invalidate_pattern("/users/{id}").await.unwrap();
        assert_eq!(did().await, "MISS");
        assert!(cache.exists("/users/7").await.unwrap(), "it is about one route");
        for pattern in ["/users/*", "/users/7", "/u*"] {
            cache.set("/users/7", "the value", &options()).await.unwrap();
            cache.invalidate_pattern(pattern).await.unwrap();
            assert_eq!((did().await, cache.exists("/users/7").await.unwrap()), ("MISS".into(), false), "{pattern}");
        }
    })
    .await;
}
