//! Parses `#[validate(…)]` into rules.

use routekit_grammar::suggest::nearest;
use syn::{Attribute, Expr, Ident, LitStr, Path};

use super::arguments::{self, Argument, Options};

/// The rules of a field.
#[derive(Default)]
pub(super) struct FieldRules {
    pub(super) rules: Vec<Rule>,
    pub(super) nested: bool,
    pub(super) skipped: bool,
}

/// The rules of the whole type.
#[derive(Default)]
pub(super) struct TypeRules {
    pub(super) schemas: Vec<Schema>,
    pub(super) nest_all_fields: bool,
}

pub(super) struct Schema {
    pub(super) function: Path,
    pub(super) skip_on_field_errors: bool,
    pub(super) code: Option<LitStr>,
    pub(super) message: Option<LitStr>,
}

pub(super) struct Rule {
    /// The name in the attribute, with its position.
    pub(super) name: Ident,
    pub(super) kind: RuleKind,
    pub(super) code: Option<LitStr>,
    pub(super) message: Option<LitStr>,
}

pub(super) enum RuleKind {
    /// A method of a trait of `validator` without arguments.
    Plain {
        provider: &'static str,
        method: &'static str,
    },
    CreditCard,
    Length {
        min: Option<Expr>,
        max: Option<Expr>,
        equal: Option<Expr>,
    },
    Range {
        min: Option<Expr>,
        max: Option<Expr>,
        exclusive_min: Option<Expr>,
        exclusive_max: Option<Expr>,
    },
    Contains {
        provider: &'static str,
        method: &'static str,
        pattern: LitStr,
    },
    Regex(Expr),
    MustMatch(Ident),
    Required,
    Custom(Path),
}

/// All rules of a field.
const RULES: [&str; 15] = [
    "length",
    "range",
    "email",
    "url",
    "ip",
    "regex",
    "contains",
    "does_not_contain",
    "must_match",
    "required",
    "credit_card",
    "non_control_character",
    "custom",
    "nested",
    "skip",
];

/// The arguments of all `#[validate(…)]`.
fn all(attrs: &[Attribute]) -> syn::Result<Vec<Argument>> {
    let mut all = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("validate")) {
        if matches!(attr.meta, syn::Meta::Path(_)) {
            let text = "`#[validate]` needs a rule; for the rules of the field's own type write `#[validate(nested)]`";
            return Err(syn::Error::new_spanned(attr, text));
        }
        all.extend(arguments::list(attr)?);
    }
    Ok(all)
}

pub(super) fn of_type(attrs: &[Attribute]) -> syn::Result<TypeRules> {
    let mut found = TypeRules::default();
    for argument in all(attrs)? {
        match argument.name.to_string().as_str() {
            "crate" => {}
            "nest_all_fields" => found.nest_all_fields = argument.flag()?,
            "schema" => {
                let options = argument.options(&["function", "skip_on_field_errors", "use_context"])?;
                without_context(&options)?;
                found.schemas.push(Schema {
                    function: options.path("function")?,
                    skip_on_field_errors: options.flag("skip_on_field_errors")?.unwrap_or(true),
                    code: options.text("code")?,
                    message: options.text("message")?,
                });
            }
            "context" | "mutable" => return Err(syn::Error::new(argument.name.span(), NO_CONTEXT)),
            other => {
                let text = format!("unknown `{other}`; a type takes `schema(function = …)` and `nest_all_fields`");
                return Err(syn::Error::new(argument.name.span(), text));
            }
        }
    }
    Ok(found)
}

pub(super) fn of_field(attrs: &[Attribute], nest_all_fields: bool) -> syn::Result<FieldRules> {
    let mut found = FieldRules { nested: nest_all_fields, ..FieldRules::default() };
    let mut skip = false;
    for argument in all(attrs)? {
        match argument.name.to_string().as_str() {
            "nested" => found.nested = argument.flag()?,
            "skip" => skip = argument.flag()?,
            _ => found.rules.push(rule(argument)?),
        }
    }
    Ok(if skip { FieldRules { skipped: true, ..FieldRules::default() } } else { found })
}

fn rule(argument: Argument) -> syn::Result<Rule> {
    let name = argument.name.clone();
    let plain = |provider, method| (&[][..], RuleKind::Plain { provider, method });
    let (options, kind) = match name.to_string().as_str() {
        "email" => with_plain(argument, plain("ValidateEmail", "validate_email"))?,
        "url" => with_plain(argument, plain("ValidateUrl", "validate_url"))?,
        "non_control_character" => {
            with_plain(argument, plain("ValidateNonControlCharacter", "validate_non_control_character"))?
        }
        "credit_card" => with_plain(argument, (&[], RuleKind::CreditCard))?,
        "required" => with_plain(argument, (&[], RuleKind::Required))?,
        "ip" => ip(argument)?,
        "length" => length(argument)?,
        "range" => range(argument)?,
        "contains" => contains(argument, "ValidateContains", "validate_contains")?,
        "does_not_contain" => contains(argument, "ValidateDoesNotContain", "validate_does_not_contain")?,
        "regex" => {
            let options = argument.options(&["path"])?;
            let path = options.expression("path")?.ok_or_else(|| options.error("`regex` needs `path = …`"))?;
            (options, RuleKind::Regex(path))
        }
        "must_match" => {
            let options = argument.options(&["other"])?;
            let other = options.path("other")?;
            let other = other.require_ident()?.clone();
            (options, RuleKind::MustMatch(other))
        }
        "custom" => {
            let options = argument.options(&["function", "use_context"])?;
            without_context(&options)?;
            let function = options.path("function")?;
            (options, RuleKind::Custom(function))
        }
        other => return Err(syn::Error::new(name.span(), unknown(other))),
    };
    Ok(Rule { name, kind, code: options.text("code")?, message: options.text("message")? })
}

fn with_plain(
    argument: Argument,
    (names, kind): (&'static [&'static str], RuleKind),
) -> syn::Result<(Options, RuleKind)> {
    Ok((argument.options(names)?, kind))
}

fn ip(argument: Argument) -> syn::Result<(Options, RuleKind)> {
    let options = argument.options(&["v4", "v6"])?;
    let [v4, v6] = ["v4", "v6"].map(|name| options.flag(name).map(Option::unwrap_or_default));
    let method = match (v4?, v6?) {
        (true, false) => "validate_ipv4",
        (false, true) => "validate_ipv6",
        _ => "validate_ip",
    };
    Ok((options, RuleKind::Plain { provider: "ValidateIp", method }))
}

fn length(argument: Argument) -> syn::Result<(Options, RuleKind)> {
    let options = argument.options(&["min", "max", "equal"])?;
    let [min, max, equal] = ["min", "max", "equal"].map(|name| options.expression(name));
    let (min, max, equal) = (min?, max?, equal?);
    match (&equal, min.is_some() || max.is_some()) {
        (None, false) => Err(options.error("`length` needs `min`, `max` or `equal`")),
        (Some(_), true) => Err(options.error("`length` takes either `equal`, or `min` and `max`")),
        _ => Ok((options, RuleKind::Length { min, max, equal })),
    }
}

fn range(argument: Argument) -> syn::Result<(Options, RuleKind)> {
    let names: &[&str] = &["min", "max", "exclusive_min", "exclusive_max"];
    let options = argument.options(names)?;
    let bound = |name| options.expression(name);
    let (min, max) = (bound("min")?, bound("max")?);
    let (exclusive_min, exclusive_max) = (bound("exclusive_min")?, bound("exclusive_max")?);
    if [&min, &max, &exclusive_min, &exclusive_max].iter().all(|bound| bound.is_none()) {
        return Err(options.error("`range` needs `min`, `max`, `exclusive_min` or `exclusive_max`"));
    }
    Ok((options, RuleKind::Range { min, max, exclusive_min, exclusive_max }))
}

fn contains(argument: Argument, provider: &'static str, method: &'static str) -> syn::Result<(Options, RuleKind)> {
    let options = argument.options(&["pattern"])?;
    let pattern = options.text("pattern")?.ok_or_else(|| options.error("this rule needs `pattern = \"…\"`"))?;
    Ok((options, RuleKind::Contains { provider, method, pattern }))
}

const NO_CONTEXT: &str =
    "validation with a context is not supported; derive `validator::Validate` and validate in the handler";

fn without_context(options: &Options) -> syn::Result<()> {
    match options.flag("use_context")? {
        Some(true) => Err(options.error(NO_CONTEXT)),
        _ => Ok(()),
    }
}

fn unknown(name: &str) -> String {
    match nearest(name, RULES) {
        Some(rule) => format!("unknown rule `{name}`; did you mean `{rule}`?"),
        None => format!("unknown rule `{name}`; the rules are {}", RULES.join(", ")),
    }
}
