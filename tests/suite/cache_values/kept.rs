//! How values are stored, and for how long.

use std::{collections::BTreeMap, error::Error};

use routekit::cache::{Format, ValueError};
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Product {
    id: u64,
    name: String,
    prices: BTreeMap<u32, f64>,
    parts: Vec<Product>,
    kind: Kind,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Sized { width: i16 },
    Named(String),
}

fn product() -> Product {
    let part = Product {
        id: u64::MAX,
        name: "\u{1f9f0} \"quoted\"\n".repeat(100),
        prices: BTreeMap::from([(1, 0.1), (u32::MAX, -1e300)]),
        parts: Vec::new(),
        kind: Kind::Named(String::new()),
        note: None,
    };
    let parts = vec![Product { kind: Kind::Sized { width: -5 }, ..part.clone() }, part.clone()];
    Product { parts, kind: Kind::Plain, note: Some("x".to_owned()), ..part }
}

#[tokio::test]
async fn value_round_trips() {
    on_both(async |cache, _| {
        for format in [Format::Json, Format::MessagePack] {
            for compress in [false, true] {
                let options = options().format(format).compress(compress);
                cache.set("product", &product(), &options).await.unwrap();
                // The format is an implementation detail.
                assert_eq!(cache.get("product").await.unwrap(), Some(product()), "{options:?}");
            }
        }
        cache.set("text", "as it is", &options()).await.unwrap();
        assert_eq!(cache.get("text").await.unwrap(), Some("as it is".to_owned()));
        cache.set("nothing", &(), &options()).await.unwrap();
        assert_eq!(cache.get("nothing").await.unwrap(), Some(()));
        assert_eq!(cache.get::<Product>("another").await.unwrap(), None);
        cache.clear().await.unwrap();
        assert_eq!(cache.get::<Product>("product").await.unwrap(), None);
    })
    .await;
}

/// Bytes that one value takes.
async fn size_of(builder: CacheBuilder, value: &str, options: &CacheOptions) -> u64 {
    let cache = builder.build();
    cache.set("key", value, options).await.unwrap();
    assert_eq!(cache.get::<String>("key").await.unwrap().as_deref(), Some(value));
    cache.size().await.unwrap().bytes
}

#[tokio::test]
async fn long_values_are_compressed() {
    let clock = ManualClock::new();
    let text = "all of it again and again; ".repeat(4000);
    let length = text.len() as u64;
    let small = size_of(builder(&clock.clock()), &text, &options()).await;
    let plain = size_of(builder(&clock.clock()), &text, &options().compress(false)).await;
    assert!(plain > length && small < length / 20, "{small} and {plain} bytes of {length}");
    let never = size_of(builder(&clock.clock()).compression_threshold(u64::MAX), &text, &options()).await;
    assert_eq!(never, plain);

    // 1,024 bytes with its quotes, and one more.
    for (letters, is_smaller) in [(1022, false), (1023, true)] {
        let text = "a".repeat(letters);
        let kept = size_of(builder(&clock.clock()), &text, &options()).await;
        let plain = size_of(builder(&clock.clock()), &text, &options().compress(false)).await;
        assert_eq!(kept < plain, is_smaller, "{letters}: {kept}, {plain}");
    }
    let low = size_of(builder(&clock.clock()).compression_threshold(100), &"a".repeat(200), &options()).await;
    assert!(low < size_of(builder(&clock.clock()), &"a".repeat(200), &options()).await);
}

#[tokio::test]
async fn size_of_values_includes_key_and_tags() {
    let cache = builder(&ManualClock::new().clock()).max_bytes(1 << 20).build();
    let noise = "0123456789".repeat(1000);
    for n in 0..1000 {
        cache.set(&n.to_string(), &noise, &options().compress(false)).await.unwrap();
    }
    let size = cache.size().await.unwrap();
    assert!(size.bytes <= 1 << 20 && size.bytes > size.entries * 11_000, "{size:?}");
    assert!(size.evictions > 800, "{size:?}");
}

#[tokio::test]
async fn value_is_fresh_for_its_ttl() {
    on_both(async |cache, clock| {
        let second = Duration::from_secs(1);
        cache.set("default", &1, &CacheOptions::new()).await.unwrap();
        cache.set("minute", &1, &options().stale_while_revalidate(MINUTE)).await.unwrap();
        cache.set("never", &1, &options().ttl(Duration::ZERO)).await.unwrap();
        assert_eq!(cache.ttl("default").await.unwrap(), Some(5 * MINUTE));
        assert_eq!((cache.ttl("never").await.unwrap(), cache.ttl("another").await.unwrap()), (None, None));
        clock.advance(MINUTE - second);
        assert_eq!(cache.ttl("minute").await.unwrap(), Some(second));
        assert!(cache.exists("minute").await.unwrap() && !cache.exists("never").await.unwrap());
        clock.advance(second);
        assert_eq!(cache.get::<u8>("minute").await.unwrap(), None, "stale ones are for those who fill them anew");
        assert!(!cache.exists("minute").await.unwrap() && cache.ttl("minute").await.unwrap().is_none());
        assert_eq!(cache.get("default").await.unwrap(), Some(1));
        clock.advance(4 * MINUTE);
        assert_eq!(cache.get::<u8>("default").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn builder_defaults_apply_to_values() {
    let cache = builder(&ManualClock::new().clock()).default_ttl(MINUTE).build();
    cache.set("key", &1, &CacheOptions::default()).await.unwrap();
    assert_eq!(cache.ttl("key").await.unwrap(), Some(MINUTE));

    // Values stored at the same time expire at different times.
    let cache = Cache::builder().clock(ManualClock::new().clock()).build();
    let mut lifetimes = Vec::new();
    for n in 0..100 {
        cache.set(&n.to_string(), &1, &options()).await.unwrap();
        lifetimes.push(cache.ttl(&n.to_string()).await.unwrap().unwrap());
    }
    assert!(lifetimes.iter().all(|ttl| (MINUTE * 9 / 10..=MINUTE).contains(ttl)), "{lifetimes:?}");
    lifetimes.dedup();
    assert!(lifetimes.len() > 50);
}

#[tokio::test]
async fn value_of_another_type_is_an_error_without_the_value() {
    on_both(async |cache, _| {
        for format in [Format::Json, Format::MessagePack] {
            cache.set("user:7", &["secret"], &options().format(format)).await.unwrap();
            let error = cache.get::<Product>("user:7").await.unwrap_err();
            assert!(matches!(&error, ValueError::Decode(error) if error.key() == "user:7"), "{error:?}");
            let shown = format!("{error} {error:?} {:?}", error.source().map(ToString::to_string));
            assert!(shown.contains("user:7") && shown.contains("Product") && !shown.contains("secret"), "{shown}");
            // Callers that can fill the value do so.
            let filled = cache.get_or_fill("user:7", &options(), async || Ok::<_, Failed>(7)).await;
            assert_eq!(filled, Ok(7));
            assert_eq!(cache.get("user:7").await.unwrap(), Some(7));
        }
    })
    .await;
}

#[tokio::test]
async fn unserialisable_value_is_an_error_with_the_key() {
    on_both(async |cache, _| {
        let odd = BTreeMap::from([((1, 2), "secret".to_owned())]);
        let error = cache.set("odd", &odd, &options()).await.unwrap_err();
        assert!(matches!(&error, ValueError::Encode(error) if error.key() == "odd"), "{error:?}");
        let shown = format!("{error}: {}", error.source().unwrap());
        assert_eq!(shown, "the value for `odd` cannot be written: key must be a string");
        assert!(!cache.exists("odd").await.unwrap());

        let fill = async move || Ok::<_, Failed>(BTreeMap::from([((1, 2), "secret".to_owned())]));
        assert_eq!(cache.get_or_fill("odd", &options(), fill).await, Ok(odd.clone()), "it is not kept, and given");
        assert!(!cache.exists("odd").await.unwrap());
        cache.set("odd", &odd, &options().format(Format::MessagePack)).await.unwrap();
        assert_eq!(cache.get("odd").await.unwrap(), Some(odd));
    })
    .await;
}
