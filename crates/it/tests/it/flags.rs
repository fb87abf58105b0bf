//! Flags over OpenFeature's protocol, as its clients meet them: fetched, kept up to date by a stream, and the same from
//! each process of the house.

mod elsewhere;
mod streams;
