//! What a process takes from the machine. Memory is known on Linux alone.

use super::Fault;
use nix::sys::{
    resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit},
    time::TimeValLike,
};
use std::time::Duration;

/// Open files that a contender may have; more are not asked for.
const FILES: u64 = 20_000;

/// CPU time of this process so far.
///
/// # Errors
/// The system does not tell.
pub fn cpu() -> Result<Duration, Fault> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).map_err(|error| Fault::failed("CPU time", error))?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
}

/// As many open files as allowed, up to a bound.
pub fn allow_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < FILES.min(hard)
    {
        // Otherwise it goes with what there is, and a job that needs more fails.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, FILES.min(hard), hard);
    }
}

/// Bytes of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// That are resident.
    pub resident: u64,
    /// Of these, what is shared with no other process.
    pub private: u64,
}

impl Memory {
    /// Of this process, after the allocator gave back what it keeps for later.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn left() -> Result<Self, Fault> {
        give_back();
        Self::of(None)
    }

    /// Of a process; of this one with `None`.
    ///
    /// # Errors
    /// It is not Linux, or there is no such process.
    pub fn of(process: Option<u32>) -> Result<Self, Fault> {
        let process = process.map_or_else(|| "self".to_owned(), |id| id.to_string());
        let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"));
        Self::read(&text.map_err(|error| Fault::failed("memory", error))?)
            .ok_or_else(|| Fault::Failed("memory: not as Linux tells it".into()))
    }

    fn read(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1_024)
        };
        let private = field("Private_Clean:")?.checked_add(field("Private_Dirty:")?)?;
        Some(Self { resident: field("Rss:")?, private })
    }
}

/// What is not used is kept for later by the allocator, and more of it the more was needed for a moment. Where it is not glibc's, it stays so.
#[allow(unsafe_code, reason = "a function of the C library")]
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes any number, may be called at any time by any thread, and leaves alone what is in use.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_linux_tells_it() {
        let text = "55-7f ---p 0 00:00 0 [rollup]\nRss:     6 kB\nPss:  3 kB\nPrivate_Clean:  1 kB\nPrivate_Dirty:  2 kB\n";
        assert_eq!(Memory::read(text), Some(Memory { resident: 6_144, private: 3_072 }));
        assert_eq!(Memory::read("Rss: 6 kB\n"), None);
    }

    #[test]
    fn cpu_time_only_grows() {
        let before = cpu().unwrap();
        let sum: u64 = (0..1_000_000).map(std::hint::black_box).sum();
        assert!(sum > 0 && cpu().unwrap() >= before);
    }
}
