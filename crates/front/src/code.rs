//! The closed list of what can go wrong, as callers see it.
//!
//! A program that calls us branches on the code, never on a title or a status. So each code has one status and one
//! meaning, the list is published at `/api/problems`, and a new code is a change of the contract.

use http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong. Each has one HTTP status and is documented at `/api/problems`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// All of them, in the order in which they are documented.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The word that stands in `code` of a problem.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            pub const fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status,)+ }
            }

            /// A short sentence that is the same for each occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)+ }
            }

            /// What it means and what to do.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc,)+).trim_start(),)+ }
            }
        }
    };
}

codes! {
    /// The request cannot be read: broken JSON, a bad query parameter, a cursor of another list. `errors` names the place.
    Malformed = "malformed", BAD_REQUEST, "The request cannot be read";
    /// The request can be read, but some of its values are not allowed. `errors` names each field.
    Invalid = "invalid", UNPROCESSABLE_ENTITY, "Some values are not allowed";
    /// The route needs somebody who signed in. Sign in, or send a token or key.
    NotSignedIn = "not_signed_in", UNAUTHORIZED, "Sign in first";
    /// E-mail or password is wrong, or there is no such account. Which of these is not told.
    CredentialsInvalid = "credentials_invalid", UNAUTHORIZED, "Wrong e-mail or password";
    /// The token or key is not one of ours, or was revoked. Sign in again, or ask for a new key.
    TokenInvalid = "token_invalid", UNAUTHORIZED, "The token is not valid";
    /// The access token is too old. Get a new one with the refresh token.
    TokenExpired = "token_expired", UNAUTHORIZED, "The token has expired";
    /// The access token was signed by a key that is no longer in use here. Get a new one with the refresh token, or sign in.
    TokenKeyUnknown = "token_key_unknown", UNAUTHORIZED, "The token was signed by an old key";
    /// The session was ended: signed out, revoked, or its person may no longer sign in. Sign in again.
    SessionEnded = "session_ended", UNAUTHORIZED, "The session was ended";
    /// The refresh token was used before. Somebody may have stolen it, so the session was ended. Sign in again.
    TokenReused = "token_reused", UNAUTHORIZED, "The refresh token was used twice";
    /// The caller is known, and may not do this.
    Forbidden = "forbidden", FORBIDDEN, "You may not do this";
    /// A browser sent this from a page of another site. Open the page of this site and try again there.
    CrossSite = "cross_site", FORBIDDEN, "The request came from another site";
    /// There is no such thing here, or it is not the caller's to see.
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    /// The address exists, and `Allow` says which methods it knows.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This method is not known here";
    /// The request body did not arrive in time. Send it again over a faster connection.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// It does not fit what is there: the name is taken, or the state does not allow it. `detail` says which.
    Conflict = "conflict", CONFLICT, "This does not fit what is there";
    /// It was there, and was used up or has expired: an invitation, a link to reset a password.
    Gone = "gone", GONE, "This is no longer there";
    /// Somebody changed it since it was read. Read it again, then send the change with the new `ETag`.
    PreconditionFailed = "precondition_failed", PRECONDITION_FAILED, "It was changed in the meantime";
    /// The body is larger than this server takes.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The address is longer than this server takes.
    AddressTooLong = "address_too_long", URI_TOO_LONG, "The address is too long";
    /// The body has another `Content-Type` than the route reads. `detail` names the one it reads.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body has the wrong content type";
    /// A change needs `If-Match` with the `ETag` that was read, so that nobody's change is overwritten unseen.
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "If-Match is missing";
    /// Too many tries. `Retry-After` says in how many seconds the next one is answered.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many tries";
    /// The headers are larger than this server takes.
    HeadersTooLarge = "headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large";
    /// Our mistake. It was written down under `request_id`; tell it to whoever runs this server.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// Something that this server needs is not there now. Nothing was changed. Try again after `Retry-After`.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "Not available now";
    /// The database went away while it was saving. Whether anything was changed is not known: look before you try again.
    Undecided = "undecided", SERVICE_UNAVAILABLE, "Not known whether it was done";
    /// Many are changing the same thing at once. Nothing was changed. Try again after `Retry-After`.
    Busy = "busy", SERVICE_UNAVAILABLE, "Too much is going on at once";
    /// The server has as many requests as it can serve. This one was not looked at. Try again after `Retry-After`.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The server is full";
    /// The answer was not ready in time. Whether anything was changed is not known: look before you try again.
    TookTooLong = "took_too_long", SERVICE_UNAVAILABLE, "The answer took too long";
}

impl Code {
    /// The code for a status that some library answered with.
    pub(crate) fn of_status(status: StatusCode) -> Code {
        match status {
            StatusCode::UNAUTHORIZED => Code::NotSignedIn,
            StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
            _ => {
                let same = Code::ALL.iter().copied().find(|code| code.status() == status);
                same.unwrap_or(if status.is_server_error() {
                    Code::Internal
                } else {
                    Code::Malformed
                })
            }
        }
    }

    /// The same in gRPC's words.
    pub const fn grpc(self) -> tonic::Code {
        match self {
            Code::Malformed | Code::Invalid | Code::UnsupportedMediaType | Code::AddressTooLong => {
                tonic::Code::InvalidArgument
            }
            Code::NotSignedIn
            | Code::CredentialsInvalid
            | Code::TokenInvalid
            | Code::TokenExpired
            | Code::TokenKeyUnknown
            | Code::SessionEnded
            | Code::TokenReused => tonic::Code::Unauthenticated,
            Code::Forbidden | Code::CrossSite => tonic::Code::PermissionDenied,
            Code::NotFound | Code::Gone => tonic::Code::NotFound,
            Code::MethodNotAllowed => tonic::Code::Unimplemented,
            Code::Conflict | Code::PreconditionFailed | Code::PreconditionRequired => {
                tonic::Code::FailedPrecondition
            }
            Code::BodyTooLarge | Code::HeadersTooLarge | Code::TooManyRequests => {
                tonic::Code::ResourceExhausted
            }
            Code::RequestTimeout | Code::TookTooLong | Code::Undecided => tonic::Code::DeadlineExceeded,
            Code::Internal => tonic::Code::Internal,
            Code::Unavailable | Code::Overloaded => tonic::Code::Unavailable,
            Code::Busy => tonic::Code::Aborted,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name_an_error_status_and_a_meaning() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert!(
                Code::ALL[..at].iter().all(|other| other.name() != code.name()),
                "{code:?}"
            );
            assert!(
                code.status().is_client_error() || code.status().is_server_error(),
                "{code:?}"
            );
            assert!(code.meaning().len() > 20 && !code.title().is_empty(), "{code:?}");
        }
    }
}
