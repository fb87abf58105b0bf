//! People who come by Kafka, through the real binary, a broker and a users service that has its troubles.
//!
//! The broker is the mock cluster of librdkafka; `cargo xtask accept kafka` says the same to a real one.

mod broker;
mod group;
mod people;
mod users;
