//! From raw samples to the rows of the tables.

use super::{
    Name, Outcome, Quantity, Task,
    runner::Done,
    targets::{Basis, Statistic, more_is_better, target},
};
use memberlist_sim::stats::{Sample, format};

/// One quantity of one task, of one contender, over all seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was done.
    pub task: Task,
    /// What was measured; nothing if there is no figure at all.
    pub quantity: Option<Quantity>,
    /// By whom.
    pub contender: Name,
    /// All values.
    pub sample: Sample,
    /// How many jobs gave them.
    pub runs: usize,
    /// Why there are not more.
    pub troubles: Vec<String>,
}

/// The rows, in the order in which tasks and contenders come first.
#[must_use]
pub fn rows(done: &[Done]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut tasks: Vec<Task> = Vec::new();
    for one in done {
        if !tasks.contains(&one.job.task) {
            tasks.push(one.job.task);
        }
    }
    for task in tasks {
        let mut of_task: Vec<Row> =
            Name::ALL.into_iter().flat_map(|contender| of_one(done, task, contender)).collect();
        // Quantity by quantity, so that those stand together that are to be compared.
        of_task.sort_by_key(|row| (row.quantity.is_none(), row.quantity));
        rows.append(&mut of_task);
    }
    rows
}

fn of_one(done: &[Done], task: Task, contender: Name) -> Vec<Row> {
    let jobs: Vec<&Done> =
        done.iter().filter(|done| done.job.task == task && done.job.contender == contender).collect();
    let mut quantities: Vec<Quantity> = Vec::new();
    let mut troubles: Vec<String> = Vec::new();
    for one in &jobs {
        match &one.outcome {
            Outcome::Measured(figures) => quantities.extend(figures.iter().map(|figure| figure.quantity)),
            Outcome::Lacking(what) => troubles.push(format!("not offered: {what}")),
            Outcome::Failed(why) => troubles.push(why.clone()),
        }
    }
    quantities.sort_unstable();
    quantities.dedup();
    if quantities.is_empty() && !troubles.is_empty() {
        let sample = Sample::new([]);
        return vec![Row { task, quantity: None, contender, sample, runs: 0, troubles }];
    }
    let values = |quantity| {
        let figures = jobs.iter().filter_map(|one| match &one.outcome {
            Outcome::Measured(figures) => figures.iter().find(|figure| figure.quantity == quantity),
            _ => None,
        });
        figures.collect::<Vec<_>>()
    };
    let row = |quantity| {
        let figures = values(quantity);
        let sample = Sample::new(figures.iter().flat_map(|figure| figure.values.iter().copied()));
        let (quantity, troubles) = (Some(quantity), troubles.clone());
        Row { task, quantity, contender, sample, runs: figures.len(), troubles }
    };
    quantities.into_iter().map(row).collect()
}

impl Row {
    /// The middle, the 99th percentile towards the worse, and the worst of all values.
    #[must_use]
    pub fn figures(&self) -> Option<[f64; 3]> {
        let more = more_is_better(self.quantity?);
        let tail = self.sample.nearest_rank(if more { 0.01 } else { 0.99 })?;
        let worst = if more { self.sample.min()? } else { self.sample.max()? };
        Some([self.sample.median()?, tail, worst])
    }

    /// A value of this row as text.
    #[must_use]
    pub fn write(&self, value: f64) -> String {
        match self.quantity {
            None => String::new(),
            Some(Quantity::AllJoined | Quantity::First | Quantity::Last | Quantity::Delivery) => {
                format::seconds(value)
            }
            Some(Quantity::Cpu | Quantity::Lost) => format::percent(value),
            Some(Quantity::Traffic) => format::bytes(value) + "/s",
            Some(Quantity::BytesPerDelivery | Quantity::ResidentMember) => format::bytes(value),
            Some(Quantity::Resident | Quantity::Private) => format::bytes_binary(value),
            Some(Quantity::ViewSizes) => format::decimals(value, 0),
            Some(Quantity::Rate) => match self.task {
                Task::Streams { bytes, .. } | Task::Packets { bytes, .. } => {
                    format!("{}/s ({}/s)", format::compact(value), format::bytes(value * bytes as f64))
                }
                _ => format::compact(value) + "/s",
            },
        }
    }

    /// Floor and goal as text, and whether they are met; empty if it has none, or is not ours.
    #[must_use]
    pub fn target(&self, rows: &[Self]) -> (String, String) {
        let nothing = (String::new(), String::new());
        let Some((quantity, target)) = self
            .quantity
            .and_then(|quantity| Some((quantity, target(self.task, quantity)?)))
            .filter(|_| self.contender == Name::Ours)
        else {
            return nothing;
        };
        let Some([median, _, worst]) = self.figures() else { return nothing };
        let (basis, bounds) = match target.basis {
            Basis::Itself => (None, [target.floor, target.goal].map(|bound| self.write(bound))),
            Basis::Other(task, name) => {
                let same =
                    |row: &&Self| (row.task, row.contender, row.quantity) == (task, name, self.quantity);
                let basis = rows.iter().find(same).and_then(|row| row.sample.median());
                let by = if task == self.task { name.to_string() } else { format!("{task}, {name}") };
                let [floor, goal] = [target.floor, target.goal].map(format::percent);
                (basis, [floor, format!("{goal} of: {by}")])
            }
        };
        let (figure, which) = match target.statistic {
            Statistic::Median => (median, "median"),
            Statistic::Worst => (worst, "worst"),
        };
        (format!("{} / {} ({which})", bounds[0], bounds[1]), target.verdict(quantity, figure, basis))
    }

    /// What there is to say besides figures.
    #[must_use]
    pub fn trouble(&self) -> String {
        let Some(first) = self.troubles.first() else { return String::new() };
        if first.starts_with("not offered") {
            first.clone()
        } else {
            format!("{} of {} failed: {first}", self.troubles.len(), self.troubles.len() + self.runs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Figure, Job};

    fn done(contender: Name, seed: u64, outcome: Outcome) -> Done {
        Done { job: Job { task: Task::Join { nodes: 100 }, contender, seed }, outcome }
    }

    fn joined(seconds: f64) -> Outcome {
        Outcome::Measured(vec![Figure::one(Quantity::AllJoined, seconds)])
    }

    #[test]
    fn seeds_are_one_sample_and_failures_are_told() {
        let done = [
            done(Name::Ours, 1, joined(0.4)),
            done(Name::Foca, 1, Outcome::Failed("too slow".into())),
            done(Name::Foca, 2, joined(3.0)),
            done(Name::Ours, 2, joined(0.9)),
            done(Name::Ours, 3, joined(0.5)),
        ];
        let rows = rows(&done);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].figures(), Some([0.5, 0.9, 0.9]));
        assert_eq!(rows[0].trouble(), "");
        assert_eq!(rows[1].trouble(), "1 of 2 failed: too slow");
        let (bounds, verdict) = rows[0].target(&rows);
        assert_eq!(bounds, "1 s / 500 ms (worst)");
        assert_eq!(verdict, "floor met, goal missed (1.8×)");
        assert_eq!(rows[1].target(&rows), (String::new(), String::new()), "targets are ours");
    }

    #[test]
    fn what_is_not_offered_is_a_row_without_figures() {
        let rows = rows(&[done(Name::Foca, 1, Outcome::Lacking("no such thing".into()))]);
        assert_eq!((rows.len(), rows[0].figures()), (1, None));
        assert_eq!(rows[0].trouble(), "not offered: no such thing");
    }

    #[test]
    fn least_rate_is_the_worst() {
        let task = Task::Streams { bytes: 1_000, peers: 1, millis: 1 };
        let sample = Sample::new([10.0, 30.0, 20.0]);
        let (quantity, contender) = (Some(Quantity::Rate), Name::Plain);
        let row = Row { task, quantity, contender, sample, runs: 3, troubles: Vec::new() };
        assert_eq!(row.figures(), Some([20.0, 10.0, 10.0]));
        assert_eq!(row.write(20.0), "20/s (20 kB/s)");
    }
}
