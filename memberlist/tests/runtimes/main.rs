//! W-55: the same cluster on every runtime and transport, over real sockets on loopback.

#![cfg(all(feature = "tcp", any(feature = "tokio", feature = "smol", feature = "async-std")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod harness;
mod stories;

/// Runs these stories on every runtime, over what they name.
macro_rules! on_every_runtime {
    ($over:tt) => {
        on_every_runtime! { "tokio" tokio TokioRuntime $over }
        on_every_runtime! { "smol" smol SmolRuntime $over }
        on_every_runtime! { "async-std" async_std AsyncStdRuntime $over }
    };
    ($feature:literal $module:ident $runtime:ident {
        $($(#[$cfg:meta])* $over:ident in $name:ident { $($(#[$doc:meta])* $story:ident)* })*
    }) => {
        #[cfg(feature = $feature)]
        mod $module {
            $($(#[$cfg])* mod $name {
                use crate::{harness::{$over, block_on}, stories};
                use memberlist::$module::$runtime;
                $($(#[$doc])* #[test] fn $story() {
                    block_on::$module(stories::$story::<$over<$runtime>>());
                })*
            })*
        }
    };
}

on_every_runtime! {{
    Tcp in tcp {
        /// 9.3 TestMemberlist_Join, by socket address and by host name.
        nodes_join_and_see_each_other
        /// 9.2 TestMemberlist_JoinShutdown
        killed_node_fails_for_all_and_nobody_else_is_suspected
        /// 9.2 TestMemberlist_Leave; complaint 8
        node_that_leaves_is_left_for_all_and_can_come_back
        /// 9.4 TestMemberlist_UserData, TestTransport_Send; complaint 17
        messages_small_and_large_arrive
        /// Complaint 29
        nothing_is_bound_after_the_end
        /// Point 1: runtimes differ in what a drop does.
        futures_that_are_dropped_halfway_harm_nobody
    }
    TcpAlone in tcp_alone {
        /// Complaint 13
        killed_node_fails_for_all_and_nobody_else_is_suspected
        /// Complaint 29
        nothing_is_bound_after_the_end
    }
    #[cfg(all(feature = "tls", feature = "self-signed"))]
    Tls in tls {
        /// Point 7
        nodes_join_and_see_each_other
        /// Point 7
        killed_node_fails_for_all_and_nobody_else_is_suspected
        /// Point 7
        messages_small_and_large_arrive
        /// Complaint 29
        nothing_is_bound_after_the_end
        /// Point 1: runtimes differ in what a drop does.
        futures_that_are_dropped_halfway_harm_nobody
    }
    #[cfg(all(feature = "quic", feature = "self-signed"))]
    Quic in quic {
        /// Point 7
        nodes_join_and_see_each_other
        /// Point 7
        killed_node_fails_for_all_and_nobody_else_is_suspected
        /// Point 7
        messages_small_and_large_arrive
        /// Complaint 29
        nothing_is_bound_after_the_end
        /// Point 1: runtimes differ in what a drop does.
        futures_that_are_dropped_halfway_harm_nobody
    }
}}
