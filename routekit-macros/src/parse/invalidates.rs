//! `invalidates("users", "user:{id}", pattern = "/v2/users/*", user)`

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{ExprPath, LitStr};

use super::{
    Family, RawOption,
    raw::{Once, Piece},
    request_text, strings_call,
    tag::{Tag, tags},
};
use crate::errors::{Errors, unknown};

/// What is invalid once the handler has ended.
pub(crate) struct Invalidates {
    /// Of the option's name.
    pub(crate) span: Span,
    pub(crate) tags: Vec<Tag>,
    /// Globs over paths.
    pub(crate) patterns: Vec<Tag>,
    /// The caller's own entries; said here.
    pub(crate) user: Option<Span>,
    partition: Option<ExprPath>,
}

const USAGE: &str =
    "`invalidates(\"users\", \"user:{id}\")`, `invalidates(pattern = \"/v2/users/*\")` or `invalidates(user)`";

pub(super) const FAMILY: Family = Family {
    names: &["invalidates"],
    parse: |option, options, errors| {
        let pieces = option.pieces(USAGE, errors);
        if !pieces.is_empty() {
            options.invalidates = Some(Invalidates::read(option, pieces, errors));
        }
    },
    policy: |options| options.invalidates.as_ref().map(Invalidates::policy),
};

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
                        errors.push(item.span, "`user` takes nothing: it is whoever is calling; write `user`");
                    }
                    user = Some(item.span);
                }
                "partition" => partition = request_text::function(&item, errors),
                "tags" => errors.push(item.span, "tags stand here by themselves; write `invalidates(\"users\")`"),
                other => {
                    let unknown = unknown("argument", other, &["partition", "pattern", "user"]);
                    errors.push(item.span, format!("{unknown}, and tags in quotes"));
                }
            }
        }
        check_patterns(&patterns, errors);
        let found =
            Self { span: option.span, tags: tags(names, errors), patterns: tags(patterns, errors), user, partition };
        // Whatever was wrong was perhaps meant to name something.
        if found.tags.is_empty() && found.patterns.is_empty() && user.is_none() && errors.len() == errors_before {
            errors.push(option.span, format!("`invalidates` does not say what; write {USAGE}"));
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
                format!("a pattern is of a path, and `*` is any text; write `\"/{text}\"` or `\"*/{text}\"`"),
            );
        }
    }
}
