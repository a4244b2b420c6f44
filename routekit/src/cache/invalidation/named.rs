//! What is to be invalid, under the name that it has outside.

use std::borrow::Cow;

use crate::{
    cache::{Tag, Target, glob::Glob},
    identity::Identity,
};

/// One thing of a partition.
#[derive(Debug)]
pub(in crate::cache) struct Named<'a> {
    pub(in crate::cache) partition: &'a str,
    pub(in crate::cache) subject: Subject<'a>,
}

#[derive(Debug)]
pub(in crate::cache) enum Subject<'a> {
    Tag(Cow<'a, str>),
    Pattern(Glob),
    /// Whatever its query.
    Path(&'a str),
    /// A template.
    Route(&'a str),
    User(&'a Identity),
}

impl Named<'_> {
    pub(super) fn target(&self) -> Target {
        let partition = self.partition;
        match &self.subject {
            Subject::Tag(name) => Target::tag(Tag::named(partition, name)),
            Subject::Pattern(pattern) => Target::glob(partition, pattern.clone()),
            Subject::Path(path) => Target::tag(Tag::path(partition, path)),
            Subject::Route(template) => Target::tag(Tag::route(partition, template)),
            Subject::User(identity) => Target::tag(Tag::user(partition, identity)),
        }
    }
}
