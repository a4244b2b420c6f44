//! Figures of one moment, and their differences to those of an earlier one.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use super::{
    allocator::AllocatorFigures,
    cpu::{self, MachineTime},
    document::{CpuMetrics, MemoryMetrics, SystemMetrics, TokioMetrics},
    heartbeat::SchedulingDelay,
    memory::Memory,
    process::ProcessStat,
    runtime::RuntimeFigures,
};

/// Reads the figures below a root directory. Without a clock, a lock or a task.
#[derive(Debug)]
pub(super) struct SystemSampler {
    root: PathBuf,
    /// What rates are differences to.
    baseline: RisingTimes,
}

/// Times that only rise.
#[derive(Debug, Clone, Copy)]
struct RisingTimes {
    at: Instant,
    process: Option<Duration>,
    machine: Option<MachineTime>,
    busy: Option<Duration>,
}

/// What a sample has besides the files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    pub(super) now: Instant,
    pub(super) unix_time: Duration,
    pub(super) runtime: Option<RuntimeFigures>,
    pub(super) delay: Option<SchedulingDelay>,
}

impl SystemSampler {
    pub(super) fn new(root: PathBuf, start: &Surroundings) -> Self {
        let baseline = RisingTimes::read(&root, start);
        Self { root, baseline }
    }

    /// The age of the figures that rates are differences to.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.baseline.at)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Reads all figures. Rates are `None` if no time has passed since the baseline.
    pub(super) fn read(&self, around: &Surroundings) -> (SystemMetrics, NewBaseline) {
        let (root, totals) = (&*self.root, RisingTimes::read(&self.root, around));
        let memory = Memory::read(root).ok();
        let allocator = AllocatorFigures::read();
        let milliseconds = |delay: Duration| delay.as_secs_f64() * 1e3;
        let metrics = SystemMetrics {
            timestamp: SystemTime::UNIX_EPOCH + around.unix_time,
            cpu: CpuMetrics {
                usage: cpu::usable_cpus(root).and_then(|cpus| {
                    share(totals.process?.checked_sub(self.baseline.process?)?, cpus, self.age(around.now))
                }),
                machine_usage: totals.machine.and_then(|now| now.usage_since(self.baseline.machine?)),
                load_average: cpu::load_average(root),
            },
            memory: MemoryMetrics {
                used: memory.as_ref().map(|memory| memory.rss),
                free: memory.as_ref().map(|memory| memory.free),
                total: memory.as_ref().map(|memory| memory.total),
                heap_used: allocator.heap_used,
                heap_total: allocator.heap_total,
            },
            runtime: TokioMetrics {
                delay: around.delay.map(|delay| milliseconds(delay.mean)),
                max_delay: around.delay.map(|delay| milliseconds(delay.max)),
                utilization: around.runtime.and_then(|runtime| {
                    let busy = runtime.busy.checked_sub(self.baseline.busy?)?;
                    share(busy, runtime.workers as f64, self.age(around.now))
                }),
                workers: around.runtime.map(|runtime| runtime.workers),
                tasks: around.runtime.map(|runtime| runtime.alive_tasks),
                queue_depth: around.runtime.map(|runtime| runtime.queue_depth),
            },
            allocator: allocator.more,
        };
        (metrics, NewBaseline(totals))
    }

    /// Makes these the figures that later rates are differences to.
    pub(super) fn start_period(&mut self, NewBaseline(totals): NewBaseline) {
        self.baseline = totals;
    }
}

/// The times of a reading, which may become the baseline.
pub(super) struct NewBaseline(RisingTimes);

impl RisingTimes {
    fn read(root: &Path, around: &Surroundings) -> Self {
        Self {
            at: around.now,
            process: ProcessStat::read(root).map(|stat| stat.cpu_time),
            machine: MachineTime::read(root),
            busy: around.runtime.map(|runtime| runtime.busy),
        }
    }
}

/// The share of a time in that of so many CPUs or workers, in percent. A time is added once it is over, so it may
/// exceed the period in which it is seen.
fn share(busy: Duration, of: f64, period: Duration) -> Option<f64> {
    let all = of * period.as_secs_f64();
    (all > 0.0).then(|| (busy.as_secs_f64() * 100.0 / all).min(100.0))
}
