//! The settings of a warm-up as the program gave them.

use std::panic::Location;

/// The pages and hosts that a program named.
#[derive(Debug, Default)]
pub(in crate::app) struct WarmUpSpec {
    pub(super) pages: Vec<Statement>,
    pub(super) hosts: Vec<Statement>,
}

/// The text of one call, and the place of the call.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) location: &'static Location<'static>,
}

impl WarmUpSpec {
    pub(in crate::app) fn page(&mut self, text: String, location: &'static Location<'static>) {
        self.pages.push(Statement { text, location });
    }

    pub(in crate::app) fn host(&mut self, text: String, location: &'static Location<'static>) {
        self.hosts.push(Statement { text, location });
    }
}
