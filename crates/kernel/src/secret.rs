//! Things that must not be seen: they do not print, are wiped when dropped, and compare without telling where they differ.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A password, key or token in the clear.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// A new secret with 256 random bits, in 43 characters that are safe in addresses and headers.
    pub fn random() -> Secret {
        Secret(random_token())
    }

    /// The one way to see it. Each call is a place to look at in review.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// 256 random bits in 43 characters that are safe in addresses and headers.
pub fn random_token() -> String {
    let mut bytes = [0u8; 32];
    fill_random(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The system's randomness. Without it nothing that follows could be safe, so its absence ends the program.
#[expect(
    clippy::expect_used,
    reason = "a machine without randomness must not hand out ids or secrets"
)]
pub(crate) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_and_is_never_the_same_twice() {
        let one = Secret::random();
        assert_eq!(format!("{one:?}"), "Secret(…)");
        assert_ne!(one, Secret::random());
        assert_eq!(one, Secret::new(one.reveal()));
        assert_eq!(one.reveal().len(), 43);
    }
}
