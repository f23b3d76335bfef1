//! The demonstration itself: a cluster in one process, step by step.

use super::{
    args::Cluster,
    cast::Cast,
    kit::Kit,
    screen::{Screen, Style},
    sight::{Sight, Sighting},
    step::{Progress, Step},
    summary, table, timeline,
    told::Told,
};
use memberlist::prelude::*;
use std::io::Stdout;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

mod acts;

/// How often the table is looked at.
const REFRESH: Duration = Duration::from_millis(200);

/// Why the play ends before its end.
pub(super) enum Stop {
    /// Its last step was not seen by all in time.
    Missing,
    /// Nobody looks on any more.
    Gone,
    /// Something that needs no cluster went wrong.
    Problem(String),
}

impl From<String> for Stop {
    fn from(sentence: String) -> Self {
        Self::Problem(sentence)
    }
}

/// Runs the demonstration; `true` if every node saw every step, and heard the broadcast once.
pub(crate) async fn run(args: Cluster) -> Result<bool, String> {
    let (cast, sightings) = Cast::new(args.nodes, Kit::alone(args.choice)?);
    let screen = Screen::stdout(args.plain);
    let mut play =
        Play { cast, sightings, screen, steps: Vec::new(), told: Told::default(), alarms: 0, deaths: 0 };
    let outcome = play.acts().await;
    let table = play.table();
    play.cast.close().await;
    play.screen.set_footer(Vec::new());
    if play.screen.is_live() {
        play.screen.line("");
        play.screen.lines(&table);
    }
    match outcome {
        Err(Stop::Problem(sentence)) => Err(sentence),
        Err(Stop::Gone) => Ok(false),
        Err(Stop::Missing) => Ok(play.epilogue(false)),
        Ok(()) => Ok(play.epilogue(true)),
    }
}

struct Play {
    cast: Cast,
    sightings: mpsc::Receiver<Sighting>,
    screen: Screen<Stdout>,
    /// Begun so far.
    steps: Vec<Step>,
    /// Broadcasts.
    told: Told,
    /// Suspicions of nodes that were well.
    alarms: usize,
    /// Deaths of nodes that were alive.
    deaths: usize,
}

impl Play {
    /// An entry of the timeline.
    fn say(&mut self, what: &str) {
        let line = timeline::entry(self.cast.now(), what);
        self.screen.line(&line);
    }

    /// Where a step begins: everything seen up to here belongs to those before.
    fn begin(&mut self, title: &'static str, from: &'static str, allowed: Duration) -> Step {
        Step::new(title, from, self.cast.now(), allowed)
    }

    /// Looks on until these many last steps are complete; stops the play if their time runs out first.
    async fn complete(&mut self, steps: usize) -> Result<(), Stop> {
        let first = self.steps.len().saturating_sub(steps);
        let until = self.steps.iter().skip(first).map(Step::deadline).max().unwrap_or_default();
        if !self.look_on(until, first).await? {
            return Err(Stop::Missing);
        }
        self.show_table();
        Ok(())
    }

    /// Looks on for a while, whatever happens.
    async fn pause(&mut self, pause: Duration) -> Result<(), Stop> {
        let until = self.cast.now() + pause;
        self.look_on(until, usize::MAX).await.map(|_| ())
    }

    /// Looks on until this time, or until the steps from this one on are complete; whether they are.
    async fn look_on(&mut self, until: Duration, first: usize) -> Result<bool, Stop> {
        loop {
            self.refresh();
            if self.screen.is_gone() {
                return Err(Stop::Gone);
            }
            let mut waiting = self.steps.iter().skip(first).peekable();
            if waiting.peek().is_some() && waiting.all(Step::is_complete) {
                return Ok(true);
            }
            let now = self.cast.now();
            if now >= until {
                return Ok(false);
            }
            let wake = Instant::now() + REFRESH.min(until - now);
            // What comes together is drawn together.
            while let Ok(Some(sighting)) = timeout_at(wake, self.sightings.recv()).await {
                self.see(&sighting);
                if self.sightings.is_empty() {
                    break;
                }
            }
        }
    }

    /// Enters a sighting into the steps and the timeline.
    fn see(&mut self, sighting: &Sighting) {
        if let Sight::Heard(notice) = &sighting.sight {
            self.told.hear(&sighting.observer, notice);
        }
        let mut awaited = false;
        let mut said = None;
        for step in &mut self.steps {
            let progress = step.observe(sighting);
            awaited |= progress != Progress::None;
            said = said.or_else(|| timeline::tell(step, progress, sighting, self.cast.names().len()));
        }
        if !awaited {
            said = timeline::tell_unawaited(sighting);
            self.alarms += usize::from(matches!(sighting.sight, Sight::Suspected(_)));
            self.deaths += usize::from(matches!(sighting.sight, Sight::Failed(_)));
        }
        if let Some(said) = said {
            self.screen.line(&timeline::entry(sighting.at, &said));
        }
    }

    fn table(&self) -> Vec<String> {
        table::render(self.cast.names(), &self.cast.views(), self.screen.paint())
    }

    /// The live table, and what is waited for.
    fn refresh(&mut self) {
        if !self.screen.is_live() {
            return;
        }
        let mut footer = vec![String::new()];
        footer.extend(self.table());
        let waiting: Vec<_> = self
            .steps
            .iter()
            .filter(|step| !step.is_complete())
            .map(|step| format!("{} ({} of {})", step.title, step.times().len(), step.observers()))
            .collect();
        if !waiting.is_empty() {
            let since = self.cast.now().as_secs();
            footer.push(
                self.screen
                    .paint()
                    .styled(&format!("{since} s, waiting for: {}", waiting.join(", ")), Style::Faint),
            );
        }
        self.screen.set_footer(footer);
    }

    /// Without a terminal, the table as it stands after a step.
    fn show_table(&mut self) {
        if !self.screen.is_live() {
            let mut lines = vec!["             who sees whom:".to_owned()];
            lines.extend(self.table().into_iter().map(|line| format!("             {line}")));
            self.screen.lines(&lines);
        }
    }

    /// What was measured, and the verdict.
    fn epilogue(&mut self, finished: bool) -> bool {
        let mut lines = vec![String::new()];
        let paint = self.screen.paint();
        lines.extend(summary::render(&self.steps, paint));
        lines.push(String::new());
        for step in self
            .steps
            .iter()
            .filter(|step| [acts::BROADCAST, acts::DEAD].contains(&step.title) && !step.times().is_empty())
        {
            lines.extend(summary::each(step));
        }
        lines.push(String::new());
        if self.alarms > 0 {
            lines.push(format!("{} suspicions of nodes that were well (they can contradict)", self.alarms));
        }
        if self.deaths > 0 {
            lines.push(format!(
                "NOT as it should be: {} deaths were declared of nodes that were alive",
                self.deaths
            ));
        }
        let too_often = self.told.too_often();
        lines.extend(too_often.iter().map(|who| format!("NOT as it should be: {who}")));
        let ciphered = self.cast.ciphered();
        lines.push(format!("{} nodes {}", self.cast.names().len(), self.cast.kit()));
        if let Some((encrypted, decrypted)) = ciphered {
            lines.push(format!(
                "{encrypted} packets and frames encrypted with the key, {decrypted} decrypted"
            ));
        }
        let unused = ciphered.is_some_and(|(encrypted, decrypted)| encrypted == 0 || decrypted == 0);
        if unused {
            lines.push("NOT as it should be: the key was not used".to_owned());
        }
        let missing: Vec<_> = self
            .steps
            .iter()
            .flat_map(|step| {
                step.missing().into_iter().map(move |who| {
                    format!("NOT seen within {} s of {}: {who}", step.allowed.as_secs(), step.from)
                })
            })
            .collect();
        let good = finished && missing.is_empty() && too_often.is_empty() && self.deaths == 0 && !unused;
        lines.extend(missing);
        if good {
            lines.push(self.screen.paint().styled("Every node saw every step.", Style::Good));
        } else if !finished {
            lines.push("The steps after that were not begun.".to_owned());
        }
        self.screen.lines(&lines);
        good
    }
}
