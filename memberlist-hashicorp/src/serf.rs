//! What serf, HashiCorp's layer above its memberlist, puts into metadata, user messages and the application's state of a push/pull: as much
//! of it as a node needs for serf's agents to accept it, list it with its tags, and see it leave.
//!
//! * A node's metadata are its [`Tags`].
//! * The application's state is a [`PushPull`].
//! * A user message is a [`SerfMessage`]: an intent to [join](JoinIntent) or to [leave](LeaveIntent), a [`UserEvent`], a [`Query`] (of which only
//!   the head is read), or something else, which is left alone.
//!
//! It is not serf: no query is answered, there are no coordinates, no keys are exchanged. This module turns bytes into values and back, no
//! more; what is done with them is for its user.
//!
//! ```
//! use memberlist_hashicorp::serf::{SerfMessage, UserEvent};
//!
//! let event = UserEvent { time: 7, name: "deploy".into(), payload: "v1".into(), coalesce: true };
//! let bytes = event.encode()?;
//! assert_eq!(SerfMessage::decode(&bytes)?, SerfMessage::UserEvent(event));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod message;
mod push_pull;
mod tags;

#[cfg(test)]
mod tests;

pub use message::{JoinIntent, LeaveIntent, Query, SerfMessage, UserEvent};
pub use push_pull::{PushPull, Said, Slot};
pub use tags::Tags;

use memberlist_types::{DecodeError, Versions};
use smol_str::SmolStr;

use crate::msgpack::Reader;

/// The versions that an agent with default settings tells: memberlist's are those of every node, and serf's 2 to 5, of which it speaks 5.
///
/// Nodes that say something else (such as 0, the default of a node without serf) are refused by every agent. The library's own default is to speak
/// 4: agents and nodes may differ in that.
pub const VERSIONS: Versions = Versions {
    protocol_min: Versions::PROTOCOL_MIN,
    protocol_max: Versions::PROTOCOL_MAX,
    protocol_current: Versions::PROTOCOL_DEFAULT,
    delegate_min: 2,
    delegate_max: 5,
    delegate_current: 5,
};

/// The kinds, each the first byte of its message.
mod kind {
    pub(super) const LEAVE: u8 = 0;
    pub(super) const JOIN: u8 = 1;
    pub(super) const PUSH_PULL: u8 = 2;
    pub(super) const USER_EVENT: u8 = 3;
    pub(super) const QUERY: u8 = 4;
}

/// Text; what is not UTF-8 in it is replaced, as Go's names may be any bytes.
fn text(reader: &mut Reader<'_>) -> Result<SmolStr, DecodeError> {
    Ok(SmolStr::new(alloc::string::String::from_utf8_lossy(&reader.bytes()?)))
}
