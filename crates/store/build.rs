//! Lists the files of `migrations/` for embedding, so that a new migration is a new file and nothing else.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?)
        .join("../../migrations")
        .canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    let mut list = String::from("&[\n");
    let mut last = 0;
    for path in &files {
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or("a migration's name is not UTF-8")?;
        let (number, name) = stem
            .split_once('_')
            .ok_or(format!("{stem}: expected NNNN_name.sql"))?;
        let version: i64 = number
            .parse()
            .map_err(|_| format!("{stem}: expected NNNN_name.sql"))?;
        if number.len() != 4 || version <= last {
            return Err(format!("{stem}: the four digits must be new and greater than {last:04}").into());
        }
        last = version;
        writeln!(
            list,
            "    Migration {{ version: {version}, name: {name:?}, text: include_str!({path:?}) }},"
        )?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}
