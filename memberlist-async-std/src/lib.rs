//! The async-std runtime for the memberlist framework: an adapter on the traits of agnostic.
