//! A strict check that a text is well-formed XML, for tests of what is written as SVG and HTML.

/// An element that was met: its name, its attributes, and how deep it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) depth: usize,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The elements of a well-formed document in their order; an error says what is wrong and where.
pub(crate) fn check(document: &str) -> Result<Vec<Element>, String> {
    let forbidden =
        |c: char| c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if let Some(c) = document.chars().find(|c| forbidden(*c)) {
        return Err(format!("forbidden character {c:?}"));
    }
    let mut rest = document.strip_prefix("<!DOCTYPE html>\n").unwrap_or(document);
    let mut open: Vec<String> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    while !rest.is_empty() {
        let here = || rest.chars().take(60).collect::<String>();
        let Some(text) = rest.strip_prefix('<') else {
            let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            if open.is_empty() && !text.trim().is_empty() {
                return Err(format!("text outside of the root: {}", here()));
            }
            check_text(text)?;
            rest = after;
            continue;
        };
        if let Some(closing) = text.strip_prefix('/') {
            let (name, after) = closing.split_once('>').ok_or_else(|| format!("unclosed tag: {}", here()))?;
            if open.pop().as_deref() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            rest = after;
            continue;
        }
        if open.is_empty() && !elements.is_empty() {
            return Err(format!("second root: {}", here()));
        }
        let (element, closed, after) = tag(text, open.len()).map_err(|what| format!("{what}: {}", here()))?;
        if !closed {
            open.push(element.name.clone());
        }
        elements.push(element);
        rest = after;
    }
    match open.pop() {
        Some(name) => Err(format!("<{name}> is not closed")),
        None if elements.is_empty() => Err("no element".into()),
        None => Ok(elements),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_'))
}

fn tag(text: &str, depth: usize) -> Result<(Element, bool, &str), &'static str> {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').ok_or("unclosed tag")?;
    let (name, mut rest) = text.split_at(end);
    if !is_name(name) {
        return Err("no name");
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    loop {
        let trimmed = rest.trim_start();
        if let Some(after) = trimmed.strip_prefix("/>") {
            return Ok((Element { name: name.into(), attributes, depth }, true, after));
        }
        if let Some(after) = trimmed.strip_prefix('>') {
            return Ok((Element { name: name.into(), attributes, depth }, false, after));
        }
        if trimmed.len() == rest.len() {
            return Err("no space before an attribute");
        }
        let (key, after) = trimmed.split_once("=\"").ok_or("attribute without a quoted value")?;
        let (value, after) = after.split_once('"').ok_or("unclosed value")?;
        if !is_name(key) || attributes.iter().any(|(known, _)| known == key) {
            return Err("wrong or repeated attribute");
        }
        if value.contains('<') || check_text(value).is_err() {
            return Err("unescaped value");
        }
        attributes.push((key.into(), value.into()));
        rest = after;
    }
}

fn check_text(text: &str) -> Result<(), String> {
    if text.contains("]]>") {
        return Err("]]> in text".into());
    }
    for after in text.split('&').skip(1) {
        let entity = after.split_once(';').map(|(entity, _)| entity).unwrap_or_default();
        let known = matches!(entity, "amp" | "lt" | "gt" | "quot" | "apos");
        let number = entity.strip_prefix('#').is_some_and(|n| n.parse::<u32>().is_ok());
        if !known && !number {
            return Err(format!("unescaped &: {}", after.chars().take(20).collect::<String>()));
        }
    }
    Ok(())
}

#[test]
fn checker_knows_right_from_wrong() {
    assert_eq!(check("<a b=\"c\"><d/>e &amp; &#39;</a>\n").unwrap().len(), 2);
    for wrong in [
        "",
        "a",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a>&</a>",
        "<a>&x;</a>",
        "<a b></a>",
        "<a b=c/>",
        "<a b=\"<\"/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a b=\"1\"c=\"2\"/>",
        "<a><1/></a>",
        "<a>\u{1b}</a>",
        "<a/>text",
        "<a",
        "<a><!-- --></a>",
    ] {
        assert!(check(wrong).is_err(), "{wrong}");
    }
}
