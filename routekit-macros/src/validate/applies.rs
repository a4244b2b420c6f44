//! Whether a rule applies to the type of its field, as far as the type's name tells.

use syn::Type;

use super::{
    check::{LISTS, MAPS, content_of_option, is_number, last_segment},
    rules::{Rule, RuleKind},
};
use crate::types::type_text;

/// What the name of a type tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    List,
    Flag,
    Unknown,
}

impl Kind {
    fn of(ty: &Type) -> Self {
        let ty = if let Type::Reference(reference) = ty { &*reference.elem } else { ty };
        let name = last_segment(ty).map(|segment| segment.ident.to_string()).unwrap_or_default();
        match name.as_str() {
            _ if is_number(ty) => Self::Number,
            "String" | "str" => Self::Text,
            "bool" | "char" => Self::Flag,
            name if LISTS.contains(&name) || MAPS.contains(&name) => Self::List,
            _ => Self::Unknown,
        }
    }
}

/// What is wrong with the rule on a field of this type, and what to write.
pub(super) fn mistake(rule: &Rule, ty: &Type) -> Option<String> {
    let (inner, is_option) = content_of_option(ty);
    let kind = Kind::of(inner);
    let name = &rule.name;
    let (applies_to, instead) = match &rule.kind {
        RuleKind::Required if is_option || kind == Kind::Unknown => return None,
        RuleKind::Required => ("an `Option`", "serde requires the field already, so leave the rule out"),
        RuleKind::Range { .. } => match kind {
            Kind::Text | Kind::List => ("numbers", "for its length write `length(min = …, max = …)`"),
            Kind::Flag => ("numbers", "write `custom(function = …)`"),
            Kind::Number | Kind::Unknown => return None,
        },
        RuleKind::Length { .. } => match kind {
            Kind::Number => ("texts and lists", "for a number write `range(min = …, max = …)`"),
            Kind::Flag => ("texts and lists", "write `custom(function = …)`"),
            Kind::Text | Kind::List | Kind::Unknown => return None,
        },
        RuleKind::Plain { .. } | RuleKind::CreditCard | RuleKind::Regex(_) => match kind {
            Kind::List => ("texts", "for the items, declare a type with the rule and write `nested` here"),
            // An `IpAddr` and its like are known to be valid, and are unknown here.
            Kind::Number | Kind::Flag => ("texts", "write `custom(function = …)`"),
            Kind::Text | Kind::Unknown => return None,
        },
        RuleKind::Contains { .. } => match kind {
            Kind::Number | Kind::Flag => ("texts", "write `custom(function = …)`"),
            Kind::Text | Kind::List | Kind::Unknown => return None,
        },
        RuleKind::MustMatch(_) | RuleKind::Custom(_) => return None,
    };
    Some(format!("the rule `{name}` applies to {applies_to}, and this field is a `{}`; {instead}", type_text(inner)))
}
