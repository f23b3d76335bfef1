use super::*;

/// The contrast of two colours after WCAG 2: from 1 to 21.
fn contrast(a: Colour, b: Colour) -> f64 {
    let (a, b) = (a.luminance(), b.luminance());
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What the style sheet makes of a colour in the dark.
fn in_the_dark(colour: Colour) -> Colour {
    let hex = colour.hex();
    let rule = STYLE.lines().find_map(|line| {
        line.strip_prefix(&format!("svg.ml-plot [fill='{hex}']{{fill:#"))
            .or_else(|| line.strip_prefix(&format!("svg.ml-plot [stroke='{hex}']{{stroke:#")))
    });
    rule.map_or(colour, |rest| {
        let part = |at: usize| u8::from_str_radix(&rest[at..at + 2], 16).unwrap();
        Colour(part(0), part(2), part(4))
    })
}

#[test]
fn contrast_is_that_of_its_definition() {
    assert!((contrast(Colour(0, 0, 0), Colour(255, 255, 255)) - 21.0).abs() < 1e-9);
    // #777777 on white is the well-known value just short of 4.5.
    assert!((contrast(Colour(0x77, 0x77, 0x77), Colour(255, 255, 255)) - 4.48).abs() < 0.01);
}

/// WCAG 2.1 asks for 4.5 for text (1.4.3), and for 3 for graphics (1.4.11).
#[test]
fn text_and_lines_stand_out_from_the_ground_in_light_and_dark() {
    let dark = in_the_dark(GROUND);
    assert!(dark.luminance() < 0.02);
    for text in [INK, FAINT] {
        assert!(contrast(text, GROUND) >= 4.5 && contrast(in_the_dark(text), dark) >= 4.5, "{text:?}");
    }
    for line in SERIES {
        assert!(contrast(line, GROUND) >= 3.0 && contrast(in_the_dark(line), dark) >= 3.0, "{line:?}");
    }
    for state in [DEAD, DOWN, PAUSED] {
        assert!(contrast(state, GROUND) >= 3.0 && contrast(in_the_dark(state), dark) >= 3.0, "{state:?}");
    }
}

/// As an eye without red or without green cones sees it: the linear model of Machado, Oliveira and Fernandes (2009), severity 1, applied to
/// linear light.
fn seen_by(matrix: [[f64; 3]; 3], colour: Colour) -> [f64; 3] {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { libm::pow((part + 0.055) / 1.055, 2.4) }
    };
    let parts = [linear(colour.0), linear(colour.1), linear(colour.2)];
    let rgb = matrix.map(|row| row.iter().zip(parts).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0));
    oklab(rgb)
}

/// Björn Ottosson's Oklab (2020), in which distance is about difference to the eye.
fn oklab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let l = libm::cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b);
    let m = libm::cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b);
    let s = libm::cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b);
    [
        0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s,
    ]
}

const PROTAN: [[f64; 3]; 3] =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTAN: [[f64; 3]; 3] =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];

fn least_difference(colours: &[Colour], matrix: [[f64; 3]; 3]) -> f64 {
    let mut least = f64::INFINITY;
    for (index, a) in colours.iter().enumerate() {
        for b in &colours[index + 1..] {
            let (a, b) = (seen_by(matrix, *a), seen_by(matrix, *b));
            least = least.min(libm::sqrt(a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()));
        }
    }
    least
}

#[test]
fn beliefs_and_the_first_series_differ_without_red_or_green_cones() {
    let beliefs = [ALIVE, SUSPECT, DEAD, LEFT, DOWN];
    for matrix in [PROTAN, DEUTAN] {
        for dark in [false, true] {
            let seen = |colours: &[Colour]| {
                let colours: Vec<_> =
                    colours.iter().map(|c| if dark { in_the_dark(*c) } else { *c }).collect();
                least_difference(&colours, matrix)
            };
            // About 0.02 is just noticeable, side by side.
            assert!(seen(&beliefs) > 0.07, "beliefs, dark {dark}: {}", seen(&beliefs));
            assert!(seen(&SERIES[..4]) > 0.1, "series, dark {dark}: {}", seen(&SERIES[..4]));
        }
    }
}

#[test]
fn heat_gets_darker_all_the_way() {
    let shades: Vec<f64> = (0..=100).map(|step| heat(f64::from(step) / 100.0).luminance()).collect();
    assert!(shades.windows(2).all(|pair| pair[0] > pair[1]));
    assert_eq!((heat(-1.0), heat(f64::NAN), heat(9.0)), (heat(0.0), heat(0.0), heat(1.0)));
}

#[test]
fn every_series_but_the_first_has_dashes_of_its_own() {
    let dashes = |colour: &Colour| {
        let begin = format!("svg.ml-plot polyline[stroke='{}']{{stroke-dasharray:", colour.hex());
        STYLE.lines().find_map(|line| line.strip_prefix(&begin)).map(str::to_owned)
    };
    let mut found: Vec<_> = SERIES.iter().map(dashes).collect();
    assert_eq!(found[0], None);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), SERIES.len());
}
