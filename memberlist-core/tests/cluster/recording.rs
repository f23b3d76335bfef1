//! Recording a live node, and replaying it.

use crate::harness::*;
use memberlist_core::{
    Builder, Event, NativeWire, State,
    memory::MemoryNetwork,
    record::{Input, Recorder, ReplayError, Stop, replay},
};
use smol_str::SmolStr;
use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl io::Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the node 2 of 3 was told: it joins, says something to all, sees another crash, and leaves.
async fn recorded_life() -> (Vec<u8>, Vec<SmolStr>) {
    let network = MemoryNetwork::new(1);
    let first = node(&network, 1).await;
    let file = File::default();
    let recorded = Builder::new(name(2), network.bind(address(2)).unwrap())
        .with_options(options())
        .start_recorded(Recorder::new(file.clone()))
        .await
        .unwrap();
    let third = node(&network, 3).await;
    recorded.join(address(1)).await.unwrap();
    third.join(address(1)).await.unwrap();
    eventually("all are there", || [&first, &recorded, &third].iter().all(|node| node.num_members() == 3))
        .await;
    let mut events = first.events();
    recorded.broadcast("to all").unwrap();
    loop {
        if let Event::User { payload, .. } = soon(events.recv()).await.unwrap() {
            break assert_eq!(payload, "to all");
        }
    }
    network.set_failing(address(3), true);
    third.shutdown().await;
    eventually("the crash is found", || state(&recorded, 3) == Some(State::Dead)).await;
    let known = recorded.known().into_iter().map(|member| member.node.id).collect();
    recorded.leave(ms(5_000)).await.unwrap();
    soon(recorded.shutdown()).await;
    first.shutdown().await;
    let bytes = file.0.lock().unwrap().clone();
    (bytes, known)
}

#[tokio::test(start_paused = true)]
async fn a_recorded_node_does_the_same_again() {
    let (recording, known) = recorded_life().await;
    let mut again = replay::<SmolStr, SocketAddr, _>(&recording, NativeWire).unwrap();
    let mut seen = BTreeMap::new();
    while let Some(step) = again.step().unwrap() {
        assert!(step.checked);
        let shown = step.to_string();
        *seen.entry(shown.split(' ').nth(1).unwrap().to_owned()).or_insert(0) += 1;
        for event in step.events {
            let event = format!("{event:?}");
            *seen.entry(event.split(['(', ' ']).next().unwrap().to_owned()).or_insert(0) += 1;
        }
        if let Some(Input::Broadcast { payload, .. }) = step.input {
            assert_eq!(payload, "to all");
        }
    }
    assert_eq!(again.stop(), Some(Stop::Finished), "the shutdown ends the recording");
    let again: Vec<_> = again.endpoint().known().into_iter().map(|member| member.node.id).collect();
    assert_eq!(again, known);
    for what in
        ["Join", "Joined", "Broadcast", "Message", "Timeout", "Suspected", "Failed", "Leave", "LeaveFinished"]
    {
        assert!(seen.contains_key(what), "{what} in {seen:?}");
    }
    assert!(seen["Timeout"] > 10 && seen["Message"] > 10, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_byte_of_a_recording_is_an_error_with_its_place() {
    let (recording, _) = recorded_life().await;
    for place in (0..recording.len()).step_by(recording.len() / 50) {
        let mut changed = recording.clone();
        changed[place] ^= 0x10;
        let replayed =
            replay::<SmolStr, SocketAddr, _>(&changed, NativeWire).and_then(|mut again| again.finish());
        let Err(ReplayError::Log(error)) = replayed else { panic!("byte {place}: {replayed:?}") };
        assert!(error.offset <= place, "{error}");
    }
}
