//! Problems in gRPC's words.
//!
//! The code of the closed list travels as `ErrorInfo.reason` in the status details, as Google's error model has it, so
//! that a gRPC client branches on the same word as any other.

use std::sync::Arc;

use prost::Message as _;
use tonic::{Code as GrpcCode, Status};

use crate::{Code, Problem};

/// `ErrorInfo.domain` of all our errors.
const DOMAIN: &str = "townhall";

impl From<Problem> for Status {
    fn from(problem: Problem) -> Status {
        let code = problem.code().grpc();
        let message = problem.detail_text().unwrap_or(problem.code().title()).to_owned();
        let details = details(&problem, code, &message);
        let mut status = Status::with_details(code, message, details.into());
        status.set_source(Arc::new(problem));
        status
    }
}

fn details(problem: &Problem, code: GrpcCode, message: &str) -> Vec<u8> {
    let info = ErrorInfo {
        reason: problem.code().name().to_owned(),
        domain: DOMAIN.to_owned(),
    };
    let mut details = vec![pack("google.rpc.ErrorInfo", &info)];
    if !problem.errors().is_empty() {
        let violation = |error: &crate::FieldError| FieldViolation {
            field: error.field.clone(),
            description: error.message.clone(),
            reason: error.code.clone().into_owned(),
        };
        let request = BadRequest {
            field_violations: problem.errors().iter().map(violation).collect(),
        };
        details.push(pack("google.rpc.BadRequest", &request));
    }
    if let Some(seconds) = problem.retry_after_seconds() {
        let retry = RetryInfo {
            retry_delay: Some(Duration {
                seconds: i64::from(seconds),
            }),
        };
        details.push(pack("google.rpc.RetryInfo", &retry));
    }
    let status = RpcStatus {
        code: i32::from(code),
        message: message.to_owned(),
        details,
    };
    status.encode_to_vec()
}

fn pack(name: &str, message: &impl prost::Message) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{name}"),
        value: message.encode_to_vec(),
    }
}

/// The problem that a status was made of, if it was ours.
pub(crate) fn problem_of(status: &Status) -> Option<&Problem> {
    std::error::Error::source(status)?.downcast_ref::<Problem>()
}

/// How an HTTP client would be told the same; used to count and log gRPC answers beside the others.
pub(crate) fn code_of(status: &Status) -> Option<Code> {
    if let Some(problem) = problem_of(status) {
        return Some(problem.code());
    }
    Some(match status.code() {
        GrpcCode::Ok => return None,
        GrpcCode::InvalidArgument | GrpcCode::OutOfRange => Code::Invalid,
        GrpcCode::NotFound => Code::NotFound,
        GrpcCode::AlreadyExists | GrpcCode::FailedPrecondition => Code::Conflict,
        GrpcCode::PermissionDenied => Code::Forbidden,
        GrpcCode::Unauthenticated => Code::NotSignedIn,
        GrpcCode::ResourceExhausted => Code::TooManyRequests,
        GrpcCode::Unimplemented => Code::MethodNotAllowed,
        GrpcCode::Unavailable => Code::Unavailable,
        GrpcCode::Aborted => Code::Busy,
        GrpcCode::DeadlineExceeded => Code::TookTooLong,
        GrpcCode::Cancelled => Code::RequestTimeout,
        GrpcCode::Unknown | GrpcCode::Internal | GrpcCode::DataLoss => Code::Internal,
    })
}

// The few messages of google/rpc/status.proto and error_details.proto that we send.

#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
    #[prost(string, tag = "3")]
    reason: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Duration {
    #[prost(int64, tag = "1")]
    seconds: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_client_gets_the_same_code_and_fields() {
        let status = Status::from(Problem::invalid("email", "taken", "has an account already"));
        assert_eq!(status.code(), GrpcCode::InvalidArgument);
        assert_eq!(code_of(&status), Some(Code::Invalid));
        let rpc = RpcStatus::decode(status.details()).unwrap();
        assert_eq!(rpc.code, 3);
        let info = ErrorInfo::decode(rpc.details[0].value.as_slice()).unwrap();
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            ("invalid", "townhall")
        );
        let request = BadRequest::decode(rpc.details[1].value.as_slice()).unwrap();
        assert_eq!(request.field_violations[0].field, "email");
        assert_eq!(request.field_violations[0].reason, "taken");
    }
}
