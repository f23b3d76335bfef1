//! A deterministic simulator for memberlist: thousands of real endpoints on a virtual clock and a virtual network.
