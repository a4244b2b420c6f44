//! Setters that are about to be there: until then they do nothing.

#![allow(dead_code, reason = "gone as soon as the layer has them")]

use std::time::Duration;

use routekit::cache::{CacheLayer, CdnTags};

pub(super) trait Options: Sized {
    fn stale_while_revalidate(self, _: Duration) -> Self {
        self
    }
    fn stale_if_error(self, _: Duration) -> Self {
        self
    }
    fn client_ttl(self, _: Duration) -> Self {
        self
    }
    fn cdn_ttl(self, _: Duration) -> Self {
        self
    }
    fn cdn_tags(self, _: CdnTags) -> Self {
        self
    }
    fn honour_client_directives(self, _: bool) -> Self {
        self
    }
}

impl Options for CacheLayer {}
