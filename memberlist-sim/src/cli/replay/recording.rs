//! Recordings of live nodes: what a node was told is given to a fresh machine, and the same must come of it.

use super::{Args, Failure, Outcome, Verdict, pause, show};
use core::time::Duration;
use memberlist_proto::{
    EndpointRng, Member,
    record::{Replay, Replayed, Seed, Stop},
    types::NativeWire,
};
use rand_pcg::Pcg64Dxsm;
use std::net::SocketAddr;

/// How a recording begins.
const BEGINNING: &[u8] = b"memberlist record ";

/// A node of the released transports: its name is text, its address that of a socket.
type Life<'a> = Replay<'a, String, SocketAddr, NativeWire>;

pub(super) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGINNING)
}

pub(super) fn run(args: &Args, bytes: &[u8]) -> Outcome {
    let path = args.trace.display();
    if !args.node.is_empty() || !args.kind.is_empty() || args.about.is_some() {
        return Err(Failure::new(format!(
            "{path} is a recording of one live node: --node, --kind and --about are for traces of simulations"
        )));
    }
    let fault = |error| Failure::new(format!("{path}: {error}"));
    let mut life = Life::new(bytes, NativeWire, generator).map_err(fault)?;
    let stops = args.step && super::is_terminal();
    let (mut steps, mut shown, mut begun) = (0u64, 0u64, None);
    loop {
        let step = match life.step() {
            Ok(Some(step)) => step,
            Ok(None) => break,
            Err(memberlist_proto::record::ReplayError::Diverged(divergence)) => {
                show(&format!("{path}: {divergence}\n"))?;
                return Ok(Verdict::Fails);
            }
            Err(error) => return Err(fault(error)),
        };
        steps += 1;
        let now = step.input.as_ref().and_then(memberlist_proto::record::Input::at);
        begun = begun.or(now);
        let passed = now.zip(begun).map_or(Duration::ZERO, |(now, begun)| now.since(begun));
        if args.until.is_some_and(|until| passed > until) {
            break;
        }
        let text = line(passed, &step);
        if args.verify || args.from.is_some_and(|from| passed < from) || !text.contains(&args.containing) {
            continue;
        }
        shown += 1;
        show(&text)?;
        if stops && !pause(|_| members(&life))? {
            return Ok(Verdict::Holds);
        }
    }
    if args.beliefs {
        show(&members(&life))?;
    }
    let end = match life.stop() {
        Some(Stop::Finished) => "to its end",
        Some(_) => "until the recording was given up",
        None => "so far",
    };
    show(&format!(
        "{steps} steps {end}, {shown} of them shown: the same came of each as when it was recorded\n"
    ))?;
    Ok(Verdict::Holds)
}

/// A step with the time since the first one.
fn line(passed: Duration, step: &Replayed<String, SocketAddr>) -> String {
    format!("{:>5}.{:09}  {step}\n", passed.as_secs(), passed.subsec_nanos())
}

/// What the node believes now.
fn members(life: &Life<'_>) -> String {
    let mut known = life.endpoint().known();
    known.sort_by(|a, b| a.node.id.cmp(&b.node.id));
    let line = |member: &Member<String, SocketAddr>| {
        format!(
            "{} at {}: {}, incarnation {}\n",
            member.node.id, member.node.address, member.state, member.incarnation
        )
    };
    known.iter().map(line).collect()
}

/// The randomness of the nodes of memberlist-core.
fn generator(seed: &Seed) -> EndpointRng {
    let half = |place| seed.as_chunks().0.get(place).copied().map_or(0, u128::from_le_bytes);
    Box::new(Pcg64Dxsm::new(half(0), half(1)))
}
