//! Headers that the cache sets on responses.

use routekit::cache::CdnTags;

use super::harness::{BYPASS, HIT, MISS, Row, ask, get, head, row, secs};

const MINUTE: &str = "Cache-Control: max-age=60";

pub(super) fn rows() -> Vec<Row> {
    [cache_status(), for_clients(), for_cdns(), tags()].concat()
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
        row("nothing is said of what is not stored (RFC 9111 §5.2)").does([get(BYPASS)
            .says("")
            .lacks("cache-control")
            .lacks("cdn-cache-control")
            .lacks("age")]),
        row("client_ttl is what clients have from now on (RFC 9111 §4.2)")
            .ttl(60)
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(MISS).has("Cache-Control: max-age=30").lacks("age"),
                get(HIT).has("Cache-Control: max-age=30").has("Age: 0"),
                get(HIT).after(10).has("Cache-Control: max-age=40").has("Age: 10"),
            ]),
        row("client_ttl counts the Age that an answer came with (RFC 9111 §4.2)")
            .ttl(60)
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(MISS).says("Age: 20").has("Cache-Control: max-age=50").has("Age: 20"),
                get(HIT).after(10).has("Cache-Control: max-age=60").has("Age: 30"),
            ]),
        row("client_ttl of an answer for one user (RFC 9111 §5.2.2.7)")
            .ttl(60)
            .layer(|layer| layer.per_user().client_ttl(secs(30)))
            .does([
                get(MISS).by("ann").has("Cache-Control: private, max-age=30"),
                get(HIT).by("ann").after(10).has("Cache-Control: private, max-age=40"),
            ]),
        row("what the handler says goes before client_ttl (RFC 9111 §5.2)")
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([get(MISS).says(MINUTE).has(MINUTE), get(HIT).after(10).has(MINUTE)]),
        row("client_ttl of a 304 (RFC 9110 §15.4.5)").ttl(60).layer(|layer| layer.client_ttl(secs(30))).does([
            get(MISS).says("ETag: 'a'"),
            get(HIT).after(10).with("If-None-Match: 'a'").gets(304).has("Cache-Control: max-age=40").has("Age: 10"),
        ]),
        row("client_ttl says nothing of what is not stored (RFC 9111 §5.2)")
            .layer(|layer| layer.client_ttl(secs(30)))
            .does([
                get(BYPASS).says("").lacks("cache-control"),
                get(MISS).answers(500, "").after(5).lacks("cache-control"),
            ]),
    ]
}

fn for_cdns() -> Vec<Row> {
    vec![
        row("cdn_ttl is what other caches have from now on (RFC 9213 §3.1)")
            .ttl(60)
            .layer(|layer| layer.cdn_ttl(secs(30)))
            .does([
                get(MISS).has("CDN-Cache-Control: max-age=30").has("Cache-Control: no-cache"),
                get(HIT).after(10).has("CDN-Cache-Control: max-age=40").has("Cache-Control: no-cache"),
            ]),
        row("cdn_ttl stands beside what the handler says to clients (RFC 9213 §3.1)")
            .layer(|layer| layer.cdn_ttl(secs(30)))
            .does([get(MISS).says(MINUTE).has("CDN-Cache-Control: max-age=30").has(MINUTE)]),
        row("cdn_ttl and client_ttl are told apart (RFC 9213 §3.1)")
            .ttl(60)
            .layer(|layer| layer.cdn_ttl(secs(30)).client_ttl(secs(5)))
            .does([get(MISS), get(HIT).after(1).has("CDN-Cache-Control: max-age=31").has("Cache-Control: max-age=6")]),
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
        row("tags are not said of what is not stored (a custom of CDNs, in no RFC)")
            .layer(|layer| layer.tags(["a"]).cdn_tags(CdnTags::CacheTag))
            .does([get(BYPASS).says("").lacks("cache-tag")]),
    ]
}
