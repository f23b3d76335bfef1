//! Which nodes: by number, range, zone, part, or at random.

use super::{
    Nodes,
    problem::Problem,
    read::{Field, percentage},
};
use crate::{NodeIndex, random};
use rand_core::Rng;
use std::collections::BTreeSet;
use toml::de::DeValue;

/// Which nodes of a scenario.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Selector {
    /// All: `"all"`.
    All,
    /// One: `3`.
    Node(u32),
    /// From the first to before the second: `"3..8"`.
    Range(u32, u32),
    /// Those of a zone, by its place: `{ zone = "east" }`.
    Zone(usize),
    /// So many of these, at random: `{ random = 3 }`, `{ random = 3, of = "10..20" }`.
    Random(u32, Box<Selector>),
    /// This part of these, at random, but at least one: `"10%"`, `{ random = "10%" }`.
    Part(f64, Box<Selector>),
    /// All of any of these: `[1, 2, "10..20"]`.
    Any(Vec<Selector>),
    /// All but these: `{ except = 3 }`.
    Except(Box<Selector>),
}

impl Selector {
    /// The nodes that it selects, in ascending order. Random ones are decided by the seed and by `number`, which tells selectors of one
    /// scenario apart.
    #[must_use]
    pub fn nodes(&self, nodes: &Nodes, seed: u64, number: u64) -> Vec<NodeIndex> {
        let mut rng = random::generator(seed, "select nodes", number);
        self.select(nodes, &mut rng).into_iter().map(NodeIndex).collect()
    }

    fn select(&self, nodes: &Nodes, rng: &mut impl Rng) -> BTreeSet<u32> {
        match self {
            Self::All => (0..nodes.count).collect(),
            Self::Node(node) => BTreeSet::from([*node]),
            Self::Range(first, end) => (*first..*end).collect(),
            Self::Zone(place) => {
                let (first, end) = nodes.zone(*place);
                (first..end).collect()
            }
            Self::Random(count, of) => draw(of.select(nodes, rng), *count as usize, rng),
            Self::Part(part, of) => {
                let of = of.select(nodes, rng);
                let count = libm::round(of.len() as f64 * part) as usize;
                draw(of, count.max(1), rng)
            }
            Self::Any(selectors) => selectors.iter().flat_map(|one| one.select(nodes, rng)).collect(),
            Self::Except(but) => {
                let but = but.select(nodes, rng);
                (0..nodes.count).filter(|node| !but.contains(node)).collect()
            }
        }
    }

    /// How many nodes it selects, if that does not depend on the seed.
    fn size(&self, nodes: &Nodes) -> usize {
        self.nodes(nodes, 0, 0).len()
    }

    /// Reads a selector, and makes sure that what it names exists.
    pub(super) fn read(field: &Field<'_>, nodes: &Nodes) -> Result<Self, Problem> {
        match field.value {
            DeValue::Integer(_) => Ok(Self::Node(index(field, nodes)?)),
            DeValue::String(text) => Self::read_text(field, text, nodes),
            DeValue::Array(_) => {
                let items = field.list()?;
                if items.is_empty() {
                    return Err(field.wrong("selects no node"));
                }
                items.iter().map(|item| Self::read(item, nodes)).collect::<Result<_, _>>().map(Self::Any)
            }
            DeValue::Table(_) => Self::read_table(field, nodes),
            _ => Err(field.wrong(WHAT)),
        }
    }

    fn read_text(field: &Field<'_>, text: &str, nodes: &Nodes) -> Result<Self, Problem> {
        if text == "all" {
            return Ok(Self::All);
        }
        if text.trim_end().ends_with('%') {
            return part(field).map(|part| Self::Part(part, Box::new(Self::All)));
        }
        if let Some((first, end)) = text.split_once("..") {
            let number = |text: &str| text.trim().parse::<u32>().ok();
            let (Some(first), Some(end)) = (number(first), number(end)) else {
                return Err(
                    field.wrong(format!("\"{text}\" is no range: write \"3..8\" for the nodes 3 to 7"))
                );
            };
            if first >= end {
                return Err(field
                    .wrong(format!("\"{text}\" selects no node: its end must be greater than its start")));
            }
            if end > nodes.count {
                return Err(
                    field.wrong(format!("\"{text}\" goes beyond the last node: {}", there_are(nodes)))
                );
            }
            return Ok(Self::Range(first, end));
        }
        zone(field, text, nodes).map(Self::Zone)
    }

    fn read_table(field: &Field<'_>, nodes: &Nodes) -> Result<Self, Problem> {
        let fields = field.table()?;
        fields.only(&["random", "of", "zone", "except"])?;
        match (fields.get("random"), fields.get("zone"), fields.get("except")) {
            (Some(random), None, None) => {
                let of = fields.or("of", Self::All, |of| Self::read(of, nodes))?;
                if matches!(random.value, DeValue::String(_)) {
                    return part(&random).map(|part| Self::Part(part, Box::new(of)));
                }
                let there = of.size(nodes) as u64;
                let count = random.count(1..=there.max(1))?;
                Ok(Self::Random(count as u32, Box::new(of)))
            }
            (None, Some(name), None) => zone(&name, name.text()?, nodes).map(Self::Zone),
            (None, None, Some(but)) => Ok(Self::Except(Box::new(Self::read(&but, nodes)?))),
            _ => Err(field.wrong("needs one of `random`, `zone` and `except`")),
        }
    }
}

const WHAT: &str = "expected nodes: a number, \"3..8\", \"10%\", \"all\", the name of a zone, { random = 3 }, { except = 0 }, or a list of these";

fn there_are(nodes: &Nodes) -> String {
    format!("there are {} (0 to {})", nodes.count, nodes.count.saturating_sub(1))
}

fn index(field: &Field<'_>, nodes: &Nodes) -> Result<u32, Problem> {
    let node = field.count(0..=u64::from(u32::MAX))?;
    u32::try_from(node)
        .ok()
        .filter(|node| *node < nodes.count)
        .ok_or_else(|| field.wrong(format!("node {node} does not exist: {}", there_are(nodes))))
}

fn part(field: &Field<'_>) -> Result<f64, Problem> {
    let text = field.text()?;
    percentage(text)
        .filter(|part| *part > 0.0 && *part <= 1.0)
        .ok_or_else(|| field.wrong(format!("\"{text}\" is no part: write \"10%\" (above 0% to 100%)")))
}

fn zone(field: &Field<'_>, name: &str, nodes: &Nodes) -> Result<usize, Problem> {
    nodes.zone_named(name).ok_or_else(|| {
        if nodes.zones.is_empty() {
            return field.wrong(format!("\"{name}\" is no zone: `nodes.zones` names none; {WHAT}"));
        }
        let names: Vec<&str> = nodes.zones.iter().map(|(name, _)| name.as_str()).collect();
        field.wrong(format!("\"{name}\" is no zone; {}", super::read::instead(name, &names)))
    })
}

/// So many of these, each choice as likely.
fn draw(of: BTreeSet<u32>, count: usize, rng: &mut impl Rng) -> BTreeSet<u32> {
    let mut of: Vec<u32> = of.into_iter().collect();
    let count = count.min(of.len());
    for place in 0..count {
        let other = place + random::below(rng, (of.len() - place) as u64) as usize;
        of.swap(place, other);
    }
    of.into_iter().take(count).collect()
}
