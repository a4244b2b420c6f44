//! Records whether a layer of a route has called the handler.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    endpoint::{Endpoint, EndpointFuture},
    outcome::Outcome,
};
use crate::{base::entered::BreakerId, observe::RunningPermit};

/// In the extensions of a request that a breaker has admitted to a route with its own layer: whether the handler has
/// run. The layer may answer in place of the handler, and may call it on another task.
#[derive(Debug, Clone)]
pub(crate) struct HandlerReached {
    reached: Arc<AtomicBool>,
    admitted_by: BreakerId,
}

impl HandlerReached {
    pub(crate) fn new(admitted_by: BreakerId) -> Self {
        Self { reached: Arc::default(), admitted_by }
    }

    pub(crate) fn is_reached(&self) -> bool {
        // Relaxed is enough: the response that is classified next was passed on by the task that has set it.
        self.reached.load(Ordering::Relaxed)
    }

    /// Makes `endpoint`, which a layer wraps, record that it was called and that no extractor has rejected the request.
    /// It holds the permit of the request, since the layer may let it outlive the request.
    pub(crate) fn record(endpoint: Endpoint) -> Endpoint {
        Endpoint::new(move |request| {
            let permit = RunningPermit::of(request.extensions());
            let call = request.extensions().get::<Self>().cloned();
            if permit.is_none() && call.is_none() {
                return endpoint.respond(request);
            }
            if let Some(call) = &call {
                call.reached.store(true, Ordering::Relaxed);
            }
            let mut answer = endpoint.respond(request);
            EndpointFuture::new(async move {
                let _permit = permit;
                let Ok(response) = poll_fn(|cx| {
                    let _entered = call.as_ref().map(|call| call.admitted_by.enter());
                    Pin::new(&mut answer).poll(cx)
                })
                .await;
                if let Some(call) = &call
                    && response.extensions().get() == Some(&Outcome::Neutral)
                {
                    call.reached.store(false, Ordering::Relaxed);
                }
                Ok(response)
            })
        })
    }
}
