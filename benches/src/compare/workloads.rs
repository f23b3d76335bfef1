//! What happens in the process of a job.

mod detection;
mod idle;
mod join;
mod memory;
mod packets;
mod spread;
mod streams;

use super::{
    Contender, Fault, Figure, Job, Name, Outcome, Task,
    contenders::{FocaUdp, Memberlist08, Ours, Plain},
    process, victim,
};

use memberlist::tokio::QuicTransport;

/// Does it, and gives the figures. `program` is this program, to start further nodes from.
#[must_use]
pub fn run(job: &Job, program: &std::path::Path) -> Outcome {
    process::allow_files();
    let figures = match job.contender {
        Name::Ours => measure::<Ours>(job, program),
        Name::OursQuic => measure::<Ours<QuicTransport>>(job, program),
        Name::Memberlist08 => measure::<Memberlist08>(job, program),
        Name::Foca => measure::<FocaUdp>(job, program),
        Name::Plain => measure::<Plain<false>>(job, program),
        Name::PlainDial => measure::<Plain<true>>(job, program),
    };
    match figures {
        Ok(figures) => Outcome::Measured(figures),
        Err(Fault::Lacking(what)) => Outcome::Lacking(what),
        Err(Fault::Failed(why)) => Outcome::Failed(why),
    }
}

/// Becomes a process that is these nodes.
///
/// # Errors
/// One could not start.
pub fn run_victim(name: Name, nodes: victim::Nodes) -> Result<(), Fault> {
    match name {
        Name::Ours => victim::run::<Ours>(nodes),
        Name::OursQuic => victim::run::<Ours<QuicTransport>>(nodes),
        Name::Memberlist08 => victim::run::<Memberlist08>(nodes),
        Name::Foca => victim::run::<FocaUdp>(nodes),
        Name::Plain => victim::run::<Plain<false>>(nodes),
        Name::PlainDial => victim::run::<Plain<true>>(nodes),
    }
}

fn measure<C: Contender>(job: &Job, program: &std::path::Path) -> Result<Vec<Figure>, Fault> {
    let runtime = super::runtime().map_err(|error| Fault::failed("runtime", error))?;
    // On this thread, which outlives what it starts: the process of a victim ends with the thread that started it.
    let figures = runtime.block_on(async {
        match job.task {
            Task::Join { nodes } => join::run::<C>(nodes, job.seed).await,
            Task::Idle { nodes, seconds } => idle::cpu::<C>(nodes, seconds, job.seed).await,
            Task::Memory { nodes, members } => memory::nodes::<C>(program, job, nodes, members).await,
            Task::Process => memory::process::<C>(program, job.contender).await,
            Task::Detection { nodes, manner } => detection::run::<C>(program, job, nodes, manner).await,
            Task::Broadcast { nodes, times } => spread::broadcast::<C>(nodes, times, job.seed).await,
            Task::Leave { nodes } => spread::leave::<C>(nodes, job.seed).await,
            Task::Packets { bytes, at_once, sealed, millis } => {
                packets::run::<C>(bytes, at_once, sealed, millis).await
            }
            Task::Streams { bytes, peers, millis } => streams::run::<C>(bytes, peers, millis).await,
        }
    });
    runtime.shutdown_background();
    figures
}
