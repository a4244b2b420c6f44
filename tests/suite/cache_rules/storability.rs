//! Which responses are stored.

use super::harness::{BYPASS, HIT, MISS, Row, ask, get, row};

pub(super) fn rows() -> Vec<Row> {
    [statuses(), directives(), others()].concat()
}

fn statuses() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [200, 203, 204, 300, 301] {
        rows.push(
            row(format!("{status} is stored for the ttl (RFC 9110 §15.1)"))
                .ttl(60)
                .does([get(MISS).answers(status, ""), get(HIT)]),
        );
    }
    for status in [202, 299, 302, 303, 307, 308, 400, 401, 403, 404, 410, 499] {
        rows.extend([
            row(format!("{status} is not stored for the ttl (RFC 9111 §3)"))
                .ttl(60)
                .does([get(BYPASS).answers(status, ""), get(BYPASS)]),
            row(format!("{status} is stored where it says for how long (RFC 9111 §3)")).does([
                get(MISS).answers(status, "Cache-Control: max-age=60"),
                get(HIT),
                get(BYPASS).after(60).says(""),
            ]),
        ]);
    }
    for (status, section) in [(206, "RFC 9111 §3.3"), (428, "RFC 6585 §3"), (429, "RFC 6585 §4"), (431, "RFC 6585 §5")]
    {
        rows.push(
            row(format!("{status} is never stored, whatever it says ({section})"))
                .ttl(60)
                .does([get(BYPASS).answers(status, "Cache-Control: public, max-age=60"), get(BYPASS)]),
        );
    }
    for status in [500, 503] {
        rows.push(row(format!("{status} is never stored, whatever it says (RFC 9111 §3)")).ttl(60).does([
            get(MISS).answers(status, "Cache-Control: max-age=60"),
            get(MISS),
            get(MISS).says("").body("3"),
        ]));
    }
    rows.push(
        row("304 to a request without conditions is passed on and not stored (RFC 9111 §3.3)")
            .ttl(60)
            .does([get(BYPASS).answers(304, "ETag: 'a'").gets(304), get(MISS).after(5).says("")]),
    );
    rows
}

fn directives() -> Vec<Row> {
    vec![
        row("no-store is not stored (RFC 9111 §5.2.2.5)").ttl(60).not_stored(&["Cache-Control: no-store"]),
        row("no-store goes before max-age (RFC 9111 §5.2.2.5)").not_stored(&["Cache-Control: max-age=60, no-store"]),
        row("names of directives are told apart by no capitals (RFC 9111 §5.2)")
            .ttl(60)
            .not_stored(&["Cache-Control: No-STORE"]),
        row("lines of Cache-Control are one list (RFC 9110 §5.3)")
            .not_stored(&["Cache-Control: max-age=60", "Cache-Control: no-store"]),
        row("what stands in quotes is no directive (RFC 9111 §5.2)")
            .ttl(60)
            .stored(&["Cache-Control: x='a, no-store, private', y=1"]),
        row("an escaped quote closes nothing (RFC 9110 §5.6.4)").ttl(60).stored(&[r"Cache-Control: x='a\', no-store'"]),
        row("an unclosed quote may hide any directive (RFC 9110 §5.6.4)")
            .ttl(60)
            .not_stored(&["Cache-Control: x='a, max-age=60"]),
        row("private is not stored in a shared cache (RFC 9111 §5.2.2.7)")
            .not_stored(&["Cache-Control: private, max-age=60"]),
        row("private for some headers is taken for private (RFC 9111 §5.2.2.7)")
            .not_stored(&["Cache-Control: private='x-a, x-b', max-age=60"]),
        row("private goes before s-maxage (RFC 9111 §3)").not_stored(&["Cache-Control: s-maxage=60, private"]),
        row("no-cache is not stored where nothing can be asked for (RFC 9111 §5.2.2.4)")
            .not_stored(&["Cache-Control: no-cache, max-age=60"]),
        row("no-cache for some headers is taken for no-cache (RFC 9111 §5.2.2.4)")
            .not_stored(&["Cache-Control: no-cache='x-a', max-age=60"]),
        row("must-understand overrides no-store where the status is known (RFC 9111 §5.2.2.3)")
            .stored(&["Cache-Control: must-understand, no-store, max-age=60"]),
        row("must-understand keeps no-store where the status is not known (RFC 9111 §5.2.2.3)")
            .does([get(BYPASS).answers(299, "Cache-Control: must-understand, no-store, max-age=60"), get(BYPASS)]),
        row("must-understand forbids a status that is not known (RFC 9111 §5.2.2.3)")
            .does([get(BYPASS).answers(299, "Cache-Control: must-understand, max-age=60"), get(BYPASS)]),
        row("public alone says for no time (RFC 9111 §5.2.2.9)").not_stored(&["Cache-Control: public"]),
        row("public leaves the ttl as it is (RFC 9111 §5.2.2.9)").ttl(60).fresh_for(60, &["Cache-Control: public"]),
        row("no-transform forbids nothing here (RFC 9111 §5.2.2.6)")
            .stored(&["Cache-Control: no-transform, max-age=60"]),
        row("must-revalidate and proxy-revalidate are stored (RFC 9111 §5.2.2.2)")
            .stored(&["Cache-Control: must-revalidate, proxy-revalidate, max-age=60"]),
        row("unknown directives are passed over (RFC 9111 §5.2.3)")
            .stored(&["Cache-Control: max-age=60, community='UCI', no-storage, immutable"]),
        row("only-if-cached means nothing in an answer (RFC 9111 §5.2.1.7)")
            .stored(&["Cache-Control: only-if-cached, max-age=60"]),
    ]
}

fn others() -> Vec<Row> {
    vec![
        row("a response without a lifetime is not stored (RFC 9111 §3)").not_stored(&[]),
        row("Last-Modified alone makes nothing fresh here (RFC 9111 §4.2.2)")
            .does([get(BYPASS).says("Last-Modified: {0}").after(8000), get(BYPASS).after(5)]),
        row("Set-Cookie is one client's (RFC 6265 §3, RFC 9111 §7.3)")
            .not_stored(&["Cache-Control: public, max-age=60", "Set-Cookie: a=b"]),
        row("Pragma: no-cache is what Cache-Control would say (RFC 9111 §5.4)")
            .ttl(60)
            .not_stored(&["Pragma: no-cache"]),
        row("Pragma says nothing beside Cache-Control (RFC 9111 §5.4)")
            .stored(&["Pragma: no-cache", "Cache-Control: max-age=60"]),
        row("another Pragma says nothing (RFC 9111 §5.4)").ttl(60).stored(&["Pragma: x-fast"]),
        row("a body above max_body is not stored (RFC 9111 §3)").ttl(60).layer(|layer| layer.max_body(4)).does([
            get(BYPASS).says("").content("12345"),
            get(MISS).says("").content("1234").after(5),
            get(HIT).body("1234"),
        ]),
        row("what POST is answered with is not given to GET (RFC 9111 §3)").does([
            ask("POST", "/", BYPASS).says("Cache-Control: max-age=60"),
            get(MISS).says("Cache-Control: max-age=60").body("2"),
        ]),
        row("what is not stored leaves what is stored elsewhere (RFC 9111 §2)").does([
            ask("GET", "/a", MISS).says("Cache-Control: max-age=60"),
            ask("GET", "/b", BYPASS).says("Cache-Control: no-store"),
            ask("GET", "/a", HIT).body("1"),
        ]),
        row("queries tell answers apart (RFC 9111 §2)").ttl(60).does([
            ask("GET", "/?a=1", MISS),
            ask("GET", "/?a=2", MISS),
            ask("GET", "/?a=1", HIT).body("1"),
            get(MISS),
        ]),
        row("hosts tell answers apart (RFC 9111 §2)").ttl(60).does([
            get(MISS).with("Host: a.example"),
            get(MISS).with("Host: b.example"),
            get(HIT).with("Host: a.example").body("1"),
        ]),
    ]
}
