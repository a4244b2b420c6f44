//! `invalidates("users", "user:{id}", pattern = "/v2/users/*", user)`

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ExprPath, LitStr, Type};

use crate::{
    errors::{Errors, unknown},
    parse::{
        family::{Callers, Family, Surroundings},
        raw::{Once, Piece, RawOption},
        request_text,
        tag::{self, Tag, strings_call, tags},
    },
};

/// The stored responses that are invalid after the handler.
pub(crate) struct Invalidates {
    /// The place of the option's name.
    span: Span,
    pub(crate) tags: Vec<Tag>,
    /// Globs over paths.
    patterns: Vec<Tag>,
    /// The caller's own entries; declared at this place.
    user: Option<Span>,
    partition: Option<ExprPath>,
}

const USAGE: &str =
    "`invalidates(\"users\", \"user:{id}\")`, `invalidates(pattern = \"/v2/users/*\")` or `invalidates(user)`";

impl Family for Option<Invalidates> {
    fn names(&self) -> &'static [&'static str] {
        &["invalidates"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let pieces = option.pieces(USAGE, errors);
        if !pieces.is_empty() {
            *self = Some(Invalidates::read(option, pieces, errors));
        }
    }

    fn check(&self, route: &Surroundings<'_>, errors: &mut Errors) {
        let Some(invalidates) = self else { return };
        if let Some(method) = route.method.filter(|method| method.is_safe()) {
            let method = method.word().to_uppercase();
            errors.push(
                invalidates.span,
                format!(
                    "a {method} request changes nothing (RFC 9110 §9.2.1), so it invalidates nothing; leave \
                     `invalidates` out, or make the route a POST, PUT, PATCH or DELETE"
                ),
            );
        }
        if let (Some(Callers::Anyone), Some(span)) = (route.callers, invalidates.user) {
            errors.push(
                span,
                "`public` does not identify the caller, so there is no `user`; write `auth`, or leave `user` out",
            );
        }
        if let Some(path) = route.placeholders {
            tag::check(invalidates.tags.iter().chain(&invalidates.patterns), path, errors);
        }
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        self.as_ref().map(Invalidates::policy)
    }
}

impl Invalidates {
    fn read(option: &RawOption, pieces: Vec<Piece>, errors: &mut Errors) -> Self {
        let errors_before = errors.len();
        let (mut names, mut patterns) = (Vec::new(), Vec::new());
        let (mut user, mut partition) = (None, None);
        let mut once = Once::default();
        for piece in pieces {
            if piece.is_string() {
                names.extend(option.string(&piece, USAGE, errors));
                continue;
            }
            let Some(item) = piece.argument(USAGE, errors) else { continue };
            match item.name.as_str() {
                "pattern" => patterns.extend(item.strings("`pattern = \"/v2/users/*\"`", errors)),
                _ if !once.is_first(&item, errors) => {}
                "user" => {
                    if !item.is_bare() {
                        errors.push(item.span, "`user` has no arguments: it is the caller; write `user`");
                    }
                    user = Some(item.span);
                }
                "partition" => partition = request_text::function(&item, errors),
                "tags" => {
                    errors.push(item.span, "`tags` is not needed here; write the tags alone, `invalidates(\"users\")`");
                }
                other => {
                    let unknown = unknown("argument", other, &["partition", "pattern", "user"]);
                    errors.push(item.span, format!("{unknown}, and tags in quotes"));
                }
            }
        }
        check_patterns(&patterns, errors);
        let found =
            Self { span: option.span, tags: tags(names, errors), patterns: tags(patterns, errors), user, partition };
        // A piece that was reported may have been meant as a tag or a pattern.
        if found.tags.is_empty() && found.patterns.is_empty() && user.is_none() && errors.len() == errors_before {
            errors.push(option.span, format!("`invalidates` names no tag, pattern or user; write {USAGE}"));
        }
        found
    }

    fn policy(&self) -> TokenStream {
        let tags = strings_call("tags", &self.tags);
        let patterns = strings_call("patterns", &self.patterns);
        let user = self.user.map(|_| quote!(.with_user()));
        let partition = self.partition.as_ref().map(request_text::tokens).map(|text| quote!(.with_partition(#text)));
        quote!(.with_invalidates(__rt::Invalidates::new() #tags #patterns #user #partition))
    }
}

fn check_patterns(patterns: &[LitStr], errors: &mut Errors) {
    for pattern in patterns {
        let text = pattern.value();
        if !text.starts_with(['/', '*']) {
            errors.push(
                pattern.span(),
                format!("a pattern matches whole paths, with `*` for any text; write `\"/{text}\"` or `\"*/{text}\"`"),
            );
        }
    }
}
