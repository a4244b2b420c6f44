//! Sends changes of alerts to a URL.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use metrics::Counter;
use serde::Serialize;

use crate::{
    alerts::AlertChange,
    base::{
        clock::Clock,
        http_target::HttpTarget,
        printable::{Chain, Printable},
    },
    deadline::{pause, within},
};

/// How long one attempt may take.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait before each further attempt.
const DELAYS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

/// A server that receives each change in a POST request.
pub(in crate::app::monitoring) struct Webhook {
    target: HttpTarget,
    clock: Clock,
}

/// The body of the request: the alert, and the text that Slack and its like show.
#[derive(Serialize)]
struct WebhookDocument<'a> {
    text: String,
    #[serde(flatten)]
    change: &'a AlertChange,
}

/// Why an attempt has failed.
enum AttemptError {
    /// Another attempt may succeed.
    Temporary(String),
    Permanent(String),
}

impl Webhook {
    pub(in crate::app::monitoring) fn new(target: HttpTarget, clock: Clock) -> Self {
        Self { target, clock }
    }

    /// Sends the change, again after a failure that may be temporary. No reason contains the URL.
    pub(super) async fn send(&self, change: &AlertChange, retried: &Counter) -> Result<(), String> {
        let document = WebhookDocument { text: for_slack(&change.to_string()), change };
        let content = Bytes::from(serde_json::to_vec(&document).map_err(|error| error.to_string())?);
        let mut delays = DELAYS.into_iter();
        loop {
            match (self.attempt(content.clone()).await, delays.next()) {
                (Ok(()), _) => return Ok(()),
                (Err(AttemptError::Temporary(_)), Some(delay)) => pause(delay, &self.clock).await,
                (Err(AttemptError::Temporary(reason) | AttemptError::Permanent(reason)), _) => return Err(reason),
            }
            retried.increment(1);
        }
    }

    async fn attempt(&self, content: Bytes) -> Result<(), AttemptError> {
        let status = match within(ATTEMPT_LIMIT, self.target.post_json(content)).await {
            Some(Ok(status)) => status,
            Some(Err(error)) => return Err(AttemptError::Temporary(Printable(Chain(&*error)).to_string())),
            None => return Err(AttemptError::Temporary(format!("no response within {ATTEMPT_LIMIT:?}"))),
        };
        let reason = format!("the server answered {status}");
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                Err(AttemptError::Temporary(reason))
            }
            _ if status.is_server_error() => Err(AttemptError::Temporary(reason)),
            _ => Err(AttemptError::Permanent(reason)),
        }
    }
}

/// The three characters that begin markup in Slack's texts, escaped.
fn for_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
