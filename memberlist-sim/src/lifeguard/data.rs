//! The raw counts of all runs, as they stand in the files of `memberlist-sim/data`.

use super::{
    Point,
    experiment::{Counts, Found},
};
use crate::measure::Load;
use core::{fmt::Write as _, time::Duration};
use std::{fs, io, path::Path};

/// One run of the interval experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The name of the configuration.
    pub configuration: String,
    /// The point of the grid.
    pub point: Point,
    /// Which run of this point, from 0 on.
    pub repetition: u32,
    /// What it showed.
    pub counts: Counts,
}

/// One run of the threshold experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The name of the configuration.
    pub configuration: String,
    /// How many members were blocked.
    pub members: u32,
    /// How long, in milliseconds.
    pub blocked: u32,
    /// Which run of this kind, from 0 on.
    pub repetition: u32,
    /// What it showed.
    pub counts: Counts,
}

/// One run of the latency experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The name of the configuration.
    pub configuration: String,
    /// Which run, from 0 on.
    pub repetition: u32,
    /// What it showed; `None`: not everybody found out.
    pub found: Option<Found>,
}

/// All raw counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Of the interval experiment.
    pub interval: Vec<Interval>,
    /// Of the threshold experiment.
    pub threshold: Vec<Threshold>,
    /// Of the latency experiment.
    pub latency: Vec<Latency>,
}

const INTERVAL: &str = "lifeguard-interval.csv";
const THRESHOLD: &str = "lifeguard-threshold.csv";
const LATENCY: &str = "lifeguard-latency.csv";

const COUNTS: &str = "fp,fp_healthy,suspicions,packets,packet_bytes,streams,stream_bytes,events";

impl Data {
    /// The files that hold all of it: names and contents.
    #[must_use]
    pub fn files(&self) -> [(&'static str, String); 3] {
        [(INTERVAL, self.interval_csv()), (THRESHOLD, self.threshold_csv()), (LATENCY, self.latency_csv())]
    }

    /// Reads all from the files in this directory.
    ///
    /// # Errors
    /// If a file can't be read, or a line of it is not as this program writes it (`InvalidData`, naming file and line).
    pub fn load(directory: &Path) -> io::Result<Self> {
        Ok(Self {
            interval: lines(directory, INTERVAL, Interval::parse)?,
            threshold: lines(directory, THRESHOLD, Threshold::parse)?,
            latency: lines(directory, LATENCY, Latency::parse)?,
        })
    }

    fn interval_csv(&self) -> String {
        let mut out = format!("configuration,members,blocked_ms,normal_ms,repetition,{COUNTS}\n");
        for run in &self.interval {
            let Point { members, blocked, normal } = run.point;
            let _ = write!(out, "{},{members},{blocked},{normal},{}", run.configuration, run.repetition);
            write_counts(&mut out, &run.counts);
        }
        out
    }

    fn threshold_csv(&self) -> String {
        let mut out = format!("configuration,members,blocked_ms,repetition,{COUNTS}\n");
        for run in &self.threshold {
            let _ = write!(out, "{},{},{},{}", run.configuration, run.members, run.blocked, run.repetition);
            write_counts(&mut out, &run.counts);
        }
        out
    }

    fn latency_csv(&self) -> String {
        let mut out = String::from("configuration,repetition,first_us,full_us\n");
        for run in &self.latency {
            let _ = write!(out, "{},{}", run.configuration, run.repetition);
            let _ = match run.found {
                Some(found) => writeln!(out, ",{},{}", found.first.as_micros(), found.full.as_micros()),
                None => writeln!(out, ",,"),
            };
        }
        out
    }
}

fn write_counts(out: &mut String, counts: &Counts) {
    let Counts { fp, fp_healthy, suspicions, load, events } = counts;
    let Load { packets, packet_bytes, streams, stream_bytes } = load;
    let _ = writeln!(
        out,
        ",{fp},{fp_healthy},{suspicions},{packets},{packet_bytes},{streams},{stream_bytes},{events}"
    );
}

fn lines<T>(directory: &Path, name: &str, parse: fn(&mut Fields<'_>) -> Option<T>) -> io::Result<Vec<T>> {
    let path = directory.join(name);
    let text = fs::read_to_string(&path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    let line = |(n, line): (usize, &str)| {
        let mut fields = Fields(line.split(','));
        let parsed = parse(&mut fields).filter(|_| fields.0.next().is_none());
        let error =
            || io::Error::new(io::ErrorKind::InvalidData, format!("{name}: line {} makes no sense", n + 1));
        parsed.ok_or_else(error)
    };
    text.lines().enumerate().skip(1).map(line).collect()
}

/// The fields of a line, one after the other.
struct Fields<'a>(core::str::Split<'a, char>);

impl Fields<'_> {
    fn text(&mut self) -> Option<String> {
        self.0.next().map(str::to_owned)
    }

    fn number<N: core::str::FromStr>(&mut self) -> Option<N> {
        self.0.next()?.parse().ok()
    }

    fn counts(&mut self) -> Option<Counts> {
        let (fp, fp_healthy, suspicions) = (self.number()?, self.number()?, self.number()?);
        let load = Load {
            packets: self.number()?,
            packet_bytes: self.number()?,
            streams: self.number()?,
            stream_bytes: self.number()?,
        };
        Some(Counts { fp, fp_healthy, suspicions, load, events: self.number()? })
    }
}

fn micros(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_micros)
}

impl Interval {
    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let configuration = fields.text()?;
        let point = Point { members: fields.number()?, blocked: fields.number()?, normal: fields.number()? };
        Some(Self { configuration, point, repetition: fields.number()?, counts: fields.counts()? })
    }
}

impl Threshold {
    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            configuration: fields.text()?,
            members: fields.number()?,
            blocked: fields.number()?,
            repetition: fields.number()?,
            counts: fields.counts()?,
        })
    }
}

impl Latency {
    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let (configuration, repetition) = (fields.text()?, fields.number()?);
        let found = match (fields.text()?.as_str(), fields.text()?.as_str()) {
            ("", "") => None,
            (first, full) => Some(Found { first: micros(first)?, full: micros(full)? }),
        };
        Some(Self { configuration, repetition, found })
    }
}

#[cfg(test)]
mod tests;
