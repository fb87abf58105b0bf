//! Every maximum of the house that is not a matter of configuration, each with its reason. Reaching one is counted
//! in the metric `townhall_limit_reached_total{limit}` by whoever enforces it.

/// Rows of a page when the caller does not say: a screen or two.
pub const PAGE_ROWS_DEFAULT: u16 = 50;
/// Rows of a page at most: keeps an answer well under a megabyte.
pub const PAGE_ROWS_MAX: u16 = 500;
/// A cursor is a sorting key of a few columns, never more.
pub const CURSOR_BYTES_MAX: usize = 1024;
