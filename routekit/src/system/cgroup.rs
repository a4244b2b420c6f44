//! The limits of control groups, of both versions. Containers have them.

use std::path::{Component, Path, PathBuf};

use super::files::read;

/// A part of memory that may run out: the machine, or a control group with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemoryPool {
    pub(super) total: u64,
    pub(super) free: u64,
}

/// The two versions of control groups, whose files differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CgroupVersion {
    V1,
    V2,
}

/// The files about memory of one version.
struct MemoryFiles {
    limit: &'static str,
    usage: &'static str,
    /// The lines of `memory.stat` with the files in memory that the system can drop.
    cached_files: [&'static str; 2],
}

/// The groups of the process whose limit is below the memory of the machine. A group is within the limits of its
/// parents too.
pub(super) fn memory_limits(root: &Path, machine: u64) -> Vec<MemoryPool> {
    let pools = groups(root, "memory").into_iter().filter_map(|(version, group)| version.memory(&group));
    pools.filter(|pool| pool.total < machine).collect()
}

/// The lowest quota of the groups of the process, in CPUs. `None` without a quota.
pub(super) fn cpu_quota(root: &Path) -> Option<f64> {
    let quotas = groups(root, "cpu").into_iter().filter_map(|(version, group)| version.cpus(&group));
    quotas.min_by(f64::total_cmp)
}

/// The directories of the groups of the process that have this controller, with their parents.
fn groups(root: &Path, controller: &str) -> Vec<(CgroupVersion, PathBuf)> {
    let text = read(root, "proc/self/cgroup").unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines() {
        // `0::/path` in version 2, and `9:memory:/path` in version 1.
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let mount = root.join("sys/fs/cgroup");
        let (version, mount) = match controllers {
            "" => (CgroupVersion::V2, mount),
            controllers if controllers.split(',').any(|other| other == controller) => {
                (CgroupVersion::V1, mount.join(controller))
            }
            _ => continue,
        };
        // The path may be that of the host, which the container cannot see. Its own group is then the mount itself.
        let group: PathBuf = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_))).collect();
        found.extend(group.ancestors().map(|group| (version, mount.join(group))));
    }
    found
}

impl CgroupVersion {
    /// `None` if the group has no limit.
    fn memory(self, directory: &Path) -> Option<MemoryPool> {
        let files = match self {
            Self::V1 => MemoryFiles {
                limit: "memory.limit_in_bytes",
                usage: "memory.usage_in_bytes",
                cached_files: ["total_inactive_file ", "total_active_file "],
            },
            Self::V2 => MemoryFiles {
                limit: "memory.max",
                usage: "memory.current",
                cached_files: ["inactive_file ", "active_file "],
            },
        };
        // `max` is not a number.
        let (total, usage) = (number::<u64>(directory, files.limit)?, number::<u64>(directory, files.usage)?);
        let stat = read(directory, "memory.stat").unwrap_or_default();
        let size = |line: &str| -> Option<u64> {
            files.cached_files.iter().find_map(|name| line.strip_prefix(name)?.trim().parse().ok())
        };
        let cached: u64 = stat.lines().filter_map(size).sum();
        let used = usage.saturating_sub(cached);
        Some(MemoryPool { total, free: total.saturating_sub(used) })
    }

    /// `None` if the group has no quota.
    fn cpus(self, directory: &Path) -> Option<f64> {
        let (quota, period): (f64, f64) = match self {
            // The quota is -1 if there is none.
            Self::V1 => (number(directory, "cpu.cfs_quota_us")?, number(directory, "cpu.cfs_period_us")?),
            Self::V2 => {
                let text = read(directory, "cpu.max").ok()?;
                let mut numbers = text.split_whitespace();
                // `max` is not a number.
                (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?)
            }
        };
        (quota > 0.0 && period > 0.0).then(|| quota / period)
    }
}

/// The number that a file consists of.
fn number<N: std::str::FromStr>(directory: &Path, file: &str) -> Option<N> {
    read(directory, file).ok()?.trim().parse().ok()
}
