use super::Options;
use crate::OptionsError;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

/// The shortest pause that makes sense: a shorter one is a slip in the unit, and would keep a processor busy.
const SHORTEST: Duration = Duration::from_millis(1);
/// What a packet must hold beside metadata: name, address, versions, label, checksum, headers.
const BESIDE_META: usize = 256;
/// The most that a UDP packet over IPv4 carries.
const LARGEST_PACKET: usize = 65_507;
/// The most that user broadcasts may claim while membership waits.
const LARGEST_USER_SHARE: u8 = 90;

impl Options {
    /// Checks each value and each pair of values.
    ///
    /// # Errors
    /// [`OptionsError`] names the first field that can't be, what is wrong with it, and what would be right.
    pub fn validate(&self) -> Result<(), OptionsError> {
        self.check_intervals()?;
        self.check_multipliers()?;
        self.check_sizes()
    }

    fn check_intervals(&self) -> Result<(), OptionsError> {
        for (field, value, may_be_zero) in [
            ("probe_interval", self.probe_interval, true),
            ("probe_timeout", self.probe_timeout, false),
            ("gossip_interval", self.gossip_interval, true),
            ("push_pull_interval", self.push_pull_interval, true),
            ("stream_timeout", self.stream_timeout, false),
            ("healing_interval", self.healing_interval, !self.healing),
        ] {
            if value < SHORTEST && !(may_be_zero && value.is_zero()) {
                let off = if may_be_zero { ", or zero to switch it off" } else { "" };
                return refuse(field, format!("{value:?} is too short: use at least {SHORTEST:?}{off}"));
            }
        }
        if !self.probe_interval.is_zero() && self.probe_timeout >= self.probe_interval {
            return refuse(
                "probe_timeout",
                format!(
                    "{:?} leaves a probe no time for helpers: use less than `probe_interval` ({:?}), best at most half of it",
                    self.probe_timeout, self.probe_interval
                ),
            );
        }
        if !self.push_pull_interval.is_zero() && self.push_pull_interval < self.gossip_interval {
            return refuse(
                "push_pull_interval",
                format!(
                    "{:?} exchanges everything more often than news: use at least `gossip_interval` ({:?}), or zero to switch it off",
                    self.push_pull_interval, self.gossip_interval
                ),
            );
        }
        if self.healing && self.healing_interval_max < self.healing_interval {
            return refuse(
                "healing_interval_max",
                format!(
                    "{:?} is shorter than the first pause: use at least `healing_interval` ({:?})",
                    self.healing_interval_max, self.healing_interval
                ),
            );
        }
        Ok(())
    }

    fn check_multipliers(&self) -> Result<(), OptionsError> {
        for (field, value, hint) in [
            ("awareness_max", self.awareness_max, "1 switches the health score off"),
            ("suspicion_mult", self.suspicion_mult, "a suspected node needs time to refute"),
            (
                "suspicion_max_timeout_mult",
                self.suspicion_max_timeout_mult,
                "1 makes all suspicions last equally long",
            ),
            ("retransmit_mult", self.retransmit_mult, "broadcasts have to be sent"),
            (
                "max_incarnation_jump",
                self.max_incarnation_jump,
                "a refutation raises the incarnation by 1 or more",
            ),
        ] {
            if value == 0 {
                return refuse(field, format!("0 is not possible: use at least 1 ({hint})"));
            }
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), OptionsError> {
        if self.packet_size > LARGEST_PACKET {
            return refuse(
                "packet_size",
                format!("{} is more than UDP carries: use at most {LARGEST_PACKET}", self.packet_size),
            );
        }
        let least = self.max_meta_size.saturating_add(BESIDE_META);
        if self.packet_size < least {
            return refuse(
                "packet_size",
                format!(
                    "{} has no room for `max_meta_size` ({}) and {BESIDE_META} bytes of names and headers: use at least {least}, or lower `max_meta_size`",
                    self.packet_size, self.max_meta_size
                ),
            );
        }
        if self.max_members < 2 {
            return refuse(
                "max_members",
                format!("{} has no room for anybody beside ourselves: use at least 2", self.max_members),
            );
        }
        if self.max_peer_bytes != 0 && self.max_peer_bytes < self.packet_size as u64 {
            return refuse(
                "max_peer_bytes",
                format!(
                    "{} would refuse every full packet: use at least `packet_size` ({}), or zero for no limit",
                    self.max_peer_bytes, self.packet_size
                ),
            );
        }
        if self.max_user_broadcasts != 0 && self.max_user_broadcast_bytes == 0 {
            return refuse(
                "max_user_broadcast_bytes",
                format!(
                    "0 refuses every broadcast, but `max_user_broadcasts` is {}: set both to zero, or neither",
                    self.max_user_broadcasts
                ),
            );
        }
        if self.max_user_broadcasts == 0 && self.max_user_broadcast_bytes != 0 {
            return refuse(
                "max_user_broadcasts",
                format!(
                    "0 refuses every broadcast, but `max_user_broadcast_bytes` is {}: set both to zero, or neither",
                    self.max_user_broadcast_bytes
                ),
            );
        }
        if self.user_share == 0 || self.user_share > LARGEST_USER_SHARE {
            return refuse(
                "user_share",
                format!(
                    "{} % would starve {}: use 1 to {LARGEST_USER_SHARE}",
                    self.user_share,
                    if self.user_share == 0 { "user broadcasts" } else { "membership" }
                ),
            );
        }
        if self.max_events == 0 {
            return refuse("max_events", String::from("0 drops every event: use at least 1"));
        }
        Ok(())
    }
}

fn refuse(field: &'static str, problem: String) -> Result<(), OptionsError> {
    Err(OptionsError { field, problem })
}
