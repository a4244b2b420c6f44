//! Warnings about routes whose settings look wrong but may be intended. The start-up log lists them.

use crate::{
    app::declared::DeclaredRoute,
    base::setup_problem,
    cache,
    rate_limit::LimitBy,
    route::{Access, Audience, CachePolicy, InputSource, Invalidates, RequestPart},
};

/// All warnings, in the order of the routes: first those about input and caching, then those about timeouts.
pub(super) fn of(routes: &[DeclaredRoute], prefix: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    for declared in routes {
        let label = declared.label();
        warnings.extend(unchecked(declared).map(|what| format!("{label} {what}")));
        warnings.extend(limit_without_user(declared).map(|what| format!("{label} {what}")));
        let about_cache = [audience(declared), cdn(declared)].into_iter().flatten().map(str::to_owned);
        warnings.extend(about_cache.chain(unkeyed(declared)).map(|what| format!("{label} {what}")));
        if let Some(invalidates) = &declared.policies.invalidates {
            let what = invalidations(declared, invalidates, routes, prefix);
            warnings.extend(what.into_iter().map(|what| format!("{label} {what}")));
        }
    }
    let without_timeout = routes.iter().filter_map(|declared| Some((declared, missing_timeout(declared)?)));
    warnings.extend(without_timeout.map(|(declared, what)| format!("{} has {what}", declared.label())));
    warnings
}

/// A rate limit per user on a route that identifies no caller. The macro reports it if both are in one attribute.
fn limit_without_user(declared: &DeclaredRoute) -> Option<String> {
    let policies = &declared.policies;
    let mut per_user = policies.rate_limits.iter().filter(|limit| matches!(limit.by(), LimitBy::User));
    let limit = per_user.next().filter(|_| *policies.access == Access::Public)?;
    Some(format!(
        "has the limit `{}` per user ({}) and does not authenticate: unless a layer sets the identity, it counts by \
         address; write `auth`, or leave `per` out",
        limit.display_name(),
        policies.rate_limits.origin(),
    ))
}

/// Invalidations that match no cached route.
fn invalidations(
    declared: &DeclaredRoute,
    invalidates: &Invalidates,
    routes: &[DeclaredRoute],
    prefix: &str,
) -> Vec<String> {
    let mut warnings: Vec<String> = invalidates.patterns.iter().filter_map(|pattern| growing(pattern)).collect();
    let mut check = |what: &str, nothing: String, concerns: &dyn Fn(&DeclaredRoute, &CachePolicy) -> bool| {
        let cached = routes.iter().filter_map(|other| Some((other, other.policies.cache.as_ref()?)));
        let mut concerned = cached.filter(|(other, policy)| concerns(other, policy)).peekable();
        if concerned.peek().is_none() {
            warnings.push(format!("invalidates {what}, {nothing}"));
        } else if concerned.all(|(_, policy)| policy.partition.is_some() != invalidates.partition.is_some()) {
            warnings.push(format!(
                "invalidates {what} in a partition that none of the cached routes concerned uses; write \
                 `partition = …` on both or on neither"
            ));
        }
    };
    for tag in invalidates.tags {
        let near = nearest_tag(tag, routes);
        let nothing = format!("a tag that no cached route declares{near}; ignore this if handlers add the tag");
        check(&format!("`{tag}`"), nothing, &|_, policy| {
            policy.tags.iter().any(|other| cache::may_be_equal(tag, other))
        });
    }
    for pattern in invalidates.patterns {
        let nothing = "which matches the path of no cached route".to_owned();
        check(&format!("`{pattern}`"), nothing, &|other, _| cache::may_match(pattern, prefix, &other.path));
    }
    if invalidates.user {
        let nothing = "and no route is cached per user".to_owned();
        check("the user's responses", nothing, &|_, policy| policy.audience == Some(Audience::User));
        if *declared.policies.access == Access::Public {
            warnings.push(
                "invalidates the user's responses and does not authenticate: unless a layer sets the identity, that is \
                 nothing; write `auth`"
                    .to_owned(),
            );
        }
    }
    warnings
}

/// A pattern that the cache keeps one by one, for each value of its placeholders.
fn growing(pattern: &str) -> Option<String> {
    cache::grows_list(pattern).then(|| {
        format!(
            "invalidates `{pattern}`: the cache remembers 64 values of it, and with one more, everything that was \
             stored before the oldest is invalid; write a tag with the placeholder, or a pattern whose only `*` is its \
             end"
        )
    })
}

/// Arguments whose extractor ignores the rules of their type.
fn unchecked(declared: &DeclaredRoute) -> impl Iterator<Item = String> {
    declared.description.inputs.iter().filter_map(|input| {
        let checked = input.unchecked?;
        let name = checked.rsplit("::").next().unwrap_or(checked);
        let ty = input.payload.type_name;
        Some(format!(
            "takes `{}` with axum's `{name}`, which does not check the rules of `{ty}`; write `{checked}`",
            input.name
        ))
    })
}

/// Routes whose stored responses the wrong client may see, or no client at all.
fn audience(declared: &DeclaredRoute) -> Option<&'static str> {
    let policy = declared.policies.cache.as_ref()?;
    let takes_identity = declared.description.inputs.iter().any(|input| input.source == InputSource::Identity);
    match (policy.audience, &*declared.policies.access) {
        (None, Access::Identified(_) | Access::Optional) => Some(
            "stores nothing for identified clients; declare who may see a stored response: `per = \"user\"` or \
             `shared`",
        ),
        (Some(Audience::Everyone), _) if takes_identity => Some(
            "is `shared` and takes the identity: every client gets the response that was made for the first one; if it \
             depends on the identity, write `per = \"user\"`",
        ),
        (Some(Audience::User), Access::Public) => Some(
            "is cached per user and does not authenticate: all clients that no layer identifies share one response; \
             write `auth` or `auth(optional)`",
        ),
        _ => None,
    }
}

/// A handler that takes more of the request than the key of its responses holds.
fn unkeyed(declared: &DeclaredRoute) -> Option<String> {
    let (part, argument) = declared.unkeyed_part()?;
    let audience = (*declared.policies.cache)?.audience();
    let (what, instead) = match part {
        RequestPart::Headers => ("all headers", "name those that it reads in `vary(…)`"),
        RequestPart::Cookies => ("cookies", "write `vary(\"cookie\")`"),
        // Other warnings are about these.
        RequestPart::Identity if audience.is_some() || *declared.policies.access != Access::Public => return None,
        RequestPart::Identity => ("the identity", "write `per = \"user\"`"),
        RequestPart::Address => ("the address of the client", "leave `cache` out"),
        RequestPart::Extension => (
            "what a layer has put into the request",
            "if it depends on the user, write \
             `per = \"user\"`",
        ),
    };
    Some(format!(
        "is cached, and its handler takes {what} (`{argument}`), which the cache key does not hold: a client may get \
         the response that was made for another one; {instead}, or write a function for `key`; \
         the route is not warmed up"
    ))
}

/// Routes whose responses a CDN may serve to the wrong client.
fn cdn(declared: &DeclaredRoute) -> Option<&'static str> {
    let policy = declared.policies.cache.as_ref().filter(|policy| policy.cdn_ttl.is_some())?;
    match (&*declared.policies.access, policy.partition) {
        (Access::Identified(_), _) => Some(
            "authenticates, and a CDN that stores its responses for the `cdn_ttl` does not: unless the CDN is \
             configured \
             to, it gives them to any client; leave `cdn_ttl` out",
        ),
        (_, Some(_)) => Some(
            "has a `partition`, and a CDN that stores its responses for the `cdn_ttl` separates them only by URL and \
             `Vary`; if the partition depends on anything else, leave `cdn_ttl` out",
        ),
        _ => None,
    }
}

/// Routes whose handlers may hang while a breaker or a permit waits for them.
fn missing_timeout(declared: &DeclaredRoute) -> Option<&'static str> {
    let policies = &declared.policies;
    if policies.timeout.is_some() || policies.cache.is_some() {
        return None;
    }
    match (&policies.guards.breaker, *policies.concurrency) {
        (Some(_), _) => Some(
            "a `breaker` and no `timeout`: a handler that hangs does not count as a failure until its client leaves",
        ),
        (None, Some(_)) => Some("`concurrency` and no `timeout`: handlers that hang keep their permits"),
        (None, None) => None,
    }
}

fn nearest_tag(tag: &str, routes: &[DeclaredRoute]) -> String {
    let tags = routes.iter().filter_map(|declared| declared.policies.cache.as_ref()).flat_map(|policy| policy.tags);
    setup_problem::nearest(tag, tags.copied()).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}
