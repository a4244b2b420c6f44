//! The figures as JSON.

use std::time::SystemTime;

use serde::Serialize;

use crate::base::clock::serialize_time;

/// CPU, memory, runtime and allocator at one moment. See the [module docs](crate::system).
///
/// In JSON, names are in camelCase, points in time are RFC 3339, and a figure that is not available is `null`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SystemMetrics {
    /// The time of the reading.
    #[serde(serialize_with = "serialize_time")]
    pub timestamp: SystemTime,
    /// How busy the process and the machine are.
    pub cpu: CpuMetrics,
    /// What the process uses, and what is free.
    pub memory: MemoryMetrics,
    /// How busy the tokio runtime is.
    pub runtime: TokioMetrics,
    /// More about the heap. `None` if the allocator counts nothing.
    pub allocator: Option<AllocatorMetrics>,
}

/// The usage of the CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CpuMetrics {
    /// The CPU time of the process, as a percentage of what it may use, from 0 to 100: all CPUs of the machine that its
    /// affinity allows, or the quota of its container (`cpu.max`) if that is lower. With a quota of half a CPU, a
    /// process that runs half of the time has 100.
    pub usage: Option<f64>,
    /// The share of the time in which the CPUs of the machine are busy with any process, in percent from 0 to 100. In
    /// most containers it is that of the host.
    pub machine_usage: Option<f64>,
    /// The load of the last 1, 5 and 15 minutes: the mean number of threads that run or wait to run.
    pub load_average: Option<[f64; 3]>,
}

/// The memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MemoryMetrics {
    /// The resident memory of the process.
    pub used: Option<u64>,
    /// The memory that is free: of the machine, or of the container if it has a smaller share of free memory. Files
    /// that the system has cached count as free.
    pub free: Option<u64>,
    /// The memory of the machine, or the limit of the container if that is lower.
    pub total: Option<u64>,
    /// The memory that the program has allocated and not freed.
    pub heap_used: Option<u64>,
    /// The resident memory of the allocator, which includes what it keeps for later.
    pub heap_total: Option<u64>,
}

/// The tokio runtime that the app is served on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokioMetrics {
    /// The mean time that a task which is ready waits until it is polled, in milliseconds. Measured four times a
    /// second.
    pub delay: Option<f64>,
    /// The longest of these times, in milliseconds.
    pub max_delay: Option<f64>,
    /// The share of the time in which the workers are busy, in percent from 0 to 100.
    pub utilization: Option<f64>,
    /// The number of worker threads.
    pub workers: Option<usize>,
    /// The number of tasks that have not ended.
    pub tasks: Option<usize>,
    /// The number of tasks that wait in the global queue.
    pub queue_depth: Option<usize>,
}

/// The figures of an allocator, beside [`heap_used`](MemoryMetrics::heap_used) and
/// [`heap_total`](MemoryMetrics::heap_total).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AllocatorMetrics {
    /// The bytes that were allocated since the start, freed ones included.
    pub allocated_bytes: Option<u64>,
    /// The number of allocations since the start.
    pub allocations: Option<u64>,
    /// The bytes of pages with at least one allocation.
    pub active_bytes: Option<u64>,
    /// The bytes of address space that the allocator keeps without memory behind them.
    pub retained_bytes: Option<u64>,
}
