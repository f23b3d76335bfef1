//! The list of all tests: once, for everything that is made of it.

use crate::{
    Fixture, Test, cancelling, claims,
    cluster::{ending, failing, intruders, joining, leaving, messages, mismatch, states},
    hostile, lifecycle, packets, streams,
};

macro_rules! suite {
    ($d:tt $($(#[$doc:meta])* $room:ident { $($test:ident)* })*) => {
        /// Every test of the suite, for harnesses other than `#[test]`.
        #[must_use]
        pub fn all<F: Fixture>() -> Vec<Test<F>> {
            vec![$($(Test {
                room: stringify!($room),
                name: stringify!($test),
                test: |fixture| Box::pin($room::$test(fixture)),
            },)*)*]
        }

        /// Makes a `#[test]` of every test of the suite, in modules by room. The argument is an expression that makes a
        /// [`Fixture`](crate::Fixture); it is evaluated anew for each test.
        ///
        /// To be used once in a module; see the example at the top of this crate.
        #[macro_export]
        macro_rules! conformance_tests {
            ($d fixture:expr) => {
                $(
                    $(#[$doc])*
                    mod $room {
                        #[allow(unused_imports)]
                        use super::*;
                        $(
                            #[test]
                            fn $test() {
                                $d crate::run(&$d fixture, stringify!($room), stringify!($test));
                            }
                        )*
                    }
                )*
            };
        }
    };
}

suite! { $
    packets {
        packets_arrive_whole_and_name_their_sender
        answer_to_the_sender_of_a_packet_arrives
        packet_of_the_largest_size_arrives
        packet_over_the_limit_is_refused_here
        empty_packet_is_refused_here
        packets_keep_their_bounds_in_a_burst
        senders_are_not_mixed_up
        packets_that_nobody_takes_are_bounded
        vanished_receiver_disturbs_nobody
        packets_reach_a_peer_that_came_back
        packets_reach_a_peer_that_was_dropped_and_came_back
    }
    streams {
        streams_carry_all_bytes_both_ways
        half_closed_stream_still_carries_the_answer
        closed_stream_ends_after_its_last_byte
        both_directions_flow_at_once
        dropped_stream_ends_for_the_other_side
        writing_to_a_dropped_stream_fails
        reader_that_takes_nothing_holds_the_writer_back
        slow_reader_gets_every_byte
        hundred_streams_at_once_are_all_served
        stalled_streams_hold_up_no_other
        both_sides_may_open_at_once
        streams_without_a_word_disturb_nobody
        stream_to_nobody_is_the_peers_failure
        streams_reach_a_peer_that_came_back
    }
    cancelling {
        dropped_receives_lose_no_packet
        dropped_accepts_lose_no_stream
        dropped_reads_lose_no_byte
        dropped_opens_leave_nothing_behind
        dropped_sends_do_no_harm
    }
    lifecycle {
        advertised_address_is_real
        address_in_use_is_an_error
        calls_after_the_end_are_errors_that_say_so
        waiting_calls_end_with_the_transport
        shutdown_waits_for_no_call_that_is_not_polled
        address_is_free_after_shutdown
        address_is_free_after_drop
        many_lives_at_one_address
        streams_that_nobody_took_end_with_the_transport
        streams_in_use_end_with_their_holder
    }
    claims {
        packets_claimed_to_be_secure_are_unreadable_on_the_way
        streams_claimed_to_be_secure_are_unreadable_on_the_way
        packets_claimed_to_be_checked_arrive_unchanged_or_not_at_all
        streams_claimed_to_be_secure_break_when_they_are_changed
    }
    hostile {
        garbage_from_below_disturbs_nobody
    }
    joining {
        nodes_join_and_see_each_other
        nodes_that_join_at_once_all_see_each_other
        metadata_is_known_to_all_and_so_are_its_changes
        join_to_nobody_fails_with_a_reason
        join_to_a_silent_peer_ends_at_its_deadline
    }
    failing {
        members_probe_each_other_and_stay_alive
        ping_tells_the_round_trip_time
        silent_member_is_suspected_and_then_declared_dead
        falsely_suspected_member_refutes
        node_that_died_is_welcome_again
    }
    leaving {
        leaving_member_is_held_for_left
        member_that_left_may_rejoin
        node_that_left_is_welcome_again
    }
    messages {
        small_messages_travel_both_ways
        large_messages_travel_both_ways
        messages_take_the_way_that_fits
        hundred_large_messages_at_once_all_arrive
        broadcasts_reach_every_member_once
    }
    states {
        states_are_exchanged_when_joining
        states_are_exchanged_again_and_again
    }
    mismatch {
        other_label_is_kept_out
        other_key_is_kept_out
    }
    intruders {
        garbage_packets_change_nothing
        garbage_streams_change_nothing
        peer_that_vanishes_mid_stream_harms_nobody
        join_through_a_peer_that_vanishes_fails_before_its_deadline
        peer_that_reads_nothing_holds_up_nobody
        peer_that_drips_is_ended_at_the_deadline
    }
    ending {
        shutdown_frees_everything
        calls_after_shutdown_say_so
        dropping_the_last_handle_ends_the_node
    }
}
