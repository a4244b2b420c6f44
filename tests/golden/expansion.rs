/// Renames a user.
pub async fn rename(
    id: Uuid,
    body: Json<Rename>,
    users: Dep<Users>,
) -> Result<Json<User>> {
    users.rename(id, body).await
}
#[doc(hidden)]
#[non_exhaustive]
#[derive(::routekit::__private::RouteOfHandler)]
pub enum __route_rename {}
#[doc(hidden)]
pub type rename = __route_rename;
impl __route_rename {
    /// The route of this handler.
    pub const ROUTE: ::routekit::__private::Route = {
        use ::routekit::__private as __rt;
        const __ROUTE: __rt::Route = {
            const __META: &__rt::RouteMeta = &__rt::RouteMeta::new(
                    __rt::Method::Put,
                    "/users/{id}",
                    "rename",
                    __rt::Location::new(
                            ::core::module_path!(),
                            ::core::file!(),
                            ::core::line!(),
                        )
                        .built_as(
                            ::core::option_env!("CARGO_PKG_NAME"),
                            ::core::option_env!("CARGO_PKG_VERSION"),
                            ::core::option_env!("CARGO_BIN_NAME"),
                            ::core::option_env!("CARGO_TARGET_TMPDIR").is_some(),
                        ),
                )
                .with_documentation("Renames a user.", "")
                .with_tags(&["users"])
                .with_policies(
                    __rt::Policies::new()
                        .with_breaker(
                            __rt::BreakerPolicy::new()
                                .with_failure_rate(__rt::Ratio::from_millionths(500000u64))
                                .with_window(__rt::Window::Calls(100u32)),
                        )
                        .with_deprecation(
                            __rt::Deprecation::new(
                                "@1767225600",
                                ::core::option::Option::None,
                            ),
                        )
                        .with_invalidates(
                            __rt::Invalidates::new().with_tags(&["users", "user:{id}"]),
                        )
                        .with_concurrency(64u32)
                        .with_timeout(::core::time::Duration::from_millis(2000u64)),
                );
            fn __describe(__description: &mut __rt::Description) {
                use __rt::describe_traits::*;
                (&&&&&&__rt::Probe::<Uuid>::new())
                    .describe_placeholder(__description, "id");
                (&&&&&&__rt::Probe::<Json<Rename>>::new())
                    .describe_input(__description, "body");
                (&&&&&&__rt::Probe::<Dep<Users>>::new())
                    .describe_input(__description, "users");
                (&&&__rt::Probe::<Result<Json<User>>>::new())
                    .describe_output(__description);
                (&&&(&&&__rt::Probe::<Result<Json<User>>>::new()).error())
                    .describe_error(__description);
            }
            fn __endpoint(__wiring: &__rt::Wiring) -> __rt::Endpoint {
                use __rt::extract_traits::*;
                let __endpoint = __rt::endpoint::<
                    __rt::Deps,
                >(
                    __wiring,
                    |__request, __context| __rt::call(
                        __request,
                        __context,
                        (
                            (
                                (&__rt::Spell::<Uuid>::new())
                                    .spelled(__rt::placeholder::<Uuid>("id"), "id"),
                                (
                                    __rt::Extract::<Dep<Users>, __rt::Deps>::new().argument(),
                                    (),
                                ),
                            ),
                            __rt::Extract::<Json<Rename>, __rt::Deps>::new()
                                .last_argument(),
                        ),
                        |__values| {
                            let __handler = rename;
                            __handler(__values.0.0, __values.1, __values.0.1.0)
                        },
                        |__output| match (&&&__rt::Returned::<Result<Json<User>>>::new())
                            .split(__output)
                        {
                            ::core::result::Result::Ok(__returned) => {
                                __rt::respond(__returned)
                            }
                            ::core::result::Result::Err(__returned) => {
                                __rt::respond_error(__returned)
                            }
                        },
                    ),
                );
                __endpoint
            }
            __rt::Route::new(__META, __describe, __endpoint)
        };
        __rt::inventory::submit! {
            __ROUTE
        }
        __ROUTE
    };
}
