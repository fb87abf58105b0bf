//! Sealing of what must not be read from the store: private signing keys, and links on their way in letters. So a copy
//! of the database alone signs nothing and opens nothing.
//!
//! The secret of the house stays outside of the store: in a file that only its owner reads, or in the configuration.
//! From it one key for each purpose is derived (HKDF) for AES-256-GCM. The id of what is sealed is bound in, so that it
//! cannot be put in another's place.

use std::io;
use std::path::Path;

use kernel::{Id, Secret};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};

/// Shorter ones can be guessed.
const SECRET_CHARS_MIN: usize = 32;

/// Seals and opens with the secret of the house.
pub struct Seal(LessSafeKey);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSeal {
    #[error("the secret of the house needs at least {SECRET_CHARS_MIN} characters")]
    ShortSecret,
    #[error(
        "the signing keys in this store were sealed with another secret (registry.secret, or townhall.secret in the \
         data folder): put the old one back, or make a new key with `townhall admin keys rotate`"
    )]
    OtherSecret,
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl Seal {
    /// For private signing keys.
    pub fn new(secret: &Secret) -> Result<Seal, BadSeal> {
        Seal::derived(secret, b"signing keys")
    }

    /// For links on their way.
    pub fn for_links(secret: &Secret) -> Result<Seal, BadSeal> {
        Seal::derived(secret, b"links in letters")
    }

    fn derived(secret: &Secret, purpose: &[u8]) -> Result<Seal, BadSeal> {
        let text = secret.reveal().trim();
        if text.len() < SECRET_CHARS_MIN {
            return Err(BadSeal::ShortSecret);
        }
        let derived = Salt::new(HKDF_SHA256, b"townhall").extract(text.as_bytes());
        let key = derived
            .expand(&[purpose], &AES_256_GCM)
            .map(UnboundKey::from)
            .map_err(|_| BadSeal::ShortSecret)?;
        Ok(Seal(LessSafeKey::new(key)))
    }

    pub fn close(&self, id: Id, private: &[u8]) -> Result<Vec<u8>, BadSeal> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| BadSeal::NoRandomness)?;
        let mut sealed = private.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(id.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| BadSeal::NoRandomness)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, id: Id, sealed: &[u8]) -> Result<Vec<u8>, BadSeal> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(BadSeal::OtherSecret)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| BadSeal::OtherSecret)?;
        let mut private = sealed.to_vec();
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(id.as_bytes()), &mut private);
        opened
            .map(|private| private.to_vec())
            .map_err(|_| BadSeal::OtherSecret)
    }
}

/// The secret in this file; makes the file on the first start, readable by its owner only. All instances of one
/// house need the same secret.
pub fn read_or_make_secret(path: &Path) -> io::Result<Secret> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Secret::new(text.trim())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_secret(path),
        Err(error) => Err(error),
    }
}

/// Written beside and renamed, so that a crash leaves no half of a secret behind.
fn make_secret(path: &Path) -> io::Result<Secret> {
    use std::io::Write as _;
    let secret = Secret::random();
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(secret.reveal().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    // A hard link fails when another process made the file first; then its secret is the one.
    let made = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside)?;
    match made {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::read_to_string(path).map(|text| Secret::new(text.trim()))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use kernel::Moment;

    use super::*;

    #[test]
    fn only_the_same_secret_opens_and_only_in_its_own_place() {
        let id = Id::new(Moment::from_seconds(1));
        let seal = Seal::new(&Secret::new("x".repeat(32))).unwrap();
        let sealed = seal.close(id, b"private").unwrap();
        assert_ne!(
            sealed,
            seal.close(id, b"private").unwrap(),
            "each sealing has a nonce of its own"
        );
        assert_eq!(seal.open(id, &sealed).as_deref(), Ok(b"private".as_slice()));
        let other = Seal::new(&Secret::new("y".repeat(32))).unwrap();
        assert_eq!(other.open(id, &sealed), Err(BadSeal::OtherSecret));
        assert_eq!(
            seal.open(Id::new(Moment::from_seconds(2)), &sealed),
            Err(BadSeal::OtherSecret)
        );
        assert_eq!(seal.open(id, b"short"), Err(BadSeal::OtherSecret));
        assert_eq!(Seal::new(&Secret::new("short")).err(), Some(BadSeal::ShortSecret));
    }

    #[test]
    fn the_secret_is_made_once_and_is_its_owners_alone() {
        let folder = std::env::temp_dir().join(kernel::random_token());
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("secret.key");
        let made = read_or_make_secret(&path).unwrap();
        assert_eq!(read_or_make_secret(&path).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        assert_eq!(
            std::fs::read_dir(&folder).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
