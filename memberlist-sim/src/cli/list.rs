use super::{Failure, Outcome, Verdict, show};
use crate::scenario::{SHIPPED, shipped};
use core::fmt::Write;

/// What `list` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show the file of this scenario: the best start for your own
    scenario: Option<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    if let Some(name) = &args.scenario {
        show(shipped(name)?)?;
        return Ok(Verdict::Holds);
    }
    let width = SHIPPED.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, file) in SHIPPED {
        let file: toml::Table = toml::from_str(file)?;
        let about = file.get("about").and_then(toml::Value::as_str);
        let about = about.ok_or_else(|| Failure::new(format!("`{name}` does not say what it is about")))?;
        let _ = writeln!(text, "{name:width$}  {about}");
    }
    show(&text)?;
    Ok(Verdict::Holds)
}
