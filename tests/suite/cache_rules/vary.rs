//! Variants of one URL.

use http::header;

use super::harness::{BYPASS, HIT, MISS, Row, Step, ask, get, head, row};

/// `Accept-Language` alternates.
fn en(x_cache: &'static str) -> Step {
    get(x_cache).with("Accept-Language: en")
}

fn de(x_cache: &'static str) -> Step {
    get(x_cache).with("Accept-Language: de")
}

const MINUTE: &str = "Cache-Control: max-age=60";

pub(super) fn rows() -> Vec<Row> {
    [variants(), names(), lives()].concat()
}

fn variants() -> Vec<Row> {
    vec![
        row("a header that Vary names makes variants (RFC 9111 §4.1)").does([
            en(MISS).says(MINUTE).and("Vary: Accept-Language"),
            de(MISS),
            en(HIT).body("1"),
            de(HIT).body("2"),
        ]),
        row("no header at all is a value, too (RFC 9111 §4.1)").does([
            get(MISS).says(MINUTE).and("Vary: Accept-Language"),
            en(MISS),
            get(HIT).body("1"),
            en(HIT).body("2"),
        ]),
        row("other headers make no variants (RFC 9111 §4.1)").does([
            en(MISS).says(MINUTE).and("Vary: Accept-Language"),
            en(HIT).with("Accept: text/plain").with("Cookie: a=b"),
        ]),
        row("spaces around commas make no variants (RFC 9111 §4.1)")
            .does([get(MISS).with("Accept: a,b").says(MINUTE).and("Vary: Accept"), get(HIT).with("Accept: a , \t b")]),
        row("lines and lists are the same (RFC 9111 §4.1)").does([
            get(MISS).with("Accept: a, b").says(MINUTE).and("Vary: Accept"),
            get(HIT).with("Accept: a").with("Accept: b"),
        ]),
        row("another order is another variant (RFC 9111 §4.1)")
            .does([get(MISS).with("Accept: a, b").says(MINUTE).and("Vary: Accept"), get(MISS).with("Accept: b, a")]),
        row("values are told apart by capitals (RFC 9111 §4.1)")
            .does([en(MISS).says(MINUTE).and("Vary: Accept-Language"), get(MISS).with("Accept-Language: EN")]),
        row("cookies may make variants (RFC 9111 §4.1)").does([
            get(MISS).with("Cookie: a=1").says(MINUTE).and("Vary: Cookie"),
            get(MISS).with("Cookie: a=2"),
            get(HIT).with("Cookie: a=1").body("1"),
        ]),
        row("HEAD finds its variant (RFC 9111 §4.1)").does([
            en(MISS).says(MINUTE).and("Vary: Accept-Language").and("X-Is: en"),
            de(MISS).says(MINUTE).and("Vary: Accept-Language").and("X-Is: de"),
            head(HIT).with("Accept-Language: en").has("X-Is: en"),
            head(HIT).with("Accept-Language: de").has("X-Is: de"),
        ]),
    ]
}

fn names() -> Vec<Row> {
    vec![
        row("names of `vary(…)` are said to caches further out (RFC 9110 §12.5.5)")
            .layer(|layer| layer.vary([header::ACCEPT, header::ACCEPT_LANGUAGE]))
            .does([
                en(MISS).says(MINUTE).and("Vary: Accept").has("Vary: Accept, accept-language"),
                en(HIT).has("Vary: Accept, accept-language"),
                de(MISS),
            ]),
        row("all headers that Vary names have to match (RFC 9111 §4.1)").does([
            en(MISS).with("Accept: a").says(MINUTE).and("Vary: Accept-Language, Accept"),
            en(MISS).with("Accept: b"),
            de(MISS).with("Accept: a"),
            en(HIT).with("Accept: a").body("1"),
        ]),
        row("lines of Vary are one list (RFC 9110 §12.5.5)").does([
            en(MISS).with("Accept: a").says(MINUTE).and("Vary: Accept-Language").and("Vary: Accept"),
            en(MISS).with("Accept: b"),
            de(MISS).with("Accept: a"),
        ]),
        row("names in Vary are told apart by no capitals (RFC 9110 §5.1)").does([
            en(MISS).says(MINUTE).and("Vary: ACCEPT-language"),
            de(MISS),
            en(HIT).body("1"),
        ]),
        row("an empty Vary makes no variants (RFC 9110 §12.5.5)").does([en(MISS).says(MINUTE).and("Vary: ,"), de(HIT)]),
        row("Vary: * matches nothing, and is not stored (RFC 9111 §4.1)").not_stored(&[MINUTE, "Vary: *"]),
        row("a star among names is a star (RFC 9110 §12.5.5)").not_stored(&[MINUTE, "Vary: Accept, *"]),
        row("a star in a second line is a star (RFC 9110 §12.5.5)").not_stored(&[MINUTE, "Vary: Accept", "Vary: *"]),
        row("sixteen headers may make variants (RFC 9111 §4.1)").does([
            get(MISS).with("H16: a").says(MINUTE).and("Vary: h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15,h16"),
            get(HIT).with("H16: a"),
            get(MISS).with("H16: b"),
        ]),
        row("seventeen headers are too many to be stored (RFC 9111 §3)")
            .not_stored(&[MINUTE, "Vary: h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15,h16,h17"]),
        row("the responses of a key vary by sixteen headers together, or the earlier ones are forgotten (RFC 9111 §3)")
            .does([
                get(MISS).says(MINUTE).and("Vary: h1,h2,h3,h4,h5,h6,h7,h8,h9,h10,h11,h12,h13,h14,h15"),
                get(MISS).with("H1: a").says(MINUTE).and("Vary: h1,h16"),
                get(HIT).with("H1: a").body("2"),
                get(MISS).with("H1: b").says(MINUTE).and("Vary: h1,h17"),
                get(HIT).with("H1: b").with("H2: other").body("3"),
                get(MISS).with("H1: a"),
            ]),
        row("vary(…) tells apart also what says no Vary (RFC 9111 §4.1)")
            .layer(|layer| layer.vary([header::ACCEPT_LANGUAGE]))
            .does([en(MISS).says(MINUTE), de(MISS), en(HIT).body("1"), de(HIT).body("2")]),
        row("Vary may name what vary(…) names (RFC 9111 §4.1)")
            .layer(|layer| layer.vary([header::ACCEPT_LANGUAGE]))
            .does([en(MISS).says(MINUTE).and("Vary: Accept-Language"), de(MISS), en(HIT).body("1")]),
        row("Vary may name more than vary(…) does (RFC 9111 §4.1)")
            .layer(|layer| layer.vary([header::ACCEPT_LANGUAGE]))
            .does([
                en(MISS).with("Accept: a").says(MINUTE).and("Vary: Accept-Language, Accept"),
                en(MISS).with("Accept: b"),
                en(HIT).with("Accept: a").body("1"),
                de(MISS).with("Accept: a"),
            ]),
    ]
}

fn lives() -> Vec<Row> {
    vec![
        row("variants have lifetimes of their own (RFC 9111 §4.1)").does([
            en(MISS).says("Cache-Control: max-age=5").and("Vary: Accept-Language"),
            de(MISS).says(MINUTE).and("Vary: Accept-Language"),
            de(HIT).after(5).body("2"),
            en(MISS).body("3"),
            en(HIT).after(6).body("3"),
        ]),
        row("a variant outlives one that was stored later for a shorter time (RFC 9111 §4.1)").does([
            de(MISS).says("Cache-Control: max-age=3600").and("Vary: Accept-Language"),
            en(MISS).says("Cache-Control: max-age=10").and("Vary: Accept-Language"),
            de(HIT).after(11).body("1"),
            en(MISS),
            de(HIT).after(3000).body("1"),
        ]),
        row("a variant with another header keeps the lifetime of those before (RFC 9111 §4.1)").does([
            de(MISS).says("Cache-Control: max-age=10").and("Vary: Accept-Language"),
            en(MISS).says("Cache-Control: max-age=3600").and("Vary: Accept-Language"),
            de(MISS).after(11).says("Cache-Control: max-age=5"),
            en(HIT).after(6).body("2"),
        ]),
        row("a variant is asked for with its own ETag (RFC 9111 §4.3.1)").does([
            en(MISS).says(MINUTE).and("Vary: Accept-Language").and("ETag: 'en'"),
            de(MISS).says(MINUTE).and("Vary: Accept-Language").and("ETag: 'de'"),
            en(MISS).after(60).answers(304, "ETag: 'en'").shows("If-None-Match: 'en'").body("1"),
            de(MISS).answers(304, "ETag: 'de'").shows("If-None-Match: 'de'").body("2"),
        ]),
        row("a client's copy is compared with its own variant (RFC 9110 §13.1.2)").does([
            en(MISS).says(MINUTE).and("Vary: Accept-Language").and("ETag: 'en'"),
            de(MISS).says(MINUTE).and("Vary: Accept-Language").and("ETag: 'de'"),
            en(HIT).with("If-None-Match: 'de'").body("1"),
            en(HIT).with("If-None-Match: 'en'").gets(304),
        ]),
        row("an unsafe method drops all variants (RFC 9111 §4.4)").does([
            en(MISS).says(MINUTE).and("Vary: Accept-Language"),
            de(MISS),
            ask("POST", "/", BYPASS).answers(200, ""),
            en(MISS).says(MINUTE).and("Vary: Accept-Language"),
            de(MISS),
        ]),
        row("a variant that is not stored leaves the others (RFC 9111 §4.1)").does([
            en(MISS).says(MINUTE).and("Vary: Accept-Language"),
            de(BYPASS).says("Cache-Control: no-store").and("Vary: Accept-Language"),
            en(HIT).body("1"),
        ]),
        row("a handler may come to vary by another header (RFC 9111 §4.1)").does([
            get(MISS).with("Accept: a").says(MINUTE).and("Vary: Accept"),
            get(MISS).with("Accept: b").says(MINUTE).and("Vary: Accept-Language"),
            get(HIT).with("Accept: b").body("2"),
        ]),
    ]
}
