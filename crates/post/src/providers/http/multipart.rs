//! Bodies of `multipart/form-data` (RFC 7578).

/// A form that is being filled in.
#[derive(Debug)]
pub(in super::super) struct Multipart {
    boundary: String,
    body: Vec<u8>,
}

impl Multipart {
    pub fn new() -> Multipart {
        // 256 random bits stand in no letter.
        Multipart {
            boundary: kernel::random_token(),
            body: Vec::new(),
        }
    }

    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Multipart {
        self.part(&format!("name=\"{name}\"\r\n"), value.as_bytes())
    }

    /// A file, which is never named after anybody.
    #[must_use]
    pub fn file(self, name: &str, kind: &str, bytes: &[u8]) -> Multipart {
        let head = format!("name=\"{name}\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n");
        self.part(&head, bytes)
    }

    fn part(mut self, head: &str, value: &[u8]) -> Multipart {
        let Multipart { boundary, body } = &mut self;
        body.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n").as_bytes(),
        );
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
        self
    }

    /// The content type and the body.
    pub fn done(mut self) -> (String, Vec<u8>) {
        self.body
            .extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        (
            format!("multipart/form-data; boundary={}", self.boundary),
            self.body,
        )
    }
}
