//! Looks around once in a while: seeds that stood for nothing, gauges, and the troubles that only show over time.

use super::seeds;
use crate::{AddressOf, Delegate, Transport, metrics, shared::Shared};
use agnostic::RuntimeLite;
use memberlist_proto::RejectReason;
use memberlist_types::Wire;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(10);
/// How many probes in a row of looks may be rescued by a stream before an operator should know.
const RESCUED: u64 = 3;
/// How often it repeats itself.
const REPEAT: Duration = Duration::from_secs(600);

/// Refusals that somebody must do something about.
const TROUBLES: [(RejectReason, &str); 3] = [
    (RejectReason::MembersFull, "nodes are refused because the table is full: raise `max_members`"),
    (RejectReason::Incompatible, "nodes are refused because their versions do not fit the cluster's"),
    (RejectReason::AddressConflict, "two nodes claim one name: give each its own"),
];

/// The task.
pub(crate) async fn run<T, D, W>(shared: Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut told: HashMap<&'static str, Duration> = HashMap::new();
    let mut seen = shared.stats();
    loop {
        T::Runtime::sleep(PAUSE).await;
        if shared.options.protocol.healing {
            seeds::look_up_again(&shared, None).await;
        }
        let now = shared.stats();
        metrics::snapshot(&shared, &seen, &now);
        let uptime = shared.uptime();
        let mut is_news = |trouble: &'static str| {
            let news = told.get(trouble).is_none_or(|at| uptime.saturating_sub(*at) >= REPEAT);
            if news {
                told.insert(trouble, uptime);
            }
            news
        };
        let rescued = now.protocol.probes_by_stream - seen.protocol.probes_by_stream;
        if rescued >= RESCUED && is_news("packets") {
            tracing::warn!(
                rescued,
                "pings in packets stay unanswered while pings on streams are answered: \
                 is the packet (UDP) port blocked between members?"
            );
        }
        for (reason, advice) in TROUBLES {
            let refused = now.protocol.rejected(reason) - seen.protocol.rejected(reason);
            if refused > 0 && is_news(reason.name()) {
                tracing::warn!(refused, reason = reason.name(), "{advice}");
            }
        }
        seen = now;
    }
}
