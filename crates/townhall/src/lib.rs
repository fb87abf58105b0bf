//! The binary: builds each service and connects them. No logic of the product stands here.

pub mod config;
pub mod logs;
mod nearest;
mod reports;
