//! Groups: defaults for all routes of a module.

use std::fmt;

use super::{
    meta::{Location, RouteMeta},
    policies::Policies,
};
use crate::base::{
    setting::{Origin, Setting},
    setup_problem::SetupProblem,
};

/// The defaults that `group!` declares for the routes of its module and of the modules inside it.
#[derive(Debug, Clone, Copy)]
pub struct RouteGroup {
    location: Location,
    prefix: &'static str,
    tags: &'static [&'static str],
    version: Option<&'static str>,
    policies: Policies,
}

inventory::collect!(RouteGroup);

/// Constructors for generated code, in const context.
#[doc(hidden)]
impl RouteGroup {
    #[must_use]
    pub const fn new(location: Location) -> Self {
        Self { location, prefix: "", tags: &[], version: None, policies: Policies::new() }
    }

    #[must_use]
    pub const fn with_prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = prefix;
        self
    }

    #[must_use]
    pub const fn with_tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    #[must_use]
    pub const fn with_version(mut self, version: &'static str) -> Self {
        self.version = Some(version);
        self
    }

    #[must_use]
    pub const fn with_policies(mut self, policies: Policies) -> Self {
        self.policies = policies;
        self
    }
}

impl RouteGroup {
    /// Whether routes at `location` belong to the group.
    fn contains(&self, location: Location) -> bool {
        let rest = location.module_path.strip_prefix(self.location.module_path);
        location.unit == self.location.unit && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

/// `shop::admin (src/admin.rs:3), prefix /admin`
impl fmt::Display for RouteGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.location.module_path, self.location)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, ", prefix {}", self.prefix) }
    }
}

/// All groups of the program, sorted by module, so that a module comes before those inside it.
#[derive(Debug)]
pub(crate) struct LinkedGroups(Vec<&'static RouteGroup>);

impl LinkedGroups {
    pub(crate) fn collect() -> Self {
        let mut groups: Vec<&'static RouteGroup> = inventory::iter::<RouteGroup>.into_iter().collect();
        groups.sort_by_key(|group| (group.location.module_path, group.location.unit, group.location));
        Self(groups)
    }

    /// The groups of a route at `location`.
    pub(crate) fn of(&self, location: Location) -> GroupsOfRoute {
        GroupsOfRoute(self.0.iter().rev().filter(|group| group.contains(location)).copied().collect())
    }

    /// Modules with several groups, unless the app has no route in them. `routes` are the locations of its routes.
    /// The macro rules them out within a crate; without Cargo's variables, two crates of one name look like one.
    pub(crate) fn problems(&self, routes: &(impl Iterator<Item = Location> + Clone)) -> Vec<SetupProblem> {
        let module = |group: &RouteGroup| (group.location.module_path, group.location.unit);
        let of_module = self.0.chunk_by(|a, b| module(a) == module(b));
        let several = of_module.filter(|groups| groups.len() > 1);
        let concerned = several.filter(|groups| routes.clone().any(|route| groups[0].contains(route)));
        let problem = |groups: &[&RouteGroup]| {
            let (module, count) = (groups[0].location.module_path, groups.len());
            let message = format!("the module `{module}` has {count} groups; write one `group!` for all of it");
            let places = groups.iter().map(|group| group.location.to_string());
            SetupProblem::new("duplicate-group", message).listing(places)
        };
        concerned.map(problem).collect()
    }

    /// Groups that contain none of these routes.
    pub(crate) fn unused(&self, routes: impl Iterator<Item = Location> + Clone) -> impl Iterator<Item = &RouteGroup> {
        self.0.iter().filter(move |group| !routes.clone().any(|route| group.contains(route))).copied()
    }
}

/// The groups that a route belongs to, innermost first.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupsOfRoute(Vec<&'static RouteGroup>);

impl GroupsOfRoute {
    /// The prefixes of all groups, outermost first.
    pub(crate) fn prefix(&self) -> String {
        self.0.iter().rev().map(|group| group.prefix).collect()
    }

    /// The tags that a route declares, else those of the innermost group that has some.
    pub(crate) fn tags(&self, route: &RouteMeta) -> &'static [&'static str] {
        let own = Some(route.tags).filter(|tags| !tags.is_empty());
        let inherited = || self.0.iter().map(|group| group.tags).find(|tags| !tags.is_empty());
        own.or_else(inherited).unwrap_or_default()
    }

    /// The version that a route declares, else that of the innermost group that has one.
    pub(crate) fn version(&self, route: &RouteMeta) -> Option<&'static str> {
        route.version.or_else(|| self.0.iter().find_map(|group| group.version))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static RouteGroup> {
        self.0.iter().copied()
    }
}

/// The policies that a route declares, and those of its groups for what it does not declare.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeclaredPolicies<'a> {
    /// The attribute of the route.
    pub(crate) own: Policies,
    pub(crate) groups: &'a GroupsOfRoute,
}

impl DeclaredPolicies<'_> {
    /// The value from the attribute, else from the innermost group that has one.
    pub(crate) fn find<T>(&self, read: impl Fn(&Policies) -> Option<T>) -> Option<Setting<T>> {
        let own = read(&self.own).map(|value| Setting::new(value, Origin::Attribute));
        own.or_else(|| {
            self.groups
                .iter()
                .find_map(|group| Some(Setting::new(read(&group.policies)?, Origin::Group(group.location.module_path))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(module: &'static str, line: u32) -> Location {
        Location::new(module, "src/x.rs", line)
    }

    fn linked(groups: &[Location]) -> LinkedGroups {
        LinkedGroups(groups.iter().map(|group| &*Box::leak(Box::new(RouteGroup::new(*group)))).collect())
    }

    #[test]
    fn group_contains_its_module_and_those_inside() {
        let group = RouteGroup::new(at("shop::admin", 1));
        for (module, expected) in [
            ("shop::admin", true),
            ("shop::admin::users", true),
            ("shop::administration", false),
            ("shop", false),
            ("other::admin", false),
        ] {
            assert_eq!(group.contains(at(module, 9)), expected, "{module}");
        }
    }

    #[test]
    fn group_contains_no_module_of_another_crate_of_its_name() {
        let shop =
            |binary, version, is_test| at("shop::admin", 1).built_as(Some("shop"), Some(version), binary, is_test);
        let group = RouteGroup::new(shop(None, "1.0.0", false));
        assert!(group.contains(shop(None, "1.0.0", false)));
        assert!(!group.contains(shop(Some("shop"), "1.0.0", false)), "the program of the package");
        assert!(!group.contains(shop(None, "2.0.0", false)), "another version");
        assert!(!group.contains(shop(None, "1.0.0", true)), "a test of the package");
    }

    #[test]
    fn second_group_of_a_module_is_a_problem_if_the_app_has_its_routes() {
        let groups = linked(&[at("shop", 1), at("shop::admin", 1), at("shop::admin", 7)]);
        let problems = groups.problems(&[at("shop::admin::users", 3)].into_iter());
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.to_string().starts_with("the module `shop::admin` has 2 groups"), "{problem}");
        assert_eq!(problem.locations(), ["src/x.rs:1", "src/x.rs:7"]);
        assert!(groups.problems(&[at("shop::cart", 3)].into_iter()).is_empty());
    }

    #[test]
    fn group_without_routes_is_unused() {
        let groups = linked(&[at("shop", 1), at("shop::admin", 2)]);
        let unused: Vec<String> = groups.unused([at("shop::cart", 3)].into_iter()).map(ToString::to_string).collect();
        assert_eq!(unused, ["shop::admin (src/x.rs:2)"]);
    }
}
