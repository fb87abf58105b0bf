//! Who is in a segment, and who may become so: decisions over values, which every interface only translates.

pub mod change;
pub mod layers;
pub mod replay;
pub mod rulebook;
#[cfg(test)]
pub(crate) mod tests;
pub mod why;
