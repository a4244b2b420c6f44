//! The policies of `edge` around the router, in their order.

use std::sync::Arc;

use axum::{extract::Request, response::Response};

#[cfg(feature = "decompression")]
use crate::edge::BodyDecompression;
#[cfg(feature = "compression")]
use crate::edge::{AcceptedCodings, ResponseCompression};
use crate::{
    client_address::TrustedProxies,
    edge::{CorsAnswers, CorsOfRequest, SecurityHeaders},
};

/// The policies of `edge` around a router, outermost first. What is `None` is switched off.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    /// The proxies that name their clients.
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) security_headers: SecurityHeaders,
    pub(crate) cors: Option<Arc<CorsAnswers>>,
    #[cfg(feature = "compression")]
    pub(crate) compression: Option<ResponseCompression>,
    #[cfg(feature = "decompression")]
    pub(crate) decompression: Option<BodyDecompression>,
}

/// What the response to one request depends on.
#[derive(Debug)]
pub(super) struct EdgeOfRequest {
    is_exempt_host: bool,
    cors: CorsOfRequest,
    #[cfg(feature = "compression")]
    accepted: Option<AcceptedCodings>,
}

impl Edge {
    /// Only security headers.
    pub(crate) fn headers_only(security_headers: SecurityHeaders) -> Self {
        Self {
            proxies: None,
            security_headers,
            cors: None,
            #[cfg(feature = "compression")]
            compression: None,
            #[cfg(feature = "decompression")]
            decompression: None,
        }
    }

    #[inline]
    pub(super) fn begin(&self, request: &Request) -> EdgeOfRequest {
        EdgeOfRequest {
            is_exempt_host: self.security_headers.is_exempt_host(request),
            cors: self.cors.as_ref().map_or(CorsOfRequest::Nothing, |cors| cors.begin(request)),
            #[cfg(feature = "compression")]
            accepted: self.compression.as_ref().map(|compression| compression.begin(request)),
        }
    }

    /// Lets a request pass to the router, or answers it and names the policy.
    #[inline]
    #[cfg_attr(not(feature = "decompression"), expect(clippy::needless_pass_by_ref_mut, reason = "for its body"))]
    pub(super) fn admit(&self, request: &mut Request) -> Result<(), (&'static str, Box<Response>)> {
        if let Some(preflight) = self.cors.as_ref().and_then(|cors| cors.preflight(request)) {
            return Err(("cors", Box::new(preflight)));
        }
        #[cfg(feature = "decompression")]
        if let Some(decompression) = &self.decompression {
            return decompression.admit(request).map_err(|refusal| ("decompression", refusal));
        }
        Ok(())
    }

    /// Changes the response in place, innermost policy first.
    #[inline]
    pub(super) fn finish(&self, request: &mut EdgeOfRequest, response: &mut Response) {
        #[cfg(feature = "compression")]
        if let (Some(compression), Some(accepted)) = (&self.compression, request.accepted) {
            compression.apply(accepted, response);
        }
        request.cors.add_to(response);
        self.security_headers.add_to(response, request.is_exempt_host);
    }
}
