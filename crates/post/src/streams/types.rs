//! What can be stopped, and when somebody wants quiet.

use front::frame::Words;
use jiff::civil::Time;

/// The longest name of a stream.
pub const STREAM_BYTES_MAX: usize = 64;

/// Letters that are stopped together. The service that writes them says what they are called.
#[derive(Clone, Copy)]
pub struct Stream {
    /// As in [`Kind::stream`](crate::Kind::stream).
    pub name: &'static str,
    pub words: &'static Words,
    /// What it is called, among `words`; the key with `-about` at its end says what comes by it and how often.
    pub key: &'static str,
}

/// Minutes of the day between which somebody wants quiet. They go over midnight when the first is the later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: i16,
    until: i16,
}

/// Why hours are not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHours {
    #[error("must be a time of the day, such as 22:00")]
    NotATime,
    #[error("quiet hours begin and end at different times")]
    Empty,
}

pub(super) const DAY_MINUTES: i16 = 24 * 60;

impl QuietHours {
    /// `None` when these are no minutes of a day, or the same.
    pub fn new(from: i16, until: i16) -> Option<QuietHours> {
        let is_minute = |minute: i16| (0..DAY_MINUTES).contains(&minute);
        (is_minute(from) && is_minute(until) && from != until).then_some(QuietHours { from, until })
    }

    /// From what a form says: `22:00`.
    pub fn parse(from: &str, until: &str) -> Result<QuietHours, BadHours> {
        let (from, until) = (minute(from)?, minute(until)?);
        QuietHours::new(from, until).ok_or(BadHours::Empty)
    }

    pub fn from(self) -> i16 {
        self.from
    }

    pub fn until(self) -> i16 {
        self.until
    }
}

fn minute(text: &str) -> Result<i16, BadHours> {
    let time: Time = text.trim().parse().map_err(|_| BadHours::NotATime)?;
    Ok(i16::from(time.hour()) * 60 + i16::from(time.minute()))
}

/// `22:00`, as a form and a page show it.
pub fn clock(minute: i16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_they_are_shown() {
        let night = QuietHours::parse("22:00", " 07:30 ").unwrap();
        assert_eq!(
            (clock(night.from()), clock(night.until())),
            ("22:00".to_owned(), "07:30".to_owned())
        );
        assert_eq!(QuietHours::parse("22:00", "22:00"), Err(BadHours::Empty));
        for odd in ["", "24:00", "7 o'clock", "-1:00"] {
            assert_eq!(QuietHours::parse(odd, "07:00"), Err(BadHours::NotATime), "{odd}");
        }
        assert_eq!(QuietHours::new(0, DAY_MINUTES), None);
    }
}
