use super::*;

/// Keeps both queues full over many packets; returns the bytes that user broadcasts and membership got, and the longest
/// drought of each in packets.
fn contend(
    user_len: usize,
    membership_len: usize,
    share: u8,
    rooms: &[Room],
    packets: usize,
) -> [(usize, usize); 2] {
    let (mut membership, mut user) = (Broadcasts::new(), Broadcasts::new());
    let mut fairness = Fairness::default();
    let (mut got, mut drought, mut longest) = ([0, 0], [0, 0], [0, 0]);
    let mut key = 0_u64;
    for packet in 0..packets {
        while user.len() < 300 {
            key += 1;
            user.insert(Some(key), bytes(user_len, 1), None);
        }
        while membership.len() < 300 {
            key += 1;
            membership.insert(Some(key), bytes(membership_len, 0), None);
        }
        let mut room = rooms[packet % rooms.len()];
        let before = room;
        let (mut out, mut finished) = (vec![], vec![]);
        fill_fair(&mut membership, &mut user, &mut fairness, &mut room, 4, share, &mut out, &mut finished);
        assert_eq!(out.iter().map(|p| p.len() + before.overhead).sum::<usize>(), before.bytes - room.bytes);
        assert_eq!(out.len(), before.messages - room.messages);
        for (side, marker) in [1, 0].into_iter().enumerate() {
            let bytes: usize = out.iter().filter(|p| p[0] == marker).map(|p| p.len() + before.overhead).sum();
            got[side] += bytes;
            drought[side] = if bytes == 0 { drought[side] + 1 } else { 0 };
            longest[side] = longest[side].max(drought[side]);
        }
    }
    [(got[0], longest[0]), (got[1], longest[1])]
}

fn packet(bytes: usize) -> Room {
    Room { bytes, overhead: 2, messages: 255 }
}

/// F-49, complaint 4
#[test]
fn neither_queue_starves_whatever_the_sizes() {
    for share in [1, 20, 50, 90] {
        for user_len in [1, 300, 700, 1_380] {
            for membership_len in [40, 900, 1_380] {
                let [(user, user_drought), (membership, membership_drought)] =
                    contend(user_len, membership_len, share, &[packet(1_400)], 400);
                // Either its share of the bytes that went out, or of what it could have sent alone (then the other side
                // only filled gaps). One item of each side may stick out over what is due.
                let alone = |len: usize| (1_400 / (len + 2)).min(255) * (len + 2) * 400;
                for (got, share, alone) in
                    [(user, share, alone(user_len)), (membership, 100 - share, alone(membership_len))]
                {
                    let percent = got as f64 * 100.0 / (user + membership).min(alone) as f64;
                    assert!(
                        percent > f64::from(share) - 2.0,
                        "{percent} % of share {share}: user items of {user_len} B, membership {membership_len} B"
                    );
                }
                // A packet of one 900 B item accrues less than a full one does.
                let bound = |share: u8| 160 / usize::from(share) + 2;
                assert!(user_drought <= bound(share), "share {share}: {user_drought} packets");
                assert!(
                    membership_drought <= bound(100 - share),
                    "share {share}: {membership_drought} packets"
                );
            }
        }
    }
}

/// F-49: an item that fits a gossip packet but no piggyback still has its turn.
#[test]
fn small_rooms_between_large_ones_do_not_forget_the_debt() {
    let rooms = [packet(60), packet(200), packet(1_400), packet(90)];
    let [(user, drought), (membership, _)] = contend(1_380, 40, 20, &rooms, 4_000);
    assert!(drought <= 24, "{drought}");
    let percent = user as f64 * 100.0 / (user + membership) as f64;
    assert!((percent - 20.0).abs() < 2.0, "{percent}");
    let [(user, _), (membership, drought)] = contend(40, 1_380, 80, &rooms, 4_000);
    assert!(drought <= 24, "{drought}");
    let percent = membership as f64 * 100.0 / (user + membership) as f64;
    assert!((percent - 20.0).abs() < 2.0, "{percent}");
}

/// Where places for messages are scarcer than bytes, they are what is shared.
#[test]
fn a_flood_of_tiny_messages_takes_its_share_of_the_places_only() {
    let room = Room { bytes: 1_400, overhead: 2, messages: 10 };
    let [(user, _), (membership, drought)] = contend(1, 38, 50, &[room], 1_000);
    assert_eq!((user / 3, membership / 40), (5_000, 5_000));
    assert_eq!(drought, 0);
}

#[test]
fn what_one_side_leaves_unused_the_other_gets() {
    for (user_items, membership_items) in [(0, 100), (100, 0), (1, 100), (100, 1)] {
        let (mut membership, mut user) = (Broadcasts::new(), Broadcasts::new());
        for n in 0..user_items {
            user.insert(Some(n), bytes(48, 1), None);
        }
        for n in 0..membership_items {
            membership.insert(Some(n), bytes(48, 0), None);
        }
        let (mut room, mut out, mut finished) = (packet(1_000), vec![], vec![]);
        let mut fairness = Fairness::default();
        fill_fair(&mut membership, &mut user, &mut fairness, &mut room, 4, 50, &mut out, &mut finished);
        assert_eq!((out.len(), room.bytes), (20, 0));
        assert_eq!(
            out.iter().filter(|p| p[0] == 1).count(),
            if user_items == 100 { 20 - membership_items } else { user_items }
        );
    }
}

/// One packet of 1,400 B at an even share; returns the bytes of user broadcasts and of membership in it.
fn share_out(
    membership: &mut Broadcasts<u32>,
    user: &mut Broadcasts<u32>,
    fairness: &mut Fairness,
) -> (usize, usize) {
    let (mut room, mut out, mut finished) = (packet(1_400), vec![], vec![]);
    fill_fair(membership, user, fairness, &mut room, u32::MAX, 50, &mut out, &mut finished);
    let sum = |marker| out.iter().filter(|p| p[0] == marker).map(|p| p.len() + 2).sum();
    (sum(1), sum(0))
}

fn crowd(queue: &mut Broadcasts<u32>, marker: u8) {
    for n in 0..100 {
        queue.insert(Some(n), bytes(68, marker), None);
    }
}

/// An item that fits nowhere does not run up a debt that the other side has to pay for ever.
#[test]
fn the_debt_is_bounded() {
    let (mut membership, mut user) = (Broadcasts::new(), Broadcasts::new());
    let mut fairness = Fairness::default();
    crowd(&mut membership, 0);
    user.insert(Some(1_000), bytes(5_000, 1), None);
    for _ in 0..1_000 {
        assert_eq!(share_out(&mut membership, &mut user, &mut fairness), (0, 1_400));
    }
    user.remove(&1_000);
    crowd(&mut user, 1);
    let got: Vec<_> = (0..6).map(|_| share_out(&mut membership, &mut user, &mut fairness)).collect();
    assert_eq!(got, [(1_400, 0), (1_400, 0), (700, 700), (700, 700), (700, 700), (700, 700)]);
}

/// A side that has nothing waiting, or room for all of it, has no claim on later packets.
#[test]
fn the_debt_is_forgotten_when_the_contention_ends() {
    for both in [false, true] {
        let (mut membership, mut user) = (Broadcasts::new(), Broadcasts::new());
        let mut fairness = Fairness::default();
        crowd(&mut membership, 0);
        user.insert(Some(1_000), bytes(5_000, 1), None);
        share_out(&mut membership, &mut user, &mut fairness);
        user.remove(&1_000);
        membership.prune(usize::from(both), usize::MAX);
        user.insert(Some(1_000), bytes(68, 1), None);
        let (to_user, to_membership) = share_out(&mut membership, &mut user, &mut fairness);
        assert_eq!((to_user, to_membership), (70, if both { 70 } else { 0 }));
        crowd(&mut membership, 0);
        crowd(&mut user, 1);
        assert_eq!(share_out(&mut membership, &mut user, &mut fairness), (700, 700));
    }
}

/// The second pass over a packet does not hand the same item out again.
#[test]
fn no_item_is_twice_in_one_packet() {
    let (mut membership, mut user) = (Broadcasts::new(), Broadcasts::new());
    membership.insert(Some(0), bytes(10, 0), None);
    for n in 0..5_u8 {
        user.insert(Some(n), bytes(10, n + 1), None);
    }
    let (mut room, mut out, mut finished) = (packet(1_400), vec![], vec![]);
    fill_fair(&mut membership, &mut user, &mut Fairness::default(), &mut room, 4, 2, &mut out, &mut finished);
    let mut seen: Vec<_> = out.iter().map(|p| p[0]).collect();
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

proptest! {
    #[test]
    fn any_mix_keeps_the_budget_and_loses_nothing(
        users in proptest::collection::vec(0..200_usize, 0..30),
        members in proptest::collection::vec(0..200_usize, 0..30),
        rooms in proptest::collection::vec((0..500_usize, 0..5_usize, 0..20_usize), 1..20),
        share in any::<u8>(),
        limit in 0..4_u32,
    ) {
        let (mut membership, mut user) = (Broadcasts::<u8>::new(), Broadcasts::<u8>::new());
        for len in &users { user.insert(None, bytes(*len, 1), None); }
        for len in &members { membership.insert(None, bytes(*len, 0), None); }
        let mut fairness = Fairness::default();
        let mut sent = 0;
        for (bytes, overhead, messages) in rooms {
            let mut room = Room { bytes, overhead, messages };
            let (mut out, mut finished) = (vec![], vec![]);
            fill_fair(&mut membership, &mut user, &mut fairness, &mut room, limit, share, &mut out, &mut finished);
            let used: usize = out.iter().map(|p| p.len() + overhead).sum();
            prop_assert_eq!(used + room.bytes, bytes);
            prop_assert_eq!(out.len() + room.messages, messages);
            sent += out.len();
        }
        let left = |queue: &Broadcasts<u8>| in_order(queue).iter().map(|i| i.0 as usize).sum::<usize>();
        let gone = users.len() + members.len() - user.len() - membership.len();
        prop_assert_eq!(sent, left(&user) + left(&membership) + gone * limit.max(1) as usize);
        prop_assert!(user.bytes() <= users.iter().sum() && membership.bytes() <= members.iter().sum());
    }
}
