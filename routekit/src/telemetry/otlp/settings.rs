//! The variables of OpenTelemetry that must be right before the app starts.
//!
//! The SDK reads its variables itself, and replaces what it does not understand by its defaults without a word.

use std::env;

use http::Uri;

use crate::base::setup_problem::SetupProblem;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const TRACES_PROTOCOL: &str = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
const TRACES_TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";

/// The SDK allocates the whole queue at the start.
const LARGEST_QUEUE: usize = 1_000_000;

const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

/// What the exporter needs besides the settings that the SDK reads.
#[derive(Debug)]
pub(super) struct ExportSettings {
    /// Whether the endpoint is HTTPS.
    pub(super) is_https: bool,
    /// How long one request may take, in milliseconds.
    pub(super) timeout_ms: u64,
    /// The number of spans that may wait.
    pub(super) queue: usize,
}

/// Reads and checks the variables. `None` if spans are not to be exported.
pub(super) fn read() -> Result<Option<ExportSettings>, SetupProblem> {
    check(|name| match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(unshown(name, "not UTF-8")),
    })
}

fn check(
    variable: impl Fn(&'static str) -> Result<Option<String>, SetupProblem>,
) -> Result<Option<ExportSettings>, SetupProblem> {
    let first = |names: [&'static str; 2]| {
        for name in names {
            if let Some(value) = variable(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    };
    let is_disabled = variable("OTEL_SDK_DISABLED")?.is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || variable("OTEL_TRACES_EXPORTER")?.is_some_and(|value| value == "none");
    let Some((name, endpoint)) = first([TRACES_ENDPOINT, ENDPOINT])?.filter(|_| !is_disabled) else { return Ok(None) };
    let is_https = scheme_is_https(&endpoint).map_err(|reason| unshown(name, reason))?;
    if let Some((name, protocol)) = first([TRACES_PROTOCOL, PROTOCOL])?
        && protocol != "http/protobuf"
    {
        return Err(invalid(name, &protocol, "only `http/protobuf` is supported"));
    }
    if let Some(sampler) = variable(SAMPLER)?
        && !SAMPLERS.contains(&&*sampler)
    {
        return Err(invalid(SAMPLER, &sampler, &format!("expected one of `{}`", SAMPLERS.join("`, `"))));
    }
    if let Some(ratio) = variable(SAMPLER_ARG)?
        && !ratio.parse::<f64>().is_ok_and(|ratio| (0.0..=1.0).contains(&ratio))
    {
        return Err(invalid(SAMPLER_ARG, &ratio, "expected a number from 0 to 1"));
    }
    let number = |found: Option<(&'static str, String)>, default: u64| match found {
        None => Ok(default),
        Some((name, value)) => match value.parse::<u64>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(invalid(name, &value, "expected a positive integer")),
        },
    };
    let queue = number(variable(QUEUE)?.map(|value| (QUEUE, value)), 2048)?;
    let queue = usize::try_from(queue).ok().filter(|queue| *queue <= LARGEST_QUEUE);
    let queue = queue.ok_or_else(|| unshown(QUEUE, &format!("more than {LARGEST_QUEUE}")))?;
    let timeout_ms = number(first([TRACES_TIMEOUT, TIMEOUT])?, 10_000)?;
    Ok(Some(ExportSettings { is_https, timeout_ms, queue }))
}

fn scheme_is_https(endpoint: &str) -> Result<bool, &'static str> {
    let uri: Uri = endpoint.parse().map_err(|_| "not a URL")?;
    match uri.scheme_str() {
        Some("http") => Ok(false),
        Some("https") => Ok(true),
        _ => Err("expected a URL such as `http://localhost:4318`"),
    }
}

fn invalid(name: &str, value: &str, reason: &str) -> SetupProblem {
    SetupProblem::invalid_setting(name, value, reason)
}

/// The problem of a value that is not shown: a URL may contain a password.
fn unshown(name: &str, reason: &str) -> SetupProblem {
    SetupProblem::new("invalid-setting", format!("the value of {name} is invalid: {reason}")).at(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(variables: &[(&str, &str)]) -> Result<Option<ExportSettings>, String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        check(|name| Ok(variable(name))).map_err(|problem| problem.to_string())
    }

    #[test]
    fn export_needs_an_endpoint() {
        let here = (ENDPOINT, "http://localhost:4318");
        for (variables, exports) in [
            (&[][..], false),
            (&[("OTEL_SERVICE_NAME", "shop")], false),
            (&[here], true),
            (&[(TRACES_ENDPOINT, "http://collector:4318/v1/traces")], true),
            (&[here, ("OTEL_SDK_DISABLED", "true")], false),
            (&[here, ("OTEL_TRACES_EXPORTER", "none")], false),
            (&[here, ("OTEL_TRACES_EXPORTER", "otlp")], true),
        ] {
            assert_eq!(checked(variables).unwrap().is_some(), exports, "{variables:?}");
        }
        let settings = checked(&[here, (QUEUE, "16"), (TIMEOUT, "300")]).unwrap().unwrap();
        assert_eq!((settings.queue, settings.timeout_ms, settings.is_https), (16, 300, false));
    }

    #[test]
    fn invalid_variable_is_named() {
        for (name, value, reason) in [
            (PROTOCOL, "grpc", "only `http/protobuf`"),
            (SAMPLER, "sometimes", "expected one of `always_on`"),
            (SAMPLER_ARG, "10%", "expected a number from 0 to 1"),
            (QUEUE, "0", "expected a positive integer"),
            (TRACES_TIMEOUT, "10s", "expected a positive integer"),
        ] {
            let error = checked(&[(name, value), (TRACES_ENDPOINT, "http://localhost:4318")]).unwrap_err();
            assert!(error.starts_with(&format!("{name} is `{value}`: {reason}")), "{error}");
        }
    }

    #[test]
    fn invalid_endpoint_is_not_shown() {
        for (endpoint, reason) in [
            ("localhost:4318", "expected a URL such as `http://localhost:4318`"),
            ("http://", "not a URL"),
            ("ftp://ann:hunter2@collector", "expected a URL such as `http://localhost:4318`"),
            ("http://ann:hunter2@a b", "not a URL"),
        ] {
            for name in [ENDPOINT, TRACES_ENDPOINT] {
                let error = checked(&[(name, endpoint)]).unwrap_err();
                assert_eq!(error, format!("the value of {name} is invalid: {reason}"));
            }
        }
    }

    #[test]
    fn queue_has_a_limit() {
        let checked = |queue| checked(&[(ENDPOINT, "http://localhost:4318"), (QUEUE, queue)]);
        assert_eq!(checked("1000000").unwrap().unwrap().queue, 1_000_000);
        for queue in ["1000001", "18446744073709551615"] {
            assert_eq!(checked(queue).unwrap_err(), format!("the value of {QUEUE} is invalid: more than 1000000"));
        }
    }
}
