//! Writes `crates/wire/src` from `proto/`: the code and the descriptors that gRPC reflection shows.
//!
//! The result is checked in, so building the house needs neither this chore nor protoc, and a change of the wire is
//! seen in a review. A test fails when the two are not the same.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

const WIRE: &str = "crates/wire/src";
const DESCRIPTORS: &str = "descriptors.bin";

pub fn run() -> Result<bool> {
    let root = crate::root();
    for file in generated(&root)? {
        let path = root.join(WIRE).join(&file.name);
        fs::write(&path, &file.bytes).with_context(|| format!("cannot write {}", path.display()))?;
        crate::say(path.display());
    }
    Ok(true)
}

/// A file of `crates/wire/src` as the protos say it should be.
struct Generated {
    name: String,
    bytes: Vec<u8>,
}

fn generated(root: &Path) -> Result<Vec<Generated>> {
    let folder = root.join("proto");
    let mut protos = Vec::new();
    collect(&folder, &mut protos)?;
    protos.sort();
    let mut compiler = protox::Compiler::new([&folder])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files(&protos)?;
    let out = tempfile::tempdir()?;
    tonic_prost_build::configure()
        .emit_rerun_if_changed(false)
        .out_dir(out.path())
        .compile_fds(compiler.file_descriptor_set())?;
    let bytes = compiler.encode_file_descriptor_set();
    let mut files = vec![Generated {
        name: DESCRIPTORS.to_owned(),
        bytes,
    }];
    for entry in fs::read_dir(out.path())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.push(Generated {
            name,
            bytes: fs::read(entry.path())?,
        });
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_code_is_what_the_protos_say() {
        let root = crate::root();
        for file in generated(&root).unwrap() {
            let there = fs::read(root.join(WIRE).join(&file.name)).unwrap_or_default();
            assert!(
                there == file.bytes,
                "{} is not up to date; run `cargo xtask codegen`",
                file.name
            );
        }
    }
}
