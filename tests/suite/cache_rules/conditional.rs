//! Conditional requests of clients that hold a copy.

use super::harness::{BYPASS, HIT, MISS, Row, Step, ask, get, head, row};

const MINUTE: &str = "Cache-Control: max-age=60";

/// Stored with this ETag or Last-Modified.
fn stored(validator: &'static str) -> Step {
    get(MISS).says(MINUTE).and(validator)
}

/// The client's copy is current.
fn same(condition: &'static str) -> Step {
    get(HIT).with(condition).gets(304).body("")
}

/// The client's copy is outdated.
fn other(condition: &'static str) -> Step {
    get(HIT).with(condition).gets(200).body("1")
}

pub(super) fn rows() -> Vec<Row> {
    [by_etag(), by_date(), not_modified(), made(), filling()].concat()
}

fn by_etag() -> Vec<Row> {
    vec![
        row("If-None-Match with the ETag that is stored (RFC 9110 §13.1.2)")
            .does([stored("ETag: 'a'"), same("If-None-Match: 'a'")]),
        row("If-None-Match with another ETag (RFC 9110 §13.1.2)")
            .does([stored("ETag: 'a'"), other("If-None-Match: 'b'")]),
        row("If-None-Match: a strong ETag fits a weak one (RFC 9110 §8.8.3.2)")
            .does([stored("ETag: W/'a'"), same("If-None-Match: 'a'")]),
        row("If-None-Match: a weak ETag fits a strong one (RFC 9110 §8.8.3.2)")
            .does([stored("ETag: 'a'"), same("If-None-Match: W/'a'")]),
        row("If-None-Match: two weak ETags fit (RFC 9110 §8.8.3.2)").does([
            stored("ETag: W/'a'"),
            same("If-None-Match: W/'a'"),
            other("If-None-Match: W/'b'"),
        ]),
        row("If-None-Match: one of a list (RFC 9110 §13.1.2)").does([
            stored("ETag: 'c'"),
            same("If-None-Match: 'a', W/'b','c' , 'd'"),
            other("If-None-Match: 'a', 'b'"),
        ]),
        row("If-None-Match: one of two lines (RFC 9110 §5.3)").does([
            stored("ETag: 'b'"),
            same("If-None-Match: 'a'").with("If-None-Match: 'b'"),
            other("If-None-Match: 'a'").with("If-None-Match: 'c'"),
        ]),
        row("If-None-Match: an ETag may have commas (RFC 9110 §8.8.3)").does([
            stored("ETag: 'a,b'"),
            same("If-None-Match: 'x', 'a,b'"),
            other("If-None-Match: 'a', 'b'"),
        ]),
        row("If-None-Match: ETags are told apart by capitals (RFC 9110 §8.8.3.2)")
            .does([stored("ETag: 'a'"), other("If-None-Match: 'A'")]),
        row("If-None-Match: an empty ETag is one (RFC 9110 §8.8.3)").does([
            stored("ETag: ''"),
            same("If-None-Match: ''"),
            other("If-None-Match: 'a'"),
        ]),
        row("If-None-Match: * is any copy (RFC 9110 §13.1.2)").does([stored("ETag: 'a'"), same("If-None-Match: *")]),
        row("If-None-Match: '*' in quotes is an ETag (RFC 9110 §13.1.2)")
            .does([stored("ETag: 'a'"), other("If-None-Match: '*'")]),
        row("If-None-Match that fits goes before a date that does not (RFC 9110 §13.2.2)").does([
            stored("ETag: 'a'").and("Last-Modified: {50}"),
            same("If-None-Match: 'a'").with("If-Modified-Since: {9}"),
        ]),
        row("If-None-Match that does not fit goes before a date that does (RFC 9110 §13.1.3)").does([
            stored("ETag: 'a'").and("Last-Modified: {50}"),
            other("If-None-Match: 'b'").with("If-Modified-Since: {50}"),
        ]),
        row("HEAD with the ETag that is stored (RFC 9110 §13.1.2)").does([
            stored("ETag: 'a'"),
            head(HIT).with("If-None-Match: 'a'").gets(304),
            head(HIT).with("If-None-Match: 'b'").gets(200).has("Content-Length: 1"),
        ]),
    ]
}

fn by_date() -> Vec<Row> {
    vec![
        row("If-Modified-Since: the same date (RFC 9110 §13.1.3)")
            .does([stored("Last-Modified: {50}").after(100), same("If-Modified-Since: {50}")]),
        row("If-Modified-Since: a later date (RFC 9110 §13.1.3)")
            .does([stored("Last-Modified: {50}").after(100), same("If-Modified-Since: {51}")]),
        row("If-Modified-Since: an earlier date (RFC 9110 §13.1.3)")
            .does([stored("Last-Modified: {50}").after(100), other("If-Modified-Since: {49}")]),
        row("If-Modified-Since of no date is passed over (RFC 9110 §13.1.3)")
            .does([stored("Last-Modified: {50}").after(100), other("If-Modified-Since: yesterday")]),
        row("If-Modified-Since as asctime() has it (RFC 9110 §5.6.7)")
            .does([stored("Last-Modified: {50}").after(100), same("If-Modified-Since: Thu Jan  1 00:00:50 1970")]),
        row("If-Modified-Since is not compared with Date (RFC 9110 §13.1.3)").does([
            stored("Date: {90}").after(100),
            other("If-Modified-Since: {90}"),
            other("If-Modified-Since: {100}"),
        ]),
        row("If-Modified-Since does not confirm a response that was replaced within the second (RFC 9110 §8.8.2.1)")
            .does([
                get(MISS).says(MINUTE).after(100),
                ask("POST", "/", BYPASS),
                get(MISS),
                get(HIT).with("If-Modified-Since: {100}").gets(200).body("3"),
            ]),
        row("If-Modified-Since: with an ETag and Last-Modified (RFC 9110 §13.1.3)")
            .does([stored("ETag: 'a'").and("Last-Modified: {50}").after(100), same("If-Modified-Since: {50}")]),
        row("HEAD with the date that is stored (RFC 9110 §13.1.3)")
            .does([stored("Last-Modified: {50}").after(100), head(HIT).with("If-Modified-Since: {50}").gets(304)]),
    ]
}

fn not_modified() -> Vec<Row> {
    vec![
        row("304 carries what it must (RFC 9110 §15.4.5)").does([
            stored("ETag: 'a'").and("Content-Location: /a").and("Date: {0}").and("Expires: {30}").and("Vary: Accept"),
            same("If-None-Match: 'a'")
                .after(10)
                .has("Cache-Control: max-age=60")
                .has("Content-Location: /a")
                .has("Date: {0}")
                .has("ETag: 'a'")
                .has("Expires: {30}")
                .has("Vary: Accept"),
        ]),
        row("304 says its age and what the cache did (RFC 9111 §5.1, RFC 9211 §2)").does([
            stored("ETag: 'a'"),
            same("If-None-Match: 'a'").after(10).has("Age: 10").has("Cache-Status: routekit; hit; ttl=50"),
        ]),
        row("304 says nothing of the content (RFC 9110 §15.4.5)").does([
            stored("ETag: 'a'")
                .and("Content-Type: text/plain")
                .and("Content-Encoding: identity")
                .and("Content-Language: en")
                .and("Last-Modified: {0}"),
            same("If-None-Match: 'a'")
                .lacks("content-type")
                .lacks("content-encoding")
                .lacks("content-language")
                .lacks("content-length")
                .lacks("content-range")
                .lacks("last-modified"),
            other("If-None-Match: 'b'")
                .has("Content-Type: text/plain")
                .has("Content-Length: 1")
                .has("Last-Modified: {0}"),
        ]),
        row("304 carries what else there is (RFC 9110 §15.4.5)")
            .does([stored("ETag: 'a'").and("Link: </b>"), same("If-None-Match: 'a'").has("Link: </b>")]),
        row("conditions are for 203, too (RFC 9111 §4.3.2)")
            .does([get(MISS).answers(203, MINUTE).and("ETag: 'a'"), same("If-None-Match: 'a'")]),
        row("conditions say nothing to a 404 (RFC 9110 §13.2.1)").does([
            get(MISS).answers(404, MINUTE).and("ETag: 'a'").and("Last-Modified: {0}"),
            get(HIT).with("If-None-Match: 'a'").gets(404),
            get(HIT).with("If-Modified-Since: {60}").gets(404),
            get(HIT).with("If-None-Match: *").gets(404),
        ]),
        row("conditions say nothing to a 301 (RFC 9110 §13.2.1)").does([
            get(MISS).answers(301, MINUTE).and("ETag: 'a'").and("Location: /b"),
            get(HIT).with("If-None-Match: 'a'").gets(301).has("Location: /b"),
        ]),
    ]
}

fn made() -> Vec<Row> {
    vec![
        row("an ETag is made where the handler has none (RFC 9110 §8.8.3)").ttl(60).does([
            get(MISS),
            get(HIT).starts("ETag: W/'"),
            same("If-None-Match: {etag}").has("ETag: {etag}"),
        ]),
        row("the first client gets the generated ETag, too (RFC 9110 §8.8.3)")
            .ttl(60)
            .does([get(MISS).starts("ETag: W/'"), same("If-None-Match: {etag}")]),
        row("the same content has the same made ETag (RFC 9110 §8.8.1)").ttl(60).does([
            get(MISS).says("").content("same"),
            get(MISS).after(60).with("If-None-Match: {etag}").gets(304).body(""),
            get(HIT).body("same"),
        ]),
        row("other content has another made ETag (RFC 9110 §8.8.1)")
            .ttl(60)
            .does([get(MISS), get(MISS).after(60).with("If-None-Match: {etag}").gets(200).body("2")]),
        row("the ETag of the handler stays as it is (RFC 9110 §8.8.3)")
            .does([stored("ETag: 'a'").has("ETag: 'a'"), get(HIT).has("ETag: 'a'")]),
        row("no ETag is made of what is not stored (RFC 9110 §8.8.3)").does([get(BYPASS).says("").lacks("etag")]),
        row("no handler is asked for a made ETag (RFC 9111 §4.3.1)")
            .ttl(60)
            .does([get(MISS), get(MISS).after(60).hides("if-none-match").hides("if-modified-since")]),
    ]
}

fn filling() -> Vec<Row> {
    vec![
        row("a client's conditions are no concern of what is stored (RFC 9111 §4.3.1)").does([
            get(MISS)
                .says(MINUTE)
                .and("ETag: 'a'")
                .with("If-None-Match: 'a'")
                .hides("if-none-match")
                .gets(304)
                .body(""),
            get(HIT).body("1"),
        ]),
        row("a client with another copy is given what is just stored (RFC 9110 §13.1.2)").does([get(MISS)
            .says(MINUTE)
            .and("ETag: 'a'")
            .with("If-None-Match: 'b'")
            .hides("if-none-match")
            .gets(200)
            .body("1")]),
        row("a client's date is compared with what is just stored (RFC 9110 §13.1.3)").does([
            get(MISS)
                .after(100)
                .says(MINUTE)
                .and("Last-Modified: {50}")
                .with("If-Modified-Since: {50}")
                .hides("if-modified-since")
                .gets(304),
            get(HIT).body("1"),
        ]),
        row("any copy is one, also of what is just stored (RFC 9110 §13.1.2)")
            .ttl(60)
            .does([get(MISS).with("If-None-Match: *").gets(304), get(HIT).body("1")]),
        row("a client with the copy of what may not be stored is told so, since its handler cannot (RFC 9110 §13.1.2)")
            .does([
                get(BYPASS)
                    .says("Cache-Control: no-store")
                    .and("ETag: 'a'")
                    .with("If-None-Match: 'a'")
                    .hides("if-none-match")
                    .gets(304),
                get(BYPASS).after(5).with("If-None-Match: 'a'").hides("if-none-match").gets(304),
                get(BYPASS).after(5).with("If-None-Match: 'b'").hides("if-none-match").gets(200).body("3"),
            ]),
    ]
}
