//! Small pieces of synchronisation that depend on no runtime.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic of another holder (in a user's `Wire`, say) does not spread.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
