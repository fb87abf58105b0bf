//! Pages in a real browser, in English and Russian.

mod account;
mod looks;
mod people;
mod visit;
mod words;
