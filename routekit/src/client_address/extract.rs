//! [`ClientAddress`] as an extractor.

use std::{convert::Infallible, fmt, net::IpAddr, ops::Deref};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, request::Parts};

use super::trusted_proxies::TrustedProxies;
use crate::{
    problem::Problem,
    route::{Describe, Input, NoPayload, RequestPart},
};

/// The address of the client that sent the request. See the [module docs](crate::client_address).
///
/// ```
/// use routekit::{client_address::ClientAddress, prelude::*, test::TestApp};
///
/// #[get("/me")]
/// async fn me(client: ClientAddress) -> String {
///     client.to_string()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // The connections of a `TestApp` come from 127.0.0.1.
/// let app = TestApp::new(App::with_routes(routes![me]).trusted_proxies(["127.0.0.1"]));
/// let request = app.get("/me").header("x-forwarded-for", "198.51.100.1, 192.0.2.7");
/// assert_eq!(request.send().await.text(), "192.0.2.7");
/// # }
/// ```
///
/// An IPv4-mapped IPv6 address is the IPv4 address. `Option<ClientAddress>` is `None` if the address is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The client of a request. The proxies that its app trusts are an extension, if there are any.
    pub(crate) fn of(headers: &HeaderMap, extensions: &Extensions) -> Option<Self> {
        let address = match extensions.get::<TrustedProxies>() {
            Some(proxies) => proxies.client(headers, extensions),
            None => TrustedProxies::new().client(headers, extensions),
        };
        address.map(Self)
    }
}

impl Deref for ClientAddress {
    type Target = IpAddr;

    fn deref(&self) -> &IpAddr {
        &self.0
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ClientAddressRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ClientAddressRejection> {
        Self::of(&parts.headers, &parts.extensions).ok_or(ClientAddressRejection)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(&parts.headers, &parts.extensions))
    }
}

impl Describe for ClientAddress {
    type Payload = NoPayload;

    fn describe(input: &mut Input) {
        input.app();
        input.takes(RequestPart::Address);
    }
}

/// Rejection of [`ClientAddress`]: the server does not pass on the addresses of its connections. 500.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddressRejection;

impl fmt::Display for ClientAddressRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the connection has no address; serve the router with \
             `into_make_service_with_connect_info::<SocketAddr>()`, or take `Option<ClientAddress>`",
        )
    }
}

impl std::error::Error for ClientAddressRejection {}

impl From<ClientAddressRejection> for Problem {
    fn from(rejection: ClientAddressRejection) -> Self {
        Self::internal(rejection)
    }
}

impl IntoResponse for ClientAddressRejection {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
