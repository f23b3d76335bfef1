//! W-55: the same cluster on every runtime, over real sockets on loopback.

#![cfg(all(feature = "tcp", any(feature = "tokio", feature = "smol", feature = "async-std")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod harness;
mod stories;

/// Runs every story on every runtime.
macro_rules! on_every_runtime {
    ($($(#[$doc:meta])* $story:ident)*) => {
        #[cfg(feature = "tokio")]
        mod tokio {
            $($(#[$doc])* #[test] fn $story() {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(crate::stories::$story::<memberlist::tokio::TokioRuntime>());
            })*
        }
        #[cfg(feature = "smol")]
        mod smol {
            $($(#[$doc])* #[test] fn $story() {
                smol::block_on(crate::stories::$story::<memberlist::smol::SmolRuntime>());
            })*
        }
        #[cfg(feature = "async-std")]
        mod async_std {
            $($(#[$doc])* #[test] fn $story() {
                async_std::task::block_on(crate::stories::$story::<memberlist::async_std::AsyncStdRuntime>());
            })*
        }
    };
}

on_every_runtime! {
    /// 9.3 TestMemberlist_Join, by socket address and by host name.
    nodes_join_and_see_each_other
    /// 9.2 TestMemberlist_JoinShutdown
    killed_node_fails_for_all_and_nobody_else_is_suspected
    /// 9.2 TestMemberlist_Leave; complaint 8
    node_that_leaves_is_left_for_all_and_can_come_back
    /// 9.4 TestMemberlist_UserData, TestTransport_Send; complaint 17
    messages_small_and_large_arrive
    /// Complaint 13
    cluster_without_udp_finds_its_dead
    /// Complaint 29
    nothing_is_bound_after_the_end
    /// Point 1: runtimes differ in what a drop does.
    futures_that_are_dropped_halfway_harm_nobody
}
