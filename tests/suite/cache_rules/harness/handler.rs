//! The handler of a row, which answers as its steps say.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, StatusCode};
use routekit::cache::CacheTags;

use super::text;

/// An answer of the handler.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<&'static str>,
    /// Defaults to the number of the call.
    pub(super) content: Option<&'static str>,
    pub(super) tags: Vec<&'static str>,
}

impl Answer {
    pub(super) fn new(status: u16, header: &'static str) -> Self {
        let headers = if header.is_empty() { Vec::new() } else { vec![header] };
        Self { status, headers, content: None, tags: Vec::new() }
    }
}

#[derive(Debug, Default)]
pub(super) struct Handler(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Answers in order; the last one repeats.
    answers: VecDeque<Answer>,
    /// The headers of each call.
    seen: Vec<HeaderMap>,
    /// The last answer that is neither a failure nor a `304`.
    good: Option<u16>,
    last: Option<u16>,
}

impl Handler {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn is_to_say(&self, answers: &[Answer]) {
        self.with(|state| state.answers = answers.iter().cloned().collect());
    }

    pub(super) fn calls(&self) -> usize {
        self.with(|state| state.seen.len())
    }

    /// The headers of the last call.
    pub(super) fn saw(&self) -> HeaderMap {
        self.with(|state| state.seen.last().cloned().unwrap_or_default())
    }

    /// The status that a client gets: of the stored response, or of the last answer.
    pub(super) fn expected_status(&self, from_store: bool) -> u16 {
        self.with(|state| {
            let good = state.good.unwrap_or(200);
            if from_store { good } else { state.last.filter(|status| *status != 304).unwrap_or(good) }
        })
    }

    pub(super) fn answer(&self, request: &Request) -> Response {
        self.with(|state| {
            state.seen.push(request.headers().clone());
            let answer = match state.answers.len() {
                0 => Answer::new(200, ""),
                1 => state.answers[0].clone(),
                _ => state.answers.pop_front().unwrap(),
            };
            state.last = Some(answer.status);
            if answer.status != 304 && answer.status < 500 && request.method() == http::Method::GET {
                state.good = Some(answer.status);
            }
            let has_content = !matches!(answer.status, 204 | 304) && request.method() != http::Method::HEAD;
            let content = answer.content.map_or_else(|| state.seen.len().to_string(), str::to_owned);
            let mut response = Response::new(if has_content { Body::from(content) } else { Body::empty() });
            *response.status_mut() = StatusCode::from_u16(answer.status).unwrap();
            *response.headers_mut() = text::headers(&answer.headers, &HeaderMap::new());
            if !answer.tags.is_empty() {
                response.extensions_mut().insert(CacheTags::new(answer.tags));
            }
            response
        })
    }
}
