//! Headers that the cache sets on responses.

use http::{HeaderName, header};
use routekit::cache::CdnTags;

use super::harness::{BYPASS, HIT, MISS, Row, STALE, ask, get, head, row, secs};

const MINUTE: &str = "Cache-Control: max-age=60";

/// A tag that is one byte longer than what is sent.
const LONG: &str = {
    const BYTES: [u8; 8 * 1024 + 1] = [b'x'; 8 * 1024 + 1];
    match str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => panic!("it is ASCII"),
    }
};

pub(super) fn rows() -> Vec<Row> {
    [cache_status(), for_clients(), for_cdns(), not_stored(), stale(), identity(), tags()].concat()
}

fn cache_status() -> Vec<Row> {
    vec![
        row("Cache-Status of a hit (RFC 9211 §2.1)").does([
            get(MISS).says(MINUTE),
            get(HIT).has("Cache-Status: routekit; hit; ttl=60"),
            get(HIT).after_millis(10_500).has("Cache-Status: routekit; hit; ttl=50"),
            head(HIT).after_millis(49_400).has("Cache-Status: routekit; hit; ttl=1"),
        ]),
        row("Cache-Status of a hit by the ttl (RFC 9211 §2.5)")
            .ttl(60)
            .does([get(MISS), get(HIT).after(10).has("Cache-Status: routekit; hit; ttl=50")]),
        row("Cache-Status of what came with an Age (RFC 9211 §2.5)")
            .does([get(MISS).says(MINUTE).and("Age: 20"), get(HIT).has("Cache-Status: routekit; hit; ttl=40")]),
        row("Cache-Status of a miss (RFC 9211 §2.2)")
            .does([get(MISS).says(MINUTE).has("Cache-Status: routekit; fwd=uri-miss; stored")]),
        row("Cache-Status of a miss that is not stored (RFC 9211 §2.6)")
            .does([get(BYPASS).says("Cache-Control: no-store").has("Cache-Status: routekit; fwd=uri-miss")]),
        row("Cache-Status of a failure (RFC 9211 §2.6)")
            .does([get(MISS).answers(500, "").has("Cache-Status: routekit; fwd=uri-miss")]),
        row("Cache-Status of another variant (RFC 9211 §2.2)").does([
            get(MISS).says(MINUTE).and("Vary: Accept").has("Cache-Status: routekit; fwd=uri-miss; stored"),
            get(MISS).with("Accept: a").has("Cache-Status: routekit; fwd=vary-miss; stored"),
            get(HIT).with("Accept: a").has("Cache-Status: routekit; hit; ttl=60"),
        ]),
        row("Cache-Status of what passes by (RFC 9211 §2.2)")
            .does([get(BYPASS).with("Range: bytes=0-1").has("Cache-Status: routekit; fwd=bypass")]),
        row("Cache-Status of what is no GET (RFC 9211 §2.2)")
            .does([ask("OPTIONS", "/", BYPASS).has("Cache-Status: routekit; fwd=method")]),
        row("Cache-Status comes after what is there (RFC 9211 §2)").does([
            get(MISS)
                .says(MINUTE)
                .and("Cache-Status: origin; hit")
                .has("Cache-Status: origin; hit, routekit; fwd=uri-miss; stored"),
            get(HIT).has("Cache-Status: origin; hit, routekit; hit; ttl=60"),
            get(HIT).after(9).has("Cache-Status: origin; hit, routekit; hit; ttl=51"),
        ]),
        row("Cache-Status comes after what is there, also where the cache has no say (RFC 9211 §2)").does([ask(
            "POST", "/", BYPASS,
        )
        .says("Cache-Status: origin; hit")
        .has("Cache-Status: origin; hit, routekit; fwd=method")]),
        row("Cache-Status of what is replaced without a validator (RFC 9211 §2.2)")
            .layer(|layer| layer.stale_if_error(secs(100)))
            .does([
                get(MISS).says(MINUTE),
                get(MISS).after(60).has("Cache-Status: routekit; fwd=stale; stored").body("2"),
            ]),
    ]
}

fn for_clients() -> Vec<Row> {
    vec![
        row("clients revalidate each time by default (RFC 9111 §5.2.2.4)").ttl(60).does([
            get(MISS).has("Cache-Control: no-cache"),
            get(HIT).has("Cache-Control: no-cache"),
            get(HIT).with("If-None-Match: {etag}").gets(304).has("Cache-Control: no-cache"),
            head(HIT).has("Cache-Control: no-cache"),
        ]),
        row("an answer for one user is for no other cache (RFC 9111 §5.2.2.7)")
            .ttl(60)
            .layer(|layer| layer.per_user())
            .does([
                get(MISS).by("ann").has("Cache-Control: private, no-cache"),
                get(HIT).by("ann").has("Cache-Control: private, no-cache"),
            ]),
        row("what the handler says goes before it (RFC 9111 §5.2)").does([
            get(MISS).says("Cache-Control: s-maxage=60").has("Cache-Control: s-maxage=60"),
            get(HIT).has("Cache-Control: s-maxage=60"),
        ]),
        row("Expires of the handler goes before it (RFC 9111 §5.3)").does([
            get(MISS).says("Expires: {60}").lacks("cache-control"),
            get(HIT).has("Expires: {60}").lacks("cache-control"),
        ]),
        row("client_ttl is what clients have from now on, also behind caches that ignore Age (RFC 9111 §4.2)")
            .ttl(60)
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(MISS).has("Cache-Control: max-age=30").has("Date: {0}").lacks("age"),
                get(HIT).has("Cache-Control: max-age=30").has("Date: {0}").lacks("age"),
                get(HIT).after(10).has("Cache-Control: max-age=30").has("Date: {10}").lacks("age"),
                head(HIT).after(10).has("Cache-Control: max-age=30").has("Date: {20}").lacks("age"),
            ]),
        row("client_ttl does not count the Age and the Date that a response came with (RFC 9111 §4.2)")
            .ttl(60)
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(MISS)
                    .after(30)
                    .says("Age: 20")
                    .and("Date: {10}")
                    .has("Cache-Control: max-age=30")
                    .has("Date: {30}")
                    .lacks("age"),
                get(HIT).after(10).has("Cache-Control: max-age=30").has("Date: {40}").lacks("age"),
            ]),
        row("a request that waits gets client_ttl after a revalidation (RFC 9111 §4.3.4)")
            .ttl(60)
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(MISS).says("ETag: 'a'"),
                get(MISS)
                    .after(60)
                    .answers(304, "ETag: 'a'")
                    .gets(200)
                    .has("Cache-Control: max-age=30")
                    .has("Date: {60}")
                    .lacks("age"),
            ]),
        row("client_ttl of an answer for one user (RFC 9111 §5.2.2.7)")
            .ttl(60)
            .layer(|layer| layer.per_user().client_ttl(secs(30)))
            .does([
                get(MISS).by("ann").has("Cache-Control: private, max-age=30"),
                get(HIT).by("ann").after(10).has("Cache-Control: private, max-age=30"),
            ]),
        row("what the handler says goes before client_ttl (RFC 9111 §5.2)")
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([get(MISS).says(MINUTE).has(MINUTE), get(HIT).after(10).has(MINUTE)]),
        row("client_ttl of a 304 (RFC 9110 §15.4.5)").ttl(60).layer(|layer| layer.client_ttl(secs(30))).does([
            get(MISS).says("ETag: 'a'"),
            get(HIT)
                .after(10)
                .with("If-None-Match: 'a'")
                .gets(304)
                .has("Cache-Control: max-age=30")
                .has("Date: {10}")
                .lacks("age"),
        ]),
        row("client_ttl is not sent with what is not stored (RFC 9111 §5.2)")
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(BYPASS).says("").has("Cache-Control: no-cache"),
                get(MISS).answers(500, "").after(5).has("Cache-Control: no-cache"),
            ]),
        row("client_ttl beside a CDN-Cache-Control of the handler is counted with the Age (RFC 9111 §4.2.3)")
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(MISS).says("CDN-Cache-Control: max-age=60").has("Cache-Control: max-age=30"),
                get(HIT).after(10).has("Cache-Control: max-age=40").has("Age: 10").has("Date: {0}"),
            ]),
    ]
}

fn not_stored() -> Vec<Row> {
    vec![
        row("a response that is not stored is not reused without asking (RFC 9111 §5.2.2.4)").does([
            get(BYPASS).says("").has("Cache-Control: no-cache").lacks("cdn-cache-control").lacks("age"),
            get(BYPASS).after(5).answers(404, "").has("Cache-Control: no-cache"),
            get(MISS).after(5).answers(500, "").has("Cache-Control: no-cache"),
            get(BYPASS).after(5).answers(301, "Set-Cookie: a=b").has("Cache-Control: no-cache"),
        ]),
        row("a response that the cache passes by is not reused without asking (RFC 9111 §5.2.2.4)").does([
            get(BYPASS).with("Range: bytes=0-1").has("Cache-Control: no-cache"),
            head(BYPASS).has("Cache-Control: no-cache"),
            ask("POST", "/", BYPASS).lacks("cache-control"),
        ]),
        row("only-if-cached without a stored response is not reused without asking (RFC 9111 §5.2.1.7)").does([get(
            MISS,
        )
        .with("Cache-Control: only-if-cached")
        .gets(504)
        .asks(0)
        .has("Cache-Control: no-cache")]),
        row("a response for one user that is not stored is for no other cache (RFC 9111 §5.2.2.7)")
            .layer(|layer| layer.per_user())
            .does([get(BYPASS).by("ann").has("Cache-Control: private, no-cache")]),
        row("a response to credentials that is not stored is for no other cache (RFC 9111 §3.5)").ttl(60).does([get(
            BYPASS,
        )
        .by("ann")
        .has("Cache-Control: private, no-cache")]),
        row("what the handler says of a response that is not stored stays (RFC 9111 §5.2)").does([
            get(BYPASS).says("Cache-Control: private, max-age=5").has("Cache-Control: private, max-age=5"),
            get(BYPASS).after(5).says("Expires: 0").lacks("cache-control"),
        ]),
    ]
}

fn stale() -> Vec<Row> {
    vec![
        row("client_ttl is not promised again by a stale response (RFC 9111 §4.2.4)")
            .ttl(60)
            .layer(|layer| layer.client_ttl(secs(30)).stale_while_revalidate(secs(60)).stale_if_error(secs(600)))
            .does([
                get(MISS),
                get(STALE).after(80).has("Cache-Control: max-age=0").has("Age: 80").has("Date: {0}"),
                get(HIT).has("Cache-Control: max-age=30").has("Date: {80}").lacks("age"),
                get(STALE)
                    .after(200)
                    .answers(500, "")
                    .has("Cache-Control: max-age=0")
                    .has("Age: 200")
                    .has("Date: {80}"),
            ]),
        row("client_ttl is not promised again to a client that accepts a stale response (RFC 9111 §5.2.1.2)")
            .ttl(60)
            .layer(|layer| layer.client_ttl(secs(30)).stale_if_error(secs(600)))
            .does([
                get(MISS),
                get(STALE).after(80).with("Cache-Control: max-stale").has("Cache-Control: max-age=0").has("Age: 80"),
            ]),
        row("client_ttl is not promised again to a user by a stale response (RFC 9111 §5.2.2.7)")
            .ttl(60)
            .layer(|layer| layer.per_user().client_ttl(secs(30)).stale_if_error(secs(600)))
            .does([
                get(MISS).by("ann"),
                get(STALE).by("ann").after(80).answers(500, "").has("Cache-Control: private, max-age=0"),
            ]),
        row("cdn_ttl is not promised again by a stale response (RFC 9213 §3.1)")
            .ttl(60)
            .layer(|layer| layer.cdn_ttl(secs(30)).stale_if_error(secs(600)))
            .does([
                get(MISS),
                get(STALE).after(80).answers(500, "").has("CDN-Cache-Control: max-age=0").has("Age: 80"),
            ]),
        row("a stale response keeps what the handler says, and its Age (RFC 9111 §4.2.4)")
            .layer(|layer| layer.client_ttl(secs(30)).stale_if_error(secs(600)))
            .does([get(MISS).says(MINUTE), get(STALE).after(80).answers(500, "").has(MINUTE).has("Age: 80")]),
    ]
}

fn identity() -> Vec<Row> {
    vec![
        row("Vary names what brings the identity of a user (RFC 9110 §12.5.5)")
            .ttl(60)
            .layer(|layer| layer.per_user().client_ttl(secs(30)).vary([header::ACCEPT]))
            .does([
                get(MISS).by("ann").has("Vary: accept, authorization, cookie"),
                get(HIT).by("ann").has("Vary: accept, authorization, cookie"),
                get(MISS).by("bob").with("Authorization: Bearer b"),
                get(HIT).by("bob").with("Authorization: Bearer other"),
            ]),
        row("Vary names the headers that the layer is told (RFC 9110 §12.5.5)")
            .ttl(60)
            .layer(|layer| layer.per_user().identity_headers([HeaderName::from_static("x-api-key")]))
            .does([
                get(MISS).by("ann").says("Vary: Accept").has("Vary: Accept, x-api-key"),
                get(HIT).by("ann").has("Vary: Accept, x-api-key"),
            ]),
        row("the headers of the identity are no part of the key after a revalidation (RFC 9111 §4.1)")
            .ttl(60)
            .layer(|layer| layer.per_user())
            .does([
                get(MISS).by("ann").with("Authorization: Bearer a").says("ETag: 'a'").and("Vary: Accept"),
                get(MISS).by("ann").with("Authorization: Bearer a").after(60).answers(304, "ETag: 'a'").gets(200),
                get(HIT).by("ann").with("Authorization: Bearer b").has("Vary: Accept, authorization, cookie"),
            ]),
        row("Vary of what everyone shares names no credentials (RFC 9110 §12.5.5)")
            .ttl(60)
            .layer(|layer| layer.shared().client_ttl(secs(30)))
            .does([get(MISS).by("ann").lacks("vary")]),
    ]
}

fn for_cdns() -> Vec<Row> {
    vec![
        row("cdn_ttl is what other caches have from now on (RFC 9213 §3.1)")
            .ttl(60)
            .layer(|layer| layer.cdn_ttl(secs(30)))
            .does([
                get(MISS).has("CDN-Cache-Control: max-age=30").has("Cache-Control: no-cache"),
                get(HIT)
                    .after(10)
                    .has("CDN-Cache-Control: max-age=30")
                    .has("Cache-Control: no-cache")
                    .has("Date: {10}")
                    .lacks("age"),
            ]),
        row("cdn_ttl stands beside what the handler says to clients (RFC 9213 §3.1)")
            .layer(|layer| layer.cdn_ttl(secs(30)))
            .does([
                get(MISS).says(MINUTE).has("CDN-Cache-Control: max-age=30").has(MINUTE),
                get(HIT).after(10).has("CDN-Cache-Control: max-age=40").has(MINUTE).has("Age: 10").has("Date: {0}"),
            ]),
        row("cdn_ttl and client_ttl are told apart (RFC 9213 §3.1)")
            .ttl(60)
            .layer(|layer| layer.cdn_ttl(secs(30)).client_ttl(secs(5)))
            .does([get(MISS), get(HIT).after(1).has("CDN-Cache-Control: max-age=30").has("Cache-Control: max-age=5")]),
        row("CDN-Cache-Control of the handler goes before cdn_ttl (RFC 9213 §3.1)")
            .layer(|layer| layer.cdn_ttl(secs(30)))
            .does([
                get(MISS).says("CDN-Cache-Control: max-age=60").has("CDN-Cache-Control: max-age=60"),
                get(HIT).has("CDN-Cache-Control: max-age=60"),
            ]),
        row("cdn_ttl is not what this cache goes by (RFC 9213 §3.1)")
            .ttl(60)
            .layer(|layer| layer.cdn_ttl(secs(5)))
            .fresh_for(60, &[]),
        row("cdn_ttl says nothing of what is not stored (RFC 9213 §3.1)")
            .layer(|layer| layer.cdn_ttl(secs(30)))
            .does([get(BYPASS).says("").lacks("cdn-cache-control")]),
    ]
}

fn tags() -> Vec<Row> {
    vec![
        row("Cache-Tag says the tags of the route (a custom of CDNs, in no RFC)")
            .ttl(60)
            .layer(|layer| layer.tags(["a", "b"]).cdn_tags(CdnTags::CacheTag))
            .does([get(MISS).has("Cache-Tag: a,b"), get(HIT).has("Cache-Tag: a,b")]),
        row("Surrogate-Key says the tags of the route (a custom of CDNs, in no RFC)")
            .ttl(60)
            .layer(|layer| layer.tags(["a", "b"]).cdn_tags(CdnTags::SurrogateKey))
            .does([get(MISS).has("Surrogate-Key: a b"), get(HIT).has("Surrogate-Key: a b")]),
        row("tags that the handler found, and groups, are said, too (a custom of CDNs, in no RFC)")
            .ttl(60)
            .layer(|layer| layer.tags(["a"]).cdn_tags(CdnTags::CacheTag))
            .does([
                get(MISS).says("Cache-Groups: 'c'").tagged(&["b"]).has("Cache-Tag: a,b,c"),
                get(HIT).has("Cache-Tag: a,b,c").has("Cache-Groups: 'c'"),
            ]),
        row("tags are not sent by default (a custom of CDNs, in no RFC)")
            .ttl(60)
            .layer(|layer| layer.tags(["a"]))
            .does([get(MISS).lacks("cache-tag").lacks("surrogate-key"), get(HIT).lacks("cache-tag")]),
        row("tags that are longer than 8 KiB are not sent, and the edge must not store (a custom of CDNs, in no RFC)")
            .ttl(60)
            .layer(|layer| layer.tags([LONG]).cdn_tags(CdnTags::CacheTag).cdn_ttl(secs(30)).client_ttl(secs(5)))
            .does([
                get(MISS)
                    .lacks("cache-tag")
                    .has("CDN-Cache-Control: no-store")
                    .has("Cache-Control: private, max-age=5"),
                get(HIT)
                    .after(10)
                    .lacks("cache-tag")
                    .has("CDN-Cache-Control: no-store")
                    .has("Cache-Control: private, max-age=5"),
            ]),
        row("tags that are longer than 8 KiB forbid the edge what the handler allows (a custom of CDNs, in no RFC)")
            .layer(|layer| layer.tags([LONG]).cdn_tags(CdnTags::SurrogateKey))
            .does([
                get(MISS).says(MINUTE).lacks("surrogate-key").has("CDN-Cache-Control: no-store").has(MINUTE),
                get(HIT).has("CDN-Cache-Control: no-store").has(MINUTE),
            ]),
        row("tags of 8 KiB are sent (a custom of CDNs, in no RFC)")
            .ttl(60)
            .layer(|layer| layer.tags([&LONG[1..]]).cdn_tags(CdnTags::CacheTag))
            .does([get(MISS).starts("Cache-Tag: x").lacks("cdn-cache-control")]),
        row("tags are not said of what is not stored (a custom of CDNs, in no RFC)")
            .layer(|layer| layer.tags(["a"]).cdn_tags(CdnTags::CacheTag))
            .does([get(BYPASS).says("").lacks("cache-tag")]),
    ]
}
