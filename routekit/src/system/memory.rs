//! The memory of the process and of its machine or container, in bytes.

use std::path::Path;

use super::{
    cgroup::{self, MemoryPool},
    files::{kilobytes, read},
};

/// What `/proc` and `/sys` say.
pub(crate) struct Memory {
    /// Resident memory of the process.
    pub(crate) rss: u64,
    /// The memory of the machine, or the lowest limit of the container.
    pub(crate) total: u64,
    /// What is free of the machine or container with the smallest share of free memory.
    pub(crate) free: u64,
    /// The total that `free` is a part of.
    free_of: u64,
}

impl Memory {
    /// Reads the files below `root`. An error names the file.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let status = read(root, "proc/self/status")?;
        let rss = kilobytes(&status, "VmRSS").ok_or("/proc/self/status has no VmRSS")?;
        let info = read(root, "proc/meminfo")?;
        let total = kilobytes(&info, "MemTotal").ok_or("/proc/meminfo has no MemTotal")?;
        let free = kilobytes(&info, "MemAvailable").ok_or("/proc/meminfo has no MemAvailable")?;
        let machine = MemoryPool { total, free };
        let pools = cgroup::memory_limits(root, total);
        let total = pools.iter().map(|pool| pool.total).fold(machine.total, u64::min);
        let scarcest = pools.into_iter().fold(machine, |scarcest, pool| {
            if percent(pool.free, pool.total) < percent(scarcest.free, scarcest.total) { pool } else { scarcest }
        });
        Ok(Self { rss, total, free: scarcest.free, free_of: scarcest.total })
    }

    /// The share of the process in the total.
    pub(crate) fn usage_percent(&self) -> f64 {
        percent(self.rss, self.total)
    }

    pub(crate) fn free_percent(&self) -> f64 {
        percent(self.free, self.free_of)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no 53 bits")]
fn percent(part: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { part as f64 * 100.0 / total as f64 }
}
