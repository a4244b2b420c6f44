//! What an answer says in `Cache-Control` (RFC 9111 §5.2.2, RFC 5861).

use std::time::Duration;

use http::{HeaderMap, header};

use super::directives::{self, Argument};

/// The directives of an answer that a shared cache acts on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache) struct ResponseControl {
    pub(in crate::cache) no_store: bool,
    /// Also if it names fields, as for `private`: taking it for all of them is allowed (RFC 9111 §5.2.2.4, §5.2.2.7).
    pub(in crate::cache) no_cache: bool,
    pub(in crate::cache) private: bool,
    pub(in crate::cache) public: bool,
    pub(in crate::cache) must_revalidate: bool,
    pub(in crate::cache) proxy_revalidate: bool,
    pub(in crate::cache) must_understand: bool,
    pub(in crate::cache) s_maxage: Option<Duration>,
    pub(in crate::cache) max_age: Option<Duration>,
    pub(in crate::cache) stale_while_revalidate: Option<Duration>,
    pub(in crate::cache) stale_if_error: Option<Duration>,
    /// Quotes are not closed, or stand where none can: they may hide any directive.
    pub(in crate::cache) broken: bool,
}

impl ResponseControl {
    /// Reads all lines of `Cache-Control`. What is unknown is ignored; of what is repeated, the shorter time holds; what is no number of
    /// seconds is 0.
    pub(in crate::cache) fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        for line in headers.get_all(header::CACHE_CONTROL) {
            let sound = directives::read(line.as_bytes(), |name, argument| control.add(name, argument));
            control.broken |= !sound;
        }
        control
    }

    fn add(&mut self, name: &[u8], argument: Option<Argument<'_>>) {
        match self.slot(name) {
            Some(Slot::Flag(flag) | Slot::Fields(flag)) => *flag = true,
            Some(Slot::Duration(duration)) => {
                directives::shorten(duration, argument.and_then(Argument::seconds).unwrap_or_default());
            }
            None => {}
        }
    }

    /// Where the directive of this name goes; `None` if it is unknown.
    pub(super) fn slot(&mut self, name: &[u8]) -> Option<Slot<'_>> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        Some(match () {
            () if is("no-store") => Slot::Flag(&mut self.no_store),
            () if is("no-cache") => Slot::Fields(&mut self.no_cache),
            () if is("private") => Slot::Fields(&mut self.private),
            () if is("public") => Slot::Flag(&mut self.public),
            () if is("must-revalidate") => Slot::Flag(&mut self.must_revalidate),
            () if is("proxy-revalidate") => Slot::Flag(&mut self.proxy_revalidate),
            () if is("must-understand") => Slot::Flag(&mut self.must_understand),
            () if is("s-maxage") => Slot::Duration(&mut self.s_maxage),
            () if is("max-age") => Slot::Duration(&mut self.max_age),
            () if is("stale-while-revalidate") => Slot::Duration(&mut self.stale_while_revalidate),
            () if is("stale-if-error") => Slot::Duration(&mut self.stale_if_error),
            () => return None,
        })
    }
}

/// What a directive of an answer sets.
pub(super) enum Slot<'a> {
    Flag(&'a mut bool),
    /// One that may name header fields.
    Fields(&'a mut bool),
    Duration(&'a mut Option<Duration>),
}
