//! Runs the hooks of a shutdown.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    app::shutdown_hook::ShutdownHook,
    base::{
        printable::{Chain, Printable},
        setup_problem::SetupProblem,
    },
};

/// What each hook has, however late it is.
const SHORTEST: Duration = Duration::from_millis(250);

/// The time that the hooks may need in all.
pub(super) fn budget(hooks: &[ShutdownHook]) -> Duration {
    hooks.iter().fold(Duration::ZERO, |sum, hook| sum.saturating_add(hook.budget))
}

/// Runs all hooks, the last one first, and returns those that failed. Each has its budget, or its share of the time
/// until `deadline` if that is less.
pub(super) async fn run(hooks: Vec<ShutdownHook>, deadline: Instant) -> Vec<SetupProblem> {
    let mut problems = Vec::new();
    let mut left = u32::try_from(hooks.len()).unwrap_or(u32::MAX);
    for ShutdownHook { name, budget, run, .. } in hooks.into_iter().rev() {
        let share = deadline.saturating_duration_since(Instant::now()) / left.max(1);
        left = left.saturating_sub(1);
        let limit = budget.min(share.max(SHORTEST));
        let start = Instant::now();
        // On a task of its own, so that it ends if it panics.
        let mut task = JoinSet::new();
        task.spawn(async move { run().await });
        let late = || format!("did not end within {} ms", limit.as_millis());
        let failure = match timeout(limit, task.join_next()).await {
            // One that blocks its thread has ended by the time that anything else can run.
            Ok(_) if start.elapsed() > limit + SHORTEST => late(),
            Ok(Some(Ok(Ok(()))) | None) => {
                tracing::debug!(target: "routekit", hook = name, "a shutdown hook has ended");
                continue;
            }
            Ok(Some(Ok(Err(error)))) => format!("failed: {}", Printable(Chain(&*error))),
            Ok(Some(Err(_))) => "panicked".to_owned(),
            Err(_) => late(),
        };
        tracing::error!(target: "routekit", hook = name, "a shutdown hook {failure}");
        let message = format!("the shutdown hook `{name}` {failure}");
        problems.push(SetupProblem::new("shutdown-hook", message).after_start());
    }
    problems
}
