use super::Slots;
use crate::lifecycle::lock;
use std::net::{IpAddr, Ipv4Addr};

const A: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const B: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

/// Complaint 19
#[test]
fn one_address_cannot_take_every_place() {
    let slots = Slots::new(3, 2);
    let mut held: Vec<_> = [A, A].map(|ip| slots.take(ip).unwrap()).into();
    assert!(slots.take(A).is_none());
    held.push(slots.take(B).unwrap());
    assert!(slots.take(B).is_none(), "three in all");
    assert_eq!(slots.used(), 3);
    held.remove(0);
    assert!(slots.take(A).is_some());
    held.clear();
    assert_eq!(slots.used(), 0);
    assert!(lock(&slots.used).by_ip.is_empty(), "nothing is kept of those who are gone");
}
