//! Pages in a real browser, in English and Russian.

mod words;
