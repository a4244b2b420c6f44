//! Generates the rules of a type as data, for its JSON Schema.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataStruct, DeriveInput, Expr, Path};

use super::{
    arguments::{literal, with_type},
    check::leaf,
    names::{FieldNames, is_flattened},
    rules::{self, Rule, RuleKind, TypeRules},
};

/// `fn describe_rules`. Of an enum, only the rules about the whole value: its schema has one part for each variant.
pub(super) fn rules(input: &DeriveInput, type_rules: &TypeRules, krate: &TokenStream) -> syn::Result<TokenStream> {
    let fields = match &input.data {
        Data::Struct(data) => fields(input, data, type_rules, krate)?,
        Data::Enum(_) | Data::Union(_) => Vec::new(),
    };
    let notes = type_rules.schemas.iter().map(|schema| {
        let stated = schema.message.as_ref().map(syn::LitStr::value);
        let text = stated.unwrap_or_else(|| format!("the value must pass the rule `{}`", name_of(&schema.function)));
        quote!(__rules.note(#text);)
    });
    let notes: Vec<_> = notes.collect();
    let rules = if fields.is_empty() && notes.is_empty() { quote!(_) } else { quote!(__rules) };
    Ok(quote! {
        fn describe_rules(#rules: &mut #krate::__private::rules::TypeRules) {
            #(#fields)*
            #(#notes)*
        }
    })
}

fn fields(
    input: &DeriveInput,
    data: &DataStruct,
    type_rules: &TypeRules,
    krate: &TokenStream,
) -> syn::Result<Vec<TokenStream>> {
    let names = FieldNames::new(&input.attrs, &data.fields, None);
    let mut described = Vec::new();
    for (index, field) in data.fields.iter().enumerate() {
        let found = rules::of_field(&field.attrs, type_rules.nest_all_fields)?;
        if found.rules.is_empty() && !found.nested {
            continue;
        }
        let name = names.of(&field.attrs, field.ident.as_ref(), index);
        let rules = found.rules.iter().map(rule);
        let nested = found.nested.then(|| {
            let ty = leaf(&field.ty);
            quote! {{
                use #krate::__private::rules::NoRules as _;
                __rules.nested(#krate::__private::rules::RulesOf::<#ty>::describe);
            }}
        });
        let place = match is_flattened(&field.attrs) {
            true => quote!(__rules.flattened();),
            false => quote!(__rules.field(#name);),
        };
        described.push(quote!(#place #(#rules)* #nested));
    }
    Ok(described)
}

fn rule(rule: &Rule) -> TokenStream {
    let (name, message) = (rule.name.to_string(), literal(rule.message.as_ref()));
    let params = match &rule.kind {
        RuleKind::Length { min, max, equal } => bounds(&[("min", min), ("max", max), ("equal", equal)]),
        RuleKind::Range { min, max, exclusive_min, exclusive_max } => {
            bounds(&[("min", min), ("max", max), ("exclusive_min", exclusive_min), ("exclusive_max", exclusive_max)])
        }
        RuleKind::Contains { pattern, .. } => quote!(__rules.with("needle", &#pattern);),
        RuleKind::MustMatch(other) => {
            let other = other.to_string();
            quote!(__rules.with("other", &#other);)
        }
        RuleKind::Custom(function) => {
            let function = name_of(function);
            quote!(__rules.with("function", &#function);)
        }
        RuleKind::Plain { method, .. } => quote!(__rules.with("method", &#method);),
        RuleKind::CreditCard | RuleKind::Regex(_) | RuleKind::Required => TokenStream::new(),
    };
    quote!(__rules.rule(#name, #message); #params)
}

/// The last part of a path.
fn name_of(function: &Path) -> String {
    function.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

fn bounds(bounds: &[(&str, &Option<Expr>)]) -> TokenStream {
    let given = bounds.iter().filter_map(|(name, bound)| Some((name, bound.as_ref()?)));
    given
        .map(|(name, bound)| {
            let bound = with_type(bound);
            quote!(__rules.with(#name, &#bound);)
        })
        .collect()
}
