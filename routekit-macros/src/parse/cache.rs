//! `cache(ttl = 300, tags("users", "user:{id}"), vary("accept-language"), per = "user")`

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ExprPath, LitStr};

use super::{
    Family, RawOption,
    literal::{duration_ms, size_bytes},
    raw::{self, Once, distinct},
    request_text, strings_call,
    tag::{Tag, tags},
};
use crate::{
    errors::{Errors, list, unknown},
    method::Method,
};

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

const ARGUMENTS: [&str; 9] = ["invalidate_on", "key", "max_body", "partition", "per", "shared", "tags", "ttl", "vary"];

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
        let ttl = self.ttl_ms.map(|ms| quote!(.ttl(::core::time::Duration::from_millis(#ms))));
        let tags = strings_call("tags", &self.tags);
        let vary = strings_call("vary", &self.vary);
        let audience = self.audience.as_ref().map(|audience| match audience {
            Audience::Everyone => quote!(.audience(__rt::Audience::Everyone)),
            Audience::User(_) => quote!(.audience(__rt::Audience::User)),
        });
        let partition = self.partition.as_ref().map(request_text::tokens).map(|text| quote!(.partition(#text)));
        let key = self.key.as_ref().map(request_text::tokens).map(|text| quote!(.key(#text)));
        let invalidate_on = strings_call("invalidate_on", &self.invalidate_on);
        let max_body = self.max_body.map(|bytes| quote!(.max_body(#bytes)));
        quote!(.cache(__rt::Caching::new() #ttl #tags #vary #audience #partition #key #invalidate_on #max_body))
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

/// `vary("accept-language")`, in lower case.
fn headers(item: &RawOption, errors: &mut Errors) -> Vec<LitStr> {
    let headers: Vec<LitStr> = item
        .strings("`vary(\"accept-language\")`", errors)
        .into_iter()
        .map(|header| LitStr::new(&header.value().to_ascii_lowercase(), header.span()))
        .collect();
    for header in &headers {
        if header.value() == "*" {
            errors.push(
                header.span(),
                "`*` tells all requests apart, so no stored answer would ever be given; name the headers that matter",
            );
        } else if !header.value().bytes().all(is_token) {
            errors.push(header.span(), "not the name of a header (RFC 9110 §5.6.2); write it as `\"accept-language\"`");
        }
    }
    distinct(&headers, errors);
    headers
}

/// `tchar` of RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `invalidate_on("POST /v2/users")`
fn mutating_routes(item: &RawOption, errors: &mut Errors) -> Vec<LitStr> {
    let routes = item.strings("`invalidate_on(\"POST /v2/users\")`", errors);
    for route in &routes {
        if let Err(message) = mutating_route(&route.value()) {
            errors.push(route.span(), message);
        }
    }
    distinct(&routes, errors);
    routes
}

fn mutating_route(text: &str) -> Result<(), String> {
    const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
    let Some((word, path)) = text.split_once(' ').filter(|(_, path)| !path.contains(char::is_whitespace)) else {
        return Err("not a method and a path with one space between them; write `\"POST /v2/users\"`".to_owned());
    };
    let upper = word.to_uppercase();
    match Method::from_word(&word.to_lowercase()) {
        None => return Err(unknown("method", word, &METHODS)),
        Some(method) if method.is_safe() => {
            let methods = list(METHODS);
            return Err(format!("`{upper}` changes nothing that is stored (RFC 9110 §9.2.1); write one of {methods}"));
        }
        Some(_) if word != upper => return Err(format!("a method is in upper case here; write `{upper} {path}`")),
        Some(_) => {}
    }
    if !path.starts_with('/') {
        return Err(format!("a path starts with `/`; write `{word} /{path}`"));
    }
    Ok(())
}
