//! Numbers as text, for tables, axes and messages: the same on every machine and in every locale.
//!
//! A space stands between number and unit, a comma between thousands, a point before decimals.

use core::time::Duration;

#[cfg(test)]
mod tests;

/// What a table shows where there is no value.
pub const NOTHING: &str = "–";

/// `value` with `digits` significant digits, but never fewer than the whole part has: 12.2, 0.00153, 18,240.
///
/// At 10¹⁵ and above, and under 10⁻⁶, as a power of ten: 1.5e-9. What is not finite is written as ∞, −∞ or –.
pub fn significant(value: f64, digits: usize) -> String {
    let digits = digits.clamp(1, 15);
    if value.is_nan() {
        return NOTHING.into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    if value == 0.0 {
        return "0".into();
    }
    // The exponent after rounding: 9.996 with three digits is 10.0 and not 10.00.
    let scientific = format!("{value:.*e}", digits - 1);
    let exponent: i32 = scientific.rsplit('e').next().and_then(|text| text.parse().ok()).unwrap_or(0);
    if !(-6..15).contains(&exponent) {
        return scientific.replace('-', "−").replacen("e−", "e-", 1);
    }
    decimals(value, (digits as i32 - 1 - exponent).max(0) as usize)
}

/// `value` with exactly `places` decimals, and commas between thousands.
pub fn decimals(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return significant(value, 1);
    }
    let text = format!("{:.*}", places.min(30), value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let mut out = String::new();
    if value < 0.0 && !zero {
        out.push('−');
    }
    group(whole, &mut out);
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A count with commas between thousands: 339,002.
pub fn count(value: u64) -> String {
    let mut out = String::new();
    group(&value.to_string(), &mut out);
    out
}

/// A fraction as a percentage with three significant digits: 0.0153 is 1.53 %.
pub fn percent(fraction: f64) -> String {
    with_unit(fraction * 100.0, "%")
}

/// A duration with three significant digits in the unit that suits it: 250 µs, 12.2 s, 2 min 05 s, 3 h 07 min, 2 d 04 h.
pub fn duration(value: Duration) -> String {
    seconds(value.as_secs_f64())
}

/// [`duration`] for a number of seconds, which may be negative.
pub fn seconds(value: f64) -> String {
    let size = value.abs();
    if !size.is_finite() || size == 0.0 {
        return with_unit(value, "s");
    }
    // The limits lie where rounding to three digits would reach the next unit.
    if size < 999.5e-9 {
        return with_unit(value * 1e9, "ns");
    }
    if size < 999.5e-6 {
        return with_unit(value * 1e6, "µs");
    }
    if size < 0.9995 {
        return with_unit(value * 1e3, "ms");
    }
    if size < 119.5 {
        return with_unit(value, "s");
    }
    if size >= 1e12 {
        return with_unit(value / 86_400.0, "d");
    }
    let sign = if value < 0.0 { "−" } else { "" };
    let (big, small, unit, part) = if size < 7_199.5 {
        (60, 1, "min", "s")
    } else if size < 172_770.0 {
        (3_600, 60, "h", "min")
    } else {
        (86_400, 3_600, "d", "h")
    };
    let parts = libm::round(size / f64::from(small)) as u64;
    let per = u64::from((big / small) as u32);
    format!("{sign}{} {unit} {:02} {part}", count(parts / per), parts % per)
}

/// Bytes in decimal multiples, as networks are measured: 1.30 kB, 7.30 MB. Whole bytes below 1,000.
pub fn bytes(value: f64) -> String {
    scaled(value, 1_000.0, &["B", "kB", "MB", "GB", "TB", "PB"])
}

/// Bytes in binary multiples, as memory is measured: 1.30 KiB, 149 GiB.
pub fn bytes_binary(value: f64) -> String {
    scaled(value, 1_024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

/// A count in a few characters, for axes and headings: 950, 1.2 k, 435 M.
pub fn compact(value: f64) -> String {
    scaled(value, 1_000.0, &["", "k", "M", "G", "T", "P"])
}

/// What `write` makes of a value, or a dash if there is none.
pub fn or_nothing<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| NOTHING.into(), write)
}

/// `text` as one line without characters that XML forbids, that a terminal obeys, or that would disturb a line: control characters, non-characters, and those that
/// change the direction of what follows. Each becomes a replacement character; white space becomes a space.
pub fn clean(text: &str) -> String {
    let replace = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' => {
            '\u{FFFD}'
        }
        '\u{FFFE}' | '\u{FFFF}' | '\u{FDD0}'..='\u{FDEF}' => '\u{FFFD}',
        c if c.is_control() || (c as u32) & 0xFFFE == 0xFFFE => '\u{FFFD}',
        c => c,
    };
    text.chars().map(replace).collect()
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    if !value.is_finite() {
        return with_unit(value, "");
    }
    let mut scaled = value;
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or("");
    while scaled.abs() >= step * 0.9995 {
        let Some(next) = units.next() else { break };
        unit = next;
        scaled /= step;
    }
    with_unit(scaled, unit)
}

fn with_unit(value: f64, unit: &str) -> String {
    let mut text = significant(value, 3);
    // Whole numbers need no decimals: 2 s, not 2.00 s, but 12.0 stays beside 12.2 where it was rounded.
    if value == libm::round(value)
        && let Some((whole, _)) = text.split_once('.')
    {
        text.truncate(whole.len());
    }
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

/// Writes `digits` with a comma between thousands.
fn group(digits: &str, out: &mut String) {
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
}
