use super::Inbox;
use bytes::Bytes;
use futures_util::FutureExt;
use memberlist_core::Packet;
use std::future::poll_fn;

fn packet(number: u32, len: usize) -> Packet<std::net::SocketAddr> {
    let mut data = number.to_be_bytes().to_vec();
    data.resize(len.max(4), 0);
    Packet { from: "127.0.0.1:1".parse().unwrap(), data: Bytes::from(data) }
}

fn pop(inbox: &Inbox) -> Option<u32> {
    let packet = poll_fn(|cx| inbox.poll_pop(cx)).now_or_never()?;
    Some(u32::from_be_bytes(packet.data[..4].try_into().unwrap()))
}

/// W-55: bounded inbox, the oldest is dropped.
#[test]
fn full_inbox_drops_the_oldest_and_says_so() {
    let inbox = Inbox::default();
    let dropped: usize = (0..300).map(|number| inbox.push(packet(number, 4))).sum();
    assert_eq!(dropped, 300 - Inbox::MAX_PACKETS);
    assert_eq!(pop(&inbox), Some(44));
    let rest: Vec<u32> = std::iter::from_fn(|| pop(&inbox)).collect();
    assert_eq!(rest, (45..300).collect::<Vec<_>>());
}

#[test]
fn bytes_are_bounded_too() {
    let inbox = Inbox::default();
    let dropped: usize = (0..100).map(|number| inbox.push(packet(number, 65_507))).sum();
    assert_eq!(dropped, 100 - 4 * 1024 * 1024 / 65_507);
    assert_eq!(inbox.push(packet(100, 4)), 0);
}

#[test]
fn push_wakes_the_receiver() {
    let inbox = Inbox::default();
    let (waker, count) = futures_test_waker();
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(inbox.poll_pop(&mut cx).is_pending());
    inbox.push(packet(1, 4));
    assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert!(inbox.poll_pop(&mut cx).is_ready());
}

fn futures_test_waker() -> (std::task::Waker, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    struct Count(std::sync::Arc<std::sync::atomic::AtomicUsize>);
    impl std::task::Wake for Count {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    (std::sync::Arc::new(Count(std::sync::Arc::clone(&count))).into(), count)
}
