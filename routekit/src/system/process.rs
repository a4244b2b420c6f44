//! The process as `/proc/self` describes it.

use std::{path::Path, time::Duration};

use super::{
    allocator::AllocatorFigures,
    files::{count, kilobytes, read},
};

/// The unit of times in `/proc`, whatever the kernel uses itself.
const TICKS_PER_SECOND: u64 = 100;

/// The part of `/proc/self/stat` that does not depend on other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProcessStat {
    /// CPU time in user and kernel mode, since the start of the process.
    pub(super) cpu_time: Duration,
    threads: u64,
    /// From the start of the machine to that of the process.
    started: Duration,
    virtual_memory: u64,
}

impl ProcessStat {
    pub(super) fn read(root: &Path) -> Option<Self> {
        let text = read(root, "proc/self/stat").ok()?;
        // The name of the program, in brackets, may have spaces and brackets itself.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        // Numbered as in proc(5), where the state after the name is number 3.
        let field = |number: usize| -> Option<u64> { fields.get(number - 3)?.parse().ok() };
        Some(Self {
            cpu_time: of_ticks(field(14)?.checked_add(field(15)?)?),
            threads: field(20)?,
            started: of_ticks(field(22)?),
            virtual_memory: field(23)?,
        })
    }
}

fn of_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(1_000 / TICKS_PER_SECOND))
}

/// The figures that the Prometheus client libraries report for each process. `None` is one that the system lacks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProcessFigures {
    pub(crate) cpu_time: Option<Duration>,
    pub(crate) resident_memory: Option<u64>,
    pub(crate) virtual_memory: Option<u64>,
    /// The memory that the program has allocated and not freed.
    pub(crate) heap: Option<u64>,
    pub(crate) open_files: Option<u64>,
    pub(crate) max_files: Option<u64>,
    pub(crate) threads: Option<u64>,
    /// In seconds since 1970.
    pub(crate) start_time: Option<f64>,
}

impl ProcessFigures {
    pub(super) fn read(root: &Path) -> Self {
        let stat = ProcessStat::read(root);
        let status = read(root, "proc/self/status").unwrap_or_default();
        Self {
            cpu_time: stat.map(|stat| stat.cpu_time),
            resident_memory: kilobytes(&status, "VmRSS"),
            virtual_memory: stat.map(|stat| stat.virtual_memory),
            heap: AllocatorFigures::read().heap_used,
            // The directory itself is open while its files are counted.
            open_files: count(root, "proc/self/fd").map(|files| files.saturating_sub(1)),
            max_files: max_files(root),
            threads: stat.map(|stat| stat.threads),
            start_time: stat.and_then(|stat| Some(boot_time(root)? + stat.started.as_secs_f64())),
        }
    }
}

/// The soft limit in a line such as `Max open files            1024                 524288               files`.
fn max_files(root: &Path) -> Option<u64> {
    let limits = read(root, "proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    // `unlimited` is not a number.
    line.split_whitespace().next()?.parse().ok()
}

/// The start of the machine, in seconds since 1970.
fn boot_time(root: &Path) -> Option<f64> {
    let stat = read(root, "proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}
