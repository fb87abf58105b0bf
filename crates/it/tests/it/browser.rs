//! Pages in a real browser, in English and Russian.
