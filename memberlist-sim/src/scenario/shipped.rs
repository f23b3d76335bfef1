//! The scenarios that come with the simulator.

use super::read::instead;

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// The shipped scenarios: name, and the text of the file.
        pub const SHIPPED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*];
    };
}

shipped![
    "asymmetric-loss",
    "clock-drift",
    "flapping",
    "gc-pause",
    "leave-storm",
    "lossy-wan",
    "mass-crash",
    "mass-join",
    "one-way-cut",
    "partition",
    "rolling-restart",
    "two-data-centres",
    "two-wires",
];

/// There is no shipped scenario of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no shipped scenario `{name}`; {hint}")]
pub struct UnknownScenario {
    name: String,
    hint: String,
}

/// The text of a shipped scenario.
///
/// # Errors
/// If there is none of this name; the message says which there are.
pub fn shipped(name: &str) -> Result<&'static str, UnknownScenario> {
    SHIPPED.iter().find(|(shipped, _)| *shipped == name).map(|(_, text)| *text).ok_or_else(|| {
        let names: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
        UnknownScenario { name: name.to_owned(), hint: instead(name, &names) }
    })
}
