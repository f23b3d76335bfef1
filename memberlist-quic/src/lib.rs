//! QUIC transport of the memberlist framework, on any agnostic runtime.
