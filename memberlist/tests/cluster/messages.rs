use crate::{Watched, cluster, end, until};
use memberlist::prelude::*;
use memberlist::{CommandError, Error};
use std::collections::BTreeSet;

fn payloads(node: &mut Watched, wanted: bool) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for event in node.seen() {
        if let Event::User { payload, reliable, .. } = event
            && *reliable == wanted
        {
            found.push(payload.to_vec());
        }
    }
    found
}

/// 9.4 TestMemberlist_UserData: many more broadcasts than one packet holds reach the other node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broadcasts_of_many_packets_arrive() {
    let mut nodes = cluster(2, Options::lan(), NetOptions::new()).await;
    let sent: BTreeSet<Vec<u8>> =
        (0..256u32).map(|number| [&[7; 60][..], &number.to_be_bytes()].concat()).collect();
    for payload in &sent {
        drop(nodes[0].node.broadcast(payload.clone()).unwrap());
    }
    until("the other has all", || {
        nodes[1..].iter_mut().all(|node| payloads(node, false).into_iter().collect::<BTreeSet<_>>() == sent)
    })
    .await;
    assert!(payloads(&mut nodes[0], false).is_empty(), "not to the sender itself");
    end(nodes).await;
}

/// 9.4 TestTransport_Send; complaint 17: what does not fit a packet is an error, or goes by stream if the caller says so; it is never lost in silence.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_fit_a_packet_or_go_by_stream_or_are_errors() {
    for streams_only in [false, true] {
        let net = NetOptions::new().with_streams_only(streams_only);
        let mut nodes = cluster(2, Options::lan(), net).await;
        let to = nodes[1].address();
        let from = &nodes[0].node;
        let fits = vec![1; from.max_user_payload()];
        let over = vec![2; from.max_user_payload() + 1];
        let large = vec![3; 3 << 20];

        // Best effort: on loopback it arrives, but that is not promised, so it is sent until it does.
        from.send(&to, fits.clone()).await.unwrap();
        assert!(matches!(
            from.send(&to, over.clone()).await,
            Err(Error::Command(CommandError::PayloadTooLarge { .. }))
        ));
        from.send_auto(&to, over.clone()).await.unwrap();
        from.send_reliable(&to, large.clone()).await.unwrap();
        from.send_reliable(&to, Vec::new()).await.unwrap();
        until("the reliable ones are there", || payloads(&mut nodes[1], true).len() == 3).await;
        let mut reliable = payloads(&mut nodes[1], true);
        reliable.sort_by_key(Vec::len);
        assert_eq!(reliable, [Vec::new(), over, large]);
        loop {
            nodes[0].node.send(&to, fits.clone()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            if payloads(&mut nodes[1], false).contains(&fits) {
                break;
            }
        }
        let limit = nodes[0].node.options().stream_limits.max_user;
        assert!(nodes[0].node.send_reliable(&to, vec![0; limit + 1]).await.is_err());
        end(nodes).await;
    }
}
