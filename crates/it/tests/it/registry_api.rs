//! People, sign-in, tokens, keys and roles over HTTP and gRPC.

mod access;
mod house;
mod people;
