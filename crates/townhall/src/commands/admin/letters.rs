//! How letters look, with sample data: no store is opened, and nothing is sent.

use anyhow::{Context as _, anyhow, bail};
use kernel::{Clock, Language};
use post::Light;

use crate::cli::Letters;
use crate::config::Config;
use crate::letters::specimens;
use crate::nearest::hint;
use crate::print;

pub fn run(config: &Config, base: &str, command: &Letters) -> anyhow::Result<()> {
    let Letters::Preview {
        kind,
        language,
        out,
        light,
        text,
    } = command;
    let specimens = specimens(&config.registry.house, base)?;
    let kinds: Vec<&str> = specimens.all.iter().map(|specimen| specimen.kind.name).collect();
    let Some(specimen) = specimens.named(kind) else {
        let known = kinds.join(", ");
        bail!(
            "--kind {kind}: there is no such letter.{} Letters: {known}.",
            hint(kind, kinds)
        );
    };
    let language: Language = language
        .parse()
        .map_err(|_| anyhow!("--language {language}: letters are written in en and ru"))?;
    let light = match light.as_deref() {
        None => Light::AsTheReader,
        Some("day") => Light::Day,
        Some("night") => Light::Night,
        Some(other) => bail!("--light {other}: it is day or night"),
    };
    let (_, framed) = specimens.shown(specimen, language, light, Clock::system().now())?;
    let letter = if *text { framed.text } else { framed.html };
    match out {
        Some(file) => {
            std::fs::write(file, letter).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        None => print::line(letter.trim_end()),
    }
    Ok(())
}
