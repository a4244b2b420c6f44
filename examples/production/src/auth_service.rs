//! The client of the auth service, another HTTP service: with a circuit breaker, retries and time limits.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use routekit::{axum::http::Method, breaker::CircuitBreaker, prelude::*, retry::Retry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The name of the circuit breaker.
pub(crate) const BREAKER: &str = "auth-service";

/// A session of a user.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Session {
    device: String,
}

/// The client.
#[derive(Debug)]
pub(crate) struct AuthService {
    url: Option<String>,
    client: Client,
    breaker: CircuitBreaker,
    retry: Retry,
}

impl AuthService {
    /// Calls of the service at `url`, such as `http://auth:8080`. Without one, it answers 503.
    pub(crate) fn new(url: Option<String>, breaker: CircuitBreaker) -> Result<Self, reqwest::Error> {
        // The limit is inside what the breaker guards, so that a late answer counts as a failure.
        let client = Client::builder().timeout(Duration::from_millis(500)).build()?;
        Ok(Self { url, client, breaker, retry: Retry::new().deadline(Duration::from_millis(1500)) })
    }

    /// The sessions of a user.
    pub(crate) async fn sessions(&self, user: Uuid) -> Result<Vec<Session>> {
        let Some(url) = &self.url else {
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE).with_detail("AUTH_SERVICE_URL is not set"));
        };
        let url = format!("{url}/users/{user}/sessions");
        let sessions = self.retry.call(&Method::GET, || self.breaker.call(|| self.fetch(&url))).await?;
        sessions.ok_or_else(|| Problem::not_found("the auth service does not know this user"))
    }

    /// The sessions of a user; `None` if there is no such user, which is no failure of the service.
    async fn fetch(&self, url: &str) -> Result<Option<Vec<Session>>, reqwest::Error> {
        let response = self.client.get(url).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        response.error_for_status()?.json().await.map(Some)
    }
}
