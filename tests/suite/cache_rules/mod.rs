//! The rules of HTTP caching, a named row each: what a client asks, what the handler says if it is asked, and what the client gets.
//!
//! A row is a story of one [`CacheLayer`](routekit::cache::CacheLayer) in front of one handler, on a clock that begins with the Unix epoch:
//!
//! ```text
//! row("s-maxage goes before max-age (RFC 9111 §4.2.1)").does([
//!     get(MISS).says("Cache-Control: max-age=5, s-maxage=60"),
//!     get(HIT).after(59),
//!     get(MISS).after(1),
//! ]),
//! ```
//!
//! Steps say what `X-Cache` must be. In headers, `'` stands for `"`, `{60}` for the date of that Unix time, and `{etag}` for what the
//! client was last told in the header of that name.

mod age;
mod conditional;
mod credentials;
mod freshness;
mod groups;
mod harness;
mod outgoing;
mod passing;
mod requests;
mod revalidation;
mod stale;
mod stale_forbidden;
mod storability;
mod stored_headers;
mod unsafe_methods;
mod vary;

use std::collections::HashSet;

use self::harness::{Row, check};

macro_rules! topics {
    ($($topic:ident),+ $(,)?) => {
        fn all() -> Vec<(&'static str, Vec<Row>)> {
            vec![$((stringify!($topic), $topic::rows())),+]
        }

        $(
            #[tokio::test(start_paused = true)]
            async fn $topic() {
                check($topic::rows()).await;
            }
        )+
    };
}

topics![
    age,
    conditional,
    credentials,
    freshness,
    groups,
    outgoing,
    passing,
    requests,
    revalidation,
    stale,
    stale_forbidden,
    storability,
    stored_headers,
    unsafe_methods,
    vary,
];

#[test]
fn every_rule_has_a_name_of_its_own() {
    let mut names = HashSet::new();
    for (topic, rows) in all() {
        assert!(!rows.is_empty(), "{topic}");
        for row in rows {
            assert!(names.insert(row.name().to_owned()), "{topic}: there are two of {:?}", row.name());
            assert!(row.name().contains("RFC"), "{topic}: {:?} says nothing of where it stands", row.name());
        }
    }
    assert_eq!(names.len(), 518, "CLAIMS.md names the number of rows");
}
