//! The CPUs of the machine, and the share that the process may use.

use std::path::Path;

use super::{
    cgroup,
    files::{read, value},
};

/// The CPU time of the whole machine since it started, in ticks of all CPUs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MachineTime {
    busy: u64,
    total: u64,
}

impl MachineTime {
    /// Reads the first line of `/proc/stat`: `cpu  user nice system idle iowait irq softirq steal guest guest_nice`.
    pub(super) fn read(root: &Path) -> Option<Self> {
        let text = read(root, "proc/stat").ok()?;
        let times = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
        // The time of guests is part of `user` and `nice`.
        let times: Vec<u64> = times.split_whitespace().take(8).map_while(|ticks| ticks.parse().ok()).collect();
        let (idle, total) = (times.iter().skip(3).take(2).sum::<u64>(), times.iter().sum::<u64>());
        (times.len() > 3).then(|| Self { busy: total - idle, total })
    }

    /// The share of busy time since `earlier`, in percent.
    #[expect(clippy::cast_precision_loss, reason = "ticks stay below 2^53")]
    pub(super) fn usage_since(self, earlier: Self) -> Option<f64> {
        // The time of waiting for a disk may go backwards.
        let (busy, total) = (self.busy.saturating_sub(earlier.busy), self.total.checked_sub(earlier.total)?);
        (total > 0).then(|| (busy as f64 * 100.0 / total as f64).min(100.0))
    }
}

/// The number of CPUs that the process may use: those of the machine that its affinity allows, and no more than the
/// quotas of its control groups.
#[expect(clippy::cast_precision_loss, reason = "a machine has fewer than 2^53 CPUs")]
pub(super) fn usable_cpus(root: &Path) -> Option<f64> {
    let stat = read(root, "proc/stat").ok()?;
    let is_cpu =
        |line: &&str| line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let online = stat.lines().filter(is_cpu).count() as f64;
    let status = read(root, "proc/self/status").unwrap_or_default();
    let allowed = value(&status, "Cpus_allowed_list").and_then(list_length).map_or(f64::INFINITY, |cpus| cpus as f64);
    let quota = cgroup::cpu_quota(root).unwrap_or(f64::INFINITY);
    (online > 0.0).then(|| online.min(allowed).min(quota))
}

/// The number of CPUs in a list such as `0-3,8`.
fn list_length(list: &str) -> Option<u64> {
    let length = |part: &str| -> Option<u64> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        (last.checked_sub(first)?).checked_add(1)
    };
    list.split(',').map(length).sum()
}

/// The load of the last 1, 5 and 15 minutes.
pub(crate) fn load_average(root: &Path) -> Option<[f64; 3]> {
    let text = read(root, "proc/loadavg").ok()?;
    let mut numbers = text.split_whitespace().map_while(|number| number.parse().ok());
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}
