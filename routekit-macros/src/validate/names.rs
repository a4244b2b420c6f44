//! The names that serde uses for fields and variants.

use syn::{Attribute, Fields, LitStr, meta::ParseNestedMeta};

/// The name of a field that has none: its errors are those of the value that contains it.
pub(super) const WHOLE: &str = "__all__";
/// Stands between a name and its aliases, which the runtime takes apart.
const SEPARATOR: &str = "\0";

/// How serde writes the fields of a struct or a variant.
pub(super) struct FieldNames {
    rule: Option<RenameRule>,
    /// A single field without a name is written like the value itself.
    newtype: bool,
    /// So are the fields of a `transparent` type: all but one are not written.
    transparent: bool,
}

impl FieldNames {
    /// The names of a struct's fields, or those of a variant, with the rule of the enum.
    pub(super) fn new(attrs: &[Attribute], fields: &Fields, outer: Option<RenameRule>) -> Self {
        let newtype = matches!(fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
        let transparent = has_serde_flag(attrs, "transparent");
        Self { rule: rename_rule(attrs, "rename_all").or(outer), newtype, transparent }
    }

    /// The name of a field with its aliases, or its index.
    pub(super) fn of(&self, attrs: &[Attribute], ident: Option<&syn::Ident>, index: usize) -> String {
        if self.transparent || is_flattened(attrs) {
            return WHOLE.to_owned();
        }
        let Some(ident) = ident else {
            return if self.newtype { WHOLE.to_owned() } else { index.to_string() };
        };
        with_aliases(attrs, || {
            let written = ident.to_string();
            let rust = written.strip_prefix("r#").unwrap_or(&written);
            self.rule.map_or_else(|| rust.to_owned(), |rule| rule.apply(rust))
        })
    }
}

/// How serde writes the variants of an enum.
pub(super) struct VariantNames {
    tagging: Tagging,
    variants: Option<RenameRule>,
    pub(super) fields: Option<RenameRule>,
}

/// Where the content of a variant is.
enum Tagging {
    /// `{"variant": content}`
    External,
    /// In a field with this name.
    Adjacent(String),
    /// In the value itself.
    Inside,
}

impl VariantNames {
    pub(super) fn new(attrs: &[Attribute]) -> Self {
        let tagging = match serde_value(attrs, "content") {
            Some(content) => Tagging::Adjacent(content.value()),
            None if serde_value(attrs, "tag").is_some() || has_serde_flag(attrs, "untagged") => Tagging::Inside,
            None => Tagging::External,
        };
        Self { tagging, variants: rename_rule(attrs, "rename_all"), fields: rename_rule(attrs, "rename_all_fields") }
    }

    /// The name that contains the fields of a variant, with its aliases, if there is one.
    pub(super) fn of(&self, variant: &syn::Variant) -> Option<String> {
        if has_serde_flag(&variant.attrs, "untagged") {
            return None;
        }
        match &self.tagging {
            Tagging::Inside => None,
            Tagging::Adjacent(content) => Some(content.clone()),
            Tagging::External => Some(with_aliases(&variant.attrs, || {
                let rust = variant.ident.to_string();
                let rust = rust.strip_prefix("r#").unwrap_or(&rust);
                self.variants.map_or_else(|| rust.to_owned(), |rule| rule.apply_to_variant(rust))
            })),
        }
    }
}

/// The name in `rename`, or else this one, followed by the aliases.
fn with_aliases(attrs: &[Attribute], name: impl FnOnce() -> String) -> String {
    let mut names = vec![serde_value(attrs, "rename").map_or_else(name, |name| name.value())];
    names.extend(serde_values(attrs, "alias").iter().map(LitStr::value));
    names.join(SEPARATOR)
}

fn rename_rule(attrs: &[Attribute], key: &str) -> Option<RenameRule> {
    serde_value(attrs, key).and_then(|name| RenameRule::parse(&name.value()))
}

/// The string of `#[serde(key = "…")]` or `#[serde(key(deserialize = "…"))]`.
fn serde_value(attrs: &[Attribute], key: &str) -> Option<LitStr> {
    serde_values(attrs, key).pop()
}

/// The strings of all of these.
fn serde_values(attrs: &[Attribute], key: &str) -> Vec<LitStr> {
    let mut values = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        // serde's own derive reports malformed attributes, here and below.
        let _ = attr.parse_nested_meta(|meta| {
            if meta.path.is_ident(key) {
                if meta.input.peek(syn::token::Paren) {
                    meta.parse_nested_meta(|direction| {
                        let text: LitStr = direction.value()?.parse()?;
                        if direction.path.is_ident("deserialize") {
                            values.push(text);
                        }
                        Ok(())
                    })?;
                } else {
                    values.push(meta.value()?.parse()?);
                }
                Ok(())
            } else {
                skip_value(&meta)
            }
        });
    }
    values
}

/// Whether serde writes the fields of a field beside it.
pub(super) fn is_flattened(attrs: &[Attribute]) -> bool {
    has_serde_flag(attrs, "flatten")
}

/// Whether there is a `#[serde(flag)]`.
fn has_serde_flag(attrs: &[Attribute], flag: &str) -> bool {
    let mut found = false;
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        let _ = attr.parse_nested_meta(|meta| {
            found |= meta.path.is_ident(flag);
            skip_value(&meta)
        });
    }
    found
}

/// Skips the value of an option of serde.
fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(syn::token::Paren) {
        meta.input.parse::<proc_macro2::Group>()?;
    } else if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<syn::Expr>()?;
    }
    Ok(())
}

/// serde's `rename_all` rules.
#[derive(Clone, Copy)]
pub(super) enum RenameRule {
    Lower,
    Snake,
    Upper,
    Pascal,
    Camel,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" => Self::Lower,
            "snake_case" => Self::Snake,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// The name of a field written in `snake_case`.
    fn apply(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
            Self::Pascal => pascal(field),
            Self::Camel => {
                let mut name = pascal(field);
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                name
            }
        }
    }

    /// The name of a variant written in `PascalCase`.
    fn apply_to_variant(self, variant: &str) -> String {
        match self {
            Self::Pascal => variant.to_owned(),
            Self::Lower => variant.to_ascii_lowercase(),
            Self::Upper => variant.to_ascii_uppercase(),
            Self::Snake | Self::ScreamingSnake | Self::Kebab | Self::ScreamingKebab => self.apply(&snake(variant)),
            Self::Camel => {
                let mut name = variant.to_owned();
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                name
            }
        }
    }
}

/// `TwoWords` as `two_words`.
fn snake(variant: &str) -> String {
    let mut name = String::new();
    for (index, c) in variant.char_indices() {
        if index > 0 && c.is_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

fn pascal(field: &str) -> String {
    let mut name = String::new();
    let mut capital = true;
    for c in field.chars() {
        if c == '_' {
            capital = true;
        } else if capital {
            name.push(c.to_ascii_uppercase());
            capital = false;
        } else {
            name.push(c);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rename_rules() {
        for (rule, name) in [
            ("lowercase", "first_name"),
            ("UPPERCASE", "FIRST_NAME"),
            ("PascalCase", "FirstName"),
            ("camelCase", "firstName"),
            ("snake_case", "first_name"),
            ("SCREAMING_SNAKE_CASE", "FIRST_NAME"),
            ("kebab-case", "first-name"),
            ("SCREAMING-KEBAB-CASE", "FIRST-NAME"),
        ] {
            assert_eq!(RenameRule::parse(rule).unwrap().apply("first_name"), name, "{rule}");
        }
    }

    #[test]
    fn rename_rules_of_variants() {
        for (rule, name) in [
            ("lowercase", "bankaccount"),
            ("UPPERCASE", "BANKACCOUNT"),
            ("PascalCase", "BankAccount"),
            ("camelCase", "bankAccount"),
            ("snake_case", "bank_account"),
            ("SCREAMING_SNAKE_CASE", "BANK_ACCOUNT"),
            ("kebab-case", "bank-account"),
            ("SCREAMING-KEBAB-CASE", "BANK-ACCOUNT"),
        ] {
            assert_eq!(RenameRule::parse(rule).unwrap().apply_to_variant("BankAccount"), name, "{rule}");
        }
    }
}
