//! `cache(ttl = 300, tags("users", "user:{id}"), vary("accept-language"), per = "user")`

mod downstream;
mod invalidate_on;
mod stale;
mod vary;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ExprPath, LitBool, LitStr};

use self::{downstream::Downstream, invalidate_on::mutating_routes, stale::Stale, vary::headers};
use super::{
    Family, RawOption,
    literal::{duration_ms, size_bytes},
    raw::{self, Once},
    request_text, strings_call,
    tag::{Tag, tags},
};
use crate::errors::{Errors, unknown};

/// How the answers of the route are cached.
pub(crate) struct Caching {
    /// Of the option's name.
    pub(crate) span: Span,
    ttl_ms: Option<u64>,
    pub(crate) tags: Vec<Tag>,
    /// In lower case.
    vary: Vec<LitStr>,
    pub(crate) audience: Option<Audience>,
    partition: Option<ExprPath>,
    key: Option<ExprPath>,
    invalidate_on: Vec<LitStr>,
    max_body: Option<u64>,
    stale: Stale,
    pub(crate) downstream: Downstream,
    honour_client_directives: Option<bool>,
    /// Whether an argument could not be read: perhaps it was meant to say the audience.
    pub(crate) misread: bool,
}

/// Who may be given a stored answer.
pub(crate) enum Audience {
    Everyone,
    /// The user who asked for it; said here.
    User(Span),
}

const USAGE: &str = "`cache(ttl = 60)`, or `cache(shared)` where the answers say themselves how long they are fresh";

const ARGUMENTS: [&str; 15] = [
    "cdn_tags",
    "cdn_ttl",
    "client_ttl",
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

pub(super) const FAMILY: Family = Family {
    names: &["cache"],
    parse: |option, options, errors| {
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
        options.caching = Some(caching);
    },
    policy: |options| options.caching.as_ref().map(Caching::policy),
};

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
            stale: Stale::default(),
            downstream: Downstream::default(),
            honour_client_directives: None,
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
            "per" => self.say(per_user(item, errors), item, errors),
            "shared" => {
                if !item.is_bare() {
                    errors.push(item.span, "`shared` takes nothing; write `shared`");
                }
                self.say(Audience::Everyone, item, errors);
            }
            "partition" => self.partition = request_text::function(item, errors),
            "key" => self.key = request_text::function(item, errors),
            "invalidate_on" => self.invalidate_on = mutating_routes(item, errors),
            "max_body" => {
                let literal = item.value("`max_body = \"1MiB\"`", errors);
                self.max_body = literal.and_then(|literal| size_bytes(&literal, errors));
            }
            "stale_while_revalidate" => self.stale.while_revalidate(item, errors),
            "stale_if_error" => self.stale.if_error(item, errors),
            "client_ttl" => self.downstream.client_ttl(item, errors),
            "cdn_ttl" => self.downstream.cdn_ttl(item, errors),
            "cdn_tags" => self.downstream.cdn_tags(item, errors),
            "honour_client_directives" => {
                let honour = item.value::<LitBool>("`honour_client_directives = false`", errors);
                self.honour_client_directives = honour.map(|honour| honour.value);
            }
            other => {
                errors.push(item.span, unknown("argument", other, &ARGUMENTS));
                self.misread = true;
            }
        }
    }

    fn say(&mut self, audience: Audience, item: &RawOption, errors: &mut Errors) {
        if self.audience.replace(audience).is_some() {
            errors.push(item.span, "a stored answer is one user's or everybody's; write `per = \"user\"` or `shared`");
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
        let (stale, downstream) = (self.stale.policy(), self.downstream.policy());
        let honour = self.honour_client_directives.map(|honour| quote!(.with_honour_client_directives(#honour)));
        quote! {
            .with_cache(
                __rt::CachePolicy::new()
                #ttl #tags #vary #audience #partition #key #invalidate_on #max_body #stale #downstream #honour
            )
        }
    }
}

/// `per = "user"`; whatever else it says is a mistake, and that it says something is remembered.
fn per_user(item: &RawOption, errors: &mut Errors) -> Audience {
    const USAGE: &str = "`per = \"user\"`";
    if let Some(whom) = item.value::<LitStr>(USAGE, errors)
        && whom.value() != "user"
    {
        errors.push(whom.span(), format!("answers are stored per user or for everybody; write {USAGE} or `shared`"));
    }
    Audience::User(item.span)
}
