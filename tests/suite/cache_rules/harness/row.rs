//! A rule and its steps.

use std::fmt;

use routekit::cache::CacheLayer;

use super::{
    ASKED, BYPASS, HIT, MISS, secs,
    step::{Step, get},
};

/// One rule.
#[derive(Clone)]
#[must_use]
pub(crate) struct Row {
    name: String,
    ttl: Option<u64>,
    layer: fn(CacheLayer) -> CacheLayer,
    pub(super) steps: Vec<Step>,
}

pub(crate) fn row(name: impl Into<String>) -> Row {
    Row { name: name.into(), ttl: None, layer: |layer| layer, steps: Vec::new() }
}

impl Row {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The `ttl` of the route. Defaults to none.
    pub(crate) fn ttl(mut self, seconds: u64) -> Self {
        self.ttl = Some(seconds);
        self
    }

    pub(crate) fn layer(mut self, change: fn(CacheLayer) -> CacheLayer) -> Self {
        self.layer = change;
        self
    }

    pub(super) fn layered(&self, layer: CacheLayer) -> CacheLayer {
        let layer = (self.layer)(layer);
        match self.ttl {
            Some(seconds) => layer.ttl(secs(seconds)),
            None => layer,
        }
    }

    /// The steps.
    pub(crate) fn does(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }

    /// A response with these headers is fresh for exactly this long, and not a millisecond longer.
    pub(crate) fn fresh_for(self, seconds: u64, headers: &[&'static str]) -> Self {
        self.fresh_for_at(0, seconds, headers)
    }

    /// The same for a response generated at this Unix time.
    pub(crate) fn fresh_for_at(self, now: u64, seconds: u64, headers: &[&'static str]) -> Self {
        let first = said(get(MISS), headers).after(now);
        self.does([first, get(HIT).after_millis(seconds * 1000 - 1), get(ASKED).after_millis(1)])
    }

    /// A response with these headers is stored.
    pub(crate) fn stored(self, headers: &[&'static str]) -> Self {
        self.does([said(get(MISS), headers), get(HIT).body("1")])
    }

    /// A response with these headers is given to the client that caused it, and to no other.
    pub(crate) fn not_stored(self, headers: &[&'static str]) -> Self {
        self.does([said(get(BYPASS), headers), get(BYPASS).body("2"), get(BYPASS).after(5).body("3")])
    }
}

fn said(step: Step, headers: &[&'static str]) -> Step {
    headers.iter().fold(step.says(""), |step, header| step.and(header))
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
