//! The subcommand `scale`.

use super::{
    machine,
    plan::{self, BOOTSTRAP, Data, Job, QUESTIONS},
    raw::Figures,
    tables,
};
use crate::{
    cli::{Failure, Outcome, Progress, Verdict, show, write_file},
    lifeguard::parallel,
};
use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

/// Shows how clusters of any size come together, what they cost, and how fast the simulator is with them.
///
/// Without --write, --render, --check or --machine it does the short runs and shows their raw figures.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Run everything, and write the raw figures (after each run) and SCALE.md
    #[arg(long, group = "what")]
    write: bool,
    /// With --write: what is written already stays, and what is missing is run
    #[arg(long = "continue", requires = "write")]
    go_on: bool,
    /// Write SCALE.md from the raw figures that are there
    #[arg(long, group = "what")]
    render: bool,
    /// Do the short runs again: fails if a figure differs from the written one, or SCALE.md from what the figures render to
    #[arg(long, group = "what")]
    check: bool,
    /// Measure speed and memory on this machine, and write them and SCALE.md
    #[arg(long, group = "what")]
    machine: bool,
    /// Do one of these measurements in this process, and show its line
    #[arg(long, group = "what", hide = true, value_name = "NUMBER")]
    measure: Option<usize>,
    /// How many runs at the same time. Default: as many as there are processors
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Where SCALE.md and the directory `data` are
    #[arg(long, value_name = "DIRECTORY", default_value = "memberlist-sim")]
    directory: PathBuf,
}

/// Carries out the subcommand.
///
/// # Errors
/// If a file can't be read or written. That the written figures are not what the code gives is no error but a verdict.
pub fn run(args: &Args) -> Outcome {
    if let Some(number) = args.measure {
        show(&machine::measure(number)?.join(","))?;
        Ok(Verdict::Holds)
    } else if args.write {
        args.write()
    } else if args.render {
        args.render(&args.load()?)
    } else if args.check {
        args.check()
    } else if args.machine {
        write_file(&args.data(machine::FILE), &machine::measure_all()?.to_text())?;
        args.render(&args.load()?)
    } else {
        let data = args.run(&plan::checked())?;
        show(&data.bootstrap.to_text())?;
        show(&data.questions.to_text())?;
        Ok(Verdict::Holds)
    }
}

impl Args {
    fn write(&self) -> Outcome {
        let keep = self.go_on && self.data(BOOTSTRAP).exists();
        let written = if keep { self.load()? } else { Data::of(Vec::new()) };
        let (jobs, missing): (Vec<Job>, Vec<Job>) = {
            let all = plan::everything();
            (all.clone(), all.into_iter().filter(|job| written.row(job).is_none()).collect())
        };
        let rows = jobs.iter().filter_map(|job| Some((*job, written.row(job)?))).collect();
        // Some runs take minutes: what is done is saved at once.
        let done: Mutex<Vec<(Job, Vec<String>)>> = Mutex::new(rows);
        self.each(&missing, |job, row| {
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((*job, row));
            done.sort_by_key(|(job, _)| jobs.iter().position(|other| other == job));
            self.save(&Data::of(done.clone()))
        })?;
        self.render(&self.load()?)
    }

    fn save(&self, data: &Data) -> Result<(), Failure> {
        write_file(&self.data(BOOTSTRAP), &data.bootstrap.to_text())?;
        write_file(&self.data(QUESTIONS), &data.questions.to_text())
    }

    fn render(&self, data: &Data) -> Outcome {
        write_file(&self.document(), &tables::render(data, &self.machine_figures()?))?;
        Ok(Verdict::Holds)
    }

    fn check(&self) -> Outcome {
        let (written, path) = (self.load()?, self.document());
        let document = fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("can't read {}: {error}", path.display())))?;
        if document != tables::render(&written, &self.machine_figures()?) {
            show(&format!(
                "{} is not what the raw figures render to (--render writes it anew)\n",
                path.display()
            ))?;
            return Ok(Verdict::Fails);
        }
        let jobs = plan::checked();
        if let Some(run) = written.missing(&self.run(&jobs)?) {
            show(&format!("this run is not among the written ones (--write does all anew): {run}\n"))?;
            return Ok(Verdict::Fails);
        }
        show(&format!(
            "{} runs came out as written, and {} shows what is written\n",
            jobs.len(),
            path.display()
        ))?;
        Ok(Verdict::Holds)
    }

    fn run(&self, jobs: &[Job]) -> Result<Data, Failure> {
        Ok(Data::of(self.each(jobs, |job, row| Ok((*job, row)))?))
    }

    /// Does these runs, and `then` with the row of each; in the order of the runs.
    fn each<T: Send>(
        &self,
        jobs: &[Job],
        then: impl Fn(&Job, Vec<String>) -> Result<T, Failure> + Sync,
    ) -> Result<Vec<T>, Failure> {
        let threads = self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
        let progress = Progress::new(jobs.len(), "scale");
        let done = parallel::map(jobs, threads, |job| {
            let done = then(job, job.run()?);
            progress.step();
            done
        });
        done.into_iter().collect()
    }

    fn load(&self) -> Result<Data, Failure> {
        Ok(Data {
            bootstrap: Figures::load(&self.data(BOOTSTRAP))?,
            questions: Figures::load(&self.data(QUESTIONS))?,
        })
    }

    /// Nothing if nobody has measured yet.
    fn machine_figures(&self) -> Result<Figures, Failure> {
        let path = self.data(machine::FILE);
        if path.exists() { Ok(Figures::load(&path)?) } else { Ok(Figures::default()) }
    }

    fn data(&self, file: &str) -> PathBuf {
        self.directory.join("data").join(file)
    }

    fn document(&self) -> PathBuf {
        self.directory.join("SCALE.md")
    }
}

#[cfg(test)]
mod tests;
