//! Making a node: everything is checked, and then the tasks are started.

use crate::{
    AddressOf, Delegate, Error, Options, Transport,
    budget::Budget,
    delegate::VoidDelegate,
    driver::{
        self,
        gather::Gathering,
        lines::Lines,
        outgoing::{Capacity, Outgoing},
        seeds::Seeds,
    },
    framings::Framings,
    machine::Machine,
    queue, record,
    shared::{Clock, Shared},
    stats::Counters,
    sync::{Occasionally, Signal},
    tasks::Tasks,
};
use memberlist_proto::{
    Instant, LocalNode,
    record::{Recorded, Recorder, Seed},
};
use memberlist_types::{Incarnation, Wire};
use nodecraft::CheapClone;
use std::{
    any::TypeId,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

/// Bytes of memory that all streams together remember to use again.
const REMEMBERED: usize = 8 << 20;

impl<T, D, W> Shared<T, D, W>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    /// Makes the node and starts its tasks. On an error the transport is shut down.
    pub(crate) async fn start(
        id: D::Id,
        transport: T,
        delegate: D,
        wire: W,
        options: Options,
        recorder: Option<Recorder<D::Id, D::Address>>,
    ) -> Result<Arc<Self>, Error> {
        let clock = Clock::<T::Runtime>::start();
        let made = prepare(&id, &transport, &delegate, &wire, options, clock.now(), recorder);
        let (endpoint, options, framings) = match made {
            Ok(made) => made,
            Err(error) => {
                transport.shutdown().await;
                return Err(error);
            }
        };
        let capacity = Capacity {
            bytes: endpoint.packet_capacity(),
            overhead: wire.message_overhead(),
            messages: wire.max_packet_messages(),
        };
        let (events, event_queue) = queue::channel(options.bounds());
        let (data, data_queue) = queue::channel(options.bounds());
        let claims = queue::Bounds { events: options.alive_queue, ..options.bounds() };
        let (alive_claims, claims) = queue::channel(claims);
        // Whom nobody hears, nothing waits for: neither memory nor a task.
        let heard = TypeId::of::<D>() != TypeId::of::<VoidDelegate<D::Id, D::Address>>();
        if !heard {
            events.close();
            data.close();
        }
        let shared = Arc::new(Self {
            local_id: id,
            clock,
            counters: Counters::default(),
            tasks: Tasks::new(),
            machine: Mutex::new(Machine::new(endpoint, events, data, delegate.takes_messages())),
            outgoing: Outgoing::new(options.transmit_queue, capacity),
            rearm: Signal::default(),
            requests: Mutex::default(),
            requested: Signal::default(),
            gathering: Gathering::new(options.max_inbound_streams, options.protocol.stream_timeout),
            lines: Lines::new(options.message_streams),
            reuses_streams: wire.features().message_streams
                && transport.capabilities().costly_streams
                && options.message_streams > 0,
            remembered: Budget::new(REMEMBERED.min(options.max_inbound_bytes / 8)),
            seeds: Seeds::new(),
            alive_claims,
            filters_alive: delegate.filters_alive(),
            transport_trouble: Occasionally::default(),
            encode_trouble: Occasionally::default(),
            key_trouble: Occasionally::default(),
            transport,
            delegate,
            wire,
            options,
            framings,
        });
        shared.supervise();
        if heard {
            shared.spawn(driver::events::dispatch_events(Arc::clone(&shared), event_queue));
            shared.spawn(driver::events::dispatch_data(Arc::clone(&shared), data_queue));
        }
        shared.spawn_vital("engine", driver::engine::run(Arc::clone(&shared)));
        shared.spawn_vital("transmit", driver::transmit::run(Arc::clone(&shared)));
        shared.spawn_vital("requests", driver::requests::run(Arc::clone(&shared)));
        shared.spawn_vital("accept", driver::streams::accept(Arc::clone(&shared)));
        if shared.filters_alive {
            shared.spawn(driver::admission::decide(Arc::clone(&shared), claims));
        }
        if shared.delegate.has_broadcasts() || shared.delegate.changes_ack_payload() {
            shared.spawn(driver::prefetch::run(Arc::clone(&shared)));
        }
        shared.spawn(driver::watch::run(Arc::clone(&shared)));
        // The first outputs: our own joining.
        shared.input(|_, _| ());
        Ok(shared)
    }
}

type Made<I, A, W> = (Recorded<I, A, W>, Options, Framings);

/// Checks everything, and fits the options to the transport.
fn prepare<T, D, W>(
    id: &D::Id,
    transport: &T,
    delegate: &D,
    wire: &W,
    mut options: Options,
    now: Instant,
    recorder: Option<Recorder<D::Id, D::Address>>,
) -> Result<Made<D::Id, D::Address, W>, Error>
where
    T: Transport,
    D: Delegate<Address = AddressOf<T>>,
    W: Wire<D::Id, D::Address> + Clone,
{
    options.validate()?;
    wire.check_framing(&options.framing).map_err(Error::Framing)?;
    let address = transport.advertise_address().cheap_clone();
    if !transport.is_allowed(&address) {
        return Err(Error::AddressNotAllowed(address.to_string()));
    }
    let capabilities = transport.capabilities();
    options.protocol.packet_size = options.protocol.packet_size.min(capabilities.max_packet);
    options.protocol.stream_ping &= capabilities.distinct_streams;
    if capabilities.checked_packets {
        options.framing.checksum = None;
    }
    let framings = Framings::new(wire, &options, capabilities);
    if let Some(meta) = delegate.node_meta(options.protocol.max_meta_size) {
        options.meta = meta;
    }
    let mut local = LocalNode::new(id.cheap_clone(), address);
    local.meta = options.meta.clone();
    local.versions = options.versions;
    local.incarnation = options.incarnation.unwrap_or_else(wall_clock);
    local.layers = wire.layers(options.versions).unwrap_or(options.layers);
    let framing = framings.packets.wanted();
    let (protocol, wire) = (options.protocol.clone(), wire.clone());
    let mut endpoint =
        Recorded::new(now, local, protocol, framing, wire, &seed(), record::generator, recorder)?;
    endpoint.set_ack_payload(delegate.ack_payload())?;
    framings.tell_of_protection(&options, capabilities);
    Ok((endpoint, options, framings))
}

/// Seconds since 1970: a restart within the clock's truth overrules the former life. Fits until the year 2106.
fn wall_clock() -> Incarnation {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    Incarnation::new(u32::try_from(seconds).unwrap_or(u32::MAX / 2).max(1))
}

fn seed() -> Seed {
    let mut seed = [0; 32];
    for word in seed.as_chunks_mut().0 {
        *word = random_word().to_le_bytes();
    }
    seed
}

/// Randomness of the operating system, by the way that std offers: the keys of its hash tables.
pub(crate) fn random_word() -> u64 {
    RandomState::new().hash_one(0u8)
}
