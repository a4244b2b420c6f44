//! Generates the check of one field.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Type, spanned::Spanned};

use super::{
    arguments::{literal, option, with_type},
    rules::{FieldRules, Rule, RuleKind},
};

/// Lists of the standard library, whose items are checked one by one.
pub(super) const LISTS: [&str; 6] = ["Vec", "VecDeque", "LinkedList", "HashSet", "BTreeSet", "BinaryHeap"];
/// Maps of the standard library, whose values are checked one by one.
pub(super) const MAPS: [&str; 2] = ["HashMap", "BTreeMap"];

/// The position of the user's tokens, with the names of the generated code.
fn at(tokens: &impl Spanned) -> Span {
    tokens.span().resolved_at(Span::call_site())
}

/// A field that is bound to `binding`, a reference.
pub(super) struct BoundField<'a> {
    pub(super) binding: Ident,
    pub(super) ty: &'a Type,
    pub(super) rules: FieldRules,
}

impl BoundField<'_> {
    /// The statements that check the field. `other` returns the binding of another field.
    pub(super) fn check(
        &self,
        krate: &TokenStream,
        mut other: impl FnMut(&Ident) -> syn::Result<Ident>,
    ) -> syn::Result<TokenStream> {
        let binding = &self.binding;
        let depth = options(self.ty);
        let number = is_number(inner(self.ty, depth));
        let value = if depth == 0 { quote!((*#binding)) } else { quote!(__value) };
        // Numbers are bound by value, since `validator` implements `range` for them, not for references.
        let pattern = if number { quote!(__value) } else { quote!(ref __value) };
        let pattern = (0..depth).fold(pattern, |pattern, _| quote!(::core::option::Option::Some(#pattern)));

        let (mut present, mut any) = (Vec::new(), Vec::new());
        for rule in &self.rules.rules {
            match &rule.kind {
                RuleKind::Required => any.push(required(krate, rule, binding)),
                RuleKind::MustMatch(name) => present.push(must_match(krate, rule, binding, &other(name)?)),
                RuleKind::Custom(_) => present.push(custom(rule, &self.argument(&value, depth, number))),
                _ => present.push(self.rule(krate, rule, &value)),
            }
        }
        if self.rules.nested {
            present.push(self.nested(krate, &value, inner(self.ty, depth)));
        }
        let checks = if depth == 0 || present.is_empty() {
            quote!(#(#present)*)
        } else {
            quote!(if let #pattern = *#binding { #(#present)* })
        };
        Ok(quote!(#(#any)* #checks))
    }

    /// The rules of the field's own type.
    fn nested(&self, krate: &TokenStream, value: &TokenStream, ty: &Type) -> TokenStream {
        let span = at(self.ty);
        let check = items(krate, span, value, ty).unwrap_or_else(|| {
            quote_spanned! {span=> {
                use #krate::__private::validator::Validate as _;
                (&#value).validate()
            }}
        });
        quote_spanned!(span=> __rules.nested(|| #check);)
    }

    /// The argument of a custom function: a number, or a reference to anything else.
    fn argument(&self, value: &TokenStream, depth: usize, number: bool) -> TokenStream {
        let ty = inner(self.ty, depth);
        if last_segment(ty).is_some_and(|segment| segment.ident == "Cow") {
            quote!(#value.as_ref())
        } else if number || matches!(ty, Type::Reference(_)) {
            quote!(#value)
        } else if depth > 0 {
            // Bound by reference already.
            quote!(#value)
        } else {
            quote!(&#value)
        }
    }

    fn rule(&self, krate: &TokenStream, rule: &Rule, value: &TokenStream) -> TokenStream {
        let call = |provider, method| Call { provider, method, arguments: quote!(), params: quote!() };
        let call = match &rule.kind {
            RuleKind::Plain { provider, method } => call(provider, method),
            RuleKind::Contains { provider, method, pattern } => {
                let needle = quote!(.with("needle", &#pattern));
                Call { arguments: quote!(#pattern), params: needle, ..call(provider, method) }
            }
            RuleKind::Regex(path) => Call { arguments: quote!(&#path), ..call("ValidateRegex", "validate_regex") },
            RuleKind::Length { min, max, equal } => {
                let bounds = [("min", min), ("max", max), ("equal", equal)];
                call("ValidateLength", "validate_length").with_bounds(&bounds)
            }
            RuleKind::Range { min, max, exclusive_min, exclusive_max } => {
                let bounds =
                    [("min", min), ("max", max), ("exclusive_min", exclusive_min), ("exclusive_max", exclusive_max)];
                call("ValidateRange", "validate_range").with_bounds(&bounds)
            }
            RuleKind::CreditCard => {
                let span = at(&rule.name);
                let test = quote_spanned!(span=> #krate::__private::rules::is_card_number(&#value));
                return broken_unless(krate, rule, &test, &quote!());
            }
            RuleKind::MustMatch(_) | RuleKind::Required | RuleKind::Custom(_) => return TokenStream::new(),
        };
        call.expand(krate, rule, value)
    }
}

/// A call of a method of `validator`.
struct Call {
    /// The trait.
    provider: &'static str,
    method: &'static str,
    arguments: TokenStream,
    /// The parameters of the error.
    params: TokenStream,
}

impl Call {
    /// The call with all bounds as arguments, and with those that are given as parameters of the error.
    fn with_bounds(self, bounds: &[(&str, &Option<syn::Expr>)]) -> Self {
        let arguments = bounds.iter().map(|(_, bound)| option(bound.as_ref()));
        let given = bounds.iter().filter_map(|(name, bound)| Some((name, bound.as_ref()?)));
        let params = given.map(|(name, bound)| {
            let bound = with_type(bound);
            quote!(.with(#name, &#bound))
        });
        Self { arguments: quote!(#(#arguments),*), params: quote!(#(#params)*), ..self }
    }

    fn expand(&self, krate: &TokenStream, rule: &Rule, value: &TokenStream) -> TokenStream {
        let span = at(&rule.name);
        let provider = format_ident!("{}", self.provider);
        let method = format_ident!("{}", self.method, span = span);
        let arguments = &self.arguments;
        let test = quote_spanned! {span=> {
            use #krate::__private::validator::#provider as _;
            #value.#method(#arguments)
        }};
        broken_unless(krate, rule, &test, &self.params)
    }
}

fn broken_unless(krate: &TokenStream, rule: &Rule, test: &TokenStream, params: &TokenStream) -> TokenStream {
    let name = rule.name.to_string();
    let (code, message) = (literal(rule.code.as_ref()), literal(rule.message.as_ref()));
    quote! {
        if !#test {
            __rules.broken(#krate::__private::rules::BrokenRule::new(#name, #code, #message)#params);
        }
    }
}

fn required(krate: &TokenStream, rule: &Rule, binding: &Ident) -> TokenStream {
    let test = quote_spanned!(at(&rule.name)=> {
        use #krate::__private::validator::ValidateRequired as _;
        (*#binding).validate_required()
    });
    broken_unless(krate, rule, &test, &quote!())
}

fn must_match(krate: &TokenStream, rule: &Rule, binding: &Ident, other: &Ident) -> TokenStream {
    let test = quote_spanned! {at(&rule.name)=>
        #krate::__private::validator::validate_must_match(#binding, #other)
    };
    broken_unless(krate, rule, &test, &quote!())
}

fn custom(rule: &Rule, argument: &TokenStream) -> TokenStream {
    let RuleKind::Custom(function) = &rule.kind else { return TokenStream::new() };
    let (code, message) = (literal(rule.code.as_ref()), literal(rule.message.as_ref()));
    quote!(__rules.custom(#function(#argument), #code, #message);)
}

pub(super) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        _ => None,
    }
}

/// The type in all options, lists and maps.
pub(super) fn leaf(ty: &Type) -> &Type {
    let inside = optional(ty).or_else(|| argument(ty, &LISTS, 0)).or_else(|| argument(ty, &MAPS, 1));
    inside.map_or(ty, leaf)
}

/// The check of the items of a list or of the values of a map, which may be lists or maps.
fn items(krate: &TokenStream, span: Span, value: &TokenStream, ty: &Type) -> Option<TokenStream> {
    let values = || argument(ty, &MAPS, 1).map(|ty| (quote!(values), ty));
    let (each, ty) = argument(ty, &LISTS, 0).map(|ty| (quote!(iter), ty)).or_else(values)?;
    let check = items(krate, span, &quote!(__item), ty)
        .unwrap_or_else(|| quote_spanned!(span=> #krate::__private::validator::Validate::validate(__item)));
    Some(quote_spanned!(span=> #krate::__private::rules::items((&#value).#each(), |__item| #check)))
}

/// Warns about a field whose type has rules that do not run. Plain values have none.
pub(super) fn unchecked(krate: &TokenStream, ty: &Type) -> Option<TokenStream> {
    let ty = leaf(ty);
    let plain = ["String", "bool", "char"];
    let segment = last_segment(ty).filter(|segment| plain.iter().all(|plain| segment.ident != plain))?;
    // The span of the type itself, since the lint for what is deprecated leaves derives out.
    let warn = Ident::new("warn_of_rules", segment.ident.span());
    (!is_number(ty)).then(|| {
        quote! {{
            use #krate::__private::rules::{HasNoRules as _, HasRules as _};
            (&&#krate::__private::rules::Unchecked::<#ty>::new()).#warn();
        }}
    })
}

/// The type in an `Option`.
fn optional(ty: &Type) -> Option<&Type> {
    argument(ty, &["Option"], 0)
}

/// The type argument at an index, if the type has one of the names.
fn argument<'t>(ty: &'t Type, names: &[&str], index: usize) -> Option<&'t Type> {
    let segment = last_segment(ty).filter(|segment| names.iter().any(|name| segment.ident == name))?;
    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.nth(index)
}

/// The type below all `Option`s, and whether there is one.
pub(super) fn content_of_option(ty: &Type) -> (&Type, bool) {
    let depth = options(ty);
    (inner(ty, depth), depth > 0)
}

/// How many `Option`s are around the value.
fn options(ty: &Type) -> usize {
    optional(ty).map_or(0, |ty| 1 + options(ty))
}

fn inner(ty: &Type, depth: usize) -> &Type {
    (0..depth).fold(ty, |ty, _| optional(ty).unwrap_or(ty))
}

pub(super) fn is_number(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return matches!(ty, Type::Group(group) if is_number(&group.elem)) };
    let Some(ident) = path.path.get_ident() else { return false };
    let numbers =
        ["usize", "u8", "u16", "u32", "u64", "u128", "isize", "i8", "i16", "i32", "i64", "i128", "f32", "f64"];
    numbers.iter().any(|number| ident == number)
}
