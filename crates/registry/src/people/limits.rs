//! The maxima of what is kept about a person. Each bounds a row, an answer or a transaction; none is a matter of taste.

/// Longer than any name in use, short enough for one line of a page.
pub const NAME_CHARS_MAX: usize = 200;
/// The longest address that SMTP can carry (RFC 5321, section 4.5.3.1.3, less the angle brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// The longest local part (RFC 5321, section 4.5.3.1.1).
pub const EMAIL_LOCAL_BYTES_MAX: usize = 64;
/// The longest label of a domain (RFC 1035, section 2.3.4).
pub const EMAIL_LABEL_BYTES_MAX: usize = 63;
/// The longest zone name of the IANA database has 32 bytes; this leaves room for its growth.
pub const ZONE_BYTES_MAX: usize = 64;
/// Addresses that somebody bore before: more than anybody changes theirs while old events still name them.
pub const FORMER_EMAILS_MAX: usize = 8;
/// Attributes choose segments; a person with more of them is a data set and belongs elsewhere.
pub const ATTRIBUTES_MAX: usize = 64;
pub const ATTRIBUTE_NAME_CHARS_MAX: usize = 64;
pub const ATTRIBUTE_TEXT_CHARS_MAX: usize = 500;
/// All attributes of one person as JSON: keeps a row in a handful of database pages.
pub const ATTRIBUTES_BYTES_MAX: usize = 16 * 1024;
/// What may be typed into a search: as long as the longest thing that can be found.
pub const SEARCH_CHARS_MAX: usize = 254;

/// The part of a name that lists are sorted by: four bytes each, it still fits into a cursor.
pub const SEARCH_KEY_CHARS_MAX: usize = 160;

/// How long a claim on an e-mail address counts before the person who bears it must exist. Far above the longest
/// request, so that no creation can still be under way when the claim lapses.
pub const CLAIM_COUNTS_SECONDS: i64 = 300;
/// A claim lost to another is read again and judged anew; this often, because each loss means that somebody won.
pub const CLAIM_ATTEMPTS_MAX: u32 = 5;
/// A change that lost against another one is made again on the new state; each loss means that somebody won.
pub const CHANGE_ATTEMPTS_MAX: u32 = 5;

/// Rows of one replica batch: a few hundred kilobytes of JSON, a second or so of work at most.
pub const REPLICA_ROWS_MAX: usize = 1000;
/// Virtual shards of a batch that are written at the same time: enough to fill a group commit, few enough that a
/// batch leaves room in the writers' queue for people.
pub const REPLICA_WRITES_AT_ONCE: usize = 32;

/// Rows of each kind in an export: above what anyone has; the export says so when it had to stop.
pub const EXPORT_ROWS_MAX: i64 = 10_000;
