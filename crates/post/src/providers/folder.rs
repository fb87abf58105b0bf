//! Letters into files: what a house uses that has no provider yet, so that whoever tries it sees its mail with nothing
//! installed. A letter is one file, named after its id, so that giving it twice is one letter.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use kernel::Id;

use super::{Class, Found, Provider, Ready, Refusal, Verdict};

/// How the file of a letter ends.
const END: &str = "eml";
/// The largest letter that is read back: what no mail server would take.
const LETTER_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The provider `folder`.
#[derive(Clone, Debug)]
pub struct Folder {
    name: String,
    path: PathBuf,
}

impl Folder {
    /// Makes the folder if it is not there.
    pub fn open(name: &str, path: &Path) -> std::io::Result<Folder> {
        std::fs::create_dir_all(path)?;
        Ok(Folder {
            name: name.to_owned(),
            path: path.to_owned(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The letter as it was handed over; `None` when it is not here. What is larger than any letter of ours is cut.
    pub async fn letter(&self, letter: Id) -> std::io::Result<Option<Vec<u8>>> {
        let file = self.file(letter);
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            std::fs::File::open(file)?
                .take(LETTER_BYTES_MAX)
                .read_to_end(&mut bytes)?;
            std::io::Result::Ok(bytes)
        });
        match read.await.map_err(std::io::Error::other)? {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn file(&self, letter: Id) -> PathBuf {
        self.path.join(format!("{letter}.{END}"))
    }

    /// The file has its name only once it is whole and on disk.
    fn put(&self, letter: Id, mime: &[u8]) -> std::io::Result<()> {
        let unfinished = self.path.join(format!(".{letter}.unfinished"));
        let mut file = std::fs::File::create(&unfinished)?;
        file.write_all(mime)?;
        file.sync_data()?;
        std::fs::rename(&unfinished, self.file(letter))
    }
}

impl Provider for Folder {
    fn name(&self) -> &str {
        &self.name
    }

    fn has_idempotency_keys(&self) -> bool {
        true
    }

    fn hand_over(&self, letter: Ready) -> BoxFuture<'_, Verdict> {
        let folder = self.clone();
        Box::pin(async move {
            let put = tokio::task::spawn_blocking(move || folder.put(letter.letter, &letter.mime));
            match put.await {
                Ok(Ok(())) => Verdict::HandedOver { name: None },
                Ok(Err(error)) => Verdict::Refused(refusal(&error)),
                Err(error) => Verdict::Unsure {
                    why: error.to_string(),
                },
            }
        })
    }

    fn look_up<'a>(&'a self, letter: Id, _: &'a str) -> BoxFuture<'a, Result<Found, Refusal>> {
        let file = self.file(letter);
        Box::pin(async move {
            match tokio::fs::try_exists(&file).await {
                Ok(true) => Ok(Found::Here { name: None }),
                Ok(false) => Ok(Found::Nowhere),
                Err(error) => Err(refusal(&error)),
            }
        })
    }
}

/// A disk that is full or gone is the folder's trouble, not the letter's.
fn refusal(error: &std::io::Error) -> Refusal {
    Refusal {
        class: Class::Network,
        is_final: false,
        words: error.to_string(),
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(id: Id, text: &[u8]) -> Ready {
        Ready {
            letter: id,
            kind: "test.letter",
            message_id: format!("{id}@test"),
            from: "house@example.org".to_owned(),
            to: "anna@example.org".to_owned(),
            mime: text.into(),
        }
    }

    #[tokio::test]
    async fn a_letter_given_twice_is_one_file_and_can_be_looked_up() {
        let place = std::env::temp_dir().join(format!("townhall-folder-{}", std::process::id()));
        let folder = Folder::open("folder", &place).unwrap();
        let id = Id::named("letter", "one");
        assert_eq!(folder.look_up(id, "").await, Ok(Found::Nowhere));
        for _ in 0..2 {
            let verdict = folder.hand_over(letter(id, b"Subject: x\r\n\r\nx")).await;
            assert_eq!(verdict, Verdict::HandedOver { name: None });
        }
        assert_eq!(folder.look_up(id, "").await, Ok(Found::Here { name: None }));
        let files: Vec<_> = std::fs::read_dir(&place).unwrap().collect();
        assert_eq!(files.len(), 1);
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_trouble_of_the_provider() {
        let place = std::env::temp_dir().join(format!("townhall-gone-{}", std::process::id()));
        let folder = Folder::open("folder", &place).unwrap();
        std::fs::remove_dir_all(&place).unwrap();
        let Verdict::Refused(refusal) = folder.hand_over(letter(Id::named("letter", "two"), b"x")).await
        else {
            panic!("it is refused");
        };
        assert_eq!((refusal.class, refusal.is_final), (Class::Network, false));
    }
}
