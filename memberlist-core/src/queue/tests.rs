use super::*;

fn drain<T>(receiver: &mut Receiver<T>) -> Vec<Result<T, u64>> {
    std::iter::from_fn(|| receiver.try_recv()).collect()
}

#[test]
fn lanes_merge_in_the_order_of_sending() {
    let (sender, mut receiver) = channel(10, 10);
    for (n, lane) in
        [Lane::Data, Lane::Events, Lane::Events, Lane::Data, Lane::Events].into_iter().enumerate()
    {
        assert_eq!(sender.send(lane, n), Sent::Queued);
    }
    assert_eq!(drain(&mut receiver), (0..5).map(Ok).collect::<Vec<_>>());
}

#[test]
fn a_flood_of_data_drops_the_oldest_data_and_no_membership_event() {
    let (sender, mut receiver) = channel(3, 2);
    sender.send(Lane::Events, "joined");
    sender.send(Lane::Data, "1");
    sender.send(Lane::Data, "2");
    assert_eq!(sender.send(Lane::Data, "3"), Sent::Displaced);
    sender.send(Lane::Events, "left");
    assert_eq!(sender.send(Lane::Data, "4"), Sent::Displaced);
    assert_eq!(drain(&mut receiver), [Err(2), Ok("joined"), Ok("3"), Ok("left"), Ok("4")]);
}

#[test]
fn a_full_event_lane_drops_its_oldest_and_says_so() {
    let (sender, mut receiver) = channel(2, 2);
    for n in 0..5 {
        sender.send(Lane::Events, n);
    }
    assert_eq!(drain(&mut receiver), [Err(3), Ok(3), Ok(4)]);
}

#[test]
fn what_was_queued_is_still_given_after_closing() {
    let (sender, mut receiver) = channel(2, 2);
    sender.send(Lane::Events, 1);
    drop(sender);
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(Some(Ok(1))));
    assert_eq!(receiver.poll_recv(&mut cx), Poll::Ready(None));
}

#[test]
fn a_sender_learns_that_nobody_listens() {
    let (sender, receiver) = channel(2, 2);
    drop(receiver);
    assert_eq!(sender.send(Lane::Events, 1), Sent::Closed);
}
