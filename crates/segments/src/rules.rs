//! Who is in a segment, and who may become so: decisions over values, which every interface only translates.

pub mod change;
pub mod foreign;
pub mod point;
pub mod rulebook;
#[cfg(test)]
mod tests;
pub mod why;
