//! Protobuf code, generated from `proto/` by `cargo xtask codegen` and checked in. Nothing here is written by hand but
//! this list of packages.

pub mod calendar {
    //! `townhall.calendar`

    #[allow(clippy::all, clippy::pedantic, reason = "generated")]
    #[allow(unused_qualifications, rust_2018_idioms, reason = "generated")]
    pub mod v1 {
        //! `townhall.calendar.v1`
        include!("townhall.calendar.v1.rs");
    }
}

pub mod registry {
    //! `townhall.registry`

    #[allow(clippy::all, clippy::pedantic, reason = "generated")]
    #[allow(unused_qualifications, rust_2018_idioms, reason = "generated")]
    pub mod v1 {
        //! `townhall.registry.v1`
        include!("townhall.registry.v1.rs");
    }
}

pub mod segments {
    //! `townhall.segments`

    #[allow(clippy::all, clippy::pedantic, reason = "generated")]
    #[allow(unused_qualifications, rust_2018_idioms, reason = "generated")]
    pub mod v1 {
        //! `townhall.segments.v1`
        include!("townhall.segments.v1.rs");
    }
}

/// All packages as an encoded `FileDescriptorSet`: what gRPC reflection shows.
pub const DESCRIPTORS: &[u8] = include_bytes!("descriptors.bin");
