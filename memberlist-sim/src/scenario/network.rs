//! The sections `[network]` and `[[network.between]]`.

use super::{
    NetworkPlan, Nodes,
    problem::Problem,
    read::{Field, Fields, time},
};
use crate::{Bandwidth, Burst, Latency, Link, Reorder};
use core::time::Duration;
use toml::de::DeValue;

const PRESETS: [&str; 3] = ["lan", "wan", "lossy_wan"];
const LINK: [&str; 7] = ["preset", "latency", "loss", "duplicate", "reorder", "burst", "bandwidth"];

pub(super) fn read(fields: &Fields<'_>, nodes: &Nodes) -> Result<NetworkPlan, Vec<Problem>> {
    let known: Vec<&str> = LINK.into_iter().chain(["between"]).collect();
    let mut problems = fields.unknown(&known);
    let link = link(fields, &Link::lan());
    let base = link.as_ref().cloned().unwrap_or_else(|_| Link::lan());
    let mut plan = NetworkPlan::new(base.clone());
    problems.extend(link.err().into_iter().flatten());
    match fields.get("between").map(|field| field.list()) {
        None => {}
        Some(Err(problem)) => problems.push(problem),
        Some(Ok(items)) => {
            for item in items {
                match between(&item, nodes, &base) {
                    Ok(links) => plan.between.extend(links),
                    Err(more) => problems.extend(more),
                }
            }
        }
    }
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
}

fn between(item: &Field<'_>, nodes: &Nodes, base: &Link) -> Result<Vec<(u16, u16, Link)>, Vec<Problem>> {
    let fields = item.table().map_err(one)?;
    let known: Vec<&str> = LINK.into_iter().chain(["zones", "from", "to"]).collect();
    let mut problems = fields.unknown(&known);
    let link = link(&fields, base).map_err(|more| problems.extend(more));
    let ways = ways(item, &fields, nodes).map_err(|problem| problems.push(problem));
    match (link, ways) {
        (Ok(link), Ok(ways)) if problems.is_empty() => {
            Ok(ways.into_iter().map(|(from, to)| (from, to, link.clone())).collect())
        }
        _ => Err(problems),
    }
}

/// From which zones to which.
fn ways(item: &Field<'_>, fields: &Fields<'_>, nodes: &Nodes) -> Result<Vec<(u16, u16)>, Problem> {
    let zone = |field: &Field<'_>| {
        let name = field.text()?;
        nodes.zone_named(name).map(|place| place as u16).ok_or_else(|| {
            let names: Vec<&str> = nodes.zones.iter().map(|(name, _)| name.as_str()).collect();
            field.wrong(format!("\"{name}\" is no zone; {}", super::read::instead(name, &names)))
        })
    };
    match (fields.get("zones"), fields.get("from"), fields.get("to")) {
        (Some(pair), None, None) => match pair.list()?.as_slice() {
            [one, other] => {
                let (one, other) = (zone(one)?, zone(other)?);
                Ok(vec![(one, other), (other, one)])
            }
            _ => Err(pair.wrong("needs the names of two zones")),
        },
        (None, Some(from), Some(to)) => Ok(vec![(zone(&from)?, zone(&to)?)]),
        _ => Err(item.wrong("needs either `zones` (two, for both ways) or `from` and `to` (one way)")),
    }
}

fn link(fields: &Fields<'_>, base: &Link) -> Result<Link, Vec<Problem>> {
    let preset = fields.maybe("preset", |field| field.word(&PRESETS));
    let mut link = match &preset {
        Ok(Some("wan")) => Link::wan(),
        Ok(Some("lossy_wan")) => Link::lossy_wan(),
        Ok(Some(_)) => Link::lan(),
        _ => base.clone(),
    };
    let read = [
        preset.map(drop),
        set(fields, "latency", &mut link.latency, latency),
        set(fields, "loss", &mut link.loss, Field::part),
        set(fields, "duplicate", &mut link.duplicate, Field::part),
        set(fields, "reorder", &mut link.reorder, |field| reorder(field).map(Some)),
        set(fields, "burst", &mut link.burst, |field| burst(field).map(Some)),
        set(fields, "bandwidth", &mut link.bandwidth, |field| bandwidth(field).map(Some)),
    ];
    let problems: Vec<Problem> = read.into_iter().filter_map(Result::err).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    link.validate().map_err(|error| one(fields.wrong("latency", error.to_string())))?;
    Ok(link)
}

fn one(problem: Problem) -> Vec<Problem> {
    vec![problem]
}

/// Puts what the field says, if it is there, in its place.
fn set<'a, T>(
    fields: &Fields<'a>,
    key: &str,
    place: &mut T,
    read: impl FnOnce(&Field<'a>) -> Result<T, Problem>,
) -> Result<(), Problem> {
    fields.maybe(key, read).map(|value| value.into_iter().for_each(|value| *place = value))
}

fn burst(field: &Field<'_>) -> Result<Burst, Problem> {
    let fields = field.table()?;
    fields.only(&["good", "bad", "loss"])?;
    Ok(Burst {
        good: fields.need("good")?.some_time()?,
        bad: fields.need("bad")?.some_time()?,
        loss: fields.need("loss")?.part()?,
    })
}

fn reorder(field: &Field<'_>) -> Result<Reorder, Problem> {
    let fields = field.table()?;
    fields.only(&["part", "by"])?;
    let probability = fields.need("part")?.part()?;
    let delay = latency(&fields.need("by")?)?;
    Ok(Reorder { probability, delay })
}

/// `"1ms"`, `"1ms..5ms"`, or a table that names a distribution.
pub(super) fn latency(field: &Field<'_>) -> Result<Latency, Problem> {
    let latency = match field.value {
        DeValue::String(text) => parse_latency(text).ok_or_else(|| field.wrong(LATENCY))?,
        DeValue::Table(_) => distribution(&field.table()?, field)?,
        _ => return Err(field.wrong(LATENCY)),
    };
    latency.validate().map_err(|error| field.wrong(error.to_string()))?;
    Ok(latency)
}

const LATENCY: &str = "expected \"1ms\", \"1ms..5ms\" (evenly spread), or a table: { median, p99 } (log-normal), { mean, deviation } (normal), { base, mean } (exponential), { base, scale, shape } (Pareto)";

/// `1ms` or `1ms..5ms`.
pub(crate) fn parse_latency(text: &str) -> Option<Latency> {
    match text.split_once("..") {
        Some((low, high)) => Some(Latency::uniform(time(low.trim())?, time(high.trim())?)),
        None => time(text).map(Latency::Constant),
    }
}

fn distribution(fields: &Fields<'_>, field: &Field<'_>) -> Result<Latency, Problem> {
    fields.only(&["median", "p99", "mean", "deviation", "base", "scale", "shape"])?;
    let keys: Vec<String> = fields.all().into_iter().map(|(key, ..)| key).collect();
    let has =
        |wanted: &[&str]| keys.len() == wanted.len() && wanted.iter().all(|key| fields.get(key).is_some());
    let read = |key: &str| -> Result<Duration, Problem> { fields.need(key)?.time() };
    if has(&["median", "p99"]) {
        let (median, p99) = (read("median")?, read("p99")?);
        if median.is_zero() || p99 < median {
            return Err(field.wrong("`median` must be longer than 0, and `p99` not shorter than `median`"));
        }
        Ok(Latency::log_normal(median, p99))
    } else if has(&["mean", "deviation"]) {
        Ok(Latency::normal(read("mean")?, read("deviation")?))
    } else if has(&["base", "mean"]) {
        Ok(Latency::exponential(read("base")?, read("mean")?))
    } else if has(&["base", "scale", "shape"]) {
        let shape = fields.need("shape")?.number()?;
        Ok(Latency::Pareto { base: read("base")?, scale: read("scale")?, shape })
    } else {
        Err(field.wrong(LATENCY))
    }
}

fn bandwidth(field: &Field<'_>) -> Result<Bandwidth, Problem> {
    let text = field.text()?;
    parse_bandwidth(text).ok_or_else(|| {
        field.wrong(format!("\"{text}\" is no bandwidth: write \"10 Mbit/s\" or \"500 kB/s\""))
    })
}

/// `10 Mbit/s`, `500 kB/s`.
pub(crate) fn parse_bandwidth(text: &str) -> Option<Bandwidth> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    let bytes = match unit.trim() {
        "bit/s" => 0.125,
        "kbit/s" => 125.0,
        "Mbit/s" => 125_000.0,
        "Gbit/s" => 125_000_000.0,
        "B/s" => 1.0,
        "kB/s" => 1_000.0,
        "MB/s" => 1_000_000.0,
        "GB/s" => 1_000_000_000.0,
        _ => return None,
    };
    let bytes_per_second = (number * bytes) as u64;
    (bytes_per_second > 0).then(|| Bandwidth::new(bytes_per_second))
}
