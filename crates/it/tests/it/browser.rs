//! Pages in a real browser, in English and Russian.

mod account;
mod calendar;
mod elsewhere;
mod groups;
mod invitations;
mod letters;
mod looks;
mod own;
mod people;
mod repeating;
mod segments;
mod segments_rules;
mod sharing;
mod times;
mod touch;
mod trouble;
mod visit;
mod without_script;
mod words;
