//! Figures of made-up machines and containers, on a clock that the tests move.

use std::{
    fs,
    path::{Path, PathBuf},
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use serde_json::{Value, json};

use super::{BEAT_INTERVAL, SystemMonitor, cpu::usable_cpus, process::ProcessFigures};
use crate::base::clock::ManualClock;

const SECOND: Duration = Duration::from_secs(1);
const MIB: u64 = 1 << 20;

/// A directory in place of `/`, which is removed at the end.
struct MadeUpMachine(PathBuf);

impl MadeUpMachine {
    /// Four CPUs, 16 GiB of memory, and a process that has used 10 s of CPU time.
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("routekit-system-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let machine = Self(root);
        machine.write("proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable:  8388608 kB\n");
        machine.write("proc/loadavg", "0.50 0.25 1.00 1/99 4711\n");
        machine.write("proc/self/cgroup", "0::/\n");
        machine.write("proc/self/status", "Name:\tapp\nVmRSS:\t  102400 kB\nCpus_allowed_list:\t0-3\n");
        machine.ticks(600, 400, "1000 0 1000 8000 0 0 0 0 500 0");
        machine
    }

    fn write(&self, file: &str, text: &str) {
        let file = self.0.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Sets the CPU time of the process, in user and kernel mode, and that of the machine.
    fn ticks(&self, user: u64, system: u64, machine: &str) {
        let stat =
            format!("42 (my) app)) S 1 42 42 0 -1 4194560 1 0 0 0 {user} {system} 7 7 20 0 9 0 5000 8388608 382 0 0");
        self.write("proc/self/stat", &stat);
        let cpus = "cpu0 1 1 1 1\ncpu1 1 1 1 1\ncpu2 1 1 1 1\ncpu3 1 1 1 1\n";
        self.write("proc/stat", &format!("cpu  {machine}\n{cpus}intr 1 2 3\nbtime 1700000000\n"));
    }

    fn monitor(&self, clock: &ManualClock) -> SystemMonitor {
        SystemMonitor::new(&*self.0, clock.clock())
    }
}

impl Drop for MadeUpMachine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn json_of(monitor: &SystemMonitor) -> Value {
    serde_json::to_value(&*monitor.read()).unwrap()
}

#[test]
fn first_reading_has_levels_and_no_rates() {
    let (machine, clock) = (MadeUpMachine::new("first"), ManualClock::new());
    let expected = json!({
        "timestamp": "2030-01-01T00:00:00.000Z",
        "cpu": { "usage": null, "machineUsage": null, "loadAverage": [0.5, 0.25, 1.0] },
        "memory": {
            "used": 100 * MIB, "free": 8_192 * MIB, "total": 16_384 * MIB, "heapUsed": null, "heapTotal": null,
        },
        "runtime": {
            "delay": null, "maxDelay": null, "utilization": null, "workers": null, "tasks": null, "queueDepth": null,
        },
        "allocator": null,
    });
    assert_eq!(json_of(&machine.monitor(&clock)), expected);
}

#[test]
fn cpu_usage_is_the_difference_to_the_last_sample() {
    let (machine, clock) = (MadeUpMachine::new("usage"), ManualClock::new());
    let monitor = machine.monitor(&clock);
    let usage = |monitor: &SystemMonitor| {
        let cpu = monitor.read().cpu;
        (cpu.usage, cpu.machine_usage)
    };

    clock.advance(5 * SECOND);
    // Four seconds of CPU time in five seconds on four CPUs; 600 of 2,000 ticks of the machine are not idle.
    machine.ticks(800, 600, "1400 0 1200 9000 400 0 0 0 800 0");
    monitor.beat();
    assert_eq!(usage(&monitor), (Some(20.0), Some(30.0)));
    assert_eq!(json_of(&monitor)["timestamp"], "2030-01-01T00:00:05.000Z");

    // Less than a second is too short for rates: the last ones remain.
    clock.advance(SECOND - Duration::from_millis(1));
    machine.ticks(9_999, 9_999, "9999 0 9999 9999 0 0 0 0 0 0");
    assert_eq!(usage(&monitor), (Some(20.0), Some(30.0)));

    // A reading in between is the difference to the sample, and begins no new period.
    clock.advance(Duration::from_millis(1));
    machine.ticks(900, 600, "1400 0 1300 9100 400 0 0 0 800 0");
    assert_eq!(usage(&monitor), (Some(25.0), Some(50.0)));
    clock.advance(SECOND);
    machine.ticks(900, 600, "1400 0 1300 9300 400 0 0 0 800 0");
    assert_eq!(usage(&monitor), (Some(12.5), Some(25.0)));
    assert_eq!(monitor.latest().cpu.usage, Some(12.5));

    // Without anything that samples, a reading begins a new period when the old one is long.
    clock.advance(8 * SECOND);
    assert_eq!(usage(&monitor).0, Some(2.5));
    clock.advance(SECOND);
    assert_eq!(usage(&monitor).0, Some(0.0));
}

#[test]
fn cpu_usage_is_a_share_of_what_the_process_may_use() {
    for (name, files, cpus) in [
        ("all", &[][..], 4.0),
        ("affinity", &[("proc/self/status", "VmRSS: 1 kB\nCpus_allowed_list:\t0,2-3\n")], 3.0),
        ("no-affinity", &[("proc/self/status", "VmRSS: 1 kB\n")], 4.0),
        ("v2-quota", &[("sys/fs/cgroup/cpu.max", "50000 100000\n")], 0.5),
        ("v2-none", &[("sys/fs/cgroup/cpu.max", "max 100000\n")], 4.0),
        ("v2-above", &[("sys/fs/cgroup/cpu.max", "800000 100000\n")], 4.0),
        (
            "v2-parent",
            &[
                ("proc/self/cgroup", "0::/pod/app\n"),
                ("sys/fs/cgroup/pod/app/cpu.max", "max 100000\n"),
                ("sys/fs/cgroup/pod/cpu.max", "150000 100000\n"),
            ],
            1.5,
        ),
        (
            "v1-quota",
            &[
                ("proc/self/cgroup", "9:memory:/x\n3:cpu,cpuacct:/docker/abc\n"),
                ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "25000\n"),
                ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ],
            0.25,
        ),
        (
            "v1-none",
            &[
                ("proc/self/cgroup", "3:cpu,cpuacct:/\n"),
                ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
                ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ],
            4.0,
        ),
    ] {
        let machine = MadeUpMachine::new(&format!("cpus-{name}"));
        files.iter().for_each(|(file, text)| machine.write(file, text));
        assert_eq!(usable_cpus(&machine.0), Some(cpus), "{name}");
        let clock = ManualClock::new();
        let monitor = machine.monitor(&clock);
        clock.advance(10 * SECOND);
        machine.ticks(650, 450, "1000 0 1000 8000 0 0 0 0 0 0");
        let usage = monitor.read().cpu.usage.unwrap();
        assert!((usage - (10.0 / cpus).min(100.0)).abs() < 1e-9, "{name}: {usage}");
    }
}

#[test]
fn figures_that_the_system_lacks_are_null() {
    let clock = ManualClock::new();
    let monitor = SystemMonitor::new(Path::new("/no-such-root"), clock.clock());
    clock.advance(5 * SECOND);
    monitor.beat();
    let metrics = json_of(&monitor);
    assert_eq!(metrics["cpu"], json!({ "usage": null, "machineUsage": null, "loadAverage": null }));
    assert_eq!((&metrics["memory"]["used"], &metrics["memory"]["total"]), (&Value::Null, &Value::Null));
    let nothing = ProcessFigures {
        cpu_time: None,
        resident_memory: None,
        virtual_memory: None,
        heap: None,
        open_files: None,
        max_files: None,
        threads: None,
        start_time: None,
    };
    assert_eq!(monitor.process(), nothing);
}

#[test]
fn process_has_the_figures_of_proc() {
    let machine = MadeUpMachine::new("process");
    let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                  Max cpu time              unlimited            unlimited            seconds   \n\
                  Max open files            1024                 524288               files     \n";
    machine.write("proc/self/limits", limits);
    for file in ["0", "1", "2", "3"] {
        machine.write(&format!("proc/self/fd/{file}"), "");
    }
    let expected = ProcessFigures {
        cpu_time: Some(10 * SECOND),
        resident_memory: Some(100 * MIB),
        virtual_memory: Some(8 * MIB),
        heap: None,
        open_files: Some(3),
        max_files: Some(1024),
        threads: Some(9),
        start_time: Some(1_700_000_050.0),
    };
    assert_eq!(machine.monitor(&ManualClock::new()).process(), expected);
    machine
        .write("proc/self/limits", "Max open files            unlimited            unlimited            files     \n");
    assert_eq!(machine.monitor(&ManualClock::new()).process().max_files, None);
}

/// The mean and the longest delay, in milliseconds.
fn delays(monitor: &SystemMonitor) -> (Option<f64>, Option<f64>) {
    let runtime = monitor.read().runtime;
    (runtime.delay, runtime.max_delay)
}

#[tokio::test]
async fn scheduling_delay_is_the_time_until_a_beat_is_received() {
    let (machine, clock) = (MadeUpMachine::new("delay"), ManualClock::new());
    let monitor = machine.monitor(&clock);
    let mut receiver = pin!(monitor.clone().run());
    let mut poll = || assert!(receiver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    poll();
    for late in [10, 30, 20] {
        monitor.beat();
        clock.advance(Duration::from_millis(late));
        poll();
        clock.advance(BEAT_INTERVAL);
    }
    clock.advance(SECOND);
    assert_eq!(delays(&monitor), (Some(20.0), Some(30.0)));

    // A new period begins with a sample.
    clock.advance(5 * SECOND);
    monitor.beat();
    poll();
    clock.advance(SECOND);
    assert_eq!(delays(&monitor), (Some(0.0), Some(0.0)));
}

/// A runtime that hangs for a second delays each beat of that second, and not only the one that was sent before.
#[tokio::test]
async fn scheduling_delay_counts_the_beats_of_a_runtime_that_hangs() {
    let (machine, clock) = (MadeUpMachine::new("hangs"), ManualClock::new());
    let monitor = machine.monitor(&clock);
    let mut receiver = pin!(monitor.clone().run());
    let mut poll = || assert!(receiver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    poll();
    for _ in 0..4 {
        monitor.beat();
        clock.advance(BEAT_INTERVAL);
    }
    assert_eq!(delays(&monitor), (Some(1_000.0), Some(1_000.0)), "of the beat that is on its way");
    clock.advance(Duration::from_millis(40));
    poll();
    // 1,040, 790, 540, 290 and 40 ms.
    clock.advance(SECOND);
    assert_eq!(delays(&monitor), (Some(540.0), Some(1_040.0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runtime_has_the_figures_of_tokio() {
    let (machine, clock) = (MadeUpMachine::new("runtime"), ManualClock::new());
    let monitor = machine.monitor(&clock);
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let waits = tokio::spawn(released);
    let runs = tokio::spawn(monitor.clone().run());
    clock.advance(SECOND);
    // From a thread outside the runtime, once `run` has noted its own.
    let figures = loop {
        let monitor = monitor.clone();
        let figures = std::thread::spawn(move || monitor.read().runtime).join().unwrap();
        if figures.workers.is_some() {
            break figures;
        }
        clock.advance(SECOND);
        tokio::task::yield_now().await;
    };
    assert_eq!((figures.workers, figures.tasks), (Some(2), Some(2)));
    assert_eq!(figures.queue_depth, Some(0));
    let utilization = figures.utilization.unwrap();
    assert!((0.0..=100.0).contains(&utilization), "{utilization}");
    release.send(()).unwrap();
    waits.await.unwrap().unwrap();
    runs.abort();
}
