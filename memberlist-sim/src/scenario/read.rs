//! Reading TOML so that whatever is wrong can be said of the place where it stands.

use super::problem::Problem;
use core::{ops::Range, time::Duration};
use toml::de::{DeTable, DeValue};

type Result<T> = core::result::Result<T, Problem>;

/// A value of the file, with its name and its place.
#[derive(Clone, Debug)]
pub(super) struct Field<'a> {
    pub(super) name: String,
    pub(super) span: Range<usize>,
    pub(super) value: &'a DeValue<'a>,
}

/// A table of the file.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    name: String,
    pub(super) span: Range<usize>,
    table: &'a DeTable<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(name: String, span: Range<usize>, table: &'a DeTable<'a>) -> Self {
        Self { name, span, table }
    }

    fn full_name(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// The field, if it is there.
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let value = self.table.get(key)?;
        Some(Field { name: self.full_name(key), span: value.span(), value: value.get_ref() })
    }

    /// The field, which must be there.
    pub(super) fn need(&self, key: &str) -> Result<Field<'a>> {
        self.get(key).ok_or_else(|| self.wrong(key, format!("`{key}` is missing")))
    }

    /// The field read by this, or the default.
    pub(super) fn or<T>(
        &self,
        key: &str,
        default: T,
        read: impl FnOnce(&Field<'a>) -> Result<T>,
    ) -> Result<T> {
        self.get(key).map_or(Ok(default), |field| read(&field))
    }

    /// The field read by this, if it is there.
    pub(super) fn maybe<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Field<'a>) -> Result<T>,
    ) -> Result<Option<T>> {
        self.get(key).map(|field| read(&field)).transpose()
    }

    /// All fields, in the order of the file.
    pub(super) fn all(&self) -> Vec<(String, Range<usize>, Field<'a>)> {
        let mut all: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                let name = self.full_name(key.get_ref());
                let field = Field { name, span: value.span(), value: value.get_ref() };
                (key.get_ref().to_string(), key.span(), field)
            })
            .collect();
        all.sort_by_key(|(_, span, _)| span.start);
        all
    }

    /// Something is wrong with this field as a whole; if it is not there, with the table.
    pub(super) fn wrong(&self, key: &str, message: String) -> Problem {
        let span = self.table.get(key).map_or_else(|| self.span.clone(), |value| value.span());
        Problem { span, field: self.full_name(key), message }
    }

    /// A problem for each field that is not one of these.
    pub(super) fn unknown(&self, known: &[&str]) -> Vec<Problem> {
        self.all()
            .into_iter()
            .filter(|(key, ..)| !known.contains(&key.as_str()))
            .map(|(key, span, field)| Problem {
                span,
                field: field.name,
                message: format!("there is no such field; {}", instead(&key, known)),
            })
            .collect()
    }

    /// As [`unknown`](Self::unknown), the first one as an error.
    pub(super) fn only(&self, known: &[&str]) -> Result<()> {
        self.unknown(known).into_iter().next().map_or(Ok(()), Err)
    }
}

impl<'a> Field<'a> {
    pub(super) fn wrong(&self, message: impl Into<String>) -> Problem {
        Problem { span: self.span.clone(), field: self.name.clone(), message: message.into() }
    }

    fn expected(&self, what: &str) -> Problem {
        let found = match self.value {
            DeValue::String(text) => format!("the text \"{text}\""),
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(flag) => format!("{flag}"),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.wrong(format!("expected {what}, found {found}"))
    }

    pub(super) fn text(&self) -> Result<&'a str> {
        match self.value {
            DeValue::String(text) => Ok(text),
            _ => Err(self.expected("a text in quotes")),
        }
    }

    pub(super) fn flag(&self) -> Result<bool> {
        match self.value {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.expected("true or false")),
        }
    }

    /// A whole number in this range.
    pub(super) fn count(&self, range: core::ops::RangeInclusive<u64>) -> Result<u64> {
        let (low, high) = (*range.start(), *range.end());
        match self.value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .filter(|number| range.contains(number))
                .ok_or_else(|| self.wrong(format!("{number} is not possible: use {low} to {high}"))),
            _ => Err(self.expected(&format!("a whole number ({low} to {high})"))),
        }
    }

    pub(super) fn number(&self) -> Result<f64> {
        let text = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(self.expected("a number")),
        };
        text.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| self.expected("a number"))
    }

    /// A time such as `"1m 30s"`.
    pub(super) fn time(&self) -> Result<Duration> {
        const WHAT: &str = "a time such as \"500ms\" or \"1m 30s\"";
        match self.value {
            DeValue::String(text) => time(text).ok_or_else(|| self.expected(WHAT)),
            _ => Err(self.expected(WHAT)),
        }
    }

    /// As [`time`](Self::time), longer than nothing.
    pub(super) fn some_time(&self) -> Result<Duration> {
        let time = self.time()?;
        if time.is_zero() { Err(self.wrong("must be longer than 0")) } else { Ok(time) }
    }

    /// A part of a whole: `0.05` or `"5%"`.
    pub(super) fn part(&self) -> Result<f64> {
        let part = match self.value {
            DeValue::String(text) => {
                percentage(text).ok_or_else(|| self.expected("a number, or a text such as \"5%\""))?
            }
            DeValue::Integer(_) | DeValue::Float(_) => self.number()?,
            _ => return Err(self.expected("a number (0.0 to 1.0), or a text such as \"5%\"")),
        };
        if (0.0..=1.0).contains(&part) {
            Ok(part)
        } else {
            Err(self.wrong(format!("{part} is not possible: use 0.0 to 1.0, or \"0%\" to \"100%\"")))
        }
    }

    pub(super) fn list(&self) -> Result<Vec<Field<'a>>> {
        match self.value {
            DeValue::Array(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(n, item)| Field {
                    name: format!("{}[{n}]", self.name),
                    span: item.span(),
                    value: item.get_ref(),
                })
                .collect()),
            _ => Err(self.expected("a list")),
        }
    }

    pub(super) fn table(&self) -> Result<Fields<'a>> {
        match self.value {
            DeValue::Table(table) => Ok(Fields::new(self.name.clone(), self.span.clone(), table)),
            _ => Err(self.expected("a table")),
        }
    }

    /// One of these words.
    pub(super) fn word(&self, words: &[&'static str]) -> Result<&'static str> {
        let text = self.text()?;
        words
            .iter()
            .find(|word| **word == text)
            .copied()
            .ok_or_else(|| self.wrong(format!("\"{text}\" is not known; {}", instead(text, words))))
    }
}

/// A time as people write it.
pub(crate) fn time(text: &str) -> Option<Duration> {
    use serde::de::{IntoDeserializer, value::Error};
    let text: serde::de::value::StrDeserializer<'_, Error> = text.into_deserializer();
    humantime_serde::deserialize(text).ok()
}

/// `"5%"` is 0.05.
pub(crate) fn percentage(text: &str) -> Option<f64> {
    text.trim().strip_suffix('%')?.trim().parse::<f64>().ok().map(|percent| percent / 100.0)
}

/// What to write instead of a word that is not known.
pub(crate) fn instead(word: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|other| (distance(word, other), *other))
        .filter(|(distance, other)| *distance <= (word.len().max(other.len()) / 3).max(1))
        .min();
    match near {
        Some((_, near)) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.join(", ")),
    }
}

/// How many characters must be changed, added, left out or swapped with their neighbour to get from one to the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut older: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let of = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut best =
                (of(&above, j) + usize::from(x != y)).min(of(&above, j + 1) + 1).min(of(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                best = best.min(of(&older, j - 1) + 1);
            }
            row.push(best);
        }
        older = core::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
