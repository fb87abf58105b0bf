//! Links to files of the folder, signed by the house.

use front::Signer;
use kernel::{Moment, Secret};

use crate::Name;
use crate::disposition::cleaned;

/// Where the house serves them.
pub(crate) const PATH: &str = "/files/";

/// Makes and reads the links.
#[derive(Clone)]
pub(crate) struct Links {
    base: String,
    signer: Signer,
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Linked {
    pub name: Name,
    /// What the download is called.
    pub called: String,
    /// In whole seconds.
    pub until: Moment,
}

impl Links {
    pub fn new(base: &str, secret: &Secret) -> Links {
        Links {
            base: base.to_owned(),
            signer: Signer::new(secret, "links to files"),
        }
    }

    pub fn link(&self, linked: &Linked) -> String {
        // No part of it holds the end of a line.
        let said = format!(
            "{}\n{}\n{}",
            linked.until.as_seconds(),
            linked.name,
            cleaned(&linked.called)
        );
        format!("{}{PATH}{}", self.base, self.signer.token(said.as_bytes()))
    }

    /// Where the last part of a link leads; `None` when we did not make it. Whether it is over is for others to say.
    pub fn read(&self, token: &str) -> Option<Linked> {
        let said = String::from_utf8(self.signer.read(token)?).ok()?;
        let mut parts = said.splitn(3, '\n');
        let until = parts.next()?.parse().ok()?;
        let name = parts.next()?.parse().ok()?;
        Some(Linked {
            name,
            called: parts.next()?.to_owned(),
            until: Moment::from_seconds(until),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &str) -> Links {
        Links::new("https://house.example", &Secret::new(secret.repeat(32)))
    }

    fn linked() -> Linked {
        Linked {
            name: Name::kept("a/b.csv").unwrap(),
            called: "Отчёт.csv".to_owned(),
            until: Moment::from_seconds(1_800_000_000),
        }
    }

    #[test]
    fn a_link_leads_where_it_was_made_for_and_nowhere_else() {
        let link = links("x").link(&linked());
        let token = link.strip_prefix("https://house.example/files/").unwrap();
        assert_eq!(links("x").read(token), Some(linked()), "another process");
        assert_eq!(links("y").read(token), None, "another house");
        assert_eq!(links("x").read(&token[1..]), None);
    }
}
