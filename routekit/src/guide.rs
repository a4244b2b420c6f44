//! Guides to the parts of routekit. Every code block is compiled and run by the tests.

pub mod adopting {
    #![doc = include_str!("../docs/adopting.md")]
}

pub mod authorisation {
    #![doc = include_str!("../docs/authorisation.md")]
}

pub mod caching {
    #![doc = include_str!("../docs/caching.md")]
}

pub mod comparison {
    #![doc = include_str!("../docs/comparison.md")]
}

pub mod edge {
    #![doc = include_str!("../docs/edge.md")]
}

pub mod errors {
    #![doc = include_str!("../docs/errors.md")]
}

pub mod failures {
    #![doc = include_str!("../docs/failures.md")]
}

pub mod getting_started {
    #![doc = include_str!("../docs/getting-started.md")]
}

pub mod idempotency {
    #![doc = include_str!("../docs/idempotency.md")]
}

pub mod monitoring {
    #![doc = include_str!("../docs/monitoring.md")]
}

pub mod operation {
    #![doc = include_str!("../docs/operation.md")]
}

pub mod rate_limits {
    #![doc = include_str!("../docs/rate-limits.md")]
}

pub mod redis {
    #![doc = include_str!("../docs/redis.md")]
}

pub mod testing {
    #![doc = include_str!("../docs/testing.md")]
}
