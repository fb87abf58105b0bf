//! The binary: reads the configuration, builds each service, and connects them. No logic of the product stands here.

mod calendars;
pub mod cli;
pub mod commands;
pub mod config;
mod connect;
mod demo;
mod files;
mod house;
mod later;
mod letters;
mod lock;
pub mod logs;
mod nearest;
mod office;
mod print;
mod reports;
mod segmentation;

pub use house::{Opening, Running, SERVICES, open, start};
