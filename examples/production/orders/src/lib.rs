//! The routes of orders and products. The program `production` links this crate, and discovers them.

mod orders;
mod products;
