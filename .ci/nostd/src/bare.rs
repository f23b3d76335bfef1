//! What `std` would bring: memory (from libc) and a way to end on a panic.

use core::{
    alloc::{GlobalAlloc, Layout},
    panic::PanicInfo,
};

#[link(name = "c")]
unsafe extern "C" {
    fn aligned_alloc(align: usize, size: usize) -> *mut u8;
    fn free(pointer: *mut u8);
    fn abort() -> !;
}

struct Libc;

// SAFETY: `aligned_alloc` returns memory of that size and alignment or null, as `GlobalAlloc` asks; the size is rounded up
// to a multiple of the alignment, which C wants, and what comes from it may be freed by `free`.
unsafe impl GlobalAlloc for Libc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let layout = layout.align_to(size_of::<usize>()).unwrap_or(layout).pad_to_align();
        unsafe { aligned_alloc(layout.align(), layout.size()) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        unsafe { free(pointer) }
    }
}

#[global_allocator]
static MEMORY: Libc = Libc;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe { abort() }
}

// The precompiled `core` and `alloc` refer to these two; nothing unwinds here.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    unsafe { abort() }
}
