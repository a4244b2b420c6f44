//! `rate_limit("10/s", burst = 20)`, `rate_limit("1000/day", per = "user", name = "daily")`, `rate_limit(off)`

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use routekit_grammar::rate::{self, MAX_LIMITS, Rate};
use syn::{ExprPath, LitInt, LitStr, Type, spanned::Spanned};

use crate::{
    errors::{Errors, unknown},
    parse::{
        family::{Callers, Family, Surroundings},
        literal::{positive_count, text},
        raw::{self, Once, Piece, RawOption},
    },
};

/// The rate limits of a route. Each option adds one.
#[derive(Default)]
pub(crate) struct RateLimits {
    limits: Vec<RateLimit>,
    /// The place of `rate_limit(off)`.
    off: Option<Span>,
}

/// One limit.
struct RateLimit {
    span: Span,
    rate: Rate,
    burst: Option<u32>,
    key: Key,
    name: String,
    /// The place of the name, or of the limit.
    named_at: Span,
    observes: bool,
    shared: bool,
}

enum Key {
    Ip,
    User(Span),
    /// In lower case.
    Header(String),
    Function(ExprPath),
}

const USAGE: &str =
    "`rate_limit(\"10/s\")` or `rate_limit(\"1000/day\", burst = 100, per = \"user\", name = \"daily\")`";
const PER: &str = "`per = \"ip\"`, `per = \"user\"`, `per = \"header:x-api-key\"`, or the path of a \
                   `fn(&http::request::Parts) -> String`";
const ARGUMENTS: [&str; 5] = ["burst", "mode", "name", "per", "shared"];

impl Family for RateLimits {
    fn names(&self) -> &'static [&'static str] {
        &["rate_limit"]
    }

    fn repeats(&self) -> bool {
        true
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let Some(arguments) = option.list(USAGE, errors) else { return };
        let mut pieces = raw::split(arguments).into_iter();
        let Some(first) = pieces.next() else { return };
        if first.to_string() == "off" {
            self.off = Some(first.span());
            if let Some(more) = pieces.next() {
                errors.push(more.span(), "`off` has no arguments; write `rate_limit(off)`");
            }
            return;
        }
        self.limits.extend(limit(option.span, &first, pieces, errors));
    }

    fn check(&self, route: &Surroundings<'_>, errors: &mut Errors) {
        self.check_together(errors);
        for limit in &self.limits {
            if let Key::User(span) = limit.key
                && route.callers == Some(Callers::Anyone)
            {
                let message = "`public` does not identify the caller, so the limit would count by address; write \
                               `auth` or `auth(optional)`, or leave `per` out";
                errors.push(span, message);
            }
        }
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        if self.limits.is_empty() && self.off.is_none() {
            return None;
        }
        let limits = self.limits.iter().map(RateLimit::tokens);
        Some(quote!(.with_rate_limits({
            const __LIMITS: &[__rt::RateLimitPolicy] = &[#(#limits),*];
            __LIMITS
        })))
    }
}

impl RateLimits {
    /// Reports limits that contradict each other.
    fn check_together(&self, errors: &mut Errors) {
        for (index, limit) in self.limits.iter().enumerate() {
            let name = &limit.name;
            if self.limits[..index].iter().any(|other| other.name == *name) {
                let message = format!("two limits are named `{name}`; give this one another name: `name = \"…\"`");
                errors.push(limit.named_at, message);
            }
        }
        if let Some(extra) = self.limits.get(MAX_LIMITS) {
            errors.push(extra.span, format!("a route has at most {MAX_LIMITS} rate limits; leave some of them out"));
        }
        if let (Some(off), false) = (self.off, self.limits.is_empty()) {
            errors.push(off, "the route also has a rate limit; leave one of them out");
        }
    }
}

impl RateLimit {
    fn tokens(&self) -> TokenStream {
        let (name, requests, window_ms) = (&self.name, self.rate.requests(), self.rate.window_ms());
        let burst = self.burst.map(|burst| quote!(.with_burst(#burst)));
        let key = match &self.key {
            Key::Ip => None,
            Key::User(_) => Some(quote!(__rt::RateLimitKey::User)),
            Key::Header(name) => Some(quote!(__rt::RateLimitKey::Header(#name))),
            Key::Function(function) => {
                // Spanned, so that a function with another signature is reported at its path.
                let function = quote_spanned!(function.span()=> __rt::RequestFunction::new(#function));
                Some(quote!(__rt::RateLimitKey::Function(#function)))
            }
        };
        let key = key.map(|key| quote!(.with_key(#key)));
        let observes = self.observes.then(|| quote!(.with_observes()));
        let shared = self.shared.then(|| quote!(.with_shared()));
        quote!(__rt::RateLimitPolicy::new(#name, #requests, #window_ms) #burst #key #observes #shared)
    }
}

/// The limit of one option: its rate, then named arguments.
fn limit(span: Span, first: &Piece, more: impl Iterator<Item = Piece>, errors: &mut Errors) -> Option<RateLimit> {
    let rate = match first.string() {
        Ok(literal) => Rate::parse(&literal.value()).map_err(|reason| errors.push(literal.span(), reason)).ok(),
        Err((span, message)) => {
            errors.push(span, format!("{message}; write {USAGE}"));
            None
        }
    };
    let (mut burst, mut key, mut name, mut observes, mut shared) = (None, Some(Key::Ip), None, false, false);
    let mut once = Once::default();
    for piece in more {
        let Some(item) = piece.argument(USAGE, errors) else { continue };
        if !once.is_first(&item, errors) {
            continue;
        }
        match item.name.as_str() {
            "burst" => burst = burst_of(&item, rate, errors),
            "per" => key = per(&item, errors),
            "name" => name = text(&item, "`name = \"daily\"`", errors).and_then(|name| checked_name(name, errors)),
            "mode" => observes = mode(&item, errors),
            "shared" if item.is_bare() => shared = true,
            "shared" => errors.push(item.span, "`shared` has no value; write `shared`, or leave it out"),
            other => errors.push(item.span, unknown("argument", other, &ARGUMENTS)),
        }
    }
    let (rate, key) = (rate?, key?);
    // The burst is the number of requests in the rate.
    if !once.names().any(|name| name == "burst")
        && let Err(reason) = rate.check_burst(rate.requests())
    {
        errors.push(first.span(), reason);
    }
    let (name, named_at) = match name {
        Some(name) => (name.value(), name.span()),
        None => (default_name(&key), first.span()),
    };
    if rate::check_name(&name).is_err() {
        errors.push(named_at, format!("`{name}` is not a name of a limit; add one: `name = \"…\"`"));
    }
    Some(RateLimit { span, rate, burst, key, name, named_at, observes, shared })
}

fn burst_of(item: &RawOption, rate: Option<Rate>, errors: &mut Errors) -> Option<u32> {
    let literal: syn::Lit = item.value("`burst = 20`", errors)?;
    // Zero is reported with the rule of the grammar.
    let is_zero = syn::parse2::<LitInt>(quote!(#literal)).is_ok_and(|int| int.base10_digits() == "0");
    let burst = if is_zero { 0 } else { positive_count(&literal, "", errors)? };
    let checked = rate.unwrap_or(Rate::new(1, 1000)).check_burst(burst);
    checked.map_err(|reason| errors.push(literal.span(), reason)).ok().map(|()| burst)
}

/// What the limit counts by.
fn per(item: &RawOption, errors: &mut Errors) -> Option<Key> {
    let expression: syn::Expr = item.value(PER, errors)?;
    let literal = match expression {
        syn::Expr::Path(path) => return Some(Key::Function(path)),
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(literal), .. }) => literal,
        other => {
            errors.push(other.span(), format!("not something that requests can be counted by; write {PER}"));
            return None;
        }
    };
    let value = literal.value();
    match (value.as_str(), value.strip_prefix("header:")) {
        ("ip", _) => Some(Key::Ip),
        ("user", _) => Some(Key::User(literal.span())),
        (_, Some(name)) if is_header_name(name) => Some(Key::Header(name.to_ascii_lowercase())),
        (_, Some(name)) => {
            errors.push(literal.span(), format!("`{name}` is not a header name; write `per = \"header:x-api-key\"`"));
            None
        }
        _ => {
            let names = ["ip", "user", "header:x-api-key"];
            errors.push(literal.span(), format!("{}, or the path of a function", unknown("key", &value, &names)));
            None
        }
    }
}

/// `token` of RFC 9110 §5.6.2.
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn checked_name(name: LitStr, errors: &mut Errors) -> Option<LitStr> {
    rate::check_name(&name.value()).map_err(|reason| errors.push(name.span(), reason)).ok().map(|()| name)
}

fn mode(item: &RawOption, errors: &mut Errors) -> bool {
    let Some(mode) = item.value::<LitStr>("`mode = \"observe\"`", errors) else { return false };
    match mode.value().as_str() {
        "observe" => true,
        "enforce" => false,
        other => {
            errors.push(mode.span(), unknown("mode", other, &["enforce", "observe"]));
            false
        }
    }
}

/// The name of a limit that sets none.
fn default_name(key: &Key) -> String {
    match key {
        Key::Ip => "ip".to_owned(),
        Key::User(_) => "user".to_owned(),
        Key::Header(name) => name.clone(),
        Key::Function(path) => path.path.segments.last().map_or_else(String::new, |last| last.ident.to_string()),
    }
}
