//! `idempotent`, `idempotent(ttl = "24h", required, max_body = "256KiB")`

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Type, spanned::Spanned};

use crate::{
    errors::{Errors, unknown},
    method::Method,
    parse::{
        family::{Family, Surroundings},
        literal::{duration_ms, size_bytes},
        raw::{self, Once, RawOption},
    },
    types::peeled_name,
};

/// How the route treats the `Idempotency-Key` of its requests.
pub(crate) struct Idempotent {
    /// The place of the option's name.
    span: Span,
    ttl_ms: Option<u64>,
    required: bool,
    max_body: Option<u64>,
}

const USAGE: &str = "`idempotent`, or `idempotent(ttl = \"24h\", required)`";

const ARGUMENTS: [&str; 3] = ["max_body", "required", "ttl"];

/// Extractors that pass the body on as a stream, by name, and why a repeat is of no use to them.
const STREAMED_BODIES: [(&str, &str); 4] = [
    ("Body", "`idempotent` reads the whole body before the handler; take `Bytes`"),
    ("Request", "`idempotent` reads the whole body before the handler; take `Bytes`"),
    ("Multipart", "each repeat of a form has another boundary, so none would be recognised; take `Bytes` or `Json<T>`"),
    ("WebSocketUpgrade", "a WebSocket has no response that could be stored for repeats; leave `idempotent` out"),
];

/// Responses that are streams, by name.
const STREAMED_RESPONSES: [&str; 2] = ["Body", "Sse"];

impl Family for Option<Idempotent> {
    fn names(&self) -> &'static [&'static str] {
        &["idempotent"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let mut idempotent = Idempotent { span: option.span, ttl_ms: None, required: false, max_body: None };
        if !option.is_bare() {
            let Some(arguments) = option.list(USAGE, errors) else { return };
            let mut once = Once::default();
            for piece in raw::split(arguments) {
                let Some(item) = piece.argument(USAGE, errors) else { continue };
                if once.is_first(&item, errors) {
                    idempotent.read(&item, errors);
                }
            }
        }
        *self = Some(idempotent);
    }

    fn check(&self, route: &Surroundings<'_>, errors: &mut Errors) {
        let Some(idempotent) = self else { return };
        if let Some(method) = route.method
            && method.is_safe()
        {
            idempotent.report_method(method, errors);
        }
        for argument in &route.arguments {
            let name = peeled_name(argument);
            let streamed = STREAMED_BODIES.iter().find(|(streamed, _)| name.as_deref() == Some(streamed));
            if let Some((name, instead)) = streamed {
                errors.push(argument.span(), format!("`{name}` does not go with `idempotent`: {instead}"));
            }
        }
        if let Some(output) = route.output
            && let Some(name) = peeled_name(output)
            && STREAMED_RESPONSES.contains(&&*name)
        {
            errors.push(
                output.span(),
                format!(
                    "`{name}` does not go with `idempotent`: a stream cannot be stored for repeats; return `Json<T>`"
                ),
            );
        }
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        let Idempotent { span: _, ttl_ms, required, max_body } = self.as_ref()?;
        let ttl = ttl_ms.map(|ms| quote!(.with_ttl(::core::time::Duration::from_millis(#ms))));
        let required = required.then(|| quote!(.with_required()));
        let max_body = max_body.map(|bytes| quote!(.with_max_body(#bytes)));
        Some(quote!(.with_idempotent(__rt::IdempotentPolicy::new() #ttl #required #max_body)))
    }
}

impl Idempotent {
    /// Reads one argument.
    fn read(&mut self, item: &RawOption, errors: &mut Errors) {
        match item.name.as_str() {
            "ttl" => {
                let literal = item.value("`ttl = \"24h\"`", errors);
                self.ttl_ms = literal.and_then(|literal| duration_ms(&literal, errors));
            }
            "required" => {
                if !item.is_bare() {
                    errors.push(item.span, "`required` has no arguments; write `required`");
                }
                self.required = true;
            }
            "max_body" => {
                let literal = item.value("`max_body = \"256KiB\"`", errors);
                self.max_body = literal.and_then(|literal| size_bytes(&literal, errors));
            }
            other => errors.push(item.span, unknown("argument", other, &ARGUMENTS)),
        }
    }

    fn report_method(&self, method: Method, errors: &mut Errors) {
        let name = method.word().to_uppercase();
        let cached = if method.is_cacheable() { ", or write `cache(ttl = 60)` to store its responses" } else { "" };
        let why = format!("{name} requests are idempotent already (RFC 9110 §9.2.2)");
        errors.push(self.span, format!("{why}; leave `idempotent` out{cached}"));
    }
}
