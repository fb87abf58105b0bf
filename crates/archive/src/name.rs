//! Names of files.
//!
//! Folders have no dot in their names and files have an ending, so no name leads out of the archive, and none is a file
//! here and a folder there. The letters are those that folders, addresses and XML all take as they are; what a reader's
//! download is called is said with the link and may be anything.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use kernel::Moment;

/// With what stands before it, a name fits into every file system and into S3.
const BYTES_MAX: usize = 200;
/// The first folder of files without an end, and of those with one.
const KEPT: &str = "kept";
const UNTIL: &str = "until";
/// As text, instants are in the order of time.
const INSTANT: &str = "%Y-%m-%dT%H-%M-%SZ";
/// The end of the year 9999; later ones would have more digits.
const SECONDS_MAX: i64 = 253_402_300_799;

/// Why a name is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error(
        "{0:?} is no name of a file: letters of ASCII, digits, - and _, folders before a slash, and an ending"
    )]
    Letters(String),
    #[error("a name of {0} bytes, and at most {BYTES_MAX} are allowed")]
    TooLong(usize),
    #[error("a file cannot end at {0}")]
    End(Moment),
}

/// What a file is found by: `segments/reports/members.csv`, and the instant after which it is gone. The same path with
/// another end is another file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// In whole seconds.
    until: Option<Moment>,
    path: String,
}

impl Name {
    /// A file that is kept until somebody deletes it.
    pub fn kept(path: &str) -> Result<Name, BadName> {
        if path.len() > BYTES_MAX {
            return Err(BadName::TooLong(path.len()));
        }
        if !is_path(path) {
            return Err(BadName::Letters(path.to_owned()));
        }
        Ok(Name {
            until: None,
            path: path.to_owned(),
        })
    }

    /// A file that is gone at an instant, rounded up to a second.
    pub fn until(path: &str, end: Moment) -> Result<Name, BadName> {
        let seconds = end.plus_micros(999_999).as_seconds();
        if !(0..=SECONDS_MAX).contains(&seconds) {
            return Err(BadName::End(end));
        }
        Ok(Name {
            until: Some(Moment::from_seconds(seconds)),
            ..Name::kept(path)?
        })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn end(&self) -> Option<Moment> {
        self.until
    }

    pub fn has_ended(&self, at: Moment) -> bool {
        self.until.is_some_and(|until| until <= at)
    }

    /// What the file is, told by its ending.
    pub fn content_type(&self) -> &'static str {
        match self.ending() {
            "csv" => "text/csv; charset=utf-8",
            "txt" => "text/plain; charset=utf-8",
            "json" => "application/json",
            "ndjson" => "application/x-ndjson",
            "pdf" => "application/pdf",
            "ics" => "text/calendar; charset=utf-8",
            "zip" => "application/zip",
            "gz" => "application/gzip",
            "png" => "image/png",
            "jpg" => "image/jpeg",
            _ => "application/octet-stream",
        }
    }

    /// The last part of the path.
    pub fn file(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    fn ending(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }
}

/// What all files with an end are stored under.
pub(crate) fn ending_files() -> String {
    format!("{UNTIL}/")
}

/// An instant as it stands in names.
pub(crate) fn instant(at: Moment) -> String {
    at.to_timestamp().strftime(INSTANT).to_string()
}

pub(crate) fn read_instant(text: &str) -> Option<Moment> {
    let civil = jiff::civil::DateTime::strptime(INSTANT, text).ok()?;
    let at: Timestamp = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let at = Moment::from(at);
    // There is one way to write an instant.
    (instant(at) == text).then_some(at)
}

/// Where it is stored: `until/2026-09-01T10-00-00Z/segments/reports/members.csv`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            None => write!(f, "{KEPT}/{}", self.path),
            Some(until) => write!(f, "{UNTIL}/{}/{}", instant(until), self.path),
        }
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Name, BadName> {
        let no_name = || BadName::Letters(text.to_owned());
        match text.split_once('/').ok_or_else(no_name)? {
            (KEPT, path) => Name::kept(path),
            (UNTIL, rest) => {
                let (end, path) = rest.split_once('/').ok_or_else(no_name)?;
                Name::until(path, read_instant(end).ok_or_else(no_name)?)
            }
            _ => Err(no_name()),
        }
    }
}

fn is_path(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let file = parts.next().unwrap_or_default();
    file.contains('.') && file.split('.').all(is_word) && parts.all(is_word)
}

/// What stands between slashes and dots.
pub(crate) fn is_word(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !word.is_empty() && word.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_says_where_its_file_is_and_when_it_ends() {
        let end = Moment::from_micros(1_788_256_800_000_001);
        let name = Name::until("segments/reports/members.csv", end).unwrap();
        assert_eq!(
            name.to_string(),
            "until/2026-09-01T10-00-01Z/segments/reports/members.csv"
        );
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        assert!(!name.has_ended(end) && name.has_ended(end.plus_seconds(1)));
        let kept = Name::kept("logo.png").unwrap();
        assert_eq!(kept.to_string().parse(), Ok(kept.clone()));
        assert!(!kept.has_ended(Moment::from_seconds(SECONDS_MAX)));
        assert_eq!((kept.content_type(), name.file()), ("image/png", "members.csv"));
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        for path in [
            "",
            "/",
            ".",
            "..",
            "a",
            "a/b",
            "/a.txt",
            "a//b.txt",
            "../a.txt",
            "a/../b.txt",
            "a./b.txt",
            "a.b/c.txt",
            ".a",
            "a.",
            "a..b",
            "a b.txt",
            "a\0.txt",
            "a\n.txt",
            "ä.txt",
            "a\\b.txt",
            "c:/a.txt",
            "a.txt/",
            "%2e.txt",
        ] {
            assert_eq!(Name::kept(path), Err(BadName::Letters(path.to_owned())));
        }
        assert_eq!(
            Name::kept(&format!("{}.txt", "a".repeat(200))),
            Err(BadName::TooLong(204))
        );
        for text in [
            "a.txt",
            "until/a.txt",
            "until/2026-02-30T00-00-00Z/a.txt",
            "until/2026-1-1T0-0-0Z/a.txt",
        ] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
        let far = Moment::from_seconds(SECONDS_MAX + 1);
        assert_eq!(Name::until("a.txt", far), Err(BadName::End(far)));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_for_a_name_stays_inside(path in "[a-zA-Z0-9_./\\\\-]{0,24}|\\PC{0,24}", seconds in 0..SECONDS_MAX) {
            if let Ok(name) = Name::until(&path, Moment::from_seconds(seconds)) {
                let stored = name.to_string();
                prop_assert!(Path::new(&stored).components().all(|part| matches!(part, Component::Normal(_))));
                prop_assert_eq!(stored.parse::<Name>(), Ok(name));
            }
        }

        #[test]
        fn of_two_files_the_one_that_ends_first_is_listed_first(one in 0..SECONDS_MAX, other in 0..SECONDS_MAX) {
            let stored = |seconds| Name::until("a.txt", Moment::from_seconds(seconds)).unwrap().to_string();
            prop_assert_eq!(one.cmp(&other), stored(one).cmp(&stored(other)));
        }

        #[test]
        fn no_text_is_too_strange_to_be_read(text in "(until|kept)/[0-9TZ:/a-z.-]{0,40}|\\PC*") {
            let _ = text.parse::<Name>();
        }
    }
}
