//! Groups of responses that are invalidated together.

use super::harness::{BYPASS, HIT, MISS, Row, Step, ask, row};

const MINUTE: &str = "Cache-Control: max-age=60";

fn stored(groups: &'static str) -> Step {
    ask("GET", "/a", MISS).says(MINUTE).and(groups)
}

fn post(groups: &'static str) -> Step {
    ask("POST", "/x", BYPASS).answers(200, groups)
}

fn gone() -> Step {
    ask("GET", "/a", MISS).says(MINUTE)
}

fn kept() -> Step {
    ask("GET", "/a", HIT).body("1")
}

/// The number and length of groups that a cache has to support.
fn many() -> &'static str {
    let names: Vec<String> = (0..32).map(|n| format!("'{n:032}'")).collect();
    format!("Cache-Groups: {}", names.join(", ")).leak()
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("32 groups of 32 characters are not too many (RFC 9875 §2)").does([
            stored(many()),
            post("Cache-Group-Invalidation: '00000000000000000000000000000031'"),
            gone(),
        ]),
        row("what is of a group goes with it (RFC 9875 §3)").does([
            stored("Cache-Groups: 'news'"),
            post("Cache-Group-Invalidation: 'news'"),
            gone(),
        ]),
        row("what is of another group stays (RFC 9875 §3)").does([
            stored("Cache-Groups: 'news'"),
            post("Cache-Group-Invalidation: 'shop'"),
            kept(),
        ]),
        row("what is of no group stays (RFC 9875 §3)").does([
            stored("X-A: 1"),
            post("Cache-Group-Invalidation: 'news'"),
            kept(),
        ]),
        row("an answer may be of several groups (RFC 9875 §2)").does([
            stored("Cache-Groups: 'news', 'shop'"),
            post("Cache-Group-Invalidation: 'shop'"),
            gone(),
        ]),
        row("several groups may go at once (RFC 9875 §3)").does([
            stored("Cache-Groups: 'news'"),
            post("Cache-Group-Invalidation: 'shop', 'news'"),
            gone(),
        ]),
        row("lines of groups are one list (RFC 9651 §4.2)").does([
            stored("Cache-Groups: 'shop'").and("Cache-Groups: 'news'"),
            post("Cache-Group-Invalidation: 'x'").and("Cache-Group-Invalidation: 'news'"),
            gone(),
        ]),
        row("names of groups are told apart by capitals (RFC 9875 §2.1)").does([
            stored("Cache-Groups: 'news'"),
            post("Cache-Group-Invalidation: 'News'"),
            kept(),
        ]),
        row("names of groups may have commas (RFC 9651 §3.3.3)").does([
            stored("Cache-Groups: 'a,b'"),
            post("Cache-Group-Invalidation: 'a', 'b'"),
            kept(),
            post("Cache-Group-Invalidation: 'a,b'"),
            gone(),
        ]),
        row("parameters of groups say nothing (RFC 9875 §2)").does([
            stored("Cache-Groups: 'news';x=1"),
            post("Cache-Group-Invalidation: 'news';y"),
            gone(),
        ]),
        row("Cache-Groups of no list are none (RFC 9651 §4.2)").does([
            stored("Cache-Groups: 'news', ="),
            post("Cache-Group-Invalidation: 'news'"),
            kept(),
        ]),
        row("Cache-Group-Invalidation of no list is none (RFC 9651 §4.2)").does([
            stored("Cache-Groups: 'news'"),
            post("Cache-Group-Invalidation: 'news', ="),
            kept(),
        ]),
        row("Cache-Group-Invalidation in an answer to GET says nothing (RFC 9875 §3)").does([
            stored("Cache-Groups: 'news'"),
            ask("GET", "/b", MISS).says(MINUTE).and("Cache-Group-Invalidation: 'news'"),
            kept(),
        ]),
        row("Cache-Group-Invalidation of a refusal says nothing (RFC 9875 §3)").does([
            stored("Cache-Groups: 'news'"),
            ask("POST", "/x", BYPASS).answers(409, "Cache-Group-Invalidation: 'news'").gets(409),
            kept(),
        ]),
        row("an unsafe method of any name may drop a group (RFC 9875 §3)").does([
            stored("Cache-Groups: 'news'"),
            ask("PURGE", "/x", BYPASS).answers(204, "Cache-Group-Invalidation: 'news'").gets(204),
            gone(),
        ]),
        row("what is new in a group stays (RFC 9875 §3)").does([
            stored("Cache-Groups: 'news'"),
            post("Cache-Group-Invalidation: 'news'"),
            stored("Cache-Groups: 'news'").body("3"),
            ask("GET", "/a", HIT).body("3"),
        ]),
        row("to be of the group of something that goes is not enough (RFC 9875 §2)").does([
            stored("Cache-Groups: 'news'"),
            ask("GET", "/b", MISS).says(MINUTE).and("Cache-Groups: 'news'"),
            ask("POST", "/b", BYPASS).answers(200, ""),
            kept(),
        ]),
        row("an answer stays in its group when it is made fresh (RFC 9111 §3.2)").does([
            stored("Cache-Groups: 'news'").and("ETag: 'a'"),
            ask("GET", "/a", MISS).after(60).answers(304, "").body("1"),
            kept(),
            post("Cache-Group-Invalidation: 'news'"),
            gone().hides("if-none-match"),
        ]),
        row("an answer joins the groups that its 304 says (RFC 9111 §3.2)").does([
            stored("ETag: 'a'"),
            ask("GET", "/a", MISS).after(60).answers(304, "Cache-Groups: 'news'").body("1"),
            post("Cache-Group-Invalidation: 'news'"),
            gone(),
        ]),
        row("groups are tags: what the route says is one, too (RFC 9875 §2)")
            .layer(|layer| layer.tags(["news"]))
            .does([stored("X-A: 1"), post("Cache-Group-Invalidation: 'news'"), gone()]),
    ]
}
