//! What one route caches by, made ready at start-up.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    body::HttpBody,
    extract::{OriginalUri, Request},
    response::Response,
};
use http::{HeaderName, HeaderValue, Method, Uri, header};

use super::{
    Cache, CacheTags, Entry, Key, Snapshot, Stamp, Tag,
    judge::{Freshness, Rules},
    key::KeyParts,
    tag,
    template::{Places, Template, decoded},
};
use crate::{
    identity::Identity,
    observe::{Event, Report},
    route::{Audience, RequestText, spelling::Spellings},
};

/// Says what the cache did: `HIT`, `MISS` or `BYPASS`.
pub(super) const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
/// A digest of the key, where somebody wants to see it.
pub(super) const X_CACHE_KEY: HeaderName = HeaderName::from_static("x-cache-key");

pub(super) const HIT: HeaderValue = HeaderValue::from_static("HIT");
pub(super) const MISS: HeaderValue = HeaderValue::from_static("MISS");
pub(super) const BYPASS: HeaderValue = HeaderValue::from_static("BYPASS");

/// How long a fill may take for which nobody says it: 30 s.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// The largest body that is stored unless somebody says otherwise: 1 MiB.
pub(super) const MAX_BODY: u64 = 1024 * 1024;

/// What a route caches by. One for each route, shared by all its requests.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) cache: Cache,
    pub(super) rules: Rules,
    /// How long a fill may take.
    pub(super) deadline: Duration,
    pub(super) debug_headers: bool,
    pub(super) report: Report,
    /// What is done with HEAD.
    pub(super) head: Head,
    /// Headers that are set further out in any case.
    pub(super) overwritten: &'static [HeaderName],
    /// The path template.
    pub(super) template: String,
    /// Where its placeholders stand.
    pub(super) places: Places,
    pub(super) tags: Vec<Template>,
    pub(super) audience: Option<Audience>,
    pub(super) partition: Option<RequestText>,
    pub(super) key: Option<RequestText>,
}

/// What is done with a request of HEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// It is answered from what GET has stored, and passes by otherwise: nobody knows whether what is inside answers both.
    Looks,
    /// It is answered from what GET has stored, and the handler is asked with GET otherwise.
    Fills,
    /// It is all there is: a HEAD route of its own.
    Alone,
}

/// What of a request its entry is made from.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) key: Key,
    partition: String,
    /// What the client asked for.
    uri: Uri,
    /// What of it a nested router is shown.
    shown: Uri,
    identity: Option<Identity>,
}

impl Policy {
    /// Whether the cache has a say in this request.
    pub(super) fn takes(&self, request: &Request) -> bool {
        let method = request.method();
        let passes = |name| PASSED.contains(name) || *name == header::AUTHORIZATION && !self.takes_credentials(request);
        (*method == Method::GET || *method == Method::HEAD)
            && request.body().is_end_stream()
            // One look at each header, of which there are few, costs less than a search for each name.
            && !request.headers().keys().any(passes)
            // Of whoever is known, somebody has to say who may see the answer.
            && (self.audience.is_some() || request.extensions().get::<Identity>().is_none())
    }

    /// Whether the cache has a say in a request with credentials: where everybody gets the same, or somebody knows whose they are.
    fn takes_credentials(&self, request: &Request) -> bool {
        match self.audience {
            None => false,
            Some(Audience::Everyone) => true,
            Some(Audience::User) => request.extensions().get::<Identity>().is_some(),
        }
    }

    /// The key of a request, and its partition, where that is not the cache's own.
    pub(super) fn key(&self, request: &mut Request) -> (Key, Option<String>) {
        let (mut partition, mut custom) = (None, None);
        if self.partition.is_some() || self.key.is_some() {
            let (parts, body) = std::mem::take(request).into_parts();
            partition = self.partition.map(|partition| partition.of(&parts));
            custom = self.key.map(|key| key.of(&parts));
            *request = Request::from_parts(parts, body);
        }
        // HEAD routes of a path have answers of their own.
        let route = if self.head == Head::Alone { "HEAD" } else { &*self.template };
        let (uri, shown) = (asked_for(request), request.uri());
        let rewritten = (!is_same(uri, shown)).then(|| {
            let query = (uri.query() != shown.query()).then(|| shown.query());
            format!("{route} {} {query:?}", shown.path())
        });
        let parts = KeyParts {
            route: rewritten.as_deref().unwrap_or(route),
            partition: partition.as_deref().unwrap_or(self.cache.partition_name()),
            uri,
            headers: request.headers(),
            custom: custom.as_deref(),
            vary: &self.rules.vary,
            user: (self.audience == Some(Audience::User)).then(|| request.extensions().get()),
        };
        (parts.key(), partition)
    }

    /// A stored answer, given out.
    pub(super) fn hit(&self, entry: &Entry, head: bool) -> Response {
        self.report.event(Event::CacheHit);
        let mut response = entry.answer().respond(head);
        if entry.tells_age() {
            response.headers_mut().insert(header::AGE, entry.age(self.cache.now()).as_secs().into());
        }
        response
    }

    pub(super) fn asked(&self, key: Key, partition: Option<String>, request: &Request) -> Asked {
        let partition = partition.unwrap_or_else(|| self.cache.partition_name().to_owned());
        let identity = (self.audience == Some(Audience::User)).then(|| request.extensions().get().cloned()).flatten();
        Asked { key: key.shrunk(), partition, uri: asked_for(request).clone(), shown: request.uri().clone(), identity }
    }

    /// An answer as an entry.
    pub(super) fn entry(
        &self,
        asked: &Asked,
        response: &Response,
        body: &[u8],
        stamp: Stamp,
        freshness: Freshness,
        spellings: &Spellings,
    ) -> Arc<Entry> {
        let mut answer =
            Snapshot::new(response.status(), response.headers(), body).with_extensions(response.extensions());
        // As it is given out, so that nothing has to be added for each hit. A HEAD route's length is not that of its content.
        if !body.is_empty() {
            answer.insert(header::CONTENT_LENGTH, body.len().into());
        }
        answer.insert(X_CACHE, HIT);
        if let Some(digest) = self.shown_key(&asked.key) {
            answer.insert(X_CACHE_KEY, digest);
        }
        // A clone of a map has room for what is in it: the first header that is added would move all the others.
        for name in self.overwritten {
            answer.insert(name.clone(), HeaderValue::from_static(""));
        }
        let found = response.extensions().get::<CacheTags>();
        let tags = self.tags_of(asked, found, &spellings.told());
        let Freshness { lifetime, explicit } = freshness;
        let lifetime = if explicit { lifetime } else { self.cache.jittered(lifetime) };
        let entry = Entry::new(asked.key.clone(), answer, stamp, self.cache.now(), lifetime).with_tags(tags);
        Arc::new(if explicit { entry.telling_its_age() } else { entry })
    }

    /// A digest of the key, where that is wanted.
    fn shown_key(&self, key: &Key) -> Option<HeaderValue> {
        let digest = || HeaderValue::from_str(&key.digest()).expect("hexadecimal digits are visible");
        self.debug_headers.then(digest)
    }

    /// Says it in an answer.
    pub(super) fn mark_key(&self, key: &Key, response: &mut Response) {
        if let Some(digest) = self.shown_key(key) {
            response.headers_mut().insert(X_CACHE_KEY, digest);
        }
    }

    fn tags_of(&self, asked: &Asked, found: Option<&CacheTags>, spellings: &[(&str, String)]) -> Vec<Tag> {
        let (partition, path) = (&*asked.partition, asked.uri.path());
        let places = &self.places;
        let mut tags: Vec<Tag> = self
            .tags
            .iter()
            .flat_map(|template| names(template, places, asked.shown.path(), spellings))
            .map(|name| Tag::named(partition, &name))
            .collect();
        tags.extend(found.into_iter().flat_map(CacheTags::names).map(|name| Tag::named(partition, name)));
        tags.push(Tag::route(partition, &self.template));
        tags.push(Tag::path(partition, path));
        tags.extend(tag::prefixes(path).map(|prefix| Tag::prefix(partition, prefix)));
        tags.extend(asked.identity.as_ref().map(|identity| Tag::user(partition, identity)));
        tags
    }
}

/// What the client asked for: a router that is nested in another one is shown only what is left of the path.
pub(super) fn asked_for(request: &Request) -> &Uri {
    request.extensions().get::<OriginalUri>().map_or_else(|| request.uri(), |original| &original.0)
}

/// Mostly one is a clone of the other.
fn is_same(one: &Uri, other: &Uri) -> bool {
    let text = |uri: &Uri| uri.path_and_query().map(|path| std::ptr::from_ref(path.as_str()));
    text(one) == text(other) && one.authority().is_none() && other.authority().is_none() || one == other
}

/// The names that a template stands for: as the path spells its placeholders, and, where that is different, as the handler's
/// arguments do.
pub(super) fn names(template: &Template, places: &Places, path: &str, spellings: &[(&str, String)]) -> Vec<String> {
    let written = |name: &str| places.written(path, name).map(decoded);
    let mut names = vec![template.fill(written)];
    if !template.is_fixed() && !spellings.is_empty() {
        let parsed = template.fill(|name| {
            let told = spellings.iter().find(|(told, _)| *told == name);
            told.map(|(_, value)| Cow::Borrowed(value.as_str())).or_else(|| written(name))
        });
        if parsed != names[0] {
            names.push(parsed);
        }
    }
    names
}

/// Requests for a part of an answer, or for an answer only if the client's copy is a certain one, go to the handler.
const PASSED: [HeaderName; 3] = [header::RANGE, header::IF_MATCH, header::IF_UNMODIFIED_SINCE];
