//! Helpers that several modules of the suite share.

mod cache;
mod curl;
mod faults;
mod on_task;
mod postgres_server;
mod programs;
#[path = "../../../routekit/src/base/property.rs"]
mod property;
mod redis_cluster;
mod redis_server;
mod runs;
mod step_proxy;
mod tcp_proxy;
mod time;
mod wait;

pub(crate) use self::{
    cache::{exact, tenant, x_cache_of},
    curl::CurlLine,
    faults::{during_faults, twenty_faults},
    on_task::OnTask,
    postgres_server::PostgresServer,
    programs::{Process, free_port, output_of, temporary, test_as_program, tool},
    property::check,
    redis_cluster::RedisCluster,
    redis_server::{RedisServer, unix_time},
    runs::Runs,
    step_proxy::StepProxy,
    tcp_proxy::TcpProxy,
    time::{MINUTE, SECOND},
    wait::{idle, is_pending, until},
};
