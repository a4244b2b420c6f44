//! Stale responses that must not be served.

use super::harness::{BYPASS, HIT, MISS, Row, STALE, ask, get, row, secs};

const MINUTE: &str = "Cache-Control: max-age=60";

pub(super) fn rows() -> Vec<Row> {
    [forbidden(), never()].concat()
}

/// `must-revalidate` and similar directives, against what the route and the response allow.
fn forbidden() -> Vec<Row> {
    let mut rows = Vec::new();
    for directive in ["must-revalidate, max-age=60", "proxy-revalidate, max-age=60"] {
        let bare: &'static str = format!("Cache-Control: {directive}").leak();
        let own: &'static str = format!("{bare}, stale-while-revalidate=30, stale-if-error=30").leak();
        for (whose, header) in [("the route's", bare), ("the answer's own", own)] {
            rows.extend([
                row(format!("`{directive}` forbids {whose} stale-while-revalidate (RFC 9111 §4.2.4)"))
                    .layer(|layer| layer.stale_while_revalidate(secs(30)))
                    .does([get(MISS).says(header), get(MISS).after(61).body("2")]),
                row(format!("`{directive}` forbids {whose} stale-if-error (RFC 9111 §4.2.4)"))
                    .layer(|layer| layer.stale_if_error(secs(30)))
                    .does([get(MISS).says(header), get(MISS).after(61).answers(500, "").gets(500)]),
            ]);
        }
        rows.push(row(format!("`{directive}` forbids a client's stale-if-error (RFC 9111 §4.2.4)")).does([
            get(MISS).says(bare).and("ETag: 'a'"),
            get(MISS).after(61).answers(500, "").with("Cache-Control: stale-if-error=30").gets(500),
        ]));
    }
    rows.extend([
        row("s-maxage forbids the route's stale-while-revalidate (RFC 9111 §5.2.2.10)")
            .layer(|layer| layer.stale_while_revalidate(secs(30)))
            .does([get(MISS).says("Cache-Control: s-maxage=60"), get(MISS).after(61).body("2")]),
        row("s-maxage forbids the route's stale-if-error (RFC 9111 §5.2.2.10)")
            .layer(|layer| layer.stale_if_error(secs(30)))
            .does([get(MISS).says("Cache-Control: s-maxage=60"), get(MISS).after(61).answers(500, "").gets(500)]),
        row("s-maxage leaves the answer's own stale-while-revalidate (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: s-maxage=60, stale-while-revalidate=30"),
            get(STALE).after(61).body("1"),
        ]),
        row("s-maxage leaves the answer's own stale-if-error (RFC 5861 §4)").does([
            get(MISS).says("Cache-Control: s-maxage=60, stale-if-error=30"),
            get(STALE).after(61).answers(500, "").body("1"),
        ]),
        row("no-cache forbids stale-while-revalidate (RFC 9111 §5.2.2.4)")
            .layer(|layer| layer.stale_while_revalidate(secs(30)))
            .does([
                get(MISS).says("Cache-Control: no-cache, stale-while-revalidate=30").and("ETag: 'a'"),
                get(MISS).after(1).answers(304, "").shows("If-None-Match: 'a'").body("1"),
            ]),
        row("no-cache forbids stale-if-error (RFC 9111 §5.2.2.4)").layer(|layer| layer.stale_if_error(secs(30))).does(
            [
                get(MISS).says("Cache-Control: no-cache, stale-if-error=30").and("ETag: 'a'"),
                get(MISS).after(1).answers(500, "").gets(500),
            ],
        ),
    ]);
    rows
}

fn never() -> Vec<Row> {
    vec![
        row("what was made invalid is not given while it is asked for (RFC 9111 §4.4)")
            .ttl(60)
            .layer(|layer| layer.stale_while_revalidate(secs(300)))
            .does([get(MISS), ask("POST", "/", BYPASS), get(MISS).body("3"), get(HIT).body("3")]),
        row("what was made invalid is not given while it is asked for, nor later (RFC 9111 §4.4)")
            .ttl(60)
            .layer(|layer| layer.stale_while_revalidate(secs(300)))
            .does([get(MISS), ask("POST", "/", BYPASS), get(MISS).after(70).body("3")]),
        row("what was made invalid when it was stale is not given (RFC 9111 §4.4)")
            .ttl(60)
            .layer(|layer| layer.stale_while_revalidate(secs(300)))
            .does([get(MISS), ask("POST", "/", BYPASS).after(70), get(MISS).body("3")]),
        row("what was made invalid is not given in place of a failure (RFC 9111 §4.4)")
            .ttl(60)
            .layer(|layer| layer.stale_if_error(secs(300)))
            .does([
                get(MISS),
                ask("POST", "/", BYPASS),
                get(MISS).answers(500, "").gets(500),
                get(MISS).after(70).gets(500),
            ]),
        row("what was made invalid is not given to a client that takes it for a failure (RFC 9111 §4.4)").does([
            get(MISS).says(MINUTE).and("ETag: 'a'"),
            ask("POST", "/", BYPASS).answers(200, ""),
            get(MISS).after(61).answers(500, "").with("Cache-Control: stale-if-error=300").gets(500),
        ]),
        row("what is of an invalid group is not given while it is asked for (RFC 9875 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=300").and("Cache-Groups: 'news'"),
            ask("POST", "/x", BYPASS).answers(200, "Cache-Group-Invalidation: 'news'"),
            get(MISS).says(MINUTE).after(70).body("3"),
        ]),
    ]
}
