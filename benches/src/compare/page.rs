//! The report: tables and plots of all workloads, and the part of `RESULTS.md`.

use super::{
    Name, Outcome, Quantity, Task,
    contender::{GOSSIP_INTERVAL, GOSSIP_NODES, PROBE_INTERVAL, PROBE_TIMEOUT, SUSPICION_MULT},
    plan::WORKLOADS,
    runner::Done,
    summary::{Row, rows},
};
use memberlist_sim::{
    plot::{Axis, LinePlot, Unit},
    report::{Report, Section},
    stats::{Cdf, Table},
};
use serde::{Deserialize, Serialize};

/// Where and how figures were taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Name and value.
    pub facts: Vec<(String, String)>,
}

/// Everything, for programs: one line of `done` is one job with its raw samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Everything {
    /// Where and how.
    pub origin: Origin,
    /// Job by job, in the order in which they ran.
    pub done: Vec<Done>,
}

impl Everything {
    /// Takes in what an earlier run measured, and says how that was done where it differs.
    pub fn add(&mut self, earlier: Self) {
        for (name, value) in earlier.origin.facts {
            let name = if name.starts_with(EARLIER) { name } else { format!("{EARLIER}{name}") };
            let is_known = |(other, known): &(String, String)| {
                *known == value && other.trim_start_matches(EARLIER) == name.trim_start_matches(EARLIER)
            };
            if !self.origin.facts.iter().any(is_known) {
                self.origin.facts.push((name, value));
            }
        }
        self.done.extend(earlier.done);
    }
}

/// What is said of how earlier runs were done begins with this.
const EARLIER: &str = "added: ";

/// The options of all, in words.
#[must_use]
pub fn options() -> String {
    format!(
        "probe {} s / {} ms, gossip {} ms × {GOSSIP_NODES}, suspicion multiplier {SUSPICION_MULT}; all else as each has it by default",
        PROBE_INTERVAL.as_secs(),
        PROBE_TIMEOUT.as_millis(),
        GOSSIP_INTERVAL.as_millis()
    )
}

/// What must be known to read the figures of a workload.
fn explain(id: &str) -> &'static str {
    match id {
        "A1" => {
            "All nodes run already, in one process, and join through one of them at once; joining is tried again if it failed. \
             The clock runs from the first call until each sees all."
        }
        "A2" => {
            "CPU time of the process, of one core, divided by its nodes; joining is over some seconds before."
        }
        "A3" => {
            "What is resident, divided by the nodes, less what was resident before with two nodes, each time after `malloc_trim`: what the \
             allocator keeps for later is not counted. Members besides these nodes were there and are gone; nobody misses them, since nobody \
             probes there, and gossip is ten times as frequent, so that news of them is over (foca is told of them at once, since it tells a \
             newcomer of no more than fit a packet). And a program that is one of two nodes and nothing else (plain sockets: a runtime \
             alone). Resident is also its code, as far as it was touched; private is what no other process shares."
        }
        "A4" => {
            "All but one node are in one process, the one that is lost in another: it is killed (SIGKILL), stopped (SIGSTOP: its sockets stay open), or all \
             threads of its runtime are blocked. A run in which somebody else was found dead counts as failed. The shortest suspicion \
             that these options make is what all wait for."
        }
        "A6" => {
            "A broadcast is timed at each node's application. memberlist 0.8.5 leaves it to the application to tell broadcasts apart and to pass them on: \
             done here with its own queue. A goodbye is timed until no other node counts the leaver."
        }
        "A7" => {
            "Two nodes in one process, one sends as fast as the other takes it (at most 2,048 packets or 1 MiB are on their way); what counts is \
             what arrives. Encryption is AES-256-GCM. Ours has no limit per peer here, and packets of up to 1,472 bytes. Plain sockets send each \
             message as a packet."
        }
        "A8" => {
            "In one process; 16 messages are on their way at once to a single peer, one to each of several. Plain sockets keep a stream open to each peer; \
             'a stream each' opens one for each message. QUIC is always encrypted."
        }
        _ => "",
    }
}

fn table(of_workload: &[&Row], all: &[Row]) -> Table {
    let heads = ["median", "p99", "worst", "runs"];
    let table = Table::new().left("").left("measured").left("contender");
    let mut table = heads.into_iter().fold(table, |table, head| table.right(head));
    table = table.left("floor / goal").left("verdict");
    let mut before = None;
    for row in of_workload {
        let figures = row
            .figures()
            .map_or_else(|| ["–"; 3].map(str::to_owned), |figures| figures.map(|figure| row.write(figure)));
        let task = if before == Some(row.task) { String::new() } else { row.task.to_string() };
        before = Some(row.task);
        let (bounds, verdict) = row.target(all);
        let said: Vec<String> =
            [verdict, row.trouble()].into_iter().filter(|text| !text.is_empty()).collect();
        let quantity = row.quantity.map_or_else(String::new, |quantity| quantity.to_string());
        let mut cells = vec![task, quantity, row.contender.to_string()];
        cells.extend(figures);
        cells.extend([row.runs.to_string(), bounds, said.join("; ")]);
        table.row(cells);
    }
    table
}

/// The plots of a workload that has some.
fn plots(id: &str, of_workload: &[&Row]) -> Vec<LinePlot> {
    let of = |name: Name, quantity: Quantity| {
        of_workload.iter().filter(move |row| row.contender == name && row.quantity == Some(quantity))
    };
    let distribution = |title: &str, quantity: Quantity, wanted: &dyn Fn(&Task) -> bool| {
        let x = Axis::new(quantity.to_string() + " after", Unit::Seconds).from(0.0);
        let mut plot = LinePlot::new(title, x, Axis::new("of all", Unit::Fraction));
        for name in Name::ALL {
            for row in of(name, quantity).filter(|row| wanted(&row.task)) {
                plot = plot.cdf(name.to_string(), &Cdf::new(&row.sample));
            }
        }
        plot
    };
    match id {
        "A1" => {
            let x = Axis::new("nodes", Unit::Number).log();
            let y = Axis::new("every view complete", Unit::Seconds).log();
            let mut plot = LinePlot::new("Joining: median and 99th percentile", x, y);
            for name in Name::ALL.into_iter().filter(|name| name.is_member()) {
                let points = of(name, Quantity::AllJoined).filter_map(|row| match row.task {
                    Task::Join { nodes } => Some((nodes as f64, &row.sample)),
                    _ => None,
                });
                plot = plot.spread(&name.to_string(), points);
            }
            vec![plot]
        }
        "A4" => {
            let mut tasks: Vec<Task> = of_workload.iter().map(|row| row.task).collect();
            tasks.dedup();
            let plots = tasks
                .iter()
                .map(|task| distribution(&task.to_string(), Quantity::First, &|other| other == task));
            plots.collect()
        }
        "A6" => {
            let broadcast = |task: &Task| matches!(task, Task::Broadcast { .. });
            let leave = |task: &Task| matches!(task, Task::Leave { .. });
            vec![
                distribution("A broadcast", Quantity::Delivery, &broadcast),
                distribution("A goodbye", Quantity::Last, &leave),
            ]
        }
        _ => Vec::new(),
    }
}

/// All of it.
#[must_use]
pub fn report(origin: &Origin, done: &[Done]) -> Report {
    let all = rows(done);
    let mut report = Report::new("Whole clusters, side by side");
    for (name, value) in &origin.facts {
        report = report.fact(name, value);
    }
    report = report.fact("options", options());
    for (id, title) in WORKLOADS {
        let of_workload: Vec<&Row> = all.iter().filter(|row| row.task.workload() == id).collect();
        if of_workload.is_empty() {
            continue;
        }
        let mut section = Section::new(format!("{id}: {title}")).text(explain(id));
        section = section.table("", table(&of_workload, &all));
        for plot in plots(id, &of_workload) {
            section = section.plot(plot);
        }
        let raw: Vec<&Done> = done.iter().filter(|one| one.job.task.workload() == id).collect();
        // It is made of numbers and strings: nothing in it can fail to be written.
        section = section.data("raw samples", serde_json::to_value(raw).unwrap_or_default());
        report = report.section(section);
    }
    report
}

/// The part of `RESULTS.md`: the report without its title, its headings one level lower.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let text = report.to_markdown();
    let lines = text.lines().skip(2).map(|line| match line.strip_prefix("## ") {
        Some(heading) => format!("### {heading}"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether any job gave figures.
#[must_use]
pub fn is_empty(done: &[Done]) -> bool {
    !done.iter().any(|one| matches!(one.outcome, Outcome::Measured(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Figure, Job};

    fn sample() -> (Origin, Vec<Done>) {
        let origin = Origin { facts: vec![("machine".into(), "two | cores".into())] };
        let jobs = [(Name::Ours, 20, 0.2), (Name::Ours, 100, 0.7), (Name::Foca, 20, 1.5)];
        let done = jobs.into_iter().map(|(contender, nodes, seconds)| Done {
            job: Job { task: Task::Join { nodes }, contender, seed: 1 },
            outcome: Outcome::Measured(vec![Figure::one(Quantity::AllJoined, seconds)]),
        });
        (origin, done.collect())
    }

    #[test]
    fn report_has_tables_plots_and_raw_samples() {
        let (origin, done) = sample();
        let html = report(&origin, &done).to_html();
        for part in
            ["A1: joining", "20 nodes join at once", "floor met, goal missed (1.4×)", "<svg ", "raw samples"]
        {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("A2"), "what was not done is left out");
        assert!(!is_empty(&done) && is_empty(&[]));
    }

    #[test]
    fn earlier_run_is_shown_with_this_one_and_how_it_was_done_where_it_differs() {
        let everything = |command: &str, machine: &str| {
            let (_, done) = sample();
            let facts = [("machine", machine), ("command", command)];
            let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            Everything { origin: Origin { facts }, done }
        };
        let mut all = everything("now", "same");
        let text = serde_json::to_string(&everything("before", "same")).unwrap();
        all.add(serde_json::from_str(&text).unwrap());
        all.add(everything("long before", "other"));
        let facts: Vec<String> =
            all.origin.facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let added = ["added: command=before", "added: machine=other", "added: command=long before"];
        assert_eq!(facts, [&["machine=same", "command=now"][..], &added].concat());
        assert_eq!(all.done.len(), 9);
        assert!(
            report(&all.origin, &all.done).to_text().contains(" 3 "),
            "runs of one row are counted together"
        );
    }

    #[test]
    fn results_have_no_title_of_their_own() {
        let (origin, done) = sample();
        let text = markdown(&report(&origin, &done));
        assert!(text.starts_with("* machine: two \\| cores\n"), "{text}");
        assert!(text.contains("\n### A1: joining\n") && !text.contains("\n## "));
    }
}
