use super::*;
use futures_util::FutureExt;

type Sent = oneshot::Receiver<Result<(), Error>>;

fn message(bytes: usize) -> (Outbound, Sent) {
    let (done, sent) = oneshot::channel();
    (Outbound { frame: [vec![0; bytes].into(), Bytes::new()], until: Instant::NEVER, done }, sent)
}

/// What becomes of a message; it is waited for as long as what this gives lives.
fn enter(lines: &Lines<u8>, to: u8) -> (Entered, Sent) {
    let (message, sent) = message(1);
    (lines.enter(&to, message), sent)
}

/// As the task of a line that has written everything.
fn rest(task: &Task) {
    task.0.take(Instant::START);
    assert!(poll_fn(|cx| Poll::Ready(task.0.poll(cx).is_pending())).now_or_never().unwrap());
}

#[test]
fn there_are_no_more_lines_than_the_limit_and_the_idle_ones_make_room() {
    let lines = Lines::new(2);
    let (Entered::First(first), _a) = enter(&lines, 1) else { panic!("a new line") };
    let (Entered::First(_second), _b) = enter(&lines, 2) else { panic!("a new line") };
    assert!(matches!(enter(&lines, 1).0, Entered::Waits));
    assert!(matches!(enter(&lines, 3).0, Entered::NoRoom(_)), "both are in use");
    rest(&first);
    let (Entered::First(third), _c) = enter(&lines, 3) else { panic!("one is idle") };
    assert!(matches!(
        first.0.poll(&mut Context::from_waker(std::task::Waker::noop())),
        Poll::Ready(Next::Closed)
    ));
    assert_eq!(lock(&lines.lines).len(), 2);
    lines.remove(&3, &first.0);
    assert_eq!(lock(&lines.lines).len(), 2, "that is another line");
    lines.remove(&3, &third.0);
    assert_eq!(lock(&lines.lines).len(), 1);
}

#[test]
fn line_is_bounded_by_messages_and_by_bytes_but_takes_one_of_any_size() {
    let line = Line::default();
    let all: Vec<Sent> = (0..MAX_WAITING)
        .map(|_| {
            let (message, sent) = message(1);
            assert!(line.push(message).is_ok());
            sent
        })
        .collect();
    assert!(matches!(line.push(message(1).0), Err((_, true))));
    drop(all);
    let line = Line::default();
    assert!(line.push(message(MAX_BYTES + 1).0).is_ok());
    assert!(matches!(line.push(message(1).0), Err((_, true))));
}

#[test]
fn messages_are_taken_together_without_those_that_nobody_waits_for() {
    let line = Line::default();
    let ((late, mut told), (gone, gone_sent)) = (message(1), message(1));
    drop(gone_sent);
    assert!(line.push(Outbound { until: Instant::START, ..late }).is_ok());
    assert!(line.push(gone).is_ok());
    let _waiting: Vec<Sent> = [1, TOGETHER, 1]
        .map(|bytes| {
            let (message, sent) = message(bytes);
            assert!(line.push(message).is_ok());
            sent
        })
        .into();
    let sizes = |taken: Vec<Outbound>| taken.iter().map(|message| message.len()).collect::<Vec<_>>();
    assert_eq!(sizes(line.take(Instant::START)), [1], "the next one would be too much");
    assert_eq!(sizes(line.take(Instant::START)), [TOGETHER]);
    assert!(matches!(told.try_recv(), Ok(Some(Err(Error::Stream(StreamFailure::TimedOut))))));
    assert_eq!(sizes(line.take(Instant::START)), [1]);
    assert_eq!(lock(&line.inner).bytes, 0);
}

#[test]
fn end_of_the_task_ends_the_waiting_and_the_line() {
    let lines = Lines::new(2);
    let (Entered::First(task), sent) = enter(&lines, 1) else { panic!("a new line") };
    drop(task);
    assert!(sent.now_or_never().unwrap().is_err());
    assert!(matches!(enter(&lines, 1).0, Entered::First(_)), "it is replaced");
}
