//! Letters with sample data, for everybody who wants to see how they look: previews, tests, the documentation.

use kernel::{Language, Moment};

use crate::{Content, Framed, Kind, Light, NotFinished, Recipient, Stationery};

/// How a letter of a kind looks. Services have one for each of their kinds.
#[derive(Clone, Copy)]
pub struct Specimen {
    pub kind: &'static Kind,
    /// Writes it to this reader, from a house of this name, now.
    pub write: fn(&Recipient, &str, Moment) -> Result<Content, askama::Error>,
}

/// All specimens of the house, and whom they are written to.
#[derive(Clone)]
pub struct Specimens {
    pub all: Vec<Specimen>,
    /// Somebody who reads this language.
    pub reader: fn(Language) -> Recipient,
    pub stationery: Stationery,
}

impl Specimens {
    pub fn named(&self, kind: &str) -> Option<&Specimen> {
        self.all.iter().find(|specimen| specimen.kind.name == kind)
    }

    /// The letter as its reader sees it, and its subject.
    pub fn shown(
        &self,
        specimen: &Specimen,
        language: Language,
        light: Light,
        now: Moment,
    ) -> Result<(String, Framed), NotFinished> {
        let reader = (self.reader)(language);
        let content = (specimen.write)(&reader, self.stationery.house(), now)?;
        let framed = self.stationery.framed(specimen.kind, &reader, &content, light)?;
        Ok((content.subject, framed))
    }
}
