//! Rules tested by `promtool`.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{temporary, tool};

/// A test of rules: series, and values that expressions must have.
pub(super) struct Simulation {
    /// Between two samples of a series, and between two evaluations of the rules.
    interval: &'static str,
    series: Vec<Value>,
    expected: Vec<Value>,
}

/// With one sample a minute.
impl Default for Simulation {
    fn default() -> Self {
        Self { interval: "1m", series: Vec::new(), expected: Vec::new() }
    }
}

impl Simulation {
    /// Sets the time between two samples: long simulations with many of them take minutes.
    pub(super) fn every(mut self, interval: &'static str) -> Self {
        self.interval = interval;
        self
    }

    /// Adds a series, as `promtool` writes it: `http_requests{job="a"}`, `0+10x60`.
    pub(super) fn series(mut self, series: &str, values: &str) -> Self {
        self.series.push(json!({"series": series, "values": values}));
        self
    }

    /// Expects so many firing alerts with these matchers after this time.
    pub(super) fn firing(mut self, time: &str, matchers: &str, count: u32) -> Self {
        let expr = format!("count(ALERTS{{alertstate=\"firing\",{matchers}}}) or vector(0)");
        let samples = json!([{"labels": "{}", "value": count}]);
        self.expected.push(json!({"expr": expr, "eval_time": time, "exp_samples": samples}));
        self
    }

    /// Expects this value after this time.
    pub(super) fn value(mut self, time: &str, expr: &str, value: f64) -> Self {
        let samples = json!([{"labels": "{}", "value": value}]);
        self.expected.push(json!({"expr": expr, "eval_time": time, "exp_samples": samples}));
        self
    }

    /// Runs these rules on the series.
    pub(super) fn run(self, name: &str, rules: &str) {
        let Some(promtool) = tool("promtool") else { return };
        let dir = temporary(&format!("prometheus_rules_{name}"));
        std::fs::write(dir.join("rules.yml"), rules).unwrap();
        let test = json!({
            "rule_files": ["rules.yml"],
            "evaluation_interval": self.interval,
            "tests": [{"interval": self.interval, "input_series": self.series, "promql_expr_test": self.expected}],
        });
        std::fs::write(dir.join("test.yml"), test.to_string()).unwrap();
        let output = Command::new(promtool).args(["test", "rules", "test.yml"]).current_dir(&dir).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}\n{rules}", String::from_utf8_lossy(&said));
    }
}

/// What `promtool check rules` says; it must accept them, without a warning.
pub(super) fn checked(name: &str, rules: &str) -> Option<String> {
    let promtool = tool("promtool")?;
    let file = temporary(&format!("prometheus_rules_{name}")).join("rules.yml");
    std::fs::write(&file, rules).unwrap();
    let output = Command::new(promtool).args(["check", "rules"]).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}\n{rules}");
    Some(said)
}
