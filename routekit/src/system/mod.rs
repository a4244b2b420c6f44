//! CPU, memory, async runtime and allocator of the process, as JSON.
//!
//! 1. An app reads them every 5 seconds, and when they are requested. The shares of the CPU, the utilization of the
//!    runtime and its delay are those since the last of these readings that is at least a second old.
//! 2. The figures of process and machine come from `/proc` and control groups (versions 1 and 2). On a system without
//!    them (macOS, Windows), they are `null`.
//! 3. `runtime` is the tokio runtime that the app is served on. It needs no `tokio_unstable`.
//! 4. `allocator`, `heapUsed` and `heapTotal` need an allocator that counts. They are `null` with any other one.
//!
//! [`SystemMetrics`] documents each figure and its unit.

mod allocator;
mod cgroup;
mod cpu;
mod document;
mod files;
mod heartbeat;
mod memory;
mod monitor;
mod process;
mod runtime;
mod sampler;
#[cfg(test)]
mod tests;

pub use self::document::{AllocatorMetrics, CpuMetrics, MemoryMetrics, SystemMetrics, TokioMetrics};
pub(crate) use self::{
    cpu::load_average,
    heartbeat::BEAT_INTERVAL,
    memory::Memory,
    monitor::{SystemMonitor, WeakSystemMonitor},
};
