//! Every metric of the table is emitted by a node that lives a little, and nothing else is.

#![cfg(feature = "metrics")]
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use agnostic::tokio::TokioRuntime;
use memberlist_core::{
    Memberlist, Options,
    memory::MemoryNetwork,
    metrics::{ALL, Kind},
};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use smol_str::SmolStr;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What was emitted: by name, its kind and its last value or sum.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<BTreeMap<String, (&'static str, f64)>>>);

struct One(Seen, String, &'static str);

impl One {
    fn note(&self, change: impl FnOnce(&mut f64)) {
        let mut seen = self.0.0.lock().unwrap();
        let entry = seen.entry(self.1.clone()).or_insert((self.2, 0.0));
        assert_eq!(entry.0, self.2, "{} is of two kinds", self.1);
        change(&mut entry.1);
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.note(|sum| *sum += value as f64);
    }

    fn absolute(&self, _: u64) {
        panic!("several nodes in one process must add up");
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.note(|sum| *sum += value);
    }

    fn decrement(&self, value: f64) {
        self.note(|sum| *sum -= value);
    }

    fn set(&self, value: f64) {
        self.note(|sum| *sum = value);
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        self.note(|last| *last = value);
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(One(self.clone(), key.name().into(), "counter")))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(One(self.clone(), key.name().into(), "gauge")))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(One(self.clone(), key.name().into(), "histogram")))
    }
}

/// TestCreate_checkBroadcastQueueMetrics, Q11
#[test]
fn a_node_emits_the_metrics_of_the_table_and_no_others() {
    let seen = Seen::default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    metrics::with_local_recorder(&seen, || runtime.block_on(live()));
    let seen = seen.0.lock().unwrap();
    for metric in ALL {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            _ => "histogram",
        };
        let (found, value) =
            seen.get(metric.name).unwrap_or_else(|| panic!("{} was not emitted", metric.name));
        assert_eq!(*found, kind, "{}", metric.name);
        let at_least_once = [
            "memberlist.udp.sent",
            "memberlist.udp.received",
            "memberlist.tcp.accept",
            "memberlist.tcp.connect",
            "memberlist.tcp.sent",
            "memberlist.msg.alive",
            "memberlist.msg.suspect",
            "memberlist.msg.dead",
            "memberlist.size.local",
            "memberlist.size.remote",
            "memberlist.decode.rejected",
            "memberlist.streams.refused",
            "memberlist.transport.errors",
            "memberlist.probes.failed",
        ];
        assert!(*value > 0.0 || !at_least_once.contains(&metric.name), "{} stayed at zero", metric.name);
    }
    for name in seen.keys() {
        assert!(ALL.iter().any(|metric| metric.name == name), "{name} is not in the table");
    }
}

/// A little of everything.
async fn live() {
    let network = MemoryNetwork::new(1);
    let options = Options::local().with_max_inbound_streams(1usize);
    let addresses = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"].map(|address| address.parse().unwrap());
    let mut nodes = vec![];
    for (n, address) in addresses.into_iter().enumerate() {
        let transport = network.bind::<TokioRuntime>(address).unwrap();
        let id = SmolStr::new(format!("n{n}"));
        let node = Memberlist::start(id, transport, options.clone()).await.unwrap();
        if n > 0 {
            node.join(addresses[0]).await.unwrap();
        }
        nodes.push(node);
    }
    network.inject(addresses[1], addresses[0], "nonsense");
    let _idle = (network.connect(addresses[1], addresses[0]), network.connect(addresses[1], addresses[0]));
    tokio::time::sleep(Duration::from_secs(3)).await;
    nodes[2].shutdown().await;
    network.set_failing(addresses[1], true);
    tokio::time::sleep(Duration::from_secs(1)).await;
    network.set_failing(addresses[1], false);
    tokio::time::sleep(Duration::from_secs(60)).await;
}
