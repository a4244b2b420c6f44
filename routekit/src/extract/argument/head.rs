//! The head of a request while arguments are extracted from it.

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::request::Parts;

use crate::extract::placeholder::Placeholders;

/// The head of a request, and its placeholders once an argument has read one.
#[derive(Debug)]
pub struct Head {
    pub(crate) parts: Parts,
    placeholders: Option<Placeholders>,
}

impl Head {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts, placeholders: None }
    }

    pub(crate) fn into_request(self, body: Body) -> Request {
        Request::from_parts(self.parts, body)
    }

    /// The placeholders of the path.
    pub(crate) fn placeholders(&mut self) -> Result<&Placeholders, Response> {
        match &mut self.placeholders {
            Some(placeholders) => Ok(placeholders),
            none => Ok(none.insert(Placeholders::of(&mut self.parts).map_err(IntoResponse::into_response)?)),
        }
    }
}
