//! `auth`, `auth(scope("users:read"), any(role("admin"), permission("users:write")))`, `auth(optional)`, `public`

use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, Type, spanned::Spanned};

use crate::{
    errors::{Errors, unknown},
    parse::{
        family::{Callers, Family, Surroundings},
        raw::{self, RawOption},
    },
    types::{head_name, type_text},
};

/// Who may call the route.
pub(crate) enum Access {
    Public,
    Optional,
    /// Identified callers who meet all of these requirements.
    Identified(Vec<AnyOf>),
}

/// A requirement: one of these grants meets it.
type AnyOf = Vec<Grant>;

pub(crate) struct Grant {
    kind: &'static str,
    name: LitStr,
}

const USAGE: &str = "`auth`, `auth(scope(\"users:read\"))`, `auth(role(\"admin\"))`, \
                     `auth(permission(\"users:write\"))`, `auth(any(role(\"admin\"), role(\"support\")))` or \
                     `auth(optional)`";

/// By the name of the argument, the variant of the runtime's `GrantKind`.
const GRANTS: [(&str, &str); 3] = [("scope", "Scope"), ("role", "Role"), ("permission", "Permission")];

impl Family for Option<Access> {
    fn names(&self) -> &'static [&'static str] {
        &["auth", "public"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        if let Some(other) = self {
            let name = if matches!(other, Access::Public) { "public" } else { "auth" };
            errors.push(option.span, format!("a route is either `auth` or `public`, and this one already is `{name}`"));
            return;
        }
        let access = match option.name.as_str() {
            "public" => {
                if !option.is_bare() {
                    errors.push(option.span, "`public` has no arguments: anyone may call the route; write `public`");
                }
                Access::Public
            }
            _ if option.is_bare() => Access::Identified(Vec::new()),
            _ => match option.list(USAGE, errors) {
                Some(tokens) => arguments(tokens, errors),
                None => return,
            },
        };
        *self = Some(access);
    }

    /// A route that lets callers without an identity in cannot take an `Identity`.
    fn check(&self, route: &Surroundings<'_>, errors: &mut Errors) {
        let open = match self {
            Some(Access::Public) => "`public` does not identify the caller; write `auth`",
            Some(Access::Optional) => "`auth(optional)` accepts callers without credentials; write `auth`",
            Some(Access::Identified(_)) | None => return,
        };
        for ty in route.arguments.iter().filter(|ty| head_name(ty).as_deref() == Some("Identity")) {
            errors.push(ty.span(), format!("{open}, or take `Option<{}>`", type_text(ty)));
        }
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        let access = match self.as_ref()? {
            Access::Public => quote!(Public),
            Access::Optional => quote!(Optional),
            Access::Identified(all) => {
                let all = all.iter().map(|any| {
                    let any = any.iter().map(Grant::tokens);
                    quote!(&[#(#any),*])
                });
                quote!(Identified(&[#(#all),*]))
            }
        };
        Some(quote!(.with_access(__rt::DeclaredAccess::#access)))
    }
}

impl Access {
    pub(crate) fn callers(&self) -> Callers {
        match self {
            Self::Public => Callers::Anyone,
            Self::Optional => Callers::AnyoneWithValidCredentials,
            Self::Identified(_) => Callers::Identified,
        }
    }
}

impl Grant {
    fn tokens(&self) -> TokenStream {
        let (kind, name) = (syn::Ident::new(self.kind, self.name.span()), &self.name);
        quote!((__rt::GrantKind::#kind, #name))
    }
}

/// The arguments of `auth(…)`.
fn arguments(tokens: TokenStream, errors: &mut Errors) -> Access {
    let mut all = Vec::new();
    let mut optional = None;
    for piece in raw::split(tokens) {
        let Some(item) = piece.argument(USAGE, errors) else { continue };
        match item.name.as_str() {
            "optional" if item.is_bare() => optional = Some(item.span),
            "optional" => errors.push(item.span, "`optional` has no arguments; write `auth(optional)`"),
            "any" => all.extend(any(&item, errors)),
            _ => all.extend(grants(&item, &["any", "optional"], errors).into_iter().map(|grant| vec![grant])),
        }
    }
    match optional {
        None => Access::Identified(all),
        Some(span) => {
            if !all.is_empty() {
                errors.push(
                    span,
                    "`optional` accepts callers without credentials, so the route cannot require grants; leave one \
                     of them out",
                );
            }
            Access::Optional
        }
    }
}

/// `any(role("admin"), permission("users:write"))`
fn any(item: &RawOption, errors: &mut Errors) -> Option<AnyOf> {
    let tokens = item.list("`any(role(\"admin\"), role(\"support\"))`", errors)?;
    let mut alternatives = Vec::new();
    let pieces = raw::split(tokens);
    let one = pieces.len() == 1;
    for piece in pieces {
        if let Some(item) = piece.argument(USAGE, errors) {
            alternatives.extend(grants(&item, &[], errors));
        }
    }
    if one && alternatives.len() == 1 {
        errors.push(item.span, "`any` has only one alternative; leave `any` out, or add another alternative");
    }
    Some(alternatives)
}

/// The grants of `scope("a", "b")` and its like.
fn grants(item: &RawOption, others: &[&str], errors: &mut Errors) -> Vec<Grant> {
    let Some((name, kind)) = GRANTS.iter().find(|(name, _)| *name == item.name) else {
        let instead = match item.name.as_str() {
            "all" => Some("`auth(…)` already requires all of its arguments; leave `all` out"),
            "public" => Some("`public` is an option of its own; write `#[get(\"/users\", public)]`"),
            _ => None,
        };
        if let Some(instead) = instead {
            errors.push(item.span, instead);
            return Vec::new();
        }
        let mut names: Vec<&str> = GRANTS.iter().map(|(name, _)| *name).chain(others.iter().copied()).collect();
        names.sort_unstable();
        errors.push(item.span, unknown("argument", &item.name, &names));
        return Vec::new();
    };
    let names = item.strings(&format!("`{name}(\"…\")`"), errors);
    for text in names.iter().filter(|text| *name == "scope" && !text.value().bytes().all(is_scope)) {
        errors.push(
            text.span(),
            "not a scope; write visible ASCII characters without spaces, `\"` and `\\` (RFC 6749 §3.3)",
        );
    }
    names.into_iter().map(|name| Grant { kind, name }).collect()
}

/// `NQCHAR` of RFC 6749 appendix A.
fn is_scope(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}
