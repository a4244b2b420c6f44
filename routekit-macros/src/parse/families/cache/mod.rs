//! `cache(ttl = 300, tags("users", "user:{id}"), vary("accept-language"), per = "user")`

mod compress_stored;
mod downstream;
mod invalidate_on;
mod stale;
mod vary;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ExprPath, LitBool, LitStr, Type};

use self::{
    compress_stored::CompressStored, downstream::Downstream, invalidate_on::mutating_routes, stale::Stale,
    vary::headers,
};
use crate::{
    errors::{Errors, unknown},
    method::Method,
    parse::{
        family::{Callers, Family, Surroundings},
        literal::{duration_ms, size_bytes},
        raw::{self, Once, RawOption},
        request_text,
        tag::{self, Tag, strings_call, tags},
    },
};

/// How the responses of the route are cached.
pub(crate) struct Caching {
    /// The place of the option's name.
    span: Span,
    ttl_ms: Option<u64>,
    pub(crate) tags: Vec<Tag>,
    /// In lower case.
    vary: Vec<LitStr>,
    audience: Option<Audience>,
    partition: Option<ExprPath>,
    key: Option<ExprPath>,
    invalidate_on: Vec<LitStr>,
    max_body: Option<u64>,
    compress_stored: Option<CompressStored>,
    stale: Stale,
    downstream: Downstream,
    honour_client_directives: Option<bool>,
    consistency: Option<Consistency>,
    /// Whether an argument could not be read: it may have been meant as the audience.
    misread: bool,
}

/// When invalidations by other processes count.
enum Consistency {
    Bounded,
    Strict,
}

/// Who may be given a stored response.
enum Audience {
    Everyone,
    /// The user whose request it was stored for; declared at this place.
    User(Span),
}

const USAGE: &str = "`cache(ttl = 60)`, or `cache(shared)` if the responses set their own lifetime";

const ARGUMENTS: [&str; 17] = [
    "cdn_tags",
    "cdn_ttl",
    "client_ttl",
    "compress_stored",
    "consistency",
    "honour_client_directives",
    "invalidate_on",
    "key",
    "max_body",
    "partition",
    "per",
    "shared",
    "stale_if_error",
    "stale_while_revalidate",
    "tags",
    "ttl",
    "vary",
];

impl Family for Option<Caching> {
    fn names(&self) -> &'static [&'static str] {
        &["cache"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let Some(arguments) = option.list(USAGE, errors) else { return };
        let mut caching = Caching::new(option.span);
        let mut once = Once::default();
        for piece in raw::split(arguments) {
            match piece.argument(USAGE, errors) {
                Some(item) if once.is_first(&item, errors) => caching.read(&item, errors),
                Some(_) => {}
                None => caching.misread = true,
            }
        }
        *self = Some(caching);
    }

    fn check(&self, route: &Surroundings<'_>, errors: &mut Errors) {
        let Some(caching) = self else { return };
        match route.method {
            Some(method) if !method.is_cacheable() => caching.report_method(method, errors),
            _ => caching.check_audience(route.callers, errors),
        }
        if let Some(path) = route.placeholders {
            tag::check(&caching.tags, path, errors);
        }
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        self.as_ref().map(Caching::policy)
    }
}

impl Caching {
    fn new(span: Span) -> Self {
        Self {
            span,
            ttl_ms: None,
            tags: Vec::new(),
            vary: Vec::new(),
            audience: None,
            partition: None,
            key: None,
            invalidate_on: Vec::new(),
            max_body: None,
            compress_stored: None,
            stale: Stale::default(),
            downstream: Downstream::default(),
            honour_client_directives: None,
            consistency: None,
            misread: false,
        }
    }

    /// Reads one argument.
    fn read(&mut self, item: &RawOption, errors: &mut Errors) {
        match item.name.as_str() {
            "ttl" => {
                let literal = item.value("`ttl = 300` or `ttl = \"5m\"`", errors);
                self.ttl_ms = literal.and_then(|literal| duration_ms(&literal, errors));
            }
            "tags" => self.tags = tags(item.strings("`tags(\"users\", \"user:{id}\")`", errors), errors),
            "vary" => self.vary = headers(item, errors),
            "per" => self.set_audience(per_user(item, errors), item, errors),
            "shared" => {
                if !item.is_bare() {
                    errors.push(item.span, "`shared` has no arguments; write `shared`");
                }
                self.set_audience(Audience::Everyone, item, errors);
            }
            "partition" => self.partition = request_text::function(item, errors),
            "key" => self.key = request_text::function(item, errors),
            "invalidate_on" => self.invalidate_on = mutating_routes(item, errors),
            "max_body" => {
                let literal = item.value("`max_body = \"1MiB\"`", errors);
                self.max_body = literal.and_then(|literal| size_bytes(&literal, errors));
            }
            "compress_stored" => self.compress_stored = CompressStored::read(item, errors),
            "stale_while_revalidate" => self.stale.while_revalidate(item, errors),
            "stale_if_error" => self.stale.if_error(item, errors),
            "client_ttl" => self.downstream.client_ttl(item, errors),
            "cdn_ttl" => self.downstream.cdn_ttl(item, errors),
            "cdn_tags" => self.downstream.cdn_tags(item, errors),
            "honour_client_directives" => {
                let honour = item.value::<LitBool>("`honour_client_directives = false`", errors);
                self.honour_client_directives = honour.map(|honour| honour.value);
            }
            "consistency" => self.consistency = consistency(item, errors),
            other => {
                errors.push(item.span, unknown("argument", other, &ARGUMENTS));
                self.misread = true;
            }
        }
    }

    fn set_audience(&mut self, audience: Audience, item: &RawOption, errors: &mut Errors) {
        if self.audience.replace(audience).is_some() {
            errors.push(
                item.span,
                "a stored response belongs to one user or to everyone; write either `per = \"user\"` or `shared`",
            );
        }
    }

    fn report_method(&self, method: Method, errors: &mut Errors) {
        let instead = if method.is_safe() {
            "leave `cache` out".to_owned()
        } else {
            let method = method.word().to_uppercase();
            format!("to invalidate stored responses after this {method}, write `invalidates(\"…\")`")
        };
        errors.push(self.span, format!("only responses to GET and HEAD are cached; {instead}"));
    }

    fn check_audience(&self, callers: Option<Callers>, errors: &mut Errors) {
        match (callers, &self.audience) {
            (Some(Callers::Identified | Callers::AnyoneWithValidCredentials), None) if !self.misread => errors.push(
                self.span,
                "a cached route with `auth` must say who may be given a stored response; write `per = \"user\"` (only \
                 the user whose request it was stored for) or `shared` (everyone who may call the route)",
            ),
            (Some(Callers::Anyone), Some(Audience::User(span))) => errors.push(
                *span,
                "`public` does not identify the caller, so no response belongs to a user; write `auth`, or leave `per` \
                 out",
            ),
            _ => {}
        }
        if let Some(Audience::User(_)) = &self.audience {
            for (name, span) in &self.downstream.for_cdn {
                errors.push(
                    *span,
                    format!(
                        "a CDN would serve one user's response to others; leave `{name}` out, or write `shared` in \
                         place of `per = \"user\"` if the response is the same for everyone"
                    ),
                );
            }
        }
    }

    fn policy(&self) -> TokenStream {
        let ttl = self.ttl_ms.map(|ms| quote!(.with_ttl(::core::time::Duration::from_millis(#ms))));
        let tags = strings_call("tags", &self.tags);
        let vary = strings_call("vary", &self.vary);
        let audience = self.audience.as_ref().map(|audience| match audience {
            Audience::Everyone => quote!(.with_audience(__rt::Audience::Everyone)),
            Audience::User(_) => quote!(.with_audience(__rt::Audience::User)),
        });
        let partition = self.partition.as_ref().map(request_text::tokens).map(|text| quote!(.with_partition(#text)));
        let key = self.key.as_ref().map(request_text::tokens).map(|text| quote!(.with_key(#text)));
        let invalidate_on = strings_call("invalidate_on", &self.invalidate_on);
        let max_body = self.max_body.map(|bytes| quote!(.with_max_body(#bytes)));
        let compress_stored = self.compress_stored.map(CompressStored::policy);
        let (stale, downstream) = (self.stale.policy(), self.downstream.policy());
        let honour = self.honour_client_directives.map(|honour| quote!(.with_honour_client_directives(#honour)));
        let consistency = self.consistency.as_ref().map(|consistency| match consistency {
            Consistency::Bounded => quote!(.with_consistency(__rt::Consistency::Bounded)),
            Consistency::Strict => quote!(.with_consistency(__rt::Consistency::Strict)),
        });
        quote! {
            .with_cache(
                __rt::CachePolicy::new()
                #ttl #tags #vary #audience #partition #key #invalidate_on #max_body #compress_stored #stale
                #downstream #honour #consistency
            )
        }
    }
}

fn consistency(item: &RawOption, errors: &mut Errors) -> Option<Consistency> {
    const USAGE: &str = "`consistency = \"strict\"` (each hit asks Redis) or `consistency = \"bounded\"`";
    let value = item.value::<LitStr>(USAGE, errors)?;
    match value.value().as_str() {
        "bounded" => Some(Consistency::Bounded),
        "strict" => Some(Consistency::Strict),
        _ => {
            errors.push(value.span(), format!("write {USAGE}"));
            None
        }
    }
}

/// `per = "user"`. Another value is reported and counts as an audience all the same, so that none is missing.
fn per_user(item: &RawOption, errors: &mut Errors) -> Audience {
    const USAGE: &str = "`per = \"user\"`";
    if let Some(value) = item.value::<LitStr>(USAGE, errors)
        && value.value() != "user"
    {
        errors.push(value.span(), format!("responses are stored per user or for everyone; write {USAGE} or `shared`"));
    }
    Audience::User(item.span)
}
