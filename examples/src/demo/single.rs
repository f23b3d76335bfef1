//! One node in a process of its own.
use super::args::Single;
pub(crate) async fn run(args: Single) -> Result<bool, String> {
    let _ = args;
    Ok(true)
}
