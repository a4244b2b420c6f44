//! Requests for a part of the content.

use super::harness::{BYPASS, HIT, MISS, Row, STALE, Step, get, head, row, secs};

const MINUTE: &str = "Cache-Control: max-age=60";

/// Stored with ten bytes of content.
fn stored() -> Step {
    get(MISS).says(MINUTE).and("ETag: 'a'").content("0123456789")
}

fn part(range: &'static str) -> Step {
    get(HIT).with(range).gets(206).has("ETag: 'a'").has(MINUTE).has("Age: 0")
}

fn whole(step: Step) -> Step {
    step.gets(200).body("0123456789").lacks("content-range")
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("a range of a stored response (RFC 9110 §15.3.7)").does([
            stored(),
            part("Range: bytes=2-4").body("234").has("Content-Range: bytes 2-4/10").has("Content-Length: 3"),
            whole(get(HIT)).has("Content-Length: 10"),
        ]),
        row("a range without an end (RFC 9110 §14.1.2)")
            .does([stored(), part("Range: bytes=7-").body("789").has("Content-Range: bytes 7-9/10")]),
        row("a range that ends behind the end (RFC 9110 §14.1.2)")
            .does([stored(), part("Range: bytes=7-99").body("789").has("Content-Range: bytes 7-9/10")]),
        row("the last bytes (RFC 9110 §14.1.2)")
            .does([stored(), part("Range: bytes=-2").body("89").has("Content-Range: bytes 8-9/10")]),
        row("more last bytes than there are (RFC 9110 §14.1.2)")
            .does([stored(), part("Range: bytes=-20").body("0123456789").has("Content-Range: bytes 0-9/10")]),
        row("a range behind the end is refused (RFC 9110 §15.5.17)").does([
            stored(),
            get(HIT).with("Range: bytes=10-").gets(416).has("Content-Range: bytes */10").lacks("etag"),
            get(HIT).with("Range: bytes=-0").gets(416).has("Content-Range: bytes */10"),
        ]),
        row("a range of no content is void (RFC 9110 §14.2)")
            .does([stored().content(""), get(HIT).with("Range: bytes=0-1").gets(200).body("")]),
        row("a range of a response other than 200 is void (RFC 9110 §14.2)")
            .does([stored().answers(404, MINUTE), get(HIT).with("Range: bytes=0-0").gets(404).lacks("content-range")]),
        row("several ranges are for the handler (RFC 9110 §14.2)").does([
            stored(),
            get(BYPASS).with("Range: bytes=0-1,3-4").shows("Range: bytes=0-1,3-4"),
            whole(get(HIT)),
        ]),
        row("a range in another unit is for the handler (RFC 9110 §14.2)")
            .does([stored(), get(BYPASS).with("Range: lines=0-1").shows("Range: lines=0-1")]),
        row("HEAD has no ranges (RFC 9110 §14.2)")
            .does([stored(), head(HIT).with("Range: bytes=0-1").gets(200).has("Content-Length: 10")]),
        row("If-Range with the strong ETag that is stored (RFC 9110 §13.1.5)").does([
            stored(),
            part("Range: bytes=0-1").with("If-Range: 'a'").body("01"),
            whole(get(HIT).with("Range: bytes=0-1").with("If-Range: 'b'")),
            whole(get(HIT).with("Range: bytes=0-1").with("If-Range: W/'a'")),
        ]),
        row("If-Range with a weak ETag is never true (RFC 9110 §13.1.5)").ttl(60).does([
            get(MISS).says("").content("0123456789"),
            whole(get(HIT).with("Range: bytes=0-1").with("If-Range: {etag}")),
        ]),
        row("If-Range with the date that is stored (RFC 9110 §13.1.5)").does([
            stored().and("Last-Modified: {50}").after(100),
            part("Range: bytes=0-1").with("If-Range: {50}").body("01"),
            whole(get(HIT).with("Range: bytes=0-1").with("If-Range: {51}")),
        ]),
        row("If-Range with a date of the same second is not true (RFC 9110 §8.8.2.2)").does([
            stored().and("Last-Modified: {100}").after(100),
            whole(get(HIT).with("Range: bytes=0-1").with("If-Range: {100}")),
        ]),
        row("If-None-Match goes before a range (RFC 9110 §13.2.2)").does([
            stored(),
            get(HIT).with("Range: bytes=0-1").with("If-None-Match: 'a'").gets(304).body("").lacks("content-range"),
            part("Range: bytes=0-1").with("If-None-Match: 'b'").body("01"),
        ]),
        row("a range of a stale response, which is refreshed whole (RFC 5861 §3)")
            .layer(|layer| layer.stale_while_revalidate(secs(60)))
            .does([
                stored(),
                get(STALE).after(80).with("Range: bytes=0-1").gets(206).body("01").hides("range"),
                whole(get(HIT)),
            ]),
        row("a range of a stale response that is not served is for the handler (RFC 9111 §4.2.4)").does([
            stored(),
            get(BYPASS).after(80).with("Range: bytes=0-1").shows("Range: bytes=0-1"),
            get(MISS),
        ]),
        row("a client that cannot make the handler run gets its range, or the whole (RFC 9110 §14.2)")
            .layer(|layer| layer.honour_client_directives(false))
            .does([whole(stored().with("Range: bytes=0-1").hides("range")), part("Range: bytes=0-1").body("01")]),
    ]
}
