use crate::Fixture;
use std::{fmt, future::Future, pin::Pin};

/// One test of the suite, for harnesses other than `#[test]`; from [`all`](crate::all).
pub struct Test<F> {
    /// The group that it belongs to.
    pub room: &'static str,
    /// Its name, a sentence.
    pub name: &'static str,
    pub(crate) test: TestFn<F>,
}

pub(crate) type TestFn<F> = for<'a> fn(&'a F) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

impl<F: Fixture> Test<F> {
    /// Runs it to its end.
    ///
    /// # Panics
    /// If the transport does not behave: the message tells what was expected.
    pub fn run(&self, fixture: &F) {
        match fixture.exempt(&format!("{self:?}")) {
            Some(reason) => eprintln!("{self:?} is not run: {reason}"),
            None => F::block_on((self.test)(fixture)),
        }
    }
}

impl<F> fmt::Debug for Test<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.room, self.name)
    }
}

/// Runs the test of this name on a fixture; what [`conformance_tests!`](crate::conformance_tests) makes of each.
///
/// # Panics
/// If the transport does not behave, or there is no such test.
#[doc(hidden)]
pub fn run<F: Fixture>(fixture: &F, room: &str, name: &str) {
    match crate::all::<F>().iter().find(|test| test.room == room && test.name == name) {
        Some(test) => test.run(fixture),
        None => panic!("the suite has no test {room}::{name}"),
    }
}
