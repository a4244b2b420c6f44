//! All options of a route. A new family is a file in `families/`, a field here, and a line in [`Options::families`] and
//! in [`Options::families_mut`].

use proc_macro2::TokenStream;
use syn::Type;

use super::{
    families::{
        alert::Alert, auth::Access, breaker::Breaker, cache::Caching, deprecated::Deprecation, discover::Discovery,
        docs::Docs, idempotent::Idempotent, invalidates::Invalidates, layer::OwnLayer, limits::Limits,
        rate_limit::RateLimits, slo::Slo, state::Target,
    },
    family::{Callers, Family, Surroundings},
    raw::RawOption,
    tag::Tag,
};
use crate::errors::{Errors, unknown};

/// What the options say. `None` was not given, or could not be read.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) access: Option<Access>,
    pub(crate) alert: Option<Alert>,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) caching: Option<Caching>,
    pub(crate) deprecation: Option<Deprecation>,
    pub(crate) discovery: Discovery,
    pub(crate) docs: Docs,
    pub(crate) idempotent: Option<Idempotent>,
    pub(crate) invalidates: Option<Invalidates>,
    pub(crate) layer: OwnLayer,
    pub(crate) limits: Limits,
    pub(crate) rate_limits: RateLimits,
    pub(crate) slo: Option<Slo>,
    pub(crate) target: Target,
}

impl Options {
    fn families(&self) -> [&dyn Family; 14] {
        [
            &self.access,
            &self.alert,
            &self.breaker,
            &self.caching,
            &self.deprecation,
            &self.discovery,
            &self.docs,
            &self.idempotent,
            &self.invalidates,
            &self.layer,
            &self.limits,
            &self.rate_limits,
            &self.slo,
            &self.target,
        ]
    }

    fn families_mut(&mut self) -> [&mut dyn Family; 14] {
        [
            &mut self.access,
            &mut self.alert,
            &mut self.breaker,
            &mut self.caching,
            &mut self.deprecation,
            &mut self.discovery,
            &mut self.docs,
            &mut self.idempotent,
            &mut self.invalidates,
            &mut self.layer,
            &mut self.limits,
            &mut self.rate_limits,
            &mut self.slo,
            &mut self.target,
        ]
    }

    /// Whether there is an option of this name.
    pub(super) fn is_known(name: &str) -> bool {
        Self::default().families().iter().any(|family| family.names().contains(&name))
    }

    /// Whether the option may be given several times.
    pub(super) fn may_repeat(name: &str) -> bool {
        Self::default().families().iter().any(|family| family.repeats() && family.names().contains(&name))
    }

    /// Passes an option to the family that it belongs to.
    pub(super) fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let families = self.families_mut();
        let mut names: Vec<&str> = families.iter().flat_map(|family| family.names()).copied().collect();
        match families.into_iter().find(|family| family.names().contains(&&*option.name)) {
            Some(family) => family.parse(option, errors),
            None => {
                names.sort_unstable();
                errors.push(option.span, unknown("option", &option.name, &names));
            }
        }
    }

    /// Reports contradictions between the options and the rest of the route.
    pub(crate) fn check(&self, route: &Surroundings<'_>, errors: &mut Errors) {
        for family in self.families() {
            family.check(route, errors);
        }
    }

    /// The calls of all families that build the route's policies.
    pub(crate) fn policies(&self) -> impl Iterator<Item = TokenStream> {
        let state = self.state();
        self.families().into_iter().filter_map(move |family| family.policy(state))
    }

    /// The type of `state = Type`.
    pub(crate) fn state(&self) -> Option<&Type> {
        self.target.state.as_ref()
    }

    /// Who may call the route, if it says so.
    pub(crate) fn callers(&self) -> Option<Callers> {
        self.access.as_ref().map(Access::callers)
    }

    /// The tags of `cache` and of `invalidates`.
    pub(crate) fn cache_tags(&self) -> impl Iterator<Item = &Tag> {
        let cached = self.caching.iter().flat_map(|caching| &caching.tags);
        cached.chain(self.invalidates.iter().flat_map(|invalidates| &invalidates.tags))
    }
}
