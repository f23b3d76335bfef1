//! The subcommand `lifeguard`.

use super::{
    Data,
    campaign::{self, Series},
    tables,
};
use crate::cli::{Failure, Outcome, Progress, Verdict, show, write_file};
use std::{fs, path::PathBuf, thread};

/// One of so many runs is done if nothing is said.
const SAMPLED: usize = 16;
/// One of so many runs is done again by `--check`: a minute on two cores.
const CHECKED: usize = 48;

/// Repeats the experiments of the Lifeguard paper.
///
/// Without --write, --render or --check it runs a part of the grid and shows the counts.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Run everything (or what --only and --every choose), and write the raw counts and LIFEGUARD.md
    #[arg(long, group = "what")]
    write: bool,
    /// Write LIFEGUARD.md from the raw counts that are there
    #[arg(long, group = "what")]
    render: bool,
    /// Run a part of everything again: fails if a count differs from the written one, or LIFEGUARD.md from what the counts render to
    #[arg(long, group = "what")]
    check: bool,
    /// Only these configurations (names as in the raw counts)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// With --write: what is written already stays, and what is missing is run
    #[arg(long = "continue", requires = "write")]
    go_on: bool,
    /// How much is run: each n-th run of each experiment. Default: 16, with --write 1, with --check 48 of those that are written
    #[arg(long, value_name = "N")]
    every: Option<usize>,
    /// Which of them is the first
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "write")]
    offset: usize,
    /// How many runs at the same time. Default: as many as there are processors
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Where LIFEGUARD.md and the directory `data` are
    #[arg(long, value_name = "DIRECTORY", default_value = "memberlist-sim")]
    directory: PathBuf,
}

/// Carries out the subcommand.
///
/// # Errors
/// If a file can't be read or written, or there is no configuration of a name. That the written tables are not what
/// the code gives is no error but a verdict.
pub fn run(args: &Args) -> Outcome {
    let all = campaign::everything();
    if let Some(name) = args.only.iter().find(|name| all.iter().all(|s| s.configuration.name() != **name)) {
        let names: Vec<&str> = all.iter().map(|s| s.configuration.name()).collect();
        let names = names.join(", ");
        return Err(Failure::new(format!("there is no configuration {name}; there are {names}")));
    }
    if args.write {
        args.write(&all)
    } else if args.render {
        args.save_tables(&args.load()?)
    } else if args.check {
        args.check(&all)
    } else {
        args.sample(&all)
    }
}

impl Args {
    /// What is done is saved after each configuration.
    fn write(&self, all: &[Series]) -> Outcome {
        let keep = self.data().is_dir() && (self.go_on || !self.only.is_empty());
        let mut written = if keep { self.load()? } else { Data::default() };
        for series in all.iter().filter(|series| self.wants(series)) {
            let name = series.configuration.name();
            let old = if self.go_on { written.of(name) } else { Data::default() };
            let mut tasks = campaign::subset(series, 0, self.every.unwrap_or(1));
            tasks.retain(|task| !old.holds(name, task));
            let mut new = self.run(series, &tasks)?;
            new.append(old);
            let mut data = Data::default();
            for each in all {
                let same = each.configuration.name() == name;
                data.append(if same { series.sorted(&new) } else { written.of(each.configuration.name()) });
            }
            for (name, contents) in data.files() {
                write_file(&self.data().join(name), &contents)?;
            }
            written = data;
        }
        self.save_tables(&written)
    }

    fn check(&self, all: &[Series]) -> Outcome {
        let (written, path) = (self.load()?, self.document());
        let document = fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("can't read {}: {error}", path.display())))?;
        if let Some(line) = first_difference(&document, &tables::render(&written)) {
            let path = path.display();
            show(&format!(
                "{path}, line {line}: not what the raw counts render to (--render writes it anew)\n"
            ))?;
            return Ok(Verdict::Fails);
        }
        let mut runs = 0;
        for (number, series) in all.iter().enumerate().filter(|(_, series)| self.wants(series)) {
            let name = series.configuration.name();
            let tasks = campaign::part(&series.written(&written), number, self.every.unwrap_or(CHECKED));
            if tasks.is_empty() {
                show(&format!("no run of {name} is written (--write --continue runs what is missing)\n"))?;
                return Ok(Verdict::Fails);
            }
            runs += tasks.len();
            if let Err(run) = written.contains(&self.run(series, &tasks)?) {
                show(&format!("this run is not among the written ones (--write runs all anew): {run}\n"))?;
                return Ok(Verdict::Fails);
            }
        }
        show(&format!("{runs} runs came out as written, and {} shows what is written\n", path.display()))?;
        Ok(Verdict::Holds)
    }

    fn sample(&self, all: &[Series]) -> Outcome {
        let mut data = Data::default();
        for series in all.iter().filter(|series| self.wants(series)) {
            let tasks = campaign::subset(series, self.offset, self.every.unwrap_or(SAMPLED));
            data.append(self.run(series, &tasks)?);
        }
        show(&tables::overview(&data).to_text())?;
        Ok(Verdict::Holds)
    }

    fn run(&self, series: &Series, tasks: &[campaign::Task]) -> Result<Data, Failure> {
        let threads = self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
        let progress = Progress::new(tasks.len(), series.configuration.name());
        Ok(series.run(tasks, threads, || progress.step())?)
    }

    fn wants(&self, series: &Series) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == series.configuration.name())
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn document(&self) -> PathBuf {
        self.directory.join("LIFEGUARD.md")
    }

    fn load(&self) -> Result<Data, Failure> {
        Ok(Data::load(&self.data())?)
    }

    fn save_tables(&self, data: &Data) -> Outcome {
        write_file(&self.document(), &tables::render(data))?;
        Ok(Verdict::Holds)
    }
}

/// The line, counted from 1, at which two texts begin to differ.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    let same = one.split('\n').zip(other.split('\n')).take_while(|(a, b)| a == b).count();
    (one != other).then_some(same + 1)
}

#[cfg(test)]
mod tests;
