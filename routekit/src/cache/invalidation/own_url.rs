//! What a request of an unsafe method makes invalid without anybody declaring it (RFC 9111 §4.4).

use std::sync::{Arc, OnceLock};

use axum::{extract::Request, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use super::named::{Named, Subject};
use crate::{
    cache::{Cache, Counters, Invalidation, Target, groups, headers::reference::same_host_path, policy::asked_for},
    route::RequestText,
};

/// The URL of such a request, and what its answer names: the same in each of some partitions.
#[derive(Debug)]
pub(super) struct OwnUrl {
    /// As the client asked for it.
    asked: Uri,
    /// Whether anything can be stored for it.
    holds: bool,
    host: Option<HeaderValue>,
    /// Each once.
    partitions: Vec<String>,
    learned: OnceLock<Learned>,
}

/// The headers of an answer that name what is invalid after it.
const NAMING: [HeaderName; 3] = [header::LOCATION, header::CONTENT_LOCATION, groups::CACHE_GROUP_INVALIDATION];

/// What only the answer says.
#[derive(Debug)]
struct Learned {
    /// Of `Location` and `Content-Location`.
    paths: Vec<String>,
    /// Of `Cache-Group-Invalidation` (RFC 9875 §3).
    groups: Vec<String>,
}

impl OwnUrl {
    /// `None` for a safe method; one that nobody knows is none.
    pub(super) fn of(cache: &Cache, texts: &[RequestText], holds: bool, request: &mut Request) -> Option<Self> {
        if request.method().is_safe() {
            return None;
        }
        let mut partitions = vec![cache.partition_name().to_owned()];
        if !texts.is_empty() {
            let (parts, body) = std::mem::take(request).into_parts();
            for text in texts {
                let partition = text.of(&parts);
                if !partitions.contains(&partition) {
                    partitions.push(partition);
                }
            }
            *request = Request::from_parts(parts, body);
        }
        let (asked, host) = (asked_for(request).clone(), request.headers().get(header::HOST).cloned());
        Some(Self { asked, holds, host, partitions, learned: OnceLock::new() })
    }

    /// Looks at the answer, if it changes anything.
    pub(super) fn learn(&self, answer: &HeaderMap) {
        let references = [header::LOCATION, header::CONTENT_LOCATION];
        let references = references.iter().filter_map(|name| answer.get(name));
        let mut paths = Vec::new();
        for path in references.filter_map(|reference| same_host_path(&self.asked, self.host.as_ref(), reference)) {
            if path != self.asked.path() && !paths.contains(&path) {
                paths.push(path);
            }
        }
        // There is one answer.
        let _ = self.learned.set(Learned { paths, groups: groups::invalid_after(answer) });
    }

    /// What is invalid, as far as that is known.
    pub(super) fn named(&self) -> impl Iterator<Item = Named<'_>> {
        let own = || self.holds.then(|| self.asked.path()).into_iter();
        let paths = || self.learned.get().into_iter().flat_map(|learned| learned.paths.iter().map(String::as_str));
        let groups = || self.learned.get().into_iter().flat_map(|learned| &learned.groups);
        self.partitions.iter().flat_map(move |partition| {
            let paths = own().chain(paths()).map(Subject::Path);
            let groups = groups().map(|name| Subject::Tag(name.as_str().into()));
            paths.chain(groups).map(move |subject| Named { partition, subject })
        })
    }
}

/// A request that a client has refused itself has changed nothing; after any other end, nobody knows.
pub(super) fn is_refused<E>(answer: &Result<Response, E>) -> bool {
    answer.as_ref().is_ok_and(|response| response.status().is_client_error())
}

/// Makes the URL invalid when it is dropped: somebody has left before there was an answer, the time was up, or there was a panic.
#[derive(Debug)]
pub(in crate::cache) struct Guard {
    watched: Box<Watched>,
    armed: bool,
}

#[derive(Debug)]
struct Watched {
    cache: Cache,
    stats: Arc<Counters>,
    url: OwnUrl,
}

impl Guard {
    /// For a request of an unsafe method; in the cache's partition, and in those that these functions name. Counted there.
    pub(in crate::cache) fn of(
        cache: &Cache,
        stats: &Arc<Counters>,
        partitions: &[RequestText],
        holds: bool,
        request: &mut Request,
    ) -> Option<Self> {
        let url = OwnUrl::of(cache, partitions, holds, request)?;
        let watched = Watched { cache: cache.clone(), stats: Arc::clone(stats), url };
        Some(Self { watched: Box::new(watched), armed: true })
    }

    /// Whether nothing is invalid after this answer.
    pub(super) fn is_idle<E>(&self, answer: &Result<Response, E>) -> bool {
        let says = |response: &Response| NAMING.iter().any(|name| response.headers().contains_key(name));
        !self.watched.url.holds && !answer.as_ref().is_ok_and(says)
    }

    /// There is an answer, and nothing is invalid after it.
    pub(super) fn disarm(&mut self) {
        self.armed = false;
    }

    /// There is an answer: once this has returned, what it changed is invalid.
    pub(super) async fn settle<E>(mut self, answer: Result<Response, E>) -> Result<Response, E> {
        if !is_refused(&answer) {
            if let Ok(response) = &answer {
                self.watched.url.learn(response.headers());
            }
            let (targets, events) = (self.targets(), || self.events());
            self.watched.stats.invalidation();
            self.watched.cache.invalidate_or_warn(&targets, events).await;
        }
        self.armed = false;
        answer
    }

    fn targets(&self) -> Vec<Target> {
        self.watched.url.named().map(|named| named.target()).collect()
    }

    fn events(&self) -> Vec<Invalidation> {
        Invalidation::of(&self.watched.url.named().collect::<Vec<_>>())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.armed && self.watched.url.holds {
            self.watched.stats.invalidation();
            self.watched.cache.invalidate_without_waiting(self.targets(), || self.events());
        }
    }
}
