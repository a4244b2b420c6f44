//! Revalidation: a stale response is requested with its validator, and a 304 makes it fresh.

use super::harness::{ASKED, BYPASS, HIT, MISS, Row, Step, get, row};

const MINUTE: &str = "Cache-Control: max-age=60";

fn stored(validator: &'static str) -> Step {
    get(MISS).says(MINUTE).and(validator)
}

/// The handler answers 304.
fn unchanged(header: &'static str) -> Step {
    get(MISS).answers(304, header).gets(200).body("1")
}

pub(super) fn rows() -> Vec<Row> {
    [validators(), freshened(), replaced(), each_time()].concat()
}

fn validators() -> Vec<Row> {
    vec![
        row("what is stale is asked for with its ETag (RFC 9111 §4.3.1)").does([
            stored("ETag: 'a'"),
            unchanged("ETag: 'a'").after(60).shows("If-None-Match: 'a'"),
            get(HIT).body("1"),
        ]),
        row("a weak ETag is asked for as it is (RFC 9111 §4.3.1)").does([
            stored("ETag: W/'a'"),
            unchanged("ETag: W/'a'").after(60).shows("If-None-Match: W/'a'"),
            get(HIT).body("1"),
        ]),
        row("without an ETag it is asked for with Last-Modified (RFC 9111 §4.3.1)").does([
            stored("Last-Modified: {50}").after(100),
            unchanged("").after(60).shows("If-Modified-Since: {50}").hides("if-none-match"),
            get(HIT).body("1"),
        ]),
        row("an ETag goes before Last-Modified (RFC 9111 §4.3.1)").does([
            stored("ETag: 'a'").and("Last-Modified: {50}").after(100),
            unchanged("").after(60).shows("If-None-Match: 'a'"),
        ]),
        row("without either it is asked for without conditions (RFC 9111 §4.3.1)").does([
            get(MISS).says(MINUTE),
            get(MISS).after(60).hides("if-none-match").hides("if-modified-since").body("2"),
        ]),
        row("what is fresh by the ttl is asked for likewise (RFC 9111 §4.3)").ttl(60).does([
            get(MISS).says("ETag: 'a'"),
            unchanged("ETag: 'a'").after(60).shows("If-None-Match: 'a'"),
            get(HIT).after(59),
            unchanged("").after(1),
        ]),
        row("what has Expires is asked for likewise (RFC 9111 §4.3)").does([
            get(MISS).says("Expires: {60}").and("Date: {0}").and("ETag: 'a'"),
            unchanged("Expires: {120}").and("Date: {60}").after(60).shows("If-None-Match: 'a'"),
            get(HIT).after(59),
            get(MISS).after(1),
        ]),
        row("a client's own conditions do not go along (RFC 9111 §4.3.1)").does([
            stored("ETag: 'a'"),
            get(MISS)
                .after(60)
                .answers(304, "ETag: 'a'")
                .with("If-None-Match: 'b'")
                .with("If-Modified-Since: {9}")
                .shows("If-None-Match: 'a'")
                .hides("if-modified-since")
                .gets(200)
                .body("1"),
        ]),
        row("a client with the same copy is told 304 (RFC 9111 §4.3.3)").does([
            stored("ETag: 'a'"),
            get(MISS).after(60).answers(304, "ETag: 'a'").with("If-None-Match: 'a'").gets(304).body(""),
            get(HIT).body("1"),
        ]),
        row("it is kept for an hour to be asked for (RFC 9111 §4.3)").does([
            stored("ETag: 'a'"),
            unchanged("").after(60 + 3599).shows("If-None-Match: 'a'"),
            get(MISS).says(MINUTE).after(60 + 3600).hides("if-none-match"),
        ]),
    ]
}

fn freshened() -> Vec<Row> {
    vec![
        row("304 makes it fresh for as long again (RFC 9111 §4.3.4)").does([
            stored("ETag: 'a'"),
            unchanged("").after(60),
            get(HIT).after(59).body("1"),
            unchanged("").after(1),
            get(HIT).after(59).body("1"),
        ]),
        row("304 may say another lifetime (RFC 9111 §4.3.4)").does([
            stored("ETag: 'a'"),
            unchanged("Cache-Control: max-age=100").after(60),
            get(HIT).after(99).has("Cache-Control: max-age=100"),
            get(MISS).after(1),
        ]),
        row("304 replaces the headers that it has (RFC 9111 §3.2)").does([
            stored("ETag: 'a'").and("X-A: old").and("X-B: old"),
            unchanged("X-A: new").after(60).has("X-A: new").has("X-B: old"),
            get(HIT).has("X-A: new").has("X-B: old").has("ETag: 'a'"),
        ]),
        row("304 replaces all lines of a header (RFC 9111 §3.2)").does([
            stored("ETag: 'a'").and("Link: </a>").and("Link: </b>"),
            unchanged("Link: </c>").after(60).has("Link: </c>"),
            get(HIT).has("Link: </c>"),
        ]),
        row("304 does not change what belongs to the content (RFC 9111 §3.2)").does([
            stored("ETag: 'a'").and("Content-Type: text/plain"),
            unchanged("Content-Length: 999").after(60).has("Content-Length: 1"),
            get(HIT).has("Content-Length: 1").has("Content-Type: text/plain"),
        ]),
        row("what is made fresh is as old as its 304 (RFC 9111 §4.2.3)").does([
            stored("ETag: 'a'"),
            unchanged("").after(60),
            get(HIT).has("Age: 0"),
            get(HIT).after(5).has("Age: 5").has("Cache-Status: routekit; hit; ttl=55"),
        ]),
        row("a 304 that is old itself (RFC 9111 §4.2.3)").does([
            stored("ETag: 'a'"),
            unchanged("Age: 20").after(60),
            get(HIT).has("Age: 20"),
            get(HIT).after(39),
            get(MISS).after(1),
        ]),
        row("a new Date comes with 304 (RFC 9111 §3.2)").does([
            stored("ETag: 'a'").and("Date: {0}"),
            unchanged("Date: {60}").after(60).has("Date: {60}"),
            get(HIT).has("Date: {60}").has("Age: 0"),
        ]),
        row("it says that the handler was asked, and said 304 (RFC 9211 §2.4)").does([
            stored("ETag: 'a'"),
            unchanged("").after(60).has("Cache-Status: routekit; fwd=stale; fwd-status=304; stored"),
        ]),
        row("headers of the connection do not come with 304 (RFC 9111 §3.1)").does([
            stored("ETag: 'a'"),
            unchanged("Connection: x-hop").and("X-Hop: 1").after(60),
            get(HIT).lacks("connection").lacks("x-hop"),
        ]),
    ]
}

fn replaced() -> Vec<Row> {
    vec![
        row("200 replaces what was stale (RFC 9111 §4.3.3)").does([
            stored("ETag: 'a'"),
            stored("ETag: 'b'")
                .after(60)
                .shows("If-None-Match: 'a'")
                .body("2")
                .has("Cache-Status: routekit; fwd=stale; stored"),
            get(HIT).body("2").has("ETag: 'b'"),
        ]),
        row("200 leaves nothing of the old headers (RFC 9111 §4.3.3)").does([
            stored("ETag: 'a'").and("X-A: old"),
            stored("ETag: 'b'").after(60).lacks("x-a"),
            get(HIT).lacks("x-a"),
        ]),
        row("304 with another ETag is about something else: it is asked for again (RFC 9111 §4.3.4)").does([
            stored("ETag: 'a'"),
            get(MISS)
                .after(60)
                .answers(304, "ETag: 'b'")
                .then(200, MINUTE)
                .and("ETag: 'b'")
                .asks(2)
                .hides("if-none-match")
                .gets(200)
                .body("3"),
            get(HIT).body("3").has("ETag: 'b'"),
        ]),
        row("304 with a strong ETag is not about what has a weak one (RFC 9111 §4.3.4)").does([
            stored("ETag: W/'a'"),
            get(MISS).after(60).answers(304, "ETag: 'a'").then(200, MINUTE).and("ETag: 'a'").asks(2).body("3"),
            get(HIT).body("3").has("ETag: 'a'"),
        ]),
        row("304 with a weak ETag is about what has it (RFC 9111 §4.3.4)").does([
            stored("ETag: 'a'"),
            unchanged("ETag: W/'a'").after(60),
            get(HIT).body("1"),
        ]),
        row("a failure is told, and what is stale stays to be asked for (RFC 9111 §4.3.3)").does([
            stored("ETag: 'a'"),
            get(MISS).after(60).answers(503, "").gets(503),
            unchanged("").after(5).shows("If-None-Match: 'a'"),
            get(HIT).body("1"),
        ]),
        row("200 that may not be stored is given all the same (RFC 9111 §4.3.3)")
            .does([stored("ETag: 'a'"), get(BYPASS).after(60).says("Cache-Control: no-store").body("2")]),
        row("404 is given in place of what is stale (RFC 9111 §4.3.3)")
            .does([stored("ETag: 'a'"), get(BYPASS).after(60).answers(404, "").gets(404)]),
    ]
}

fn each_time() -> Vec<Row> {
    let mut rows = Vec::new();
    for directive in
        ["no-cache", "no-cache, max-age=60", "no-cache='x-a', max-age=60", "max-age=0", "s-maxage=0, max-age=60"]
    {
        let header: &'static str = format!("Cache-Control: {directive}").leak();
        rows.push(row(format!("`{directive}` with an ETag is asked for each time (RFC 9111 §5.2.2)")).does([
            get(MISS).says(header).and("ETag: 'a'"),
            unchanged("ETag: 'a'").shows("If-None-Match: 'a'"),
            unchanged("ETag: 'a'").after(5).shows("If-None-Match: 'a'"),
        ]));
    }
    rows.extend([
        row("no-cache with Last-Modified is asked for each time (RFC 9111 §5.2.2.4)").does([
            get(MISS).after(100).says("Cache-Control: no-cache").and("Last-Modified: {50}"),
            unchanged("").shows("If-Modified-Since: {50}"),
            unchanged("").after(5).shows("If-Modified-Since: {50}"),
        ]),
        row("no-cache that has changed is replaced (RFC 9111 §5.2.2.4)").does([
            get(MISS).says("Cache-Control: no-cache").and("ETag: 'a'"),
            get(MISS).says("Cache-Control: no-cache").and("ETag: 'b'").shows("If-None-Match: 'a'").body("2"),
            get(MISS).shows("If-None-Match: 'b'").body("3"),
        ]),
        row("a made ETag is nothing to ask a handler for (RFC 9111 §5.2.2.4)").does([
            get(ASKED).says("Cache-Control: no-cache"),
            get(ASKED).hides("if-none-match").hides("if-modified-since").body("2"),
        ]),
        row("304 may end no-cache (RFC 9111 §3.2)").does([
            get(MISS).says("Cache-Control: no-cache").and("ETag: 'a'"),
            unchanged(MINUTE),
            get(HIT).after(59).body("1"),
        ]),
        row("must-revalidate is given while it is fresh, and asked for then (RFC 9111 §5.2.2.2)").does([
            get(MISS).says("Cache-Control: max-age=60, must-revalidate").and("ETag: 'a'"),
            get(HIT).after(59),
            unchanged("").after(1).shows("If-None-Match: 'a'"),
        ]),
        row("Expires that has passed, with an ETag, is asked for each time (RFC 9111 §4.2.4)")
            .does([get(MISS).says("Expires: 0").and("ETag: 'a'"), unchanged("").shows("If-None-Match: 'a'")]),
    ]);
    rows
}
