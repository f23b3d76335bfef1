/// Somebody in the middle of the way to a transport: whatever comes to [`address`](Self::address) goes on to the
/// transport, and its answers go back. Ends when it is dropped.
pub trait Relay<A>: Send {
    /// Where to send instead of to the transport itself.
    fn address(&self) -> &A;

    /// All bytes that passed so far, both ways.
    fn heard(&self) -> Vec<u8>;

    /// Changes every packet (and every piece of a stream) that passes from now on, or no longer. One flipped bit in each is enough.
    fn set_tampering(&self, tampering: bool);
}
