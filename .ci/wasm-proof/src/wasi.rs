//! Two functions that `std` names, and Debian's older C library for WASI lacks. There are no threads, so nobody calls them.

use std::{ffi::c_void, process::abort};

#[unsafe(no_mangle)]
extern "C" fn pthread_join(_: *mut c_void, _: *mut *mut c_void) -> i32 {
    abort()
}

#[unsafe(no_mangle)]
extern "C" fn pthread_detach(_: *mut c_void) -> i32 {
    abort()
}
