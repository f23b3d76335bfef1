//! Two nodes that find each other.
fn main() {}
