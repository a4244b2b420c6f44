//! Stale responses that may be served.

use super::harness::{BYPASS, HIT, MISS, Row, STALE, get, row, secs};

const MINUTE: &str = "Cache-Control: max-age=60";

pub(super) fn rows() -> Vec<Row> {
    [while_revalidate(), if_error()].concat()
}

fn while_revalidate() -> Vec<Row> {
    vec![
        row("stale-while-revalidate of the route: given at once, and asked for behind it (RFC 5861 §3)")
            .ttl(60)
            .layer(|layer| layer.stale_while_revalidate(secs(30)))
            .does([
                get(MISS),
                get(STALE)
                    .after(70)
                    .body("1")
                    .asks(1)
                    .has("Age: 70")
                    .has("Cache-Status: routekit; hit; ttl=-10; detail='stale-while-revalidate'"),
                get(HIT).body("2").has("Age: 0"),
            ]),
        row("stale-while-revalidate of the answer (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30"),
            get(STALE).after(89).body("1").asks(1),
            get(HIT).body("2"),
        ]),
        row("stale-while-revalidate ends (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30"),
            get(MISS).after(91).body("2"),
        ]),
        row("stale-while-revalidate of the route ends (RFC 5861 §3)")
            .ttl(60)
            .layer(|layer| layer.stale_while_revalidate(secs(30)))
            .does([get(MISS), get(MISS).after(91).body("2")]),
        row("stale-while-revalidate of the answer goes before the route's (RFC 5861 §3)")
            .layer(|layer| layer.stale_while_revalidate(secs(100)))
            .does([
                get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=10"),
                get(MISS).after(75).body("2"),
            ]),
        row("stale-while-revalidate=0 of the answer ends the route's (RFC 5861 §3)")
            .layer(|layer| layer.stale_while_revalidate(secs(100)))
            .does([get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=0"), get(MISS).after(61)]),
        row("stale-while-revalidate of no number is none (RFC 9111 §4.2.1)")
            .layer(|layer| layer.stale_while_revalidate(secs(100)))
            .does([get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=x"), get(MISS).after(61)]),
        row("stale-while-revalidate of the route holds for an answer's own max-age (RFC 5861 §3)")
            .layer(|layer| layer.stale_while_revalidate(secs(30)))
            .does([get(MISS).says(MINUTE), get(STALE).after(70).asks(1), get(HIT).body("2")]),
        row("stale-while-revalidate in CDN-Cache-Control (RFC 9213 §2.1)").does([
            get(MISS).says("CDN-Cache-Control: max-age=60, stale-while-revalidate=30"),
            get(STALE).after(70).asks(1),
        ]),
        row("stale-while-revalidate counts the Age that an answer came with (RFC 9111 §4.2.3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30").and("Age: 20"),
            get(STALE)
                .after(50)
                .has("Age: 70")
                .has("Cache-Status: routekit; hit; ttl=-10; detail='stale-while-revalidate'"),
        ]),
        row("stale-while-revalidate asks with the ETag (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30").and("ETag: 'a'"),
            get(STALE).after(70).answers(304, "").shows("If-None-Match: 'a'").asks(1),
            get(HIT).body("1").after(59),
        ]),
        row("stale-while-revalidate that fails leaves what is stale (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30"),
            get(STALE).after(70).answers(500, "").body("1").gets(200),
            get(STALE).after(5).body("1").gets(200),
            get(MISS).after(20).gets(500),
        ]),
        row("stale-while-revalidate that finds nothing storable ends the stale response (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=3600"),
            get(STALE).after(70).answers(404, "").body("1").gets(200).asks(1),
            get(BYPASS).gets(404),
        ]),
        row("stale-while-revalidate that fails with 501 leaves what is stale (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=3600"),
            get(STALE).after(70).answers(501, "").body("1").gets(200),
            get(STALE).after(5).body("1").gets(200),
        ]),
        row("stale-while-revalidate replaces the stale response by a 404 that may be stored (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=3600"),
            get(STALE).after(70).answers(404, "Cache-Control: max-age=9").body("1").gets(200),
            get(HIT).gets(404).body("2"),
        ]),
        row("stale-while-revalidate that comes to vary ends the stale response (RFC 5861 §3)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=3600"),
            get(STALE).after(70).says("Cache-Control: max-age=60").and("Vary: Accept"),
            get(HIT).body("2"),
            get(MISS).with("Accept: b"),
        ]),
        row("stale-while-revalidate and a client with the same copy (RFC 9110 §13.1.2)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30").and("ETag: 'a'"),
            get(STALE).after(70).with("If-None-Match: 'a'").gets(304).has("Age: 70"),
        ]),
        row("stale-while-revalidate is not for a client that wants it new (RFC 9111 §5.2.1.4)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30"),
            get(MISS).after(70).with("Cache-Control: no-cache").body("2"),
        ]),
    ]
}

fn if_error() -> Vec<Row> {
    let mut rows = Vec::new();
    for answer in ["Cache-Control: no-store", "Cache-Control: private", "Set-Cookie: a=b"] {
        rows.push(
            row(format!("a refresh with {answer:?} ends the stale response, of stale-if-error as well (RFC 5861 §4)"))
                .does([
                    get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=30, stale-if-error=3600"),
                    get(STALE).after(70).says(answer).body("1"),
                    get(BYPASS).body("3"),
                    get(MISS).answers(500, "").gets(500),
                ]),
        );
    }
    for status in [403, 410, 405] {
        rows.push(row(format!("a {status} in place of a stale response ends it (RFC 5861 §4)")).does([
            get(MISS).says("Cache-Control: max-age=60, stale-if-error=3600"),
            get(BYPASS).after(70).answers(status, "").gets(status),
            get(MISS).answers(500, "").gets(500),
        ]));
    }
    for status in [501, 505, 507, 511] {
        rows.push(
            row(format!("stale-if-error is not for {status} (RFC 5861 §4)"))
                .ttl(60)
                .layer(|layer| layer.stale_if_error(secs(30)))
                .does([
                    get(MISS),
                    get(MISS).after(70).answers(status, "").gets(status),
                    get(STALE).answers(500, "").body("1").gets(200),
                ]),
        );
    }
    for status in [500, 502, 503, 504] {
        rows.push(
            row(format!("stale-if-error of the route, for {status} (RFC 5861 §4)"))
                .ttl(60)
                .layer(|layer| layer.stale_if_error(secs(30)))
                .does([
                    get(MISS),
                    get(STALE)
                        .after(70)
                        .answers(status, "")
                        .body("1")
                        .asks(1)
                        .has("Age: 70")
                        .has("Cache-Status: routekit; hit; ttl=-10; detail='stale-if-error'"),
                ]),
        );
    }
    rows.extend([
        row("stale-if-error asks the handler each time (RFC 5861 §4)")
            .ttl(60)
            .layer(|layer| layer.stale_if_error(secs(30)))
            .does([
                get(MISS),
                get(STALE).after(70).answers(500, "").asks(1),
                get(STALE).after(5).asks(1),
                get(MISS).after(5).says("").body("4"),
                get(HIT).body("4"),
            ]),
        row("stale-if-error of the answer (RFC 5861 §4)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-if-error=30"),
            get(STALE).after(89).answers(500, "").body("1").asks(1),
        ]),
        row("stale-if-error of the client (RFC 5861 §4)").does([
            get(MISS).says(MINUTE).and("ETag: 'a'"),
            get(STALE).after(69).answers(500, "").with("Cache-Control: stale-if-error=10").body("1").asks(1),
            get(MISS).after(2).with("Cache-Control: stale-if-error=10").gets(500),
        ]),
        row("stale-if-error of a client of whom the route wants to hear nothing (RFC 5861 §4)")
            .layer(|layer| layer.honour_client_directives(false))
            .does([
                get(MISS).says(MINUTE).and("ETag: 'a'"),
                get(MISS).after(61).answers(500, "").with("Cache-Control: stale-if-error=10").gets(500),
            ]),
        row("stale-if-error of a client that says no number (RFC 9111 §4.2.1)").does([
            get(MISS).says(MINUTE).and("ETag: 'a'"),
            get(MISS).after(61).answers(500, "").with("Cache-Control: stale-if-error=x").gets(500),
        ]),
        row("stale-if-error ends (RFC 5861 §4)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-if-error=30"),
            get(MISS).after(91).answers(500, "").gets(500),
        ]),
        row("stale-if-error of the route ends (RFC 5861 §4)")
            .ttl(60)
            .layer(|layer| layer.stale_if_error(secs(30)))
            .does([get(MISS), get(MISS).after(91).answers(500, "").gets(500)]),
        row("stale-if-error of the answer goes before the route's (RFC 5861 §4)")
            .layer(|layer| layer.stale_if_error(secs(100)))
            .does([
                get(MISS).says("Cache-Control: max-age=60, stale-if-error=10"),
                get(MISS).after(75).answers(500, "").gets(500),
            ]),
        row("stale-if-error=0 of the answer ends the route's (RFC 5861 §4)")
            .layer(|layer| layer.stale_if_error(secs(100)))
            .does([
                get(MISS).says("Cache-Control: max-age=60, stale-if-error=0"),
                get(MISS).after(61).answers(500, "").gets(500),
            ]),
        row("stale-if-error asks with the ETag (RFC 5861 §4)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-if-error=30").and("ETag: 'a'"),
            get(STALE).after(70).answers(500, "").shows("If-None-Match: 'a'").body("1"),
        ]),
        row("stale-if-error is not for refusals (RFC 5861 §4)")
            .ttl(60)
            .layer(|layer| layer.stale_if_error(secs(30)))
            .does([get(MISS), get(BYPASS).after(70).answers(404, "").gets(404)]),
        row("without stale-if-error a failure is a failure (RFC 9111 §4.3.3)")
            .ttl(60)
            .does([get(MISS), get(MISS).after(61).answers(500, "").gets(500)]),
        row("stale-if-error does not matter while the response is fresh (RFC 5861 §4)")
            .ttl(60)
            .layer(|layer| layer.stale_if_error(secs(30)))
            .does([get(MISS), get(HIT).after(59).answers(500, "").gets(200)]),
        row("stale-if-error after stale-while-revalidate (RFC 5861 §4)").does([
            get(MISS).says("Cache-Control: max-age=60, stale-while-revalidate=10, stale-if-error=100"),
            get(STALE).after(110).answers(500, "").has("Cache-Status: routekit; hit; ttl=-50; detail='stale-if-error'"),
        ]),
    ]);
    rows
}
