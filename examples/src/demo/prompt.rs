//! The prompt of a single node.
