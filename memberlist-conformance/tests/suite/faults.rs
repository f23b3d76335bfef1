//! The suite can fail: a transport with one fault, and the test that notices it, by what it says.

mod fixture;
mod stream;
mod transport;

use fixture::Broken;
use memberlist_conformance::all;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What can be wrong with a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// None: what the fixture itself does is right.
    None,
    // Packets.
    LosesTheSender,
    CutsPackets,
    JoinsPackets,
    ClaimsLargerPackets,
    DropsLargePacketsSilently,
    SendsEmptyPackets,
    LosesEveryPacket,
    HoardsPackets,
    StopsReceivingWhenAPeerIsGone,
    SticksToThePeerThatWas,
    // Streams.
    SwallowsTheLastByte,
    ChangesAByte,
    EndsBothWays,
    ForgetsToEnd,
    ForgetsToFail,
    BuffersWithoutBound,
    OneStreamAtATime,
    OneByteOfHandshake,
    CutsLongStreams,
    // Dropped futures.
    LosesPacketsOfDroppedCalls,
    LosesStreamsOfDroppedCalls,
    LeaksDroppedOpens,
    // The end.
    AdvertisesAnother,
    BindsTwice,
    SendsAfterTheEnd,
    KeepsTheAddress,
    KeepsTheAddressWhenDropped,
    LetsCallsWait,
    WaitsForCalls,
    LeavesStreamsSilent,
    // Errors.
    NeverSaysClosed,
    BlamesThePeerForAll,
    BlamesNobodyButItself,
    // Claims.
    ClaimsSecurePackets,
    ClaimsSecureStreams,
    ClaimsCheckedPackets,
    // From below.
    StumblesOverGarbage,
}

/// Runs one test on a transport with this fault.
fn run(fault: Fault, name: &str) -> Result<(), String> {
    let all = all::<Broken>();
    let test = all.iter().find(|test| format!("{test:?}") == name);
    let test = test.unwrap_or_else(|| panic!("the suite has no test {name}"));
    let fixture = Broken::new(fault);
    catch_unwind(AssertUnwindSafe(|| test.run(&fixture))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()
    })
}

macro_rules! noticed {
    ($($name:ident: $fault:ident, $room:ident :: $test:ident, $says:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let name = concat!(stringify!($room), "::", stringify!($test));
                let said = run(Fault::$fault, name).expect_err("the fault goes unnoticed");
                assert!(said.contains($says), "noticed, but for another reason: {said}");
            }
        )*

        /// The same tests with the same impatience, and nothing to notice.
        #[test]
        fn without_a_fault_nothing_is_noticed() {
            let mut names = vec![$(concat!(stringify!($room), "::", stringify!($test))),*];
            names.sort_unstable();
            names.dedup();
            std::thread::scope(|scope| {
                let run = |name| scope.spawn(move || (name, run(Fault::None, name)));
                for (name, outcome) in names.into_iter().map(run).collect::<Vec<_>>().into_iter().map(|test| test.join().unwrap()) {
                    outcome.unwrap_or_else(|said| panic!("{name}: {said}"));
                }
            });
        }
    };
}

noticed! {
    lost_sender: LosesTheSender, packets::packets_arrive_whole_and_name_their_sender, "the sender of a packet";
    lost_sender_of_many: LosesTheSender, packets::senders_are_not_mixed_up, "the sender of packet";
    lost_sender_when_answering: LosesTheSender, packets::answer_to_the_sender_of_a_packet_arrives, "the answer arrives";
    cut_packets: CutsPackets, packets::packets_arrive_whole_and_name_their_sender, "a packet of 1400 bytes";
    joined_packets: JoinsPackets, packets::packets_keep_their_bounds_in_a_burst, "of a burst";
    largest_packet_that_does_not_fit: ClaimsLargerPackets, packets::packet_of_the_largest_size_arrives, "a packet of";
    silently_dropped_large_packets: DropsLargePacketsSilently, packets::packet_over_the_limit_is_refused_here, "is the limit";
    blame_for_large_packets: BlamesThePeerForAll, packets::packet_over_the_limit_is_refused_here, "blamed on the peer";
    empty_packets: SendsEmptyPackets, packets::empty_packet_is_refused_here, "an empty packet is sent";
    lost_packets: LosesEveryPacket, failing::ping_tells_the_round_trip_time, "a ping is answered";
    lost_packets_behind_stream_pings: LosesEveryPacket, failing::members_probe_each_other_and_stay_alive, "probes are answered";
    hoarded_packets: HoardsPackets, packets::packets_that_nobody_takes_are_bounded, "nobody had asked for them";
    disturbed_by_the_vanished: StopsReceivingWhenAPeerIsGone, packets::vanished_receiver_disturbs_nobody, "receiving packets fails";
    stuck_to_the_peer_that_was: SticksToThePeerThatWas, packets::packets_reach_a_peer_that_came_back, "a packet of 5 bytes";
    stuck_to_the_peer_that_was_dropped: SticksToThePeerThatWas, packets::packets_reach_a_peer_that_was_dropped_and_came_back, "a packet of 5 bytes";
    streams_stuck_to_the_peer_that_was: SticksToThePeerThatWas, streams::streams_reach_a_peer_that_came_back, "a stream is a";
    swallowed_last_byte: SwallowsTheLastByte, streams::closed_stream_ends_after_its_last_byte, "a stream that was closed: 0 bytes";
    changed_byte: ChangesAByte, streams::streams_carry_all_bytes_both_ways, "the question on a stream";
    changed_byte_before_a_slow_reader: ChangesAByte, streams::slow_reader_gets_every_byte, "what a slow reader hears";
    changed_byte_while_both_speak: ChangesAByte, streams::both_directions_flow_at_once, "what the other said meanwhile";
    end_of_both_ways: EndsBothWays, streams::half_closed_stream_still_carries_the_answer, "after the asker has closed";
    forgotten_end: ForgetsToEnd, streams::dropped_stream_ends_for_the_other_side, "its opener dropped";
    forgotten_failure: ForgetsToFail, streams::writing_to_a_dropped_stream_fails, "an error when writing";
    unbounded_buffer: BuffersWithoutBound, streams::reader_that_takes_nothing_holds_the_writer_back, "nobody reads them";
    unbounded_buffer_under_a_node: BuffersWithoutBound, intruders::peer_that_reads_nothing_holds_up_nobody, "nobody read";
    one_stream_at_a_time: OneStreamAtATime, streams::hundred_streams_at_once_are_all_served, "opening a stream";
    one_stream_at_a_time_stalled: OneStreamAtATime, streams::stalled_streams_hold_up_no_other, "opening a stream";
    one_silent_stream_at_a_time: OneByteOfHandshake, streams::streams_without_a_word_disturb_nobody, "a stream";
    cut_streams: CutsLongStreams, messages::large_messages_travel_both_ways, "a large message";
    cut_states: CutsLongStreams, states::states_are_exchanged_when_joining, "join";
    packets_lost_with_dropped_calls: LosesPacketsOfDroppedCalls, cancelling::dropped_receives_lose_no_packet, "are lost when a receive is dropped";
    streams_lost_with_dropped_calls: LosesStreamsOfDroppedCalls, cancelling::dropped_accepts_lose_no_stream, "when an accept was dropped";
    leaked_opens: LeaksDroppedOpens, cancelling::dropped_opens_leave_nothing_behind, "a stream";
    other_address: AdvertisesAnother, lifecycle::advertised_address_is_real, "arrives at";
    address_bound_twice: BindsTwice, lifecycle::address_in_use_is_an_error, "is bound twice";
    sends_after_the_end: SendsAfterTheEnd, lifecycle::calls_after_the_end_are_errors_that_say_so, "a send after the end succeeds";
    unsaid_end: NeverSaysClosed, lifecycle::calls_after_the_end_are_errors_that_say_so, "does not say that it is the end";
    end_blamed_on_the_peer: BlamesThePeerForAll, lifecycle::calls_after_the_end_are_errors_that_say_so, "is blamed on the peer";
    kept_address: KeepsTheAddress, lifecycle::address_is_free_after_shutdown, "can't be bound again";
    kept_address_life_after_life: KeepsTheAddress, lifecycle::many_lives_at_one_address, "can't be bound again";
    kept_address_under_a_node: KeepsTheAddress, ending::shutdown_frees_everything, "can't be bound again";
    kept_address_when_dropped: KeepsTheAddressWhenDropped, lifecycle::address_is_free_after_drop, "can be bound again";
    calls_that_wait_for_ever: LetsCallsWait, lifecycle::waiting_calls_end_with_the_transport, "waiting calls end";
    calls_waited_for: WaitsForCalls, lifecycle::shutdown_waits_for_no_call_that_is_not_polled, "nobody polls";
    silent_streams: LeavesStreamsSilent, lifecycle::streams_that_nobody_took_end_with_the_transport, "nobody took";
    streams_that_outlive_their_holder: ForgetsToEnd, lifecycle::streams_in_use_end_with_their_holder, "whose holder is gone";
    refusal_held_for_our_own: BlamesNobodyButItself, streams::stream_to_nobody_is_the_peers_failure, "our own failure";
    readable_secrets: ClaimsSecurePackets, claims::packets_claimed_to_be_secure_are_unreadable_on_the_way, "can be read";
    unproven_claim: ClaimsSecureStreams, claims::streams_claimed_to_be_secure_are_unreadable_on_the_way, "no relay to prove it";
    unproven_claim_of_integrity: ClaimsSecureStreams, claims::streams_claimed_to_be_secure_break_when_they_are_changed, "no relay to prove it";
    unchecked_packets: ClaimsCheckedPackets, claims::packets_claimed_to_be_checked_arrive_unchanged_or_not_at_all, "changed on the way arrives";
    stumbling_over_garbage: StumblesOverGarbage, hostile::garbage_from_below_disturbs_nobody, "arrives at";
    vanishing_unnoticed: ForgetsToEnd, intruders::peer_that_vanishes_mid_stream_harms_nobody, "is noticed";
    vanishing_unnoticed_by_a_joiner: ForgetsToEnd, intruders::join_through_a_peer_that_vanishes_fails_before_its_deadline, "a join ends";
}
