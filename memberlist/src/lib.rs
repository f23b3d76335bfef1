//! Cluster membership and failure detection.
