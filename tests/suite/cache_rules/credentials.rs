//! Requests with credentials.

use super::harness::{BYPASS, HIT, MISS, Row, Step, get, row};

fn ann(x_cache: &'static str) -> Step {
    get(x_cache).with("Authorization: Bearer ann")
}

const MINUTE: &str = "Cache-Control: max-age=60";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for directive in ["public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"] {
        let header: &'static str = format!("Cache-Control: {directive}").leak();
        rows.extend([
            row(format!("`{directive}` opens an answer to Authorization to all (RFC 9111 §3.5)")).does([
                ann(MISS).says(header).shows("Authorization: Bearer ann"),
                ann(HIT),
                get(HIT).with("Authorization: Bearer bob"),
                get(HIT).body("1"),
            ]),
            row(format!("`{directive}` is given to Authorization from the store (RFC 9111 §3.5)"))
                .does([get(MISS).says(header), ann(HIT).body("1")]),
        ]);
    }
    rows.extend([
        row("max-age alone opens nothing (RFC 9111 §3.5)").does([
            ann(BYPASS).says(MINUTE),
            ann(BYPASS),
            get(MISS).after(5).body("3"),
        ]),
        row("the ttl opens nothing (RFC 9111 §3.5)").ttl(60).does([
            ann(BYPASS),
            ann(BYPASS),
            get(MISS).after(5).body("3"),
        ]),
        row("proxy-revalidate opens nothing (RFC 9111 §3.5)")
            .does([ann(BYPASS).says("Cache-Control: proxy-revalidate, max-age=60"), ann(BYPASS)]),
        row("what is stored for all is given to those with Authorization only if it says so (RFC 9111 §3.5)").does([
            get(MISS).says(MINUTE),
            ann(BYPASS).body("2"),
            get(HIT).body("1"),
        ]),
        row("public with the ttl opens an answer, too (RFC 9111 §5.2.2.9)")
            .ttl(60)
            .does([ann(MISS).says("Cache-Control: public"), get(HIT)]),
        row("private goes before public (RFC 9111 §3)")
            .does([ann(BYPASS).says("Cache-Control: public, private, max-age=60"), ann(BYPASS)]),
        row("no-store goes before public (RFC 9111 §3)")
            .does([ann(BYPASS).says("Cache-Control: public, no-store, max-age=60"), ann(BYPASS)]),
        row("public of CDN-Cache-Control opens an answer (RFC 9213 §2.2)")
            .does([ann(MISS).says("CDN-Cache-Control: public, max-age=60"), get(HIT)]),
        row("public of Cache-Control opens nothing beside CDN-Cache-Control (RFC 9213 §2.2)")
            .does([ann(BYPASS).says("CDN-Cache-Control: max-age=60").and("Cache-Control: public"), ann(BYPASS)]),
        row("Authorization of nothing is Authorization (RFC 9111 §3.5)")
            .does([get(BYPASS).with("Authorization:").says(MINUTE), get(MISS).after(5)]),
        row("Authorization runs no handler of a route that does not honour clients (RFC 9111 §3.5)")
            .ttl(60)
            .layer(|layer| layer.honour_client_directives(false))
            .does([ann(MISS).hides("authorization"), ann(HIT), get(HIT).body("1")]),
        row("an identity is more than Authorization on a route that does not honour clients (RFC 9111 §3.5)")
            .ttl(60)
            .layer(|layer| layer.honour_client_directives(false))
            .does([ann(BYPASS).by("ann").shows("Authorization: Bearer ann"), ann(MISS).hides("authorization")]),
        row("Authorization is no user on a route per user that does not honour clients (RFC 9111 §3.5)")
            .ttl(60)
            .layer(|layer| layer.honour_client_directives(false).per_user())
            .does([get(MISS), ann(HIT).body("1"), ann(MISS).by("ann").shows("Authorization: Bearer ann")]),
        row("Authorization reaches a shared route that does not honour clients (RFC 9111 §3.5)")
            .ttl(60)
            .layer(|layer| layer.honour_client_directives(false).shared())
            .does([ann(MISS).shows("Authorization: Bearer ann"), get(HIT)]),
        row("a shared route is open to all (RFC 9111 §3.5)").ttl(60).layer(|layer| layer.shared()).does([
            ann(MISS),
            ann(HIT),
            get(HIT),
            get(HIT).by("bob").body("1"),
        ]),
        row("a verified identity is as good as Authorization (RFC 9111 §3.5)").does([
            get(BYPASS).by("ann").says(MINUTE),
            get(BYPASS).by("ann"),
            get(MISS).after(5),
        ]),
        row("public opens an answer to a verified identity (RFC 9111 §3.5)").does([
            get(MISS).by("ann").says("Cache-Control: public, max-age=60"),
            get(HIT).by("bob"),
            get(HIT).body("1"),
        ]),
        row("users of a route that tells them apart have answers of their own (RFC 9111 §3.5)")
            .ttl(60)
            .layer(|layer| layer.per_user())
            .does([
                get(MISS).by("ann"),
                get(MISS).by("bob"),
                get(HIT).by("ann").body("1"),
                get(HIT).by("bob").body("2"),
                get(MISS),
            ]),
        row("conditions go along to a handler that answers with credentials alone (RFC 9110 §13.2.1)").does([ann(
            BYPASS,
        )
        .answers(304, "ETag: 'a'")
        .with("If-None-Match: 'a'")
        .shows("If-None-Match: 'a'")
        .gets(304)]),
    ]);
    rows
}
