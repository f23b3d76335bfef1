//! SVG elements written by hand, and the frame that all plots share.

use super::{
    palette::{Colour, FAINT, GROUND, INK, STYLE},
    text::{escape, wrap},
};

/// How wide a plot is drawn, in units of which two are a pixel at its natural size: plotters places on whole units, and whole
/// pixels would make curves rough.
pub(super) const WIDTH: i32 = 1_520;
/// The margin on all sides.
pub(super) const MARGIN: i32 = 20;
/// The font size of a title.
pub(super) const TITLE: f64 = 30.0;
/// The font size of labels and ticks.
pub(super) const LABEL: f64 = 25.0;
/// How far the lines of a title or a legend lie apart.
pub(super) const LINE: i32 = 38;

/// On which side of its point a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// The elements of a picture.
#[derive(Debug, Default)]
pub(super) struct Picture {
    body: String,
}

impl Picture {
    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: Colour) {
        self.titled_rect((x, y), (width, height), fill, "");
    }

    /// A rectangle that shows `hint` under the pointer.
    pub(super) fn titled_rect(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        fill: Colour,
        hint: &str,
    ) {
        let (x, y, width, height, fill) =
            (short(x), short(y), short(width.max(0.0)), short(height.max(0.0)), fill.hex());
        self.body
            .push_str(&format!(r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}""#));
        if hint.is_empty() {
            self.body.push_str("/>\n");
        } else {
            self.body.push_str(&format!("><title>{}</title></rect>\n", escape(hint)));
        }
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Colour, dashed: bool) {
        let dash = if dashed { r#" stroke-dasharray="6 6""# } else { "" };
        self.body.push_str(&format!(
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"2\"{dash}/>\n",
            short(from.0),
            short(from.1),
            short(to.0),
            short(to.1),
            stroke.hex()
        ));
    }

    /// A text whose middle is at the height `y`.
    pub(super) fn text(&mut self, (x, y): (f64, f64), text: &str, style: Text) {
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if style.bold { r#" font-weight="bold""# } else { "" };
        let (x, y) = (short(x), short(y));
        let turn = if style.upwards { format!(r#" transform="rotate(270 {x} {y})""#) } else { String::new() };
        self.body.push_str(&format!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"0.36em\" text-anchor=\"{anchor}\" font-family=\"sans-serif\" font-size=\"{}\"{weight}{turn} fill=\"{}\">{}</text>\n",
            short(style.size),
            style.fill.hex(),
            escape(text)
        ));
    }

    /// The title at the top; the height below it.
    pub(super) fn title(&mut self, title: &str) -> i32 {
        let mut y = MARGIN;
        for line in title_lines(title) {
            let style = Text { size: TITLE, bold: true, fill: INK, ..Text::default() };
            self.text((f64::from(MARGIN), f64::from(y + LINE / 2)), &line, style);
            y += LINE;
        }
        y + 6
    }

    /// The picture as an SVG element on its ground.
    pub(super) fn finish(self, title: &str, (width, height): (i32, i32)) -> String {
        let ground = GROUND.hex();
        let head = root(title, (width, height));
        let body = self.body;
        format!(
            "{head}\n<rect x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\n{body}</svg>\n"
        )
    }
}

/// How a text is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) upwards: bool,
    pub(super) anchor: Anchor,
    pub(super) fill: Colour,
}

impl Default for Text {
    fn default() -> Self {
        Self { size: LABEL, bold: false, upwards: false, anchor: Anchor::Start, fill: FAINT }
    }
}

/// The lines of a title.
pub(super) fn title_lines(title: &str) -> Vec<String> {
    wrap(title, TITLE, f64::from(WIDTH - 2 * MARGIN), 3)
}

/// The opening tag of a plot of a size in units.
pub(super) fn root(title: &str, (width, height): (i32, i32)) -> String {
    format!(
        "<svg class=\"ml-plot\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
        width / 2,
        height / 2,
        escape(title)
    )
}

/// An SVG element with the style sheet of its own that makes it a document.
pub(super) fn standalone(svg: String) -> String {
    match svg.split_once('>') {
        Some((root, rest)) => format!("{root}>\n<style>{STYLE}</style>{rest}"),
        None => svg,
    }
}

/// A coordinate with a tenth of a unit, which nobody can see, and no more digits than that needs.
fn short(value: f64) -> String {
    if !value.is_finite() {
        return "0".into();
    }
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
