//! The memory limits of control groups, of both versions. Containers have them.

use std::path::{Component, Path, PathBuf};

use super::files::read;

/// A part of memory that may run out: the machine, or a control group with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemoryPool {
    pub(super) total: u64,
    pub(super) free: u64,
}

/// The files of one version of control groups.
struct CgroupVersion {
    /// The directory of the groups.
    mount: &'static str,
    limit: &'static str,
    usage: &'static str,
    /// The lines of `memory.stat` with the files in memory that the system can drop.
    cached_files: [&'static str; 2],
}

const V1: CgroupVersion = CgroupVersion {
    mount: "sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    cached_files: ["total_inactive_file ", "total_active_file "],
};

const V2: CgroupVersion = CgroupVersion {
    mount: "sys/fs/cgroup",
    limit: "memory.max",
    usage: "memory.current",
    cached_files: ["inactive_file ", "active_file "],
};

/// The groups of the process whose limit is below the memory of the machine. A group is within the limits of its
/// parents too.
pub(super) fn limited(root: &Path, machine: u64) -> Vec<MemoryPool> {
    let text = read(root, "proc/self/cgroup").unwrap_or_default();
    let mut pools = Vec::new();
    for line in text.lines() {
        // `0::/path` in version 2, and `9:memory:/path` in version 1.
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let version = match controllers {
            "" => &V2,
            controllers if controllers.split(',').any(|controller| controller == "memory") => &V1,
            _ => continue,
        };
        let mount = root.join(version.mount);
        // The path may be that of the host, which the container cannot see. Its own group is then the mount itself.
        let group: PathBuf = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_))).collect();
        let directories = group.ancestors().map(|group| mount.join(group));
        pools.extend(directories.filter_map(|directory| version.pool(&directory)).filter(|pool| pool.total < machine));
    }
    pools
}

impl CgroupVersion {
    /// `None` if the group has no limit.
    fn pool(&self, directory: &Path) -> Option<MemoryPool> {
        let number = |file: &str| read(directory, file).ok()?.trim().parse::<u64>().ok();
        // `max` is not a number.
        let (total, usage) = (number(self.limit)?, number(self.usage)?);
        let stat = read(directory, "memory.stat").unwrap_or_default();
        let size = |line: &str| -> Option<u64> {
            self.cached_files.iter().find_map(|name| line.strip_prefix(name)?.trim().parse().ok())
        };
        let cached: u64 = stat.lines().filter_map(size).sum();
        let used = usage.saturating_sub(cached);
        Some(MemoryPool { total, free: total.saturating_sub(used) })
    }
}
