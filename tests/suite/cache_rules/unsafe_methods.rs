//! Unsafe methods invalidate stored responses.

use super::harness::{BYPASS, HIT, MISS, Row, Step, ask, get, row};

const MINUTE: &str = "Cache-Control: max-age=60";

fn stored(path: &'static str) -> Step {
    ask("GET", path, MISS).says(MINUTE)
}

/// The stored response is gone.
fn gone(path: &'static str) -> Step {
    ask("GET", path, MISS).says(MINUTE)
}

/// The stored response is still there.
fn kept(path: &'static str) -> Step {
    ask("GET", path, HIT)
}

fn post(path: &'static str) -> Step {
    ask("POST", path, BYPASS)
}

pub(super) fn rows() -> Vec<Row> {
    [methods(), statuses(), paths(), references()].concat()
}

fn methods() -> Vec<Row> {
    let mut rows = Vec::new();
    for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE", "FOO", "post"] {
        rows.push(row(format!("{method} drops what is stored of its URL (RFC 9111 §4.4)")).does([
            stored("/a"),
            ask(method, "/a", BYPASS).answers(200, ""),
            gone("/a"),
        ]));
    }
    for method in ["OPTIONS", "TRACE"] {
        rows.push(row(format!("{method} is safe, and drops nothing (RFC 9110 §9.2.1)")).does([
            stored("/a"),
            ask(method, "/a", BYPASS),
            kept("/a"),
        ]));
    }
    rows.extend([
        row("an unsafe method says that the cache has no say (RFC 9211 §2.2)")
            .does([post("/a").answers(200, "").has("Cache-Status: routekit; fwd=method").lacks("age")]),
        row("an answer to POST is not stored, whatever it says (RFC 9111 §3)").does([
            post("/a").says(MINUTE),
            post("/a").body("2"),
            stored("/a").body("3"),
        ]),
        row("what is stored after an unsafe method stays (RFC 9111 §4.4)").does([
            stored("/a"),
            post("/a").answers(200, ""),
            stored("/a").body("3"),
            kept("/a").body("3"),
        ]),
    ]);
    rows
}

fn statuses() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [200, 201, 204, 303, 500] {
        rows.push(
            row(format!("POST that is answered with {status} has perhaps changed something (RFC 9111 §4.4)")).does([
                stored("/a"),
                post("/a").answers(status, "").gets(status),
                gone("/a"),
            ]),
        );
    }
    for status in [400, 403, 404, 409, 422] {
        rows.push(row(format!("POST that is answered with {status} has changed nothing (RFC 9111 §4.4)")).does([
            stored("/a"),
            post("/a").answers(status, "").gets(status),
            kept("/a"),
        ]));
    }
    rows
}

fn paths() -> Vec<Row> {
    vec![
        row("all queries of the path go (RFC 9111 §4.4)").does([
            stored("/a"),
            stored("/a?x=1"),
            stored("/a?x=2"),
            post("/a").answers(200, ""),
            gone("/a"),
            gone("/a?x=1"),
            gone("/a?x=2"),
        ]),
        row("a query of an unsafe request drops its path (RFC 9111 §4.4)").does([
            stored("/a"),
            stored("/a?x=1"),
            post("/a?x=2").answers(200, ""),
            gone("/a"),
            gone("/a?x=1"),
        ]),
        row("other paths stay (RFC 9111 §4.4)").does([
            stored("/a"),
            stored("/ab"),
            stored("/a/b"),
            stored("/"),
            post("/a").answers(200, ""),
            gone("/a"),
            kept("/ab"),
            kept("/a/b"),
            kept("/"),
        ]),
        row("what was invalid is not asked for with its ETag (RFC 9111 §4.4)").does([
            stored("/a").and("ETag: 'a'"),
            post("/a").answers(200, ""),
            gone("/a").hides("if-none-match"),
        ]),
        row("what was invalid is not given to a client that takes it stale (RFC 9111 §4.4)").does([
            stored("/a").and("ETag: 'a'"),
            post("/a").answers(200, ""),
            gone("/a").with("Cache-Control: max-stale"),
        ]),
        row("what was invalid is not given to a client that wants only what is stored (RFC 9111 §4.4)").does([
            stored("/a"),
            post("/a").answers(200, ""),
            ask("GET", "/a", MISS).with("Cache-Control: only-if-cached").gets(504).asks(0),
        ]),
        row("what was invalid makes no 304 (RFC 9111 §4.4)").does([
            stored("/a").and("ETag: 'a'"),
            post("/a").answers(200, ""),
            gone("/a").and("ETag: 'b'").with("If-None-Match: 'a'").gets(200),
        ]),
    ]
}

fn references() -> Vec<Row> {
    let mut rows = Vec::new();
    for name in ["Location", "Content-Location"] {
        for (how, value, is_gone) in [
            ("a path", "/dir/b", true),
            ("a relative path", "b", true),
            ("a relative path that goes up", "../dir/./b", true),
            ("a path with a query", "/dir/b?x=1", true),
            ("a path with a fragment", "/dir/b#top", true),
            ("a URL of the same host", "http://a.example/dir/b", true),
            ("a URL of the same host in capitals", "http://A.EXAMPLE/dir/b", true),
            ("a reference with the same host", "//a.example/dir/b", true),
            ("a URL of another host", "http://b.example/dir/b", false),
            ("a reference with another host", "//b.example/dir/b", false),
            ("a URL of another scheme", "mailto:dir/b", false),
            ("nonsense", "http://[/dir/b", false),
        ] {
            let header: &'static str = format!("{name}: {value}").leak();
            let after = if is_gone { gone("/dir/b") } else { kept("/dir/b") };
            let host = "Host: a.example";
            let drops = if is_gone { "drops that, too" } else { "drops nothing more" };
            rows.push(row(format!("{name} that is {how} {drops} (RFC 9111 §4.4)")).does([
                stored("/dir/b").with(host),
                stored("/dir/a").with(host),
                post("/dir/a").with(host).answers(201, header),
                after.with(host),
                gone("/dir/a").with(host),
            ]));
        }
        let header: &'static str = format!("{name}: /b").leak();
        rows.extend([
            row(format!("{name} of a refusal drops nothing (RFC 9111 §4.4)")).does([
                stored("/b"),
                post("/a").answers(409, header).gets(409),
                kept("/b"),
            ]),
            row(format!("{name} of an answer to GET drops nothing (RFC 9111 §4.4)")).does([
                stored("/b"),
                get(BYPASS).answers(200, "Cache-Control: no-store").and(header),
                kept("/b"),
            ]),
        ]);
    }
    rows
}
