//! Items for generated code. They may change in any release.

pub use inventory;
pub use routekit_macros::RouteOfHandler;
pub use validator;

pub use crate::{
    deps::Deps,
    extract::argument::{specialise::Extract, spelled::Spell},
    generated::{
        FromPlaceholder, PathArgument, Respond, RespondError, Returned, call, layered, placeholder, respond,
        respond_error,
    },
    route::{
        AlertPolicy, Audience, BreakerPolicy, CachePolicy, CdnTags, ClassifyResponse, Consistency, Context,
        DeclaredAccess, Deprecation, Description, Endpoint, EndpointFuture, Fallback, GrantKind, IdempotentPolicy,
        Invalidates, Location, Method, Policies, Probe, RateLimitKey, RateLimitPolicy, Ratio, RequestFunction, Route,
        RouteGroup, RouteMeta, SloPolicy, Window, Wiring, endpoint, fallback,
    },
};

/// Traits for the descriptions of arguments and return types. Generated code imports them all, unnamed, so that they
/// shadow no type of the program.
pub mod describe_traits {
    pub use crate::extract::path::{PathOfAny as _, PathOfRules as _, PathOfTuple as _, PathOfValue as _};
    pub use crate::route::probe::{
        DescribeOpaque as _, DescribeUnchecked as _, DescribeWithoutSchema as _, NeedsNothing as _,
        NeedsOfExtractor as _, PlaceholderWithoutSchema as _, RespondOpaque as _, RespondWithoutSchema as _,
    };
    #[cfg(feature = "schema")]
    pub use crate::route::probe::{
        DescribeUncheckedWithSchema as _, DescribeWithRules as _, DescribeWithSchema as _, PlaceholderWithSchema as _,
        RespondWithSchema as _,
    };
}

/// Traits that decide how an argument is extracted, unnamed for the same reason.
pub mod extract_traits {
    pub use crate::extract::argument::{
        specialise::{
            Described as _, DescribedLast as _, Foreign as _, ForeignLast as _, PathOfOneValue as _, PathOfValues as _,
            PathWithRules as _,
        },
        spelled::{SpellDisplay as _, SpellNothing as _},
    };
    pub use crate::generated::{
        ExtractedArgument as _, ParsedArgument as _, SplitNothing as _, SplitResult as _, WrongArgument as _,
    };
}

/// The rules of `#[derive(Validate)]`.
pub mod rules {
    pub use crate::extract::validation::{
        rules::{AreOurs, BrokenRule, NotOurs, OurRules, RuleCheck, is_card_number, items},
        unchecked::{HasNoRules, HasRules, Unchecked},
    };
    pub use crate::route::rules::{DescribeRules, NoRules, RulesOf, TypeRules};
}
