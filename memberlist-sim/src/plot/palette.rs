//! The colours, in light and in dark.

use plotters::style::RGBColor;

#[cfg(test)]
mod tests;

/// A colour by its red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

impl Colour {
    /// As it stands in an attribute: exactly as plotters writes it, so that the style sheet finds both.
    pub(super) fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }

    /// How light it is to the eye, from 0 to 1 (the relative luminance of WCAG 2).
    pub(super) fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { libm::pow((part + 0.055) / 1.055, 2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

impl From<Colour> for RGBColor {
    fn from(colour: Colour) -> Self {
        Self(colour.0, colour.1, colour.2)
    }
}

/// The ground of a plot.
pub(super) const GROUND: Colour = Colour(0xFF, 0xFF, 0xFF);
/// Text.
pub(super) const INK: Colour = Colour(0x1F, 0x23, 0x28);
/// Lesser text, and the axes.
pub(super) const FAINT: Colour = Colour(0x59, 0x63, 0x6E);
/// The lines of the grid.
pub(super) const GRID: Colour = Colour(0xD8, 0xDE, 0xE4);

/// The series: blue, vermilion, green, purple, ochre, grey (after Okabe and Ito, *Color Universal Design*, 2008, darkened where they are too
/// light for a line on white, or too near to one another without red or green cones).
pub(super) const SERIES: [Colour; 6] = [
    Colour(0x00, 0x72, 0xB2),
    Colour(0xD5, 0x5E, 0x00),
    Colour(0x00, 0x9E, 0x73),
    Colour(0x8E, 0x2F, 0x6E),
    Colour(0x8F, 0x64, 0x00),
    Colour(0x4A, 0x50, 0x57),
];

/// What is believed of a node: alive, suspect, dead, left, down. They go from light to dark as things get worse.
pub(super) const ALIVE: Colour = Colour(0x8C, 0xC5, 0xEA);
pub(super) const SUSPECT: Colour = Colour(0xF0, 0xA5, 0x00);
pub(super) const DEAD: Colour = Colour(0xB0, 0x30, 0x1C);
pub(super) const LEFT: Colour = Colour(0xA0, 0xA6, 0xAD);
pub(super) const DOWN: Colour = Colour(0x3D, 0x43, 0x4A);
pub(super) const PAUSED: Colour = Colour(0x9A, 0x6F, 0xB8);

/// The colour of the series at `index`; after the last they begin again.
pub(super) fn series(index: usize) -> Colour {
    SERIES[index % SERIES.len()]
}

/// The colour of a heat map at `share` of its scale, from pale yellow through green to dark blue. The same in light and dark: the
/// figures in the cells choose their ink by it.
pub(super) fn heat(share: f64) -> Colour {
    // Samples of "viridis" (van der Walt and Smith, 2015), turned round: much is dark.
    const STOPS: [Colour; 6] = [
        Colour(0xFD, 0xE7, 0x25),
        Colour(0x7A, 0xD1, 0x51),
        Colour(0x22, 0xA8, 0x84),
        Colour(0x2A, 0x78, 0x8E),
        Colour(0x41, 0x44, 0x87),
        Colour(0x44, 0x01, 0x54),
    ];
    let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
    let place = share * (STOPS.len() - 1) as f64;
    let index = (place as usize).min(STOPS.len() - 2);
    let (from, to, part) = (STOPS[index], STOPS[index + 1], place - index as f64);
    let mix = |a: u8, b: u8| libm::round(f64::from(a) + (f64::from(b) - f64::from(a)) * part) as u8;
    Colour(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// The style sheet of the plots. The attributes in the SVG hold the colours for light, so that a renderer that knows no style sheets
/// is served too.
pub(crate) const STYLE: &str = "\
svg.ml-plot{max-width:100%;height:auto;background:#FFFFFF;font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}
svg.ml-plot text{font-family:inherit;font-variant-numeric:tabular-nums}
svg.ml-plot polyline{stroke-linejoin:round}
svg.ml-plot polyline[stroke='#D55E00']{stroke-dasharray:14 6}
svg.ml-plot polyline[stroke='#009E73']{stroke-dasharray:4 5}
svg.ml-plot polyline[stroke='#8E2F6E']{stroke-dasharray:16 5 4 5}
svg.ml-plot polyline[stroke='#8F6400']{stroke-dasharray:8 4}
svg.ml-plot polyline[stroke='#4A5057']{stroke-dasharray:2 3}
@media screen and (prefers-color-scheme:dark){
svg.ml-plot{background:#0D1117}
svg.ml-plot [fill='#FFFFFF']{fill:#0D1117}
svg.ml-plot [fill='#1F2328']{fill:#E6EDF3}
svg.ml-plot [stroke='#1F2328']{stroke:#E6EDF3}
svg.ml-plot [fill='#59636E']{fill:#9AA4AF}
svg.ml-plot [stroke='#59636E']{stroke:#9AA4AF}
svg.ml-plot [stroke='#D8DEE4']{stroke:#2B323A}
svg.ml-plot [fill='#D8DEE4']{fill:#2B323A}
svg.ml-plot [fill='#0072B2']{fill:#4AA8E0}
svg.ml-plot [stroke='#0072B2']{stroke:#4AA8E0}
svg.ml-plot [fill='#D55E00']{fill:#FF8A3D}
svg.ml-plot [stroke='#D55E00']{stroke:#FF8A3D}
svg.ml-plot [fill='#009E73']{fill:#2CC295}
svg.ml-plot [stroke='#009E73']{stroke:#2CC295}
svg.ml-plot [fill='#8E2F6E']{fill:#F7C6E3}
svg.ml-plot [stroke='#8E2F6E']{stroke:#F7C6E3}
svg.ml-plot [fill='#8F6400']{fill:#F0C24B}
svg.ml-plot [stroke='#8F6400']{stroke:#F0C24B}
svg.ml-plot [fill='#4A5057']{fill:#C9D1D9}
svg.ml-plot [stroke='#4A5057']{stroke:#C9D1D9}
svg.ml-plot [fill='#8CC5EA']{fill:#2A6FB5}
svg.ml-plot [fill='#B0301C']{fill:#F0503C}
svg.ml-plot [fill='#A0A6AD']{fill:#7A828B}
svg.ml-plot [fill='#3D434A']{fill:#E6EDF3}
}
";
