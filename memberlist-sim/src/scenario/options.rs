//! Options of the protocol from presets and single fields.

use super::{
    problem::Problem,
    read::{Fields, instead},
};
use memberlist_proto::Options;
use toml::{Table, Value};

/// A field of the options that can't be set like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("option `{field}`: {problem}")]
pub struct InvalidOption {
    /// The field.
    pub field: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

pub(super) const PRESETS: [&str; 3] = ["lan", "wan", "local"];

/// The preset of this name: `lan`, `wan` or `local`.
#[must_use]
pub fn preset(name: &str) -> Option<Options> {
    match name {
        "lan" => Some(Options::lan()),
        "wan" => Some(Options::wan()),
        "local" => Some(Options::local()),
        _ => None,
    }
}

fn as_table(options: &Options) -> Table {
    // What is plain data can be written as a table.
    Table::try_from(options).unwrap_or_default()
}

/// Sets a field by its name, without looking at how it goes with the others.
fn set(options: &Options, field: &str, value: Value) -> Result<Options, InvalidOption> {
    let mut table = as_table(options);
    let refuse = |problem: String| InvalidOption { field: field.to_owned(), problem };
    if !table.contains_key(field) {
        let fields: Vec<&str> = table.keys().map(String::as_str).collect();
        return Err(refuse(format!("there is no such option; {}", instead(field, &fields))));
    }
    table.insert(field.to_owned(), value);
    table.try_into().map_err(|error: toml::de::Error| refuse(error.message().to_owned()))
}

/// Sets a field from text, as in `probe_interval=2s`, without looking at how it goes with the others: see [`Options::validate`].
///
/// # Errors
/// If there is no such field, or it can't have such a value.
pub fn override_option(options: &Options, field: &str, text: &str) -> Result<Options, InvalidOption> {
    let plain = Value::String(text.to_owned());
    let value = match format!("value = {text}").parse::<Table>() {
        Ok(mut table) => table.remove("value").unwrap_or(plain),
        Err(_) => plain,
    };
    set(options, field, value)
}

/// The section `[options]`.
pub(super) fn read(fields: &Fields<'_>) -> Result<(Options, &'static str), Vec<Problem>> {
    let mut problems = Vec::new();
    let name = fields
        .or("preset", "lan", |field| field.word(&PRESETS))
        .unwrap_or_else(|problem| keep(&mut problems, problem, "lan"));
    let mut options = preset(name).unwrap_or_default();
    for (key, span, field) in fields.all().into_iter().filter(|(key, ..)| key != "preset") {
        // Of an option that does not exist the name is marked, else the value.
        let span = if as_table(&options).contains_key(&key) { field.span.clone() } else { span };
        options = set(&options, &key, owned(field.value)).unwrap_or_else(|error| {
            keep(&mut problems, Problem { span, field: field.name, message: error.problem }, options)
        });
    }
    if problems.is_empty() {
        options.validate().map_err(|error| vec![fields.wrong(error.field, error.problem)])?;
        return Ok((options, name));
    }
    Err(problems)
}

/// Keeps a problem, and goes on with what there was.
fn keep<T>(problems: &mut Vec<Problem>, problem: Problem, instead: T) -> T {
    problems.push(problem);
    instead
}

/// A value without its place.
fn owned(value: &toml::de::DeValue<'_>) -> Value {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.to_string()), Value::Integer),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(date) => Value::Datetime(*date),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| owned(item.get_ref())).collect()),
        DeValue::Table(table) => Value::Table(
            table.iter().map(|(key, value)| (key.get_ref().to_string(), owned(value.get_ref()))).collect(),
        ),
    }
}
