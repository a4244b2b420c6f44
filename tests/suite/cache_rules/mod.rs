//! The rules of HTTP caching as named rows: the client's requests, the handler's answers and the client's responses.
//!
//! A row runs one [`CacheLayer`](routekit::cache::CacheLayer) in front of one handler, on a clock that begins with the
//! Unix epoch:
//! row("s-maxage goes before max-age (RFC 9111 §4.2.1)").does([
//!     get(MISS).says("Cache-Control: max-age=5, s-maxage=60"),
//!     get(HIT).after(59),
//!     get(MISS).after(1),
//! ]),
//! ```
//!
//! Steps state the expected `X-Cache`. In headers, `'` stands for `"`, `{60}` for the date of that Unix time, and
//! `{etag}` for the last value that the client got in the header of that name.

mod age;
mod conditional;
mod credentials;
mod freshness;
mod groups;
mod harness;
mod outgoing;
mod passing;
mod ranges;
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
    ($($topic:ident => $test:ident),+ $(,)?) => {
        fn all() -> Vec<(&'static str, Vec<Row>)> {
            vec![$((stringify!($topic), $topic::rows())),+]
        }

        $(
            #[tokio::test(start_paused = true)]
            async fn $test() {
                check($topic::rows()).await;
            }
        )+
    };
}

topics![
    age => age_rows_hold,
    conditional => conditional_rows_hold,
    credentials => credentials_rows_hold,
    freshness => freshness_rows_hold,
    groups => groups_rows_hold,
    outgoing => outgoing_rows_hold,
    passing => passing_rows_hold,
    ranges => ranges_rows_hold,
    requests => requests_rows_hold,
    revalidation => revalidation_rows_hold,
    stale => stale_rows_hold,
    stale_forbidden => stale_forbidden_rows_hold,
    storability => storability_rows_hold,
    stored_headers => stored_headers_rows_hold,
    unsafe_methods => unsafe_methods_rows_hold,
    vary => vary_rows_hold,
];

#[test]
fn every_rule_has_a_unique_name_with_its_rfc() {
    let mut names = HashSet::new();
    for (topic, rows) in all() {
        assert!(!rows.is_empty(), "{topic}");
        for row in rows {
            assert!(names.insert(row.name().to_owned()), "{topic}: there are two of {:?}", row.name());
            assert!(row.name().contains("RFC"), "{topic}: {:?} says nothing of where it stands", row.name());
        }
    }
    assert_eq!(names.len(), 599, "CLAIMS.md names the number of rows");
}
