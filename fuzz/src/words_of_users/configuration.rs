//! Options from files: whatever is written there is refused by name, or works.

use crate::solo::{Addr, Id, addr};
use core::{fmt::Debug, time::Duration};
use memberlist_net::NetOptions;
use memberlist_proto::{Endpoint, Instant, JoinOptions, LocalNode, Options, StreamFailure};
use memberlist_types::{Framing, NativeWire, StreamLimits};
use rand_pcg::{Pcg64Mcg, rand_core::SeedableRng};
use serde_json::Value;

/// The first byte chooses whose options they are; the rest is JSON.
pub fn configuration(input: &[u8]) {
    let Some((&whose, json)) = input.split_first() else { return };
    match whose % 5 {
        0 => {
            if let Some(options) = read::<Options>(json) {
                run(options);
            }
        }
        1 => {
            if let Some(options) = read::<memberlist_core::Options>(json)
                && options.validate().is_ok()
            {
                run(options.protocol);
            }
        }
        2 => drop(read::<NetOptions>(json).map(|options| options.validate())),
        3 => drop(read::<Framing>(json).map(|framing| framing.to_string())),
        _ => drop(read::<StreamLimits>(json).map(|limits| limits.to_string())),
    }
}

/// What is read can be written and read again.
fn read<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(json: &[u8]) -> Option<T> {
    let options: T = serde_json::from_slice(json).ok()?;
    let written: Value = serde_json::to_value(&options).expect("what was read can be written");
    let again: T = serde_json::from_value(written).expect("what was written can be read");
    assert_eq!(again, options);
    Some(options)
}

/// Whatever is valid makes a node that runs: it comes to rest after every input, and time goes on.
fn run(options: Options) {
    let valid = options.validate();
    let local = LocalNode::new(1, addr(1));
    let rng = Box::new(Pcg64Mcg::seed_from_u64(1));
    let made = Endpoint::<Id, Addr, _>::new(Instant::START, local, options, &Framing::new(), NativeWire, rng);
    let Ok(mut node) = made else { return assert!(valid.is_err(), "valid, but refused") };
    assert!(valid.is_ok(), "invalid, but taken");
    let mut now = Instant::START + Duration::from_secs(1);
    for id in 2..6 {
        node.handle_message(now, addr(id), memberlist_types::Message::Alive(crate::solo::alive(id, 1)));
    }
    let _ = node.join(now, vec![addr(9)], JoinOptions::default());
    let _ = node.broadcast(now, None, vec![1; 100].into());
    for _ in 0..60 {
        while node.poll_transmit().is_some() || node.poll_event().is_some() {}
        while let Some(request) = node.poll_request() {
            node.handle_stream_failure(now, request.id, StreamFailure::TimedOut);
        }
        let Some(at) = node.poll_timeout() else { return };
        now = now.max(at);
        node.handle_timeout(now);
        assert!(
            node.poll_timeout().is_none_or(|next| next > now || at == Instant::NEVER),
            "a timer that never ends"
        );
    }
}
