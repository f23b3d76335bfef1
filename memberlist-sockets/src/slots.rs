use crate::lifecycle::lock;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// A bounded number of connections that may be held at once: in all, and from (or to) one IP address, so that one host cannot take
/// every place.
#[derive(Clone)]
pub struct Slots {
    used: Arc<Mutex<Used>>,
    max: usize,
    max_per_ip: usize,
}

#[derive(Default)]
struct Used {
    all: usize,
    by_ip: HashMap<IpAddr, usize>,
}

impl Slots {
    /// So many places, and so many of them for one IP address.
    #[must_use]
    pub fn new(max: usize, max_per_ip: usize) -> Self {
        Self { used: Arc::default(), max, max_per_ip }
    }

    /// One of them, held until it is dropped; `None` if all that this address may have are taken.
    pub fn take(&self, ip: IpAddr) -> Option<Slot> {
        let mut used = lock(&self.used);
        let of_ip = used.by_ip.get(&ip).copied().unwrap_or(0);
        if used.all >= self.max || of_ip >= self.max_per_ip {
            return None;
        }
        used.all += 1;
        used.by_ip.insert(ip, of_ip + 1);
        Some(Slot { used: Arc::clone(&self.used), ip })
    }

    /// Places that are taken now.
    #[must_use]
    pub fn used(&self) -> usize {
        lock(&self.used).all
    }
}

/// One of a bounded number of connections.
pub struct Slot {
    used: Arc<Mutex<Used>>,
    ip: IpAddr,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut used = lock(&self.used);
        used.all -= 1;
        if let Some(of_ip) = used.by_ip.get_mut(&self.ip) {
            *of_ip -= 1;
            if *of_ip == 0 {
                used.by_ip.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests;
