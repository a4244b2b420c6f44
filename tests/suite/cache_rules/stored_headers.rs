//! Which headers are stored, and which of them HEAD returns.

use super::harness::{BYPASS, HIT, MISS, Row, get, head, row};

const MINUTE: &str = "Cache-Control: max-age=60";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (header, name) in [
        ("Connection: close", "connection"),
        ("Keep-Alive: timeout=5", "keep-alive"),
        ("Proxy-Connection: keep-alive", "proxy-connection"),
        ("TE: trailers", "te"),
        ("Trailer: x-a", "trailer"),
        ("Transfer-Encoding: chunked", "transfer-encoding"),
        ("Upgrade: h2c", "upgrade"),
        ("Proxy-Authenticate: Basic", "proxy-authenticate"),
        ("Proxy-Authentication-Info: a=b", "proxy-authentication-info"),
        ("Proxy-Authorization: Basic x", "proxy-authorization"),
    ] {
        rows.push(
            row(format!("{name} is of one connection, and not kept (RFC 9111 §3.1)"))
                .does([get(MISS).says(MINUTE).and(header), get(HIT).lacks(name)]),
        );
    }
    rows.extend([
        row("what Connection names is not kept (RFC 9111 §3.1)").does([
            get(MISS)
                .says(MINUTE)
                .and("Connection: X-One, close ,x-two")
                .and("X-One: 1")
                .and("X-Two: 2")
                .and("X-Three: 3"),
            get(HIT).lacks("x-one").lacks("x-two").has("X-Three: 3"),
        ]),
        row("what a second line of Connection names is not kept (RFC 9111 §3.1)").does([
            get(MISS).says(MINUTE).and("Connection: close").and("Connection: X-One").and("X-One: 1"),
            get(HIT).lacks("x-one").lacks("connection"),
        ]),
        row("all other headers are kept, known or not (RFC 9111 §3.1)").does([
            get(MISS).says(MINUTE).and("X-Never-Heard-Of: 1").and("Content-Language: en").and("Link: </a>; rel=next"),
            get(HIT).has("X-Never-Heard-Of: 1").has("Content-Language: en").has("Link: </a>; rel=next").has(MINUTE),
        ]),
        row("lines of a header are kept as they are (RFC 9110 §5.3)").does([
            get(MISS).says(MINUTE).and("Link: </a>").and("X-A: 1").and("Link: </b>"),
            get(HIT).has("Link: </a>, </b>"),
        ]),
        row("the reason why something is not stored is told to its client (RFC 9111 §3)")
            .does([get(BYPASS).says("Cache-Control: no-store").has("Cache-Control: no-store")]),
        row("HEAD is answered with what GET was (RFC 9111 §4)").does([
            get(MISS).says(MINUTE).and("ETag: 'a'").and("Content-Type: text/plain").content("12345"),
            head(HIT)
                .after(5)
                .body("")
                .has("Content-Length: 5")
                .has("Content-Type: text/plain")
                .has("ETag: 'a'")
                .has("Age: 5"),
        ]),
        row("HEAD is answered with the status of GET (RFC 9110 §9.3.2)")
            .does([get(MISS).answers(404, MINUTE), head(HIT).gets(404).body("")]),
        row("HEAD without a stored GET bypasses a plain layer (RFC 9110 §9.3.2)")
            .does([head(BYPASS).says(MINUTE), get(MISS).body("2")]),
        row("HEAD leaves what is stored (RFC 9110 §9.3.2)").does([
            get(MISS).says(MINUTE),
            head(HIT),
            get(HIT).body("1"),
        ]),
        row("HEAD by itself leaves what is stored for others (RFC 9111 §4.4)").does([
            get(MISS).says(MINUTE),
            head(BYPASS).with("If-Match: *").says("Content-Length: 9"),
            get(HIT).has("Content-Length: 1").body("1"),
        ]),
        row("204 has no content when it is given again (RFC 9110 §15.3.5)")
            .does([get(MISS).answers(204, MINUTE), get(HIT).gets(204).body("")]),
        row("empty content is content (RFC 9111 §3)").does([get(MISS).says(MINUTE).content(""), get(HIT).body("")]),
    ]);
    rows
}
