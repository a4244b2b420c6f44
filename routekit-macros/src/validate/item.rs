//! Generates `impl Validate` for a struct or an enum.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Index, Member, parse_quote};

use super::{
    applies::mistake,
    arguments::{boolean, literal},
    check::{BoundField, leaf, unchecked},
    describe,
    names::{FieldNames, RenameRule, VariantNames},
    rules::{self, TypeRules},
};

pub(super) fn expand(input: &DeriveInput, krate: &TokenStream) -> syn::Result<TokenStream> {
    let type_rules = rules::of_type(&input.attrs)?;
    let mut nested = Vec::new();
    let arms = match &input.data {
        Data::Struct(data) => {
            let item = Shape { pattern: quote!(Self), attrs: &input.attrs, fields: &data.fields, outer: None };
            vec![item.arm(krate, &type_rules, None, &mut nested)?]
        }
        Data::Enum(data) => {
            let names = VariantNames::new(&input.attrs);
            let arms = data.variants.iter().map(|variant| {
                let ident = &variant.ident;
                let (attrs, fields) = (&variant.attrs, &variant.fields);
                let item = Shape { pattern: quote!(Self::#ident), attrs, fields, outer: names.fields };
                item.arm(krate, &type_rules, names.of(variant), &mut nested)
            });
            all(arms)?
        }
        Data::Union(_) => return Err(syn::Error::new_spanned(&input.ident, "`Validate` is not derived on a union")),
    };
    let body = if arms.is_empty() {
        // An enum without variants has no values.
        quote!(match *self {})
    } else {
        let schemas = schemas(&type_rules);
        quote! {
            let mut __rules = #krate::__private::rules::RuleCheck::new();
            match *self {
                #(#arms)*
            }
            #schemas
            __rules.finish::<Self>()
        }
    };
    let generics = with_bounds(&input.generics, &nested, krate);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &input.ident;
    let all_are_ours = all_are_ours(&nested, krate);
    let seen = if nested.is_empty() { quote!(_) } else { quote!(__seen) };
    let description = describe::rules(input, &type_rules, krate)?;
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::__private::validator::Validate for #ident #ty_generics #where_clause {
            fn validate(&self) -> ::core::result::Result<(), #krate::__private::validator::ValidationErrors> {
                #body
            }
        }

        #[automatically_derived]
        impl #impl_generics #krate::__private::rules::OurRules for #ident #ty_generics #where_clause {
            fn all_are_ours(#seen: &mut ::std::vec::Vec<&'static str>) -> bool {
                #all_are_ours
            }
        }

        #[automatically_derived]
        impl #impl_generics #krate::__private::rules::DescribeRules for #ident #ty_generics #where_clause {
            #description
        }
    })
}

/// A struct, or a variant of an enum.
struct Shape<'a> {
    pattern: TokenStream,
    attrs: &'a [Attribute],
    fields: &'a Fields,
    /// The rule of the enum.
    outer: Option<RenameRule>,
}

impl<'a> Shape<'a> {
    /// The arm of the `match` that checks the fields. Types with rules of their own are added to `nested`.
    fn arm(
        &self,
        krate: &TokenStream,
        type_rules: &TypeRules,
        inside: Option<String>,
        nested: &mut Vec<&'a syn::Type>,
    ) -> syn::Result<TokenStream> {
        let names = FieldNames::new(self.attrs, self.fields, self.outer);
        let mut bound: Vec<Ident> = Vec::new();
        let checks = all(self.fields.iter().enumerate().map(|(index, field)| {
            let rules = rules::of_field(&field.attrs, type_rules.nest_all_fields)?;
            let unchecked = (!rules.nested && !rules.skipped).then(|| unchecked(krate, &field.ty)).flatten();
            if let Some(mistake) = rules.rules.iter().find_map(|rule| Some((rule, mistake(rule, &field.ty)?))) {
                let (rule, text) = mistake;
                return Err(syn::Error::new(rule.name.span(), text));
            }
            if rules.rules.is_empty() && !rules.nested {
                return Ok(unchecked.unwrap_or_default());
            }
            if rules.nested {
                nested.push(&field.ty);
            }
            let name = names.of(&field.attrs, field.ident.as_ref(), index);
            let binding = bound_to(index);
            bound.push(binding.clone());
            let field = BoundField { binding, ty: &field.ty, rules };
            let check = field.check(krate, |other| {
                let other = bound_to(self.position(other)?);
                bound.push(other.clone());
                Ok(other)
            })?;
            Ok(quote!(#unchecked __rules.field(#name); #check))
        }))?;
        let patterns = self.fields.iter().enumerate().filter(|(index, _)| bound.contains(&bound_to(*index)));
        let patterns = patterns.map(|(index, field)| {
            let member = member(index, field.ident.as_ref());
            let binding = bound_to(index);
            quote!(#member: ref #binding)
        });
        let pattern = &self.pattern;
        let inside = inside.map(|name| quote!(__rules.inside(#name);));
        Ok(quote!(#pattern { #(#patterns,)* .. } => { #(#checks)* #inside }))
    }

    fn position(&self, name: &Ident) -> syn::Result<usize> {
        let mut fields = self.fields.iter();
        let found = fields.position(|field| field.ident.as_ref() == Some(name));
        found.ok_or_else(|| syn::Error::new(name.span(), format!("there is no field `{name}` beside this one")))
    }
}

fn bound_to(index: usize) -> Ident {
    format_ident!("__field{index}")
}

fn member(index: usize, ident: Option<&Ident>) -> Member {
    ident.map_or_else(|| Member::Unnamed(Index::from(index)), |ident| Member::Named(ident.clone()))
}

/// The results, or all errors.
fn all<T>(results: impl Iterator<Item = syn::Result<T>>) -> syn::Result<Vec<T>> {
    let (mut found, mut errors) = (Vec::new(), None::<syn::Error>);
    for result in results {
        match (result, &mut errors) {
            (Ok(item), _) => found.push(item),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(found), Err)
}

fn schemas(type_rules: &TypeRules) -> TokenStream {
    let schemas = type_rules.schemas.iter().map(|schema| {
        let function = &schema.function;
        let skip = boolean(schema.skip_on_field_errors);
        let (code, message) = (literal(schema.code.as_ref()), literal(schema.message.as_ref()));
        quote!(__rules.schema(#skip, || #function(self), #code, #message);)
    });
    quote!(#(#schemas)*)
}

/// Whether all nested types have our derive. `()` has not, so that the trait that says so is always used.
fn all_are_ours(nested: &[&syn::Type], krate: &TokenStream) -> TokenStream {
    if nested.is_empty() {
        return quote!(true);
    }
    let leaves = nested.iter().map(|ty| leaf(ty));
    let ours = quote!(#krate::__private::rules::AreOurs);
    quote! {
        use #krate::__private::rules::NotOurs as _;
        #ours::<()>::all(__seen) || (true #(&& #ours::<#leaves>::all(__seen))*)
    }
}

/// Requires `Validate` of the type parameters in fields with rules of their own.
fn with_bounds(generics: &syn::Generics, nested: &[&syn::Type], krate: &TokenStream) -> syn::Generics {
    let mut bounded = generics.clone();
    for parameter in generics.type_params() {
        let ident = &parameter.ident;
        if nested.iter().any(|ty| mentions(ty.to_token_stream(), ident)) {
            let predicate = parse_quote!(#ident: #krate::__private::validator::Validate);
            bounded.make_where_clause().predicates.push(predicate);
        }
    }
    bounded
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}
