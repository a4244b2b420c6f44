//! Metrics of the process and of its tokio runtime.

use std::{fmt, sync::OnceLock, time::Duration};

use metrics::{Counter, Gauge, Key};

use super::{
    names::{
        METADATA, PROCESS_CPU, PROCESS_HEAP, PROCESS_MAX_FDS, PROCESS_OPEN_FDS, PROCESS_RESIDENT, PROCESS_START,
        PROCESS_THREADS, PROCESS_VIRTUAL, TOKIO_BUSY, TOKIO_DELAY, TOKIO_MAX_DELAY, TOKIO_QUEUE, TOKIO_TASKS,
        TOKIO_WORKERS, describe_process, describe_tokio,
    },
    recorder::SharedRecorder,
};

/// The series of the process.
#[derive(Debug)]
pub(crate) struct ProcessSeries {
    cpu_seconds: LateCounter,
    pub(crate) resident_memory: LateGauge,
    pub(crate) virtual_memory: LateGauge,
    pub(crate) heap: LateGauge,
    pub(crate) open_files: LateGauge,
    pub(crate) max_files: LateGauge,
    pub(crate) threads: LateGauge,
    pub(crate) start_time: LateGauge,
}

/// The series of a tokio runtime.
#[derive(Debug)]
pub(crate) struct TokioSeries {
    pub(crate) workers: LateGauge,
    pub(crate) alive_tasks: LateGauge,
    pub(crate) queue_depth: LateGauge,
    pub(crate) busy_ratio: LateGauge,
    pub(crate) delay: LateGauge,
    pub(crate) max_delay: LateGauge,
}

/// A gauge that exists from its first value on: a figure that the system does not have is no series.
pub(crate) struct LateGauge {
    recorder: SharedRecorder,
    name: &'static str,
    gauge: OnceLock<Gauge>,
}

/// A counter that exists from its first value on.
struct LateCounter {
    recorder: SharedRecorder,
    name: &'static str,
    counter: OnceLock<Counter>,
}

impl ProcessSeries {
    pub(crate) fn new(recorder: &SharedRecorder) -> Self {
        describe_process(&**recorder);
        let gauge = |name| LateGauge::new(recorder, name);
        Self {
            cpu_seconds: LateCounter { recorder: recorder.clone(), name: PROCESS_CPU, counter: OnceLock::new() },
            resident_memory: gauge(PROCESS_RESIDENT),
            virtual_memory: gauge(PROCESS_VIRTUAL),
            heap: gauge(PROCESS_HEAP),
            open_files: gauge(PROCESS_OPEN_FDS),
            max_files: gauge(PROCESS_MAX_FDS),
            threads: gauge(PROCESS_THREADS),
            start_time: gauge(PROCESS_START),
        }
    }

    /// Sets the CPU time since the start. Counters of the facade are whole numbers, so it is cut to whole seconds.
    pub(crate) fn cpu_time(&self, time: Option<Duration>) {
        if let Some(time) = time {
            self.cpu_seconds.counter().absolute(time.as_secs());
        }
    }
}

impl TokioSeries {
    pub(crate) fn new(recorder: &SharedRecorder) -> Self {
        describe_tokio(&**recorder);
        let gauge = |name| LateGauge::new(recorder, name);
        Self {
            workers: gauge(TOKIO_WORKERS),
            alive_tasks: gauge(TOKIO_TASKS),
            queue_depth: gauge(TOKIO_QUEUE),
            busy_ratio: gauge(TOKIO_BUSY),
            delay: gauge(TOKIO_DELAY),
            max_delay: gauge(TOKIO_MAX_DELAY),
        }
    }
}

impl LateGauge {
    fn new(recorder: &SharedRecorder, name: &'static str) -> Self {
        Self { recorder: recorder.clone(), name, gauge: OnceLock::new() }
    }

    pub(crate) fn set(&self, value: Option<f64>) {
        if let Some(value) = value {
            let register = || self.recorder.register_gauge(&Key::from_static_name(self.name), &METADATA);
            self.gauge.get_or_init(register).set(value);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bytes and numbers of files stay below 2^53")]
    pub(crate) fn set_whole(&self, value: Option<u64>) {
        self.set(value.map(|value| value as f64));
    }
}

impl LateCounter {
    fn counter(&self) -> &Counter {
        self.counter.get_or_init(|| self.recorder.register_counter(&Key::from_static_name(self.name), &METADATA))
    }
}

impl fmt::Debug for LateGauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LateGauge({})", self.name)
    }
}

impl fmt::Debug for LateCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LateCounter({})", self.name)
    }
}
