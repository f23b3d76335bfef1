//! A scenario from the text of its file.

use super::{
    NetworkPlan, Nodes, Scenario, ScenarioError, Start, expect, faults, network, options,
    problem::Problem,
    read::{Field, Fields},
};
use crate::{Link, Options, Spoken};
use core::time::Duration;
use memberlist_hashicorp::HashicorpWire;
use toml::de::DeTable;

const SECTIONS: [&str; 9] =
    ["name", "about", "duration", "warm_up", "nodes", "options", "network", "fault", "expect"];
/// Each node knows all others, and it is followed what each believes of each: 8 GB for these.
const MOST_NODES: u64 = 10_000;
const MOST_ZONES: usize = 256;

pub(super) fn parse(file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let mut problems = Vec::new();
    let scenario = match DeTable::parse(text) {
        Ok(table) => {
            // What is missing in the file as a whole is missing at its beginning.
            let fields = Fields::new(String::new(), 0..0, table.get_ref());
            read(&fields, name_of(file), &mut problems)
        }
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            problems.push(Problem { span, field: String::new(), message: error.message().to_owned() });
            None
        }
    };
    match scenario {
        Some(scenario) if problems.is_empty() => Ok(Scenario { source: text.to_owned(), ..scenario }),
        _ => Err(ScenarioError::new(file, text, problems)),
    }
}

/// What a scenario is called that has no name: the file, without directories and ending.
fn name_of(file: &str) -> String {
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
    file.strip_suffix(".toml").unwrap_or(file).to_owned()
}

/// `None` if it can't be read at all; what is wrong is added to `problems`.
fn read(fields: &Fields<'_>, name: String, problems: &mut Vec<Problem>) -> Option<Scenario> {
    problems.extend(fields.unknown(&SECTIONS));
    let mut keep = |problem: Problem| problems.push(problem);
    let name = fields.or("name", name, |field| field.text().map(str::to_owned)).map_err(&mut keep).ok();
    let about =
        fields.or("about", String::new(), |field| field.text().map(str::to_owned)).map_err(&mut keep).ok();
    let duration = fields.need("duration").and_then(|field| duration(&field)).map_err(&mut keep).ok();
    let warm_up =
        fields.or("warm_up", Duration::ZERO, |field| warm_up(field, duration)).map_err(&mut keep).ok();
    let nodes = fields.need("nodes").and_then(|field| field.table()).and_then(|fields| nodes(&fields));
    let nodes = nodes.map_err(&mut keep).ok();
    let options = match fields.get("options").map(|field| field.table()) {
        None => Some((Options::lan(), "lan")),
        Some(table) => table
            .map_err(|problem| vec![problem])
            .and_then(|fields| options::read(&fields))
            .map_err(|more| more.into_iter().for_each(&mut keep))
            .ok(),
    };
    // The rest can't be read without knowing which nodes there are.
    let (nodes, duration) = (nodes?, duration?);
    let network = match fields.get("network").map(|field| field.table()) {
        None => Some(NetworkPlan::new(Link::lan())),
        Some(Err(problem)) => {
            problems.push(problem);
            None
        }
        Some(Ok(section)) => match network::read(&section, &nodes) {
            Ok(network) => Some(network),
            Err(more) => {
                problems.extend(more);
                None
            }
        },
    };
    // What is wrong with faults and expectations is said even if the network makes no sense.
    let sense = network.is_some() && options.is_some() && warm_up.is_some();
    let network = network.unwrap_or_else(|| NetworkPlan::new(Link::lan()));
    let mut scenario = Scenario::new(nodes, Options::lan(), network, duration);
    (scenario.name, scenario.about) = (name?, about?);
    if let Some((options, preset)) = options {
        (scenario.options, scenario.preset) = (options, preset);
    }
    scenario.warm_up = warm_up.unwrap_or_default();
    scenario.faults =
        each(fields, "fault", problems, |item| faults::read(item, &scenario.nodes, scenario.duration));
    scenario.expect = each(fields, "expect", problems, |item| expect::read(item, &scenario));
    sense.then_some(scenario)
}

/// Each table of a list of tables.
fn each<T>(
    fields: &Fields<'_>,
    key: &str,
    problems: &mut Vec<Problem>,
    mut read: impl FnMut(&Field<'_>) -> Result<T, Vec<Problem>>,
) -> Vec<T> {
    let items = match fields.maybe(key, Field::list) {
        Ok(items) => items.unwrap_or_default(),
        Err(problem) => {
            problems.push(Problem {
                message: format!("{}: begin it with [[{key}]]", problem.message),
                ..problem
            });
            Vec::new()
        }
    };
    let mut all = Vec::new();
    for item in items {
        match read(&item) {
            Ok(one) => all.push(one),
            Err(more) => problems.extend(more),
        }
    }
    all
}

fn duration(field: &Field<'_>) -> Result<Duration, Problem> {
    let duration = field.some_time()?;
    if duration > Duration::from_secs(7 * 24 * 3600) {
        return Err(field.wrong("is longer than a week"));
    }
    Ok(duration)
}

fn warm_up(field: &Field<'_>, duration: Option<Duration>) -> Result<Duration, Problem> {
    let warm_up = field.time()?;
    match duration {
        Some(duration) if warm_up >= duration => {
            Err(field
                .wrong(format!("leaves nothing to count: the scenario lasts {}", faults::show(duration))))
        }
        _ => Ok(warm_up),
    }
}

fn nodes(fields: &Fields<'_>) -> Result<Nodes, Problem> {
    fields.only(&["count", "start", "formed", "ramp", "seeds", "zones", "wire", "strangers"])?;
    let zones = fields.maybe("zones", zones)?;
    let in_zones = zones.as_ref().map(|zones| zones.iter().map(|(_, count)| count).sum::<u32>());
    let count = match (fields.get("count"), in_zones) {
        (None, Some(in_zones)) => in_zones,
        (Some(field), Some(in_zones)) if field.count(1..=MOST_NODES)? != u64::from(in_zones) => {
            return Err(
                field.wrong(format!("the zones have {in_zones} nodes: leave `count` out, or write the same"))
            );
        }
        _ => fields.need("count")?.count(1..=MOST_NODES)? as u32,
    };
    if u64::from(count) > MOST_NODES {
        return Err(
            fields.wrong("zones", format!("{count} nodes are not possible: use {MOST_NODES} at most"))
        );
    }
    let wire = match fields.or("wire", "native", |field| field.word(&["native", "hashicorp"]))? {
        "hashicorp" => Spoken::Hashicorp(HashicorpWire::new()),
        _ => Spoken::Native,
    };
    let strangers =
        fields.or("strangers", 0, |field| field.count(0..=u64::from(count.saturating_sub(1))))? as u32;
    let members = u64::from(count - strangers);
    let start = match fields.or("start", "formed", |field| field.word(&["formed", "join", "ramp"]))? {
        "join" => Start::Join,
        "ramp" => Start::Ramp(fields.need("ramp")?.some_time()?),
        _ => Start::Formed(fields.or("formed", members, |field| field.count(1..=members))? as u32),
    };
    for (key, fits) in
        [("ramp", matches!(start, Start::Ramp(_))), ("formed", matches!(start, Start::Formed(_)))]
    {
        if fields.get(key).is_some() && !fits {
            return Err(fields.wrong(key, format!("is for `start = \"{key}\"` only")));
        }
    }
    let seeds = fields.or("seeds", members.min(3), |field| field.count(1..=members))? as u32;
    Ok(Nodes { count, start, seeds, zones: zones.unwrap_or_default(), wire, strangers })
}

/// `{ east = 16, west = 16 }`: in the order in which they are written.
fn zones(field: &Field<'_>) -> Result<Vec<(String, u32)>, Problem> {
    let zones = field.table()?.all();
    if zones.is_empty() || zones.len() > MOST_ZONES {
        return Err(field.wrong(format!("needs 1 to {MOST_ZONES} zones, such as {{ east = 16, west = 16 }}")));
    }
    zones.into_iter().map(|(name, _, count)| Ok((name, count.count(1..=MOST_NODES)? as u32))).collect()
}
