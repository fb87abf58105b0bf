//! What zones promise.

mod names;
mod own;
mod summer;
