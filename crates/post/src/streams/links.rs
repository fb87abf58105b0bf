//! Links that stop one stream of one reader.

use std::fmt;

use front::Signer;
use kernel::{Id, Secret};

use super::types::STREAM_BYTES_MAX;

const ID_BYTES: usize = 16;

/// Makes and reads the links.
#[derive(Clone)]
pub struct StopLinks {
    base: String,
    signer: Signer,
}

/// What a link stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopping {
    pub owner: Id,
    pub stream: String,
}

impl StopLinks {
    pub fn new(base: &str, secret: &Secret) -> StopLinks {
        StopLinks {
            base: base.to_owned(),
            signer: Signer::new(secret, "links that stop letters"),
        }
    }

    pub fn link(&self, owner: Id, stream: &str) -> String {
        format!("{}/letters/stop/{}", self.base, self.token(owner, stream))
    }

    /// The last part of a link.
    pub fn token(&self, owner: Id, stream: &str) -> String {
        let said = [owner.as_bytes().as_slice(), stream.as_bytes()].concat();
        self.signer.token(&said)
    }

    /// What the link stops; `None` when we did not make it.
    pub fn read(&self, token: &str) -> Option<Stopping> {
        let said = self.signer.read(token)?;
        let (id, stream) = said.split_at_checked(ID_BYTES)?;
        let stream = std::str::from_utf8(stream).ok()?;
        let fits = !stream.is_empty() && stream.len() <= STREAM_BYTES_MAX;
        fits.then_some(Stopping {
            owner: Id::from_bytes(id.try_into().ok()?),
            stream: stream.to_owned(),
        })
    }
}

impl fmt::Debug for StopLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopLinks").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &str) -> StopLinks {
        StopLinks::new("https://house.example", &Secret::new(secret.repeat(32)))
    }

    #[test]
    fn a_link_stops_what_it_was_made_for_and_nothing_else() {
        let anna = Id::named("person", "anna");
        let links = links("x");
        let token = links.token(anna, "calendar.digest");
        let stopping = Stopping {
            owner: anna,
            stream: "calendar.digest".to_owned(),
        };
        assert_eq!(links.read(&token), Some(stopping));
        assert_eq!(
            links.link(anna, "a"),
            format!("https://house.example/letters/stop/{}", links.token(anna, "a"))
        );
        assert_eq!(links.read(&links.token(anna, "")), None, "no stream");
        assert_eq!(links.read(&token[1..]), None);
    }

    #[test]
    fn only_the_house_with_the_same_secret_reads_it() {
        let anna = Id::named("person", "anna");
        let token = links("x").token(anna, "digest");
        assert!(links("x").read(&token).is_some(), "another instance");
        assert_eq!(links("y").read(&token), None);
    }
}
