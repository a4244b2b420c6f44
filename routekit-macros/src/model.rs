//! Arguments + signature → a route that cannot be wrong.

use proc_macro2::{Ident, Span};
use routekit_grammar::suggest::nearest;
use syn::{FnArg, Pat, PatType, ReturnType, Type, spanned::Spanned};

use crate::{
    errors::{Errors, list},
    handler::Handler,
    method::Method,
    parse::{Access, Arguments, Audience, Options, Placeholder, Tag, Template},
    types::{find_impl_trait, first_type_argument, head_name, peeled_name, type_text},
};

/// A route without a mistake that tokens can show.
pub(crate) struct Route<'a> {
    pub(crate) method: Method,
    pub(crate) path: Template,
    pub(crate) options: Options,
    pub(crate) arguments: Vec<Argument<'a>>,
    pub(crate) output: Output<'a>,
}

/// One argument of the handler.
pub(crate) struct Argument<'a> {
    /// What the description calls it.
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    pub(crate) source: Source,
}

/// Where an argument comes from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The placeholder of this name, parsed into the argument's type.
    Placeholder(String),
    /// An extractor that leaves the body alone.
    Parts,
    /// An extractor that may consume the body; at most one, extracted last.
    Body,
}

/// What the handler returns.
pub(crate) enum Output<'a> {
    /// Nothing: `200` without content.
    Unit,
    /// A type that can be named.
    Named(&'a Type),
    /// `impl IntoResponse`: nothing more is known of it.
    Opaque(Span),
}

/// Extractors that consume the body; a macro sees names, not types.
const BODIES: [&str; 7] = ["Json", "Form", "Multipart", "Bytes", "String", "Request", "Body"];

/// Extractors that leave the body alone and are never values themselves.
const EXTRACTORS: [&str; 9] =
    ["Claims", "ConnectInfo", "Dep", "Extension", "HeaderMap", "Identity", "Path", "Query", "State"];

/// Types that are plain values: never extractors, so an argument of one must name a placeholder.
const SCALARS: [&str; 19] = [
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "bool",
    "char",
    "Uuid",
    "IpAddr",
    "SocketAddr",
];

impl<'a> Route<'a> {
    /// The validated route, or `None` with at least one mistake in `errors`.
    pub(crate) fn check(arguments: Arguments, handler: &'a Handler, errors: &mut Errors) -> Option<Self> {
        check_signature(handler, errors);
        let placeholders = arguments.path.as_ref().map(|path| path.placeholders.as_slice());
        let taken = classify(handler, placeholders, errors);
        check_bodies(&taken, arguments.method, errors);
        check_state(&taken, &arguments.options, errors);
        check_identity(&taken, &arguments.options, errors);
        check_caching(&arguments.options, arguments.method, errors);
        check_invalidation(&arguments.options, arguments.method, errors);
        if let Some(placeholders) = placeholders {
            check_placeholders(&taken, placeholders, errors);
            let patterns = arguments.options.invalidates.iter().flat_map(|invalidates| &invalidates.patterns);
            check_tags(arguments.options.cache_tags().chain(patterns), placeholders, errors);
        }
        let output = output(&handler.sig.output);
        if !errors.is_empty() {
            return None;
        }
        Some(Self {
            method: arguments.method?,
            path: arguments.path?,
            options: arguments.options,
            arguments: taken,
            output,
        })
    }
}

fn check_signature(handler: &Handler, errors: &mut Errors) {
    let sig = &handler.sig;
    if sig.asyncness.is_none() {
        errors.push(sig.fn_token.span, format!("a handler is async: write `async fn {}`", sig.ident));
    }
    if let Some(unsafety) = &sig.unsafety {
        errors.push(unsafety.span, "a handler is not `unsafe`: requests call it");
    }
    if let Some(constness) = &sig.constness {
        errors.push(constness.span, "a handler is not `const`");
    }
    if let Some(abi) = &sig.abi {
        errors.push(abi.span(), "a handler has no `extern`");
    }
    if let Some(first) = sig.generics.params.first() {
        errors.push(first.span(), "a handler is not generic: a route is one function; name the type it is meant for");
    }
    for attr in &handler.further_routes {
        errors.push(
            attr.path().span(),
            "a handler has one route; for a second one, write a function that calls this one",
        );
    }
    if let Some(variadic) = &sig.variadic {
        errors.push(variadic.span(), "a handler has no variadic arguments");
    }
}

fn classify<'a>(handler: &'a Handler, placeholders: Option<&[Placeholder]>, errors: &mut Errors) -> Vec<Argument<'a>> {
    let path = placeholders.map(|all| PathNames::new(all, handler));
    let mut arguments = Vec::new();
    for input in &handler.sig.inputs {
        let argument = match input {
            FnArg::Receiver(receiver) => {
                errors.push(receiver.self_token.span, "a handler is a free function; take shared things as `Dep<T>`");
                continue;
            }
            FnArg::Typed(argument) => argument,
        };
        if let Some(span) = find_impl_trait(&argument.ty) {
            errors.push(
                span,
                "an `impl Trait` argument makes the handler generic, and a route is one function; name the type",
            );
        }
        if let Type::Reference(reference) = &*argument.ty {
            let owned = match type_text(&reference.elem) {
                text if text == "str" => "String".to_owned(),
                text => text,
            };
            errors.push(
                reference.and_token.span,
                format!("a handler takes its arguments by value, not by reference; write `{owned}`"),
            );
        }
        let name = argument_name(argument);
        let source = source(argument, path.as_ref(), errors);
        arguments.push(Argument { name: name.unwrap_or_else(|| "_".to_owned()), ty: &argument.ty, source });
    }
    // Without a body by name, the last extractor may be one.
    if !arguments.iter().any(|argument| argument.source == Source::Body)
        && let Some(last) = arguments.iter_mut().rev().find(|argument| argument.source == Source::Parts)
    {
        last.source = Source::Body;
    }
    arguments
}

/// The placeholders of the path, with a view to the arguments.
struct PathNames<'a> {
    all: &'a [Placeholder],
    /// Those that no argument is named for: what a misspelt name was meant to be.
    open: Vec<&'a str>,
}

impl<'a> PathNames<'a> {
    fn new(all: &'a [Placeholder], handler: &Handler) -> Self {
        let taken = |placeholder: &str| {
            handler.sig.inputs.iter().any(|argument| {
                matches!(argument, FnArg::Typed(argument) if is_path(&argument.ty)
                    || value_name(argument).is_some_and(|name| takes(&name, placeholder)))
            })
        };
        let open = all.iter().map(|placeholder| placeholder.name.as_str()).filter(|name| !taken(name)).collect();
        Self { all, open }
    }
}

/// `_id` takes `{id}` as well: an argument that only documents its placeholder.
fn takes(argument: &str, placeholder: &str) -> bool {
    argument == placeholder || argument.strip_prefix('_') == Some(placeholder)
}

/// The name of an argument that may be a value of the path: not that of an extractor, whatever it is called.
fn value_name(argument: &PatType) -> Option<String> {
    let head = peeled_name(&argument.ty).unwrap_or_default();
    let extractor = head != "String" && BODIES.contains(&head.as_str()) || EXTRACTORS.contains(&head.as_str());
    argument_name(argument).filter(|_| !extractor)
}

fn source(argument: &PatType, path: Option<&PathNames<'_>>, errors: &mut Errors) -> Source {
    let head = head_name(&argument.ty).unwrap_or_default();
    if let Some(name) = value_name(argument)
        && let Some(source) = source_by_name(&name, &head, argument, path, errors)
    {
        return source;
    }
    if BODIES.contains(&peeled_name(&argument.ty).as_deref().unwrap_or_default()) {
        Source::Body
    } else {
        Source::Parts
    }
}

/// The placeholder that an argument is named for, or was meant to be named for.
fn source_by_name(
    name: &str,
    head: &str,
    argument: &PatType,
    path: Option<&PathNames<'_>>,
    errors: &mut Errors,
) -> Option<Source> {
    let scalar = SCALARS.contains(&head);
    let Some(path) = path else {
        // The path could not be read, so a plain value is perhaps meant for a placeholder of it.
        return (scalar || head == "String").then(|| Source::Placeholder(name.to_owned()));
    };
    if let Some(placeholder) = path.all.iter().find(|placeholder| takes(name, &placeholder.name)) {
        return Some(Source::Placeholder(placeholder.name.clone()));
    }
    let guess = nearest(name, path.open.iter().copied());
    // A `String` is a body, unless its name says what it was meant to be.
    if !(scalar || head == "String" && guess.is_some()) {
        return None;
    }
    let help = match guess {
        Some(guess) => format!("did you mean `{guess}`?"),
        None if path.all.is_empty() => "the path has none; take query parameters with `Query<T>`".to_owned(),
        None => format!("the path has {}", list_placeholders(path.all)),
    };
    errors.push(argument.pat.span(), format!("the argument `{name}` names no placeholder of the path; {help}"));
    Some(Source::Placeholder(guess.unwrap_or(name).to_owned()))
}

fn check_bodies(arguments: &[Argument<'_>], method: Option<Method>, errors: &mut Errors) {
    let named = |argument: &&Argument<'_>| {
        argument.source == Source::Body && peeled_name(argument.ty).is_some_and(|name| BODIES.contains(&name.as_str()))
    };
    let mut bodies = arguments.iter().filter(named);
    let Some(first) = bodies.next() else { return };
    for second in bodies {
        errors.push(second.ty.span(), format!("a request has one body, and `{}` already takes it", first.name));
    }
    if let Some(method) = method
        && !method.may_have_body()
    {
        errors.push(
            first.ty.span(),
            format!(
                "a {} request has no body (RFC 9110 §9.3.1); take parameters with `Query<T>`",
                method.word().to_uppercase()
            ),
        );
    }
}

fn check_state(arguments: &[Argument<'_>], options: &Options, errors: &mut Errors) {
    if options.state.is_some() {
        return;
    }
    for argument in arguments {
        if peeled_name(argument.ty).as_deref() == Some("State") {
            let inner = first_type_argument(argument.ty).map_or_else(|| "T".to_owned(), type_text);
            errors.push(
                argument.ty.span(),
                format!("`State<{inner}>` needs `state = {inner}` in the attribute; or take `Dep<{inner}>`, given with `App::provide`"),
            );
        }
    }
}

/// Who lets everybody in, cannot count on knowing who it is.
fn check_identity(arguments: &[Argument<'_>], options: &Options, errors: &mut Errors) {
    let Some(access) = &options.access else { return };
    let open = match access {
        Access::Public => "`public` does not ask who is calling; write `auth`",
        Access::Optional => "`auth(optional)` lets in whoever has no credentials; write `auth`",
        Access::Identified(_) => return,
    };
    let knowing = |argument: &&Argument<'_>| head_name(argument.ty).as_deref() == Some("Identity");
    for argument in arguments.iter().filter(knowing) {
        errors.push(argument.ty.span(), format!("{open}, or take `Option<{}>`", type_text(argument.ty)));
    }
}

fn check_caching(options: &Options, method: Option<Method>, errors: &mut Errors) {
    let Some(caching) = &options.caching else { return };
    if let Some(method) = method
        && !method.is_cacheable()
    {
        let instead = if method.is_safe() {
            "leave `cache` out".to_owned()
        } else {
            let method = method.word().to_uppercase();
            format!("for what this {method} makes invalid, write `invalidates(\"…\")`")
        };
        errors.push(caching.span, format!("only answers to GET and HEAD are cached; {instead}"));
        return;
    }
    match (&options.access, &caching.audience) {
        (Some(Access::Identified(_) | Access::Optional), None) if !caching.misread => errors.push(
            caching.span,
            "who may see a stored answer must be said beside `auth`; write `per = \"user\"` (whoever asked for it) or \
             `shared` (whoever may call the route)",
        ),
        (Some(Access::Public), Some(Audience::User(span))) => errors.push(
            *span,
            "`public` does not ask who is calling, so no answer is a user's own; write `auth`, or leave `per` out",
        ),
        _ => {}
    }
    if let Some(Audience::User(_)) = &caching.audience {
        for (name, span) in &caching.downstream.for_cdn {
            errors.push(
                *span,
                format!(
                    "a CDN would give one user's answer to others; leave `{name}` out, or write `shared` in place of \
                     `per = \"user\"` if the answer is everybody's"
                ),
            );
        }
    }
}

fn check_invalidation(options: &Options, method: Option<Method>, errors: &mut Errors) {
    let Some(invalidates) = &options.invalidates else { return };
    if let Some(method) = method
        && method.is_safe()
    {
        let method = method.word().to_uppercase();
        errors.push(
            invalidates.span,
            format!(
                "a {method} changes nothing (RFC 9110 §9.2.1), so nothing is invalid after it; if this one does, make it a \
                 POST, PUT, PATCH or DELETE"
            ),
        );
    }
    if let (Some(Access::Public), Some(span)) = (&options.access, invalidates.user) {
        errors.push(span, "`public` does not ask who is calling, so `user` is nobody; write `auth`, or leave it out");
    }
}

/// Tags are made from the placeholders of this path.
fn check_tags<'a>(tags: impl Iterator<Item = &'a Tag>, path: &[Placeholder], errors: &mut Errors) {
    for named in tags.flat_map(|tag| &tag.placeholders) {
        let name = &named.name;
        let names = || path.iter().map(|placeholder| placeholder.name.as_str());
        if names().any(|known| known == name) {
            continue;
        }
        let guess = nearest(name, names()).map_or_else(String::new, |guess| format!(" (did you mean `{{{guess}}}`?)"));
        let help = match path {
            [] => ", and no other; leave it out".to_owned(),
            _ => format!("{guess}; it has {}", list_placeholders(path)),
        };
        errors.push(named.span, format!("the path has no placeholder `{{{name}}}`{help}"));
    }
}

fn check_placeholders(arguments: &[Argument<'_>], placeholders: &[Placeholder], errors: &mut Errors) {
    if arguments.iter().any(|argument| is_path(argument.ty)) {
        return;
    }
    for placeholder in placeholders {
        let name = &placeholder.name;
        let taken =
            arguments.iter().any(|argument| matches!(&argument.source, Source::Placeholder(taken) if taken == name));
        if taken {
            continue;
        }
        // `Dep<Users>` for `{user}` is no slip of the pen, so only types without arguments are thought of.
        let free = arguments
            .iter()
            .filter(|a| !matches!(a.source, Source::Placeholder(_)) && first_type_argument(a.ty).is_none());
        let guess = nearest(name, free.map(|argument| argument.name.as_str()))
            .map_or_else(String::new, |guess| format!(" (did you mean to call `{guess}` that?)"));
        let usage = if syn::parse_str::<Ident>(name).is_ok() {
            format!("add an argument `{name}: T`{guess}, or take all with one `Path<T>`")
        } else {
            format!("`{name}` is no Rust name, so take it with `Path<T>`")
        };
        errors.push(placeholder.span, format!("no argument takes the placeholder `{{{name}}}`; {usage}"));
    }
}

fn output(output: &ReturnType) -> Output<'_> {
    match output {
        ReturnType::Default => Output::Unit,
        ReturnType::Type(_, ty) => match find_impl_trait(ty) {
            Some(_) => Output::Opaque(ty.span()),
            None => Output::Named(ty),
        },
    }
}

fn list_placeholders(placeholders: &[Placeholder]) -> String {
    let braced: Vec<String> = placeholders.iter().map(|placeholder| format!("{{{}}}", placeholder.name)).collect();
    list(braced.iter().map(String::as_str))
}

/// Whether this is a `Path<T>`, which takes all placeholders.
fn is_path(ty: &Type) -> bool {
    peeled_name(ty).as_deref() == Some("Path")
}

/// The name in `name: T`, `mut name: T` or `Extractor(name): T`.
fn argument_name(argument: &PatType) -> Option<String> {
    fn name(pat: &Pat) -> Option<String> {
        match pat {
            Pat::Ident(ident) => {
                let name = ident.ident.to_string();
                Some(name.strip_prefix("r#").unwrap_or(&name).to_owned())
            }
            Pat::TupleStruct(tuple) if tuple.elems.len() == 1 => name(&tuple.elems[0]),
            Pat::Paren(paren) => name(&paren.pat),
            _ => None,
        }
    }
    name(&argument.pat)
}
