//! One request of a row and its expected response.

use std::time::Duration;

use super::handler::Answer;

/// A request, what happens before it, and what is expected of its response.
#[derive(Debug, Clone)]
#[must_use]
pub(crate) struct Step {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) x_cache: &'static str,
    pub(super) after: Duration,
    pub(super) answers: Vec<Answer>,
    pub(super) with: Vec<&'static str>,
    pub(super) user: Option<&'static str>,
    pub(super) status: Option<u16>,
    pub(super) body: Option<&'static str>,
    pub(super) has: Vec<&'static str>,
    pub(super) starts: Vec<&'static str>,
    pub(super) lacks: Vec<&'static str>,
    pub(super) shows: Vec<&'static str>,
    pub(super) hides: Vec<&'static str>,
    pub(super) asks: Option<usize>,
}

/// `GET /`.
pub(crate) fn get(x_cache: &'static str) -> Step {
    ask("GET", "/", x_cache)
}

/// `HEAD /`.
pub(crate) fn head(x_cache: &'static str) -> Step {
    ask("HEAD", "/", x_cache)
}

pub(crate) fn ask(method: &'static str, path: &'static str, x_cache: &'static str) -> Step {
    Step {
        method,
        path,
        x_cache,
        after: Duration::ZERO,
        answers: Vec::new(),
        with: Vec::new(),
        user: None,
        status: None,
        body: None,
        has: Vec::new(),
        starts: Vec::new(),
        lacks: Vec::new(),
        shows: Vec::new(),
        hides: Vec::new(),
        asks: None,
    }
}

/// What happens before the request.
impl Step {
    /// Seconds after the previous step.
    pub(crate) fn after(self, seconds: u64) -> Self {
        self.after_millis(seconds * 1000)
    }

    pub(crate) fn after_millis(mut self, millis: u64) -> Self {
        self.after = Duration::from_millis(millis);
        self
    }

    /// From here on the handler answers 200 with this header.
    pub(crate) fn says(self, header: &'static str) -> Self {
        self.answers(200, header)
    }

    /// From here on the handler answers with this status, and with this header unless it is empty.
    pub(crate) fn answers(mut self, status: u16, header: &'static str) -> Self {
        self.answers = vec![Answer::new(status, header)];
        self
    }

    /// The answer set so far is given once, then this one.
    pub(crate) fn then(mut self, status: u16, header: &'static str) -> Self {
        self.answers.push(Answer::new(status, header));
        self
    }

    /// Adds a header to the answer.
    pub(crate) fn and(mut self, header: &'static str) -> Self {
        self.answer().headers.push(header);
        self
    }

    /// Sets the content, which otherwise is the number of the call.
    pub(crate) fn content(mut self, content: &'static str) -> Self {
        self.answer().content = Some(content);
        self
    }

    /// Adds tags that the handler found.
    pub(crate) fn tagged(mut self, tags: &[&'static str]) -> Self {
        self.answer().tags = tags.to_vec();
        self
    }

    fn answer(&mut self) -> &mut Answer {
        self.answers.last_mut().expect("the handler says something")
    }

    /// The client sends this header.
    pub(crate) fn with(mut self, header: &'static str) -> Self {
        self.with.push(header);
        self
    }

    /// The client is identified as this user.
    pub(crate) fn by(mut self, user: &'static str) -> Self {
        self.user = Some(user);
        self
    }
}

/// What is expected.
impl Step {
    /// This status, which otherwise is the status that the handler answered.
    pub(crate) fn gets(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The number of the call that produced the content.
    pub(crate) fn body(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    /// The client gets this header with no other value.
    pub(crate) fn has(mut self, header: &'static str) -> Self {
        self.has.push(header);
        self
    }

    /// The client gets a header that begins like this.
    pub(crate) fn starts(mut self, header: &'static str) -> Self {
        self.starts.push(header);
        self
    }

    /// The client does not get this header.
    pub(crate) fn lacks(mut self, name: &'static str) -> Self {
        self.lacks.push(name);
        self
    }

    /// The handler sees this header.
    pub(crate) fn shows(mut self, header: &'static str) -> Self {
        self.shows.push(header);
        self
    }

    /// The handler does not see this header.
    pub(crate) fn hides(mut self, name: &'static str) -> Self {
        self.hides.push(name);
        self
    }

    /// How often the handler runs. Defaults to 0 for a hit, 1 for a miss or bypass, and any number for a stale
    /// response.
    pub(crate) fn asks(mut self, times: usize) -> Self {
        self.asks = Some(times);
        self
    }
}
