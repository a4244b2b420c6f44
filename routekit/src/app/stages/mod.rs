//! The stages from the settings of a program to an app that can be served.
//!
//! Each stage is a function whose return type is the input of the next stage:
//!
//! 1. `configure`: file, variables and the program's changes become one `Config`, and the cache is built.
//! 2. `declare`: each route gets its full path and its effective policies.
//! 3. `wire`: policies that concern several routes are connected: named breakers, `invalidate_on`, invalidated URLs,
//!    the buckets that objectives need.
//! 4. `check`: the whole app is checked. Only this stage creates a `Checked`, and only if there are no problems.
//! 5. `assemble`: routers, observers and metrics are built. This stage cannot fail.

mod assemble;
mod breakers;
mod cache_settings;
mod caching;
mod check;
mod check_access;
mod configure;
mod declare;
mod edge;
mod rate_limits;
mod routers;
mod warnings;
mod wire;

use self::{assemble::assemble, check::check, configure::configure, declare::declare, wire::wire};
use super::{metering::recorder::Scope, mounted::Mounted, spec::AppSpec};
use crate::base::setup_problem::Error;

/// Checks all settings of a program and builds the app, or reports all problems.
pub(super) fn mount(spec: AppSpec, scope: Scope) -> Result<Mounted, Error> {
    let AppSpec { settings, routes, dependencies, breakers, program } = spec;
    let mut problems = Vec::new();
    // Effective policies are computed from the configuration, so it comes first. The cache is part of it, because the
    // cache's default TTL applies to routes.
    let configured = configure(settings, &program.clock, scope, &mut problems);
    let has_hand_written = !program.hand_written.is_empty();
    let declared = declare(routes, has_hand_written, &configured.config, &mut problems);
    // A named breaker takes its settings from all routes that use it, so every route must be declared before.
    let alerts = &program.alerts;
    let wired = wire(declared, dependencies, breakers, &configured, (&program.clock, alerts, scope), &mut problems);
    // Problems of the earlier stages do not stop the checks: all problems are reported together.
    let checked = check(configured, wired, program, problems)?;
    // Metrics are registered, listeners attached and verifiers started only now. An app with problems must leave no
    // traces in the program's recorder or in a cache that another app uses too.
    Ok(assemble(checked))
}
