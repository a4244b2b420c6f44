//! Histograms in the Prometheus text format, version 0.0.4, written as `metrics-exporter-prometheus` writes the other
//! metrics.

use std::fmt::Write as _;

use crate::recording::HistogramSnapshot;

/// Writes what all histograms of one name share.
pub(super) fn write_head(out: &mut String, name: &str, description: Option<&str>) {
    if let Some(description) = description {
        let description = description.replace('\\', r"\\").replace('\n', r"\n");
        let _ = writeln!(out, "# HELP {name} {description}");
    }
    let _ = writeln!(out, "# TYPE {name} histogram");
}

/// Writes one histogram. `labels` are without braces.
pub(super) fn write_histogram(out: &mut String, name: &str, labels: &str, histogram: &HistogramSnapshot) {
    let (comma, braced) = if labels.is_empty() { ("", String::new()) } else { (",", format!("{{{labels}}}")) };
    let HistogramSnapshot { buckets, count, sum } = histogram;
    for (bound, up_to) in buckets {
        let _ = writeln!(out, r#"{name}_bucket{{{labels}{comma}le="{bound}"}} {up_to}"#);
    }
    let _ = writeln!(out, r#"{name}_bucket{{{labels}{comma}le="+Inf"}} {count}"#);
    let _ = writeln!(out, "{name}_sum{braced} {sum}");
    let _ = writeln!(out, "{name}_count{braced} {count}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histogram_is_written_with_cumulative_buckets() {
        let snapshot = HistogramSnapshot { buckets: vec![(0.005, 1), (10.0, 3)], count: 4, sum: 26.5 };
        let mut out = String::new();
        write_head(&mut out, "h", Some("Time\nof \\ a request."));
        write_histogram(&mut out, "h", r#"a="1""#, &snapshot);
        write_histogram(&mut out, "h", "", &snapshot);
        let expected = r#"
# HELP h Time\nof \\ a request.
# TYPE h histogram
h_bucket{a="1",le="0.005"} 1
h_bucket{a="1",le="10"} 3
h_bucket{a="1",le="+Inf"} 4
h_sum{a="1"} 26.5
h_count{a="1"} 4
h_bucket{le="0.005"} 1
h_bucket{le="10"} 3
h_bucket{le="+Inf"} 4
h_sum 26.5
h_count 4
"#;
        assert_eq!(out, expected.trim_start());
    }
}
