use super::Failure;
use std::{
    io::{ErrorKind, Write},
    path::Path,
};

/// Writes text to standard output. A reader that has gone away (`| head`) is no error: nobody wants to read on.
///
/// # Errors
/// If it can't be written for another reason.
pub fn show(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("can't write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a file that the user asked for; makes its directory if need be.
///
/// # Errors
/// If it can't be written.
pub fn write_file(path: &Path, contents: &str) -> Result<(), Failure> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)
            .map_err(|error| Failure::new(format!("can't create {}: {error}", parent.display())))?;
    }
    std::fs::write(path, contents)
        .map_err(|error| Failure::new(format!("can't write {}: {error}", path.display())))
}
