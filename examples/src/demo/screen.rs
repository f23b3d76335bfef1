//! Where the lines go: a terminal, where the table is redrawn in place below them; or a file or a pipe, where it is not.

use std::io::{self, IsTerminal, Stdout, Write};

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Coloured,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Good,
    Doubtful,
    Bad,
    Faint,
    Strong,
}

impl Paint {
    pub(crate) fn styled(self, text: &str, style: Style) -> String {
        let code = match style {
            Style::Good => 32,
            Style::Doubtful => 33,
            Style::Bad => 31,
            Style::Faint => 2,
            Style::Strong => 1,
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// Lines above, a footer (a table, a prompt) that stays below them.
///
/// Nothing here fails: when nobody reads any more (`cluster | head`), [`is_gone`](Self::is_gone) says so.
#[derive(Debug)]
pub(crate) struct Screen<W> {
    out: W,
    /// Whether the footer is redrawn in place.
    live: bool,
    paint: Paint,
    footer: Vec<String>,
    /// Lines of the footer that stand below the last line.
    drawn: usize,
    gone: bool,
}

impl Screen<Stdout> {
    /// Standard output.
    pub(crate) fn stdout(plain: bool) -> Self {
        let terminal =
            io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let live = terminal && !plain;
        let colours = live && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self::new(io::stdout(), live, if colours { Paint::Coloured } else { Paint::Plain })
    }
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(out: W, live: bool, paint: Paint) -> Self {
        Self { out, live, paint, footer: Vec::new(), drawn: 0, gone: false }
    }

    pub(crate) fn paint(&self) -> Paint {
        self.paint
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Nobody reads any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// A line that stays.
    pub(crate) fn line(&mut self, line: &str) {
        self.lines(&[line.to_owned()]);
    }

    /// Lines that stay.
    pub(crate) fn lines(&mut self, lines: &[String]) {
        self.draw(lines);
    }

    /// What stands below the lines from now on; without a terminal it is not shown.
    pub(crate) fn set_footer(&mut self, footer: Vec<String>) {
        if self.live && self.footer != footer {
            self.footer = footer;
            self.draw(&[]);
        }
    }

    /// In one write, so that nothing flickers. The footer's lines do not wrap: it must be known how many there are.
    fn draw(&mut self, lines: &[String]) {
        let mut text = String::new();
        if self.drawn > 0 {
            text += &format!("\x1b[{}A\r\x1b[J", self.drawn);
        }
        for line in lines {
            text += line;
            text.push('\n');
        }
        if !self.footer.is_empty() {
            text += "\x1b[?7l";
            for line in &self.footer {
                text += line;
                text.push('\n');
            }
            text += "\x1b[?7h";
        }
        self.drawn = self.footer.len();
        self.write(&text);
    }

    /// Text as it is, without a line's end.
    pub(crate) fn write(&mut self, text: &str) {
        if !self.gone {
            self.gone = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).is_err();
        }
    }
}

#[cfg(test)]
mod tests;
