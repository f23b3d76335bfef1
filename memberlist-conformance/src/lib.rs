//! Behaviour that every transport of the memberlist framework must show: one suite of tests for any transport on any runtime.
