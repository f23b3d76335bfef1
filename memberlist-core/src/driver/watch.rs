//! Looks around once in a while: seeds that stood for nothing, gauges, and the troubles that only show over time.

use super::seeds;
use crate::{AddressOf, Delegate, Transport, metrics, shared::Shared};
use agnostic::RuntimeLite;
use memberlist_types::Wire;
use std::{sync::Arc, time::Duration};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(10);
/// How many probes in a row of looks may be rescued by a stream before an operator should know.
const RESCUED: u64 = 3;
/// How often it repeats itself.
const REPEAT: Duration = Duration::from_secs(600);

/// The task.
pub(crate) async fn run<T, D, W>(shared: Arc<Shared<T, D, W>>)
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    let mut told = None::<Duration>;
    let mut seen = shared.stats();
    loop {
        T::Runtime::sleep(PAUSE).await;
        if shared.options.protocol.healing {
            seeds::look_up_again(&shared, None).await;
        }
        let now = shared.stats();
        metrics::snapshot(&shared, &seen, &now);
        let rescued = now.protocol.probes_by_stream - seen.protocol.probes_by_stream;
        let uptime = shared.uptime();
        if rescued >= RESCUED && told.is_none_or(|at| uptime - at >= REPEAT) {
            told = Some(uptime);
            tracing::warn!(
                rescued,
                "pings in packets stay unanswered while pings on streams are answered: \
                 is the packet (UDP) port blocked between members?"
            );
        }
        seen = now;
    }
}
