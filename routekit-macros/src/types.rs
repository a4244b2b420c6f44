//! Types as a macro sees them: by their names in the source.

use proc_macro2::Span;
use syn::{GenericArgument, PathArguments, Type, spanned::Spanned, visit::Visit};

/// The last segment of a type's path: `Json` of `routekit::Json<T>`.
pub(crate) fn head_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Group(group) => head_name(&group.elem),
        Type::Paren(paren) => head_name(&paren.elem),
        _ => None,
    }
}

/// [`head_name`] below `Option<…>` and `Result<…, _>`.
pub(crate) fn peeled_name(ty: &Type) -> Option<String> {
    let head = head_name(ty)?;
    if matches!(head.as_str(), "Option" | "Result")
        && let Some(inner) = first_type_argument(ty)
    {
        return peeled_name(inner);
    }
    Some(head)
}

/// `T` of `Json<T>`.
pub(crate) fn first_type_argument(ty: &Type) -> Option<&Type> {
    type_arguments(ty).into_iter().next()
}

/// `T` and `E` of `Result<T, E>`.
pub(crate) fn type_arguments(ty: &Type) -> Vec<&Type> {
    let Type::Path(path) = ty else { return Vec::new() };
    let arguments = path.path.segments.last().map(|segment| &segment.arguments);
    let Some(PathArguments::AngleBracketed(arguments)) = arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// The text of a type, with spaces between words only.
pub(crate) fn type_text(ty: &Type) -> String {
    let spaced = quote::quote!(#ty).to_string();
    let mut text = String::new();
    for token in spaced.split(' ') {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if text.ends_with(is_word) && token.starts_with(is_word) {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}

/// The place of an `impl Trait` in a type.
pub(crate) fn find_impl_trait(ty: &Type) -> Option<Span> {
    struct Finder(Option<Span>);
    impl<'ast> Visit<'ast> for Finder {
        fn visit_type_impl_trait(&mut self, node: &'ast syn::TypeImplTrait) {
            self.0.get_or_insert(node.span());
        }
    }
    let mut finder = Finder(None);
    finder.visit_type(ty);
    finder.0
}
