//! Requests that bypass the cache and leave stored responses unchanged.

use super::harness::{BYPASS, HIT, MISS, Row, ask, get, row};

const MINUTE: &str = "Cache-Control: max-age=60";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (header, section) in [
        ("Range: bytes=0-1,3-4", "RFC 9111 §3.3"),
        ("If-Match: 'a'", "RFC 9110 §13.1.1"),
        ("If-Match: *", "RFC 9110 §13.1.1"),
        ("If-Unmodified-Since: {0}", "RFC 9110 §13.1.4"),
    ] {
        rows.push(row(format!("{header} is for the handler, whatever is stored ({section})")).does([
            get(MISS).says(MINUTE).and("ETag: 'a'"),
            get(BYPASS).with(header).shows(header).body("2"),
            get(HIT).body("1"),
        ]));
        rows.push(
            row(format!("{header} fills nothing ({section})"))
                .does([get(BYPASS).with(header).says(MINUTE), get(MISS).body("2")]),
        );
        let name = header.split(':').next().unwrap_or_default();
        rows.push(
            row(format!("{header} runs no handler of a route that does not honour clients ({section})"))
                .layer(|layer| layer.honour_client_directives(false))
                .does([
                    get(MISS).with(header).says(MINUTE).and("ETag: 'a'").hides(name),
                    get(HIT).with(header).body("1"),
                    get(HIT).body("1"),
                ]),
        );
    }
    rows.extend([
        row("If-Range goes along with a Range of what is not stored (RFC 9110 §13.1.5)").does([get(BYPASS)
            .says(MINUTE)
            .and("ETag: 'a'")
            .with("Range: bytes=0-1")
            .with("If-Range: 'a'")
            .shows("If-Range: 'a'")
            .shows("Range: bytes=0-1")]),
        row("206 reaches its client unchanged and is not stored (RFC 9111 §3.3)").does([
            get(BYPASS).with("Range: bytes=0-0").answers(206, MINUTE).and("Content-Range: bytes 0-0/9").content("1"),
            get(MISS).says(MINUTE),
        ]),
        row("412 reaches its client unchanged and is not stored (RFC 9110 §13.1.1)")
            .does([get(BYPASS).with("If-Match: 'x'").answers(412, "").gets(412)]),
        row("416 reaches its client unchanged and is not stored (RFC 9110 §14.2)")
            .does([get(BYPASS).with("Range: bytes=9-").answers(416, "Content-Range: bytes */1").gets(416)]),
        row("If-None-Match goes along with If-Match (RFC 9110 §13.2.2)").does([
            get(MISS).says(MINUTE).and("ETag: 'a'"),
            get(BYPASS).with("If-Match: 'a'").with("If-None-Match: 'a'").shows("If-None-Match: 'a'"),
        ]),
        row("what passes by is as the handler said it, and not reused without asking (RFC 9111 §4)").does([get(
            BYPASS,
        )
        .with("Range: bytes=0-1")
        .says("Age: 7")
        .has("Age: 7")
        .lacks("etag")
        .has("Cache-Control: no-cache")]),
    ]);
    for method in ["OPTIONS", "TRACE", "QUERY"] {
        rows.push(row(format!("{method} passes by (RFC 9111 §2)")).does([
            get(MISS).says(MINUTE),
            ask(method, "/", BYPASS).body("2"),
            ask(method, "/", BYPASS).body("3"),
        ]));
    }
    rows
}
