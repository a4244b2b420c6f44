//! Descriptions of axum's extractors and responses.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    extract::{
        ConnectInfo, Extension, MatchedPath, NestedPath, OriginalUri, RawForm, RawPathParams, RawQuery, Request, State,
    },
    response::{Html, NoContent, Redirect, Response, Sse},
};
use http::{HeaderMap, Method, StatusCode, Uri, Version, request::Parts};

use crate::{
    deps::{Dep, Deps},
    problem::Problem,
    route::{ChecksNoRules, Describe, DescribeResponse, Input, InputSource, NoPayload, Output, RequestPart},
};

impl<T: ?Sized + 'static> Describe for Dep<T> {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.app();
        input.needs::<T>();
    }
}

impl<T: Describe> Describe for Option<T> {
    type Payload = T::Payload;

    fn describe(input: &mut Input) {
        T::describe(input);
        input.optional();
        input.forget_needs();
    }
}

/// The handler receives the rejection, so the extractor sends no response of its own.
impl<T: Describe, E> Describe for Result<T, E> {
    type Payload = T::Payload;

    fn describe(input: &mut Input) {
        T::describe(input);
        input.optional();
        input.forget_identity();
        input.statuses.clear();
    }
}

impl<T: ChecksNoRules> ChecksNoRules for Option<T> {
    const CHECKED: &'static str = T::CHECKED;
}

impl<T: ChecksNoRules, E> ChecksNoRules for Result<T, E> {
    const CHECKED: &'static str = T::CHECKED;
}

impl<T> ChecksNoRules for axum::Json<T> {
    const CHECKED: &'static str = "routekit::Json";
}

impl<T> ChecksNoRules for axum::Form<T> {
    const CHECKED: &'static str = "routekit::Form";
}

impl<T> ChecksNoRules for axum::extract::Query<T> {
    const CHECKED: &'static str = "routekit::Query";
}

impl<T> ChecksNoRules for axum::extract::Path<T> {
    const CHECKED: &'static str = "routekit::Path";
}

macro_rules! inputs {
    ($($(#[$attr:meta])* [$($generics:tt)*] $ty:ty => $payload:ty, |$input:ident| $describe:expr;)*) => {$(
        $(#[$attr])*
        impl<$($generics)*> Describe for $ty {
            type Payload = $payload;

            fn describe($input: &mut Input) {
                $describe
            }
        }
    )*};
}

fn answers(input: &mut Input, statuses: &[u16]) {
    statuses.iter().for_each(|status| input.answers(*status));
}

inputs! {
    [T] axum::Json<T> => T, |input| { input.body("application/json"); answers(input, &[400, 415, 422]) };
    [T] axum::Form<T> => T, |input| {
        input.body("application/x-www-form-urlencoded");
        answers(input, &[400, 415, 422]);
    };
    [T] axum::extract::Query<T> => T, |input| input.query();
    [T] axum::extract::Path<T> => T, |input| input.path();
    [] Bytes => NoPayload, |input| input.body("application/octet-stream");
    [] String => NoPayload, |input| { input.body("text/plain"); input.answers(400) };
    [] Body => NoPayload, |input| input.body("*/*");
    [] Request => NoPayload, |input| { input.body("*/*"); input.takes(RequestPart::Headers) };
    [] RawForm => NoPayload, |input| { input.body("application/x-www-form-urlencoded"); input.answers(415) };
    [] RawQuery => NoPayload, |input| { input.query(); input.statuses.clear() };
    [] RawPathParams => NoPayload, |input| input.path();
    [T] State<T> => NoPayload, |input| input.app();
    [T] Extension<T> => NoPayload, |input| {
        input.app();
        input.answers(500);
        input.takes(RequestPart::Extension);
    };
    [T] ConnectInfo<T> => NoPayload, |input| {
        input.app();
        input.takes(RequestPart::Address);
    };
    [] MatchedPath => NoPayload, |input| input.app();
    [] NestedPath => NoPayload, |input| input.app();
    [] OriginalUri => NoPayload, |input| input.app();
    [] Deps => NoPayload, |input| input.app();
    [] HeaderMap => NoPayload, |input| {
        input.source = InputSource::Header;
        input.takes(RequestPart::Headers);
    };
    [] Method => NoPayload, |_input| {};
    [] Uri => NoPayload, |_input| {};
    [] Version => NoPayload, |_input| {};
    [] Parts => NoPayload, |input| input.takes(RequestPart::Headers);
    #[cfg(feature = "multipart")]
    [] axum::extract::Multipart => NoPayload, |input| { input.body("multipart/form-data"); input.answers(400) };
    #[cfg(feature = "ws")]
    [] axum::extract::ws::WebSocketUpgrade => NoPayload, |input| {
        answers(input, &[400, 405, 426]);
        input.upgrades_to_websocket();
    };
}

macro_rules! outputs {
    ($([$($generics:tt)*] $ty:ty => $payload:ty, |$output:ident| $describe:expr;)*) => {$(
        impl<$($generics)*> DescribeResponse for $ty {
            type Payload = $payload;
            type Error = NoPayload;

            fn describe($output: &mut Output) {
                $describe
            }
        }
    )*};
}

outputs! {
    [T] axum::Json<T> => T, |output| { output.status(200); output.content("application/json") };
    [] () => NoPayload, |output| output.status(200);
    [] NoContent => NoPayload, |output| output.status(204);
    [] &'static str => NoPayload, |output| { output.status(200); output.content("text/plain") };
    [] String => NoPayload, |output| { output.status(200); output.content("text/plain") };
    [] Bytes => NoPayload, |output| { output.status(200); output.content("application/octet-stream") };
    [] Vec<u8> => NoPayload, |output| { output.status(200); output.content("application/octet-stream") };
    [T] Html<T> => NoPayload, |output| { output.status(200); output.content("text/html") };
    [S] Sse<S> => NoPayload, |output| { output.status(200); output.content("text/event-stream") };
    [] StatusCode => NoPayload, |output| output.any_status();
    [] Redirect => NoPayload, |output| output.redirects();
    [] Infallible => NoPayload, |_output| {};
    [] Problem => NoPayload, |output| { output.any_status(); output.content("application/problem+json") };
    [] super::Rejection => NoPayload, |output| { output.any_status(); output.content("application/problem+json") };
    [] Response => NoPayload, |output| *output = Output::opaque();
    [T: DescribeResponse] (StatusCode, T) => T::Payload, |output| { T::describe(output); output.any_status() };
    [T: DescribeResponse] (HeaderMap, T) => T::Payload, |output| T::describe(output);
    [T: DescribeResponse] (StatusCode, HeaderMap, T) => T::Payload, |output| {
        T::describe(output);
        output.any_status();
    };
    [K, V, T: DescribeResponse, const N: usize] ([(K, V); N], T) => T::Payload, |output| T::describe(output);
    [K, V, T: DescribeResponse, const N: usize] (StatusCode, [(K, V); N], T) => T::Payload, |output| {
        T::describe(output);
        output.any_status();
    };
}

impl<T: DescribeResponse, E> DescribeResponse for Result<T, E> {
    type Payload = T::Payload;
    type Error = E;

    fn describe(output: &mut Output) {
        T::describe(output);
    }
}
