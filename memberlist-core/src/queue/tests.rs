use super::*;

fn of<T>(events: usize, data: usize) -> (Sender<T>, Receiver<T>) {
    channel(Bounds { events, data, bytes: 1000 })
}

fn drain<T>(receiver: &mut Receiver<T>) -> Vec<Result<T, u64>> {
    std::iter::from_fn(|| receiver.try_recv()).collect()
}

#[test]
fn lanes_merge_in_the_order_of_sending() {
    let (sender, mut receiver) = of(10, 10);
    for (n, lane) in
        [Lane::Data(1), Lane::Events, Lane::Events, Lane::Data(1), Lane::Events].into_iter().enumerate()
    {
        assert_eq!(sender.send(lane, n), Sent::Queued);
    }
    assert_eq!(drain(&mut receiver), (0..5).map(Ok).collect::<Vec<_>>());
}

#[test]
fn a_flood_of_data_drops_the_oldest_data_and_no_membership_event() {
    let (sender, mut receiver) = of(3, 2);
    sender.send(Lane::Events, "joined");
    sender.send(Lane::Data(1), "1");
    sender.send(Lane::Data(1), "2");
    assert_eq!(sender.send(Lane::Data(1), "3"), Sent::Displaced(1));
    sender.send(Lane::Events, "left");
    assert_eq!(sender.send(Lane::Data(1), "4"), Sent::Displaced(1));
    assert_eq!(drain(&mut receiver), [Err(2), Ok("joined"), Ok("3"), Ok("left"), Ok("4")]);
}

#[test]
fn a_full_event_lane_drops_its_oldest_and_says_so() {
    let (sender, mut receiver) = of(2, 2);
    for n in 0..5 {
        sender.send(Lane::Events, n);
    }
    assert_eq!(drain(&mut receiver), [Err(3), Ok(3), Ok(4)]);
}

#[test]
fn what_was_queued_is_still_given_after_closing() {
    let (sender, mut receiver) = of(2, 2);
    sender.send(Lane::Events, 1);
    drop(sender);
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(Some(Ok(1))));
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(None));
}

#[test]
fn a_sender_learns_that_nobody_listens() {
    let (sender, receiver) = of(2, 2);
    drop(receiver);
    assert_eq!(sender.send(Lane::Events, 1), Sent::Closed);
}

#[test]
fn data_is_bounded_by_bytes_too_and_one_oversized_item_still_passes() {
    let (sender, mut receiver) = channel(Bounds { events: 1, data: 100, bytes: 10 });
    for n in 0..5 {
        sender.send(Lane::Data(2), n);
    }
    assert_eq!(sender.send(Lane::Data(5), 5), Sent::Displaced(3));
    assert_eq!(drain(&mut receiver), [Err(3), Ok(3), Ok(4), Ok(5)]);
    assert_eq!(sender.send(Lane::Data(50), 6), Sent::Queued);
    assert_eq!(sender.send(Lane::Data(1), 7), Sent::Displaced(1));
    assert_eq!(drain(&mut receiver), [Err(1), Ok(7)]);
}

/// Whoever is just behind is waited for, a reader who does not read is not.
#[test]
fn a_lane_is_filling_from_its_half_until_there_is_no_room() {
    let (sender, mut receiver) = of(10, 10);
    let mut filling = vec![];
    for n in 0..=10 {
        filling.push(sender.is_filling(3));
        sender.send(Lane::Events, n);
        sender.send(Lane::Data(1), n);
    }
    let expected = [false, false, false, false, false, true, true, true, false, false, false];
    assert_eq!(filling, expected);
    drain(&mut receiver);
    assert!(!sender.is_filling(3));
}
