use indicatif::{ProgressBar, ProgressStyle};

/// A bar on standard error that says how far long work has come; nothing if that is not a terminal.
///
/// It shows, and measures, nothing that reaches a result.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many steps of work.
    #[must_use]
    pub fn new(steps: usize, work: &str) -> Self {
        use std::io::IsTerminal;
        if steps < 2 || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(steps as u64).with_message(work.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} {eta}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// One step is done.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
