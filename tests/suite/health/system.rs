//! The check of the memory, on files of made-up machines and containers.

use std::{fs, path::Path};

use routekit::health::HealthCheck;
use serde_json::{Value, json};

use super::result_of;
use crate::support::temporary;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

fn write(root: &Path, file: &str, text: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// A machine with 16 GiB of memory, and a process in the control group `cgroup`.
fn machine(name: &str, rss: u64, available: u64, cgroup: &str) -> std::path::PathBuf {
    let root = temporary(&format!("health-system-{name}"));
    write(&root, "proc/self/status", &format!("Name:\tapp\nVmPeak:\t  999 kB\nVmRSS:\t  {} kB\n", rss / 1024));
    let (total, available) = (16 * GIB / 1024, available / 1024);
    write(&root, "proc/meminfo", &format!("MemTotal: {total} kB\nMemFree: 1 kB\nMemAvailable:  {available} kB\n"));
    write(&root, "proc/loadavg", "0.50 0.25 1.00 1/99 4711\n");
    write(&root, "proc/self/cgroup", cgroup);
    root
}

async fn check(root: &Path) -> Value {
    result_of(HealthCheck::system_in(root)).await
}

#[tokio::test]
async fn memory_of_the_machine_decides_without_a_container() {
    for (name, rss, available, status, message) in [
        ("fine", 8 * GIB, 4 * GIB, "healthy", None),
        ("at-80", 16 * GIB / 10 * 8, 4 * GIB, "healthy", None),
        ("high", 13 * GIB, 3 * GIB, "degraded", Some("the process uses 81.2 % of the memory")),
        ("critical", 15 * GIB, GIB, "unhealthy", Some("the process uses 93.8 % of the memory")),
        ("no-free", 8 * GIB, GIB / 2, "unhealthy", Some("3.1 % of the memory is free")),
        (
            "both",
            15 * GIB,
            GIB / 2,
            "unhealthy",
            Some("the process uses 93.8 % of the memory, 3.1 % of the memory is free"),
        ),
    ] {
        let result = check(&machine(name, rss, available, "0::/\n")).await;
        assert_eq!((&result["status"], result["message"].as_str()), (&json!(status), message), "{name}: {result}");
    }
}

#[tokio::test]
async fn details_have_the_measured_values() {
    let result = check(&machine("details", 4 * GIB, 8 * GIB, "")).await;
    let expected = json!({
        "memory": { "rss": 4 * GIB, "usagePercent": 25.0 },
        "system": {
            "totalMemory": 16 * GIB,
            "freeMemory": 8 * GIB,
            "freeMemoryPercent": 50.0,
            "loadAverage": [0.5, 0.25, 1.0],
        },
    });
    assert_eq!(result["details"], expected);
    let check = HealthCheck::system();
    assert_eq!((check.name(), check.is_critical()), ("system-resources", true));
}

/// Writes the files of a control group of version 2.
fn v2(root: &Path, group: &str, limit: &str, current: u64, cached: u64) {
    write(root, &format!("sys/fs/cgroup/{group}memory.max"), &format!("{limit}\n"));
    write(root, &format!("sys/fs/cgroup/{group}memory.current"), &format!("{current}\n"));
    let (inactive, active) = (cached / 3, cached - cached / 3);
    let stat = format!("anon 1\ninactive_file {inactive}\nactive_file {active}\n");
    write(root, &format!("sys/fs/cgroup/{group}memory.stat"), &stat);
}

#[tokio::test]
async fn limit_of_a_v2_container_replaces_the_memory_of_the_machine() {
    let limit = (512 * MIB).to_string();
    for (name, rss, current, inactive, status, free) in [
        ("v2-fine", 256 * MIB, 384 * MIB, 0, "healthy", 25.0),
        ("v2-high", 448 * MIB, 448 * MIB, 0, "degraded", 12.5),
        ("v2-critical", 470 * MIB, 470 * MIB, 0, "unhealthy", 8.203125),
        ("v2-no-free", 256 * MIB, 508 * MIB, 0, "unhealthy", 0.78125),
        ("v2-cached-files", 256 * MIB, 508 * MIB, 252 * MIB, "healthy", 50.0),
    ] {
        let root = machine(name, rss, 8 * GIB, "0::/\n");
        v2(&root, "", &limit, current, inactive);
        let result = check(&root).await;
        assert_eq!(result["status"], status, "{name}: {result}");
        let system = &result["details"]["system"];
        assert_eq!(system["totalMemory"], 512 * MIB, "{name}");
        assert_eq!(system["freeMemoryPercent"], free, "{name}");
    }
}

#[tokio::test]
async fn limit_of_a_parent_applies_too() {
    let root = machine("v2-parent", 256 * MIB, 8 * GIB, "0::/kubepods/pod1/app\n");
    v2(&root, "kubepods/pod1/app/", "max", 300 * MIB, 0);
    v2(&root, "kubepods/pod1/", &(400 * MIB).to_string(), 390 * MIB, 0);
    v2(&root, "kubepods/", &(8 * GIB).to_string(), GIB, 0);
    let result = check(&root).await;
    assert_eq!(result["status"], "unhealthy", "2.5 % of the parent are free: {result}");
    assert_eq!(result["details"]["system"]["totalMemory"], 400 * MIB);
}

#[tokio::test]
async fn group_without_a_limit_leaves_the_memory_of_the_machine() {
    for (name, limit) in [("v2-max", "max".to_owned()), ("v2-huge", (64 * GIB).to_string())] {
        let root = machine(name, GIB, 8 * GIB, "0::/\n");
        v2(&root, "", &limit, 15 * GIB, 0);
        let result = check(&root).await;
        assert_eq!(
            (&result["status"], &result["details"]["system"]["totalMemory"]),
            (&json!("healthy"), &json!(16 * GIB))
        );
    }
}

#[tokio::test]
async fn limit_of_a_v1_container_applies() {
    let controllers = "11:cpu,cpuacct:/docker/abc\n9:memory:/docker/abc\n1:name=systemd:/docker/abc\n";
    // The container sees its own group as the root.
    for (name, group) in [("v1-own", ""), ("v1-host", "docker/abc/")] {
        let root = machine(name, 256 * MIB, 8 * GIB, controllers);
        let file = |file: &str| format!("sys/fs/cgroup/memory/{group}{file}");
        write(&root, &file("memory.limit_in_bytes"), &(512 * MIB).to_string());
        write(&root, &file("memory.usage_in_bytes"), &(508 * MIB).to_string());
        write(&root, &file("memory.stat"), &format!("inactive_file 1\ntotal_inactive_file {}\n", 60 * MIB));
        let result = check(&root).await;
        assert_eq!(result["status"], "healthy", "{name}: {result}");
        assert_eq!(result["details"]["system"]["totalMemory"], 512 * MIB, "{name}");
        assert_eq!(result["details"]["system"]["freeMemoryPercent"], 12.5, "{name}");
    }
}

#[tokio::test]
async fn system_without_proc_is_degraded_and_says_why() {
    let result = check(&temporary("health-system-empty")).await;
    assert_eq!(result["status"], "degraded");
    let message = result["message"].as_str().unwrap();
    assert!(
        message.starts_with("the memory cannot be measured: ") && message.contains("proc/self/status"),
        "{message}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_of_this_machine_is_measured() {
    let result = result_of(HealthCheck::system()).await;
    assert!(result["details"]["memory"]["rss"].as_u64() > Some(MIB), "{result}");
    assert!(result["details"]["system"]["totalMemory"].as_u64() > Some(64 * MIB), "{result}");
}
