//! S1: the simulator: events of a whole cluster on one core (an event: a packet that is delivered, or a timer that fires).

use crate::{Case, Row};
use memberlist_sim::{Network, Options, Simulation};
use std::time::Duration;

pub(super) fn row() -> Row {
    let mut row = Row::new("S1", "Simulator: for each event of the full protocol, all bytes included");
    row.add(|| idle(1_000));
    // Two million events a second, and ten.
    row.add(|| idle(10_000).targets(500.0, 100.0));
    row
}

/// A cluster in which nothing happens but probing.
fn idle(nodes: usize) -> Case {
    let mut cluster = Simulation::sharing(7, Network::lan(), ());
    cluster.form(nodes, &Options::lan()).expect("the options are right");
    cluster.run_for(Duration::from_secs(2));
    let step = Duration::from_millis(200_000 / nodes as u64);
    let before = cluster.events();
    cluster.run_for(step);
    let events = cluster.events() - before;
    Case::new(format!("{nodes} nodes, idle"), move || cluster.run_for(step)).each(events)
}
