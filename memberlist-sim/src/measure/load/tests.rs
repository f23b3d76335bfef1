use super::*;
use crate::{Addr, Fate, Loss, Network, Options, Simulation};
use bytes::Bytes;
use core::time::Duration;

#[test]
fn packets_and_streams_are_counted_where_they_are_sent() {
    let mut load = Load::default();
    let (to, bytes) = (Addr::new(NodeIndex(1), 0), Bytes::from_static(&[0; 100]));
    let stream = |step| Step::Stream(step);
    for step in [
        Step::Sent { to, bytes: &bytes, fate: Fate::Arrives(Instant::START) },
        Step::Sent { to, bytes: &bytes, fate: Fate::Lost(Loss::Link) },
        Step::Received { from: to, bytes: &bytes },
        stream(StreamStep::Dial(to)),
        stream(StreamStep::Open(to)),
        stream(StreamStep::Wrote(to, 30)),
        stream(StreamStep::Read(to, 50)),
        stream(StreamStep::Wrote(to, 7)),
    ] {
        load.step(Instant::START, NodeIndex(0), &step);
    }
    assert_eq!(load, Load { packets: 2, packet_bytes: 200, streams: 1, stream_bytes: 37 });
    assert_eq!(load.bytes(), 237);
    load += load;
    assert_eq!(load, Load { packets: 4, packet_bytes: 400, streams: 2, stream_bytes: 74 });
}

#[test]
fn it_is_what_the_nodes_count_themselves() {
    let mut cluster = Simulation::with_observer(3, Network::lan(), Load::default());
    cluster.form(12, &Options::lan()).unwrap();
    cluster.run_for(Duration::from_secs(5));
    cluster.crash(NodeIndex(4));
    cluster.run_for(Duration::from_secs(60));
    let mut sum = Load::default();
    for node in cluster.nodes() {
        let sent = cluster.traffic(node);
        sum += Load {
            packets: sent.packets_sent,
            packet_bytes: sent.packet_bytes_sent,
            streams: sent.streams,
            stream_bytes: sent.stream_bytes_sent,
        };
    }
    assert!(sum.packets > 1_000 && sum.streams > 3 && sum.stream_bytes > 1_000);
    assert_eq!(*cluster.observer(), sum);
}
