//! Request directives.

use super::harness::{ASKED, BYPASS, HIT, MISS, Row, STALE, Step, get, row};

const MINUTE: &str = "Cache-Control: max-age=60";

/// Stored so that it is kept when it is stale.
fn stored() -> Step {
    get(MISS).says(MINUTE).and("ETag: 'a'")
}

pub(super) fn rows() -> Vec<Row> {
    [asked_anew(), ages(), stale(), only_if_cached(), odd()].concat()
}

fn asked_anew() -> Vec<Row> {
    vec![
        row("no-cache: the handler is asked, and its answer replaces what is stored (RFC 9111 §5.2.1.4)").does([
            get(MISS).says(MINUTE),
            get(MISS).with("Cache-Control: no-cache").body("2").has("Cache-Status: routekit; fwd=request; stored"),
            get(HIT).body("2"),
        ]),
        row("no-cache that brings nothing to store (RFC 9111 §5.2.1.4)").does([
            get(MISS).says(MINUTE),
            get(BYPASS).with("Cache-Control: no-cache").says("Cache-Control: no-store").body("2"),
        ]),
        row("no-cache is what Pragma says without Cache-Control (RFC 9111 §5.4)").does([
            get(MISS).says(MINUTE),
            get(MISS).with("Pragma: no-cache").body("2"),
            get(HIT).body("2"),
        ]),
        row("Pragma says nothing beside a client's Cache-Control (RFC 9111 §5.4)").does([
            get(MISS).says(MINUTE),
            get(HIT).with("Pragma: no-cache").with("Cache-Control: max-age=60").body("1"),
        ]),
        row("another Pragma of a client says nothing (RFC 9111 §5.4)")
            .does([get(MISS).says(MINUTE), get(HIT).with("Pragma: x-fast")]),
        row("no-store of a client: what it is answered with is not stored (RFC 9111 §5.2.1.5)").does([
            get(ASKED).says(MINUTE).with("Cache-Control: no-store"),
            get(MISS).after(5).body("2"),
            get(HIT).body("2"),
        ]),
        row("no-store of a client: it may be answered from the store (RFC 9111 §5.2.1.5)").does([
            get(MISS).says(MINUTE),
            get(HIT).with("Cache-Control: no-store").body("1"),
            get(HIT).body("1"),
        ]),
    ]
}

fn ages() -> Vec<Row> {
    vec![
        row("max-age of a client: no older (RFC 9111 §5.2.1.1)").does([
            get(MISS).says(MINUTE),
            get(HIT).after(10).with("Cache-Control: max-age=10").body("1"),
            get(MISS).with("Cache-Control: max-age=9").body("2").has("Cache-Status: routekit; fwd=request; stored"),
            get(HIT).with("Cache-Control: max-age=9").body("2"),
        ]),
        row("max-age of a client counts the Age that an answer came with (RFC 9111 §4.2.3)").does([
            get(MISS).says(MINUTE).and("Age: 20"),
            get(HIT).with("Cache-Control: max-age=20"),
            get(MISS).with("Cache-Control: max-age=19"),
        ]),
        row("max-age of a client makes nothing fresh (RFC 9111 §5.2.1.1)")
            .does([get(MISS).says(MINUTE), get(MISS).after(60).with("Cache-Control: max-age=600").body("2")]),
        row("max-age=0 of a client: whatever was there before (RFC 9111 §5.2.1.1)").does([
            get(MISS).says(MINUTE),
            get(MISS).after(1).with("Cache-Control: max-age=0").body("2"),
            get(HIT).body("2"),
        ]),
        row("min-fresh: fresh for so long (RFC 9111 §5.2.1.3)").does([
            get(MISS).says(MINUTE),
            get(HIT).after(50).with("Cache-Control: min-fresh=10").body("1"),
            get(MISS).with("Cache-Control: min-fresh=11").body("2"),
            get(HIT).body("2"),
        ]),
        row("min-fresh counts the ttl, too (RFC 9111 §5.2.1.3)").ttl(60).does([
            get(MISS),
            get(HIT).after(50).with("Cache-Control: min-fresh=10"),
            get(MISS).with("Cache-Control: min-fresh=11"),
        ]),
        row("max-age and min-fresh both hold (RFC 9111 §5.2.1)").does([
            get(MISS).says(MINUTE),
            get(HIT).after(30).with("Cache-Control: max-age=30, min-fresh=30"),
            get(MISS).with("Cache-Control: max-age=30, min-fresh=31"),
            get(MISS).after(30).with("Cache-Control: max-age=29, min-fresh=30"),
        ]),
    ]
}

fn stale() -> Vec<Row> {
    let mut rows = vec![
        row("max-stale: anything that is there (RFC 9111 §5.2.1.2)").does([
            stored(),
            get(STALE)
                .after(1000)
                .with("Cache-Control: max-stale")
                .body("1")
                .asks(0)
                .has("Age: 1000")
                .has("Cache-Status: routekit; hit; ttl=-940; detail='max-stale'"),
            get(MISS).answers(304, ""),
        ]),
        row("max-stale of a number: not stale for longer (RFC 9111 §5.2.1.2)").does([
            stored(),
            get(STALE).after(70).with("Cache-Control: max-stale=10").asks(0),
            get(MISS).after(1).with("Cache-Control: max-stale=10"),
        ]),
        row("max-stale of what is fresh is a hit (RFC 9111 §5.2.1.2)")
            .does([stored(), get(HIT).after(59).with("Cache-Control: max-stale")]),
        row("max-stale of no number is none (RFC 9111 §5.2.1.2)")
            .does([stored(), get(MISS).after(61).with("Cache-Control: max-stale=long")]),
        row("max-stale does not lengthen a client's max-age (RFC 9111 §5.2.1.1)")
            .does([stored(), get(MISS).after(50).with("Cache-Control: max-age=10, max-stale=5")]),
    ];
    for directive in ["must-revalidate", "proxy-revalidate", "s-maxage=60"] {
        let header: &'static str = format!("Cache-Control: max-age=60, {directive}").leak();
        rows.push(row(format!("max-stale is forbidden by {directive} (RFC 9111 §4.2.4)")).does([
            get(MISS).says(header).and("ETag: 'a'"),
            get(MISS).after(61).with("Cache-Control: max-stale").shows("If-None-Match: 'a'"),
        ]));
    }
    rows.push(row("max-stale is forbidden by no-cache (RFC 9111 §5.2.2.4)").does([
        get(MISS).says("Cache-Control: no-cache, max-age=60").and("ETag: 'a'"),
        get(MISS).after(1).with("Cache-Control: max-stale").shows("If-None-Match: 'a'"),
    ]));
    rows
}

fn only_if_cached() -> Vec<Row> {
    vec![
        row("only-if-cached of nothing: 504 (RFC 9111 §5.2.1.7)").ttl(60).does([
            get(MISS)
                .with("Cache-Control: only-if-cached")
                .gets(504)
                .asks(0)
                .has("Cache-Status: routekit; fwd=uri-miss; detail='only-if-cached'")
                .has("Content-Type: application/problem+json"),
            get(MISS).body("1"),
        ]),
        row("only-if-cached of what is fresh (RFC 9111 §5.2.1.7)")
            .does([get(MISS).says(MINUTE), get(HIT).with("Cache-Control: only-if-cached")]),
        row("only-if-cached of what is stale: 504 (RFC 9111 §5.2.1.7)")
            .does([stored(), get(MISS).after(60).with("Cache-Control: only-if-cached").gets(504).asks(0)]),
        row("only-if-cached of what is stale enough for the client (RFC 9111 §5.2.1.7)").does([
            stored(),
            get(STALE).after(61).with("Cache-Control: only-if-cached, max-stale=5").asks(0).body("1"),
        ]),
        row("only-if-cached of what is too old for the client: 504 (RFC 9111 §5.2.1.7)")
            .does([stored(), get(MISS).after(30).with("Cache-Control: only-if-cached, max-age=29").gets(504).asks(0)]),
        row("only-if-cached and no-cache: 504 (RFC 9111 §5.2.1.7)")
            .does([stored(), get(MISS).with("Cache-Control: only-if-cached, no-cache").gets(504).asks(0)]),
    ]
}

fn odd() -> Vec<Row> {
    let mut rows = vec![
        row("directives of clients are told apart by no capitals (RFC 9111 §5.2)")
            .does([get(MISS).says(MINUTE), get(MISS).with("Cache-Control: No-Cache").body("2")]),
        row("lines of a client's Cache-Control are one list (RFC 9110 §5.3)").does([
            get(MISS).says(MINUTE),
            get(MISS).with("Cache-Control: max-stale").with("Cache-Control: no-cache").body("2"),
        ]),
        row("unknown directives of clients are passed over (RFC 9111 §5.2.3)")
            .does([get(MISS).says(MINUTE), get(HIT).with("Cache-Control: x-fast, no-transform, y='no-cache'")]),
        row("directives of answers mean nothing of a client (RFC 9111 §5.2.2)").does([
            get(MISS).says(MINUTE),
            get(HIT).after(5).with("Cache-Control: private, must-revalidate, s-maxage=0, public"),
        ]),
        row("a client's max-age of no number is 0 (RFC 9111 §4.2.1)")
            .does([get(MISS).says(MINUTE), get(MISS).after(1).with("Cache-Control: max-age=x").body("2")]),
        row("a client's min-fresh of no number is longer than anything (RFC 9111 §5.2.1.3)")
            .does([get(MISS).says(MINUTE), get(MISS).after(1).with("Cache-Control: min-fresh=x")]),
        row("a client's max-age may stand in quotes (RFC 9111 §5.2)")
            .does([get(MISS).says(MINUTE), get(HIT).after(9).with("Cache-Control: max-age='10'")]),
        row("a client's max-age that no integer holds is a long time (RFC 9111 §1.2.2)")
            .does([get(MISS).says(MINUTE), get(HIT).after(9).with("Cache-Control: max-age=99999999999999999999999")]),
    ];
    for said in ["no-cache", "max-age=0", "min-fresh=600", "no-store"] {
        let header: &'static str = format!("Cache-Control: {said}").leak();
        rows.push(
            row(format!("a route may be deaf to {said} (RFC 9111 §5.2.1)"))
                .layer(|layer| layer.honour_client_directives(false))
                .does([get(MISS).says(MINUTE), get(HIT).after(1).with(header).body("1")]),
        );
    }
    rows.extend([
        row("a route may be deaf to Pragma (RFC 9111 §5.4)")
            .layer(|layer| layer.honour_client_directives(false))
            .does([get(MISS).says(MINUTE), get(HIT).after(1).with("Pragma: no-cache").body("1")]),
        row("a route may be deaf to only-if-cached (RFC 9111 §5.2.1.7)")
            .layer(|layer| layer.honour_client_directives(false))
            .does([get(MISS).says(MINUTE).with("Cache-Control: only-if-cached")]),
        row("a route may be deaf to max-stale (RFC 9111 §5.2.1.2)")
            .layer(|layer| layer.honour_client_directives(false))
            .does([stored(), get(MISS).after(61).with("Cache-Control: max-stale")]),
        row("what a deaf route is first asked for with no-store is stored (RFC 9111 §5.2.1.5)")
            .layer(|layer| layer.honour_client_directives(false))
            .does([get(MISS).says(MINUTE).with("Cache-Control: no-store"), get(HIT).body("1")]),
    ]);
    rows
}
