//! Text from outside, made safe and short enough to be drawn.

#[cfg(test)]
mod tests;

pub(crate) use crate::stats::format::clean;

/// `text`, [cleaned](clean), as it may stand in XML and HTML, within elements and within quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// About how wide a text is at a font size: the mean of common sans-serif fonts, on the wide side.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '|' | '.' | ',' | ':' | ';' | '\'' | '!' | ' ' | 'I' | '(' | ')' | 't'
            | 'f' => 0.36,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
            'A'..='Z' => 0.70,
            c if (c as u32) < 0x2E80 => 0.60,
            _ => 1.0,
        })
        .sum();
    em * size
}

/// `text` cut to `limit` with an ellipsis if it is wider.
pub(crate) fn cut(text: &str, size: f64, limit: f64) -> String {
    let text = clean(text);
    if width(&text, size) <= limit {
        return text;
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out, size) > limit - size {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

/// `text` in lines that are at most `limit` wide, at most `most` of them; what is left over ends in an ellipsis.
pub(crate) fn wrap(text: &str, size: f64, limit: f64, most: usize) -> Vec<String> {
    let text = clean(text);
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    let mut line = String::new();
    while let Some(word) = words.peek() {
        let longer = if line.is_empty() { (*word).to_owned() } else { format!("{line} {word}") };
        if width(&longer, size) <= limit || line.is_empty() {
            line = longer;
            words.next();
        } else if lines.len() + 1 >= most {
            let rest: Vec<&str> = words.collect();
            line = format!("{line} {}", rest.join(" "));
            break;
        } else {
            lines.push(core::mem::take(&mut line));
        }
    }
    lines.push(line);
    lines.iter().map(|line| cut(line, size, limit)).filter(|line| !line.is_empty()).collect()
}
