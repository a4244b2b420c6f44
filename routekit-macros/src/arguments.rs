//! The arguments of the handler: where each comes from, and which placeholders they take.

use proc_macro2::Ident;
use routekit_grammar::suggest::nearest;
use syn::{Attribute, FnArg, Pat, PatType, Type, spanned::Spanned};

use crate::{
    errors::Errors,
    handler::Handler,
    method::Method,
    parse::{Placeholder, Template, list_placeholders},
    types::{find_impl_trait, first_type_argument, head_name, peeled_name, type_text},
};

/// One argument of the handler.
pub(crate) struct Argument<'a> {
    /// Its name in the description.
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    pub(crate) source: Source,
    /// Its `#[cfg]`s.
    pub(crate) cfgs: Vec<&'a Attribute>,
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

/// Extractors that consume the body, by name: a macro does not see types.
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

impl Argument<'_> {
    /// Whether the type is a plain value by its name, and not an extractor.
    pub(crate) fn is_plain_value(&self) -> bool {
        head_name(self.ty).is_some_and(|head| head == "String" || SCALARS.contains(&head.as_str()))
    }
}

/// The arguments of the handler, each with its source.
pub(crate) fn classify<'a>(handler: &'a Handler, path: Option<&Template>, errors: &mut Errors) -> Vec<Argument<'a>> {
    let path = path.map(|path| PathNames::new(path, handler));
    let mut arguments = Vec::new();
    for input in &handler.sig.inputs {
        let argument = match input {
            FnArg::Receiver(receiver) => {
                errors.push(
                    receiver.self_token.span,
                    "a handler is a free function without `self`; take shared values as `Dep<T>`",
                );
                continue;
            }
            FnArg::Typed(argument) => argument,
        };
        if let Some(span) = find_impl_trait(&argument.ty) {
            errors.push(
                span,
                "an `impl Trait` argument makes the handler generic, but a route is one function; name the type",
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
        let name = name.unwrap_or_else(|| "_".to_owned());
        let cfgs = argument.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
        arguments.push(Argument { name, ty: &argument.ty, source, cfgs });
    }
    // If no argument has the name of a body, the last extractor may be one.
    if !arguments.iter().any(|argument| argument.source == Source::Body)
        && let Some(last) = arguments.iter_mut().rev().find(|argument| argument.source == Source::Parts)
    {
        last.source = Source::Body;
    }
    arguments
}

/// The placeholders of the path, and which of them no argument takes.
struct PathNames<'a> {
    /// `the path`, with its text if the handler has several.
    title: String,
    all: &'a [Placeholder],
    /// Placeholders that no argument is named like: a misspelled name may be meant as one of them.
    open: Vec<&'a str>,
}

impl<'a> PathNames<'a> {
    fn new(path: &'a Template, handler: &Handler) -> Self {
        let all = &path.placeholders;
        let taken = |placeholder: &str| {
            handler.sig.inputs.iter().any(|argument| {
                matches!(argument, FnArg::Typed(argument) if is_path(&argument.ty)
                    || value_name(argument).is_some_and(|name| takes(&name, placeholder)))
            })
        };
        let open = all.iter().map(|placeholder| placeholder.name.as_str()).filter(|name| !taken(name)).collect();
        let title = match handler.further_routes.as_slice() {
            [] => "the path".to_owned(),
            _ => format!("the path `{}`", path.literal.value()),
        };
        Self { title, all, open }
    }
}

/// `_id` takes `{id}` as well: the argument only documents its placeholder.
fn takes(argument: &str, placeholder: &str) -> bool {
    argument == placeholder || argument.strip_prefix('_') == Some(placeholder)
}

/// The name of an argument that may be a value of the path. An extractor is never one, whatever its name.
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

/// The placeholder that an argument is named like, or was meant to be named like.
fn source_by_name(
    name: &str,
    head: &str,
    argument: &PatType,
    path: Option<&PathNames<'_>>,
    errors: &mut Errors,
) -> Option<Source> {
    let scalar = SCALARS.contains(&head);
    let Some(path) = path else {
        // The path could not be read, so a plain value may be meant for one of its placeholders.
        return (scalar || head == "String").then(|| Source::Placeholder(name.to_owned()));
    };
    if let Some(placeholder) = path.all.iter().find(|placeholder| takes(name, &placeholder.name)) {
        return Some(Source::Placeholder(placeholder.name.clone()));
    }
    let guess = nearest(name, path.open.iter().copied());
    // A `String` is a body, unless its name is close to a placeholder.
    if !(scalar || head == "String" && guess.is_some()) {
        return None;
    }
    let help = match guess {
        Some(guess) => format!("did you mean `{guess}`?"),
        None if path.all.is_empty() => "it has none; take query parameters with `Query<T>`".to_owned(),
        None => format!("its placeholders are {}", list_placeholders(path.all)),
    };
    errors.push(argument.pat.span(), format!("{} has no placeholder for the argument `{name}`; {help}", path.title));
    Some(Source::Placeholder(guess.unwrap_or(name).to_owned()))
}

/// Reports a second body, and a body of a request that has none.
pub(crate) fn check_bodies(arguments: &[Argument<'_>], method: Option<Method>, errors: &mut Errors) {
    let named = |argument: &&Argument<'_>| {
        argument.source == Source::Body && peeled_name(argument.ty).is_some_and(|name| BODIES.contains(&name.as_str()))
    };
    let mut bodies = arguments.iter().filter(named);
    let Some(first) = bodies.next() else { return };
    // One of two arguments with a `#[cfg]` may be compiled out.
    for second in bodies.filter(|second| first.cfgs.is_empty() || second.cfgs.is_empty()) {
        errors.push(
            second.ty.span(),
            format!(
                "a request has one body, and the argument `{}` already takes it; leave one of them out",
                first.name
            ),
        );
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

/// Reports placeholders that no argument takes.
pub(crate) fn check_placeholders(arguments: &[Argument<'_>], placeholders: &[Placeholder], errors: &mut Errors) {
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
        // `Dep<Users>` is not a misspelled `{user}`, so only types without arguments are suggested.
        let free = arguments
            .iter()
            .filter(|a| !matches!(a.source, Source::Placeholder(_)) && first_type_argument(a.ty).is_none());
        let guess = nearest(name, free.map(|argument| argument.name.as_str()))
            .map_or_else(String::new, |guess| format!(" (did you mean to rename `{guess}`?)"));
        let usage = if syn::parse_str::<Ident>(name).is_ok() {
            format!("add an argument `{name}: T`{guess}, or take all placeholders with one `Path<T>`")
        } else {
            format!("`{name}` is not a Rust name, so take it with `Path<T>`")
        };
        errors.push(placeholder.span, format!("no argument takes the placeholder `{{{name}}}`; {usage}"));
    }
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
