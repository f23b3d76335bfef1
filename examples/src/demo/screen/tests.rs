use super::*;

fn written(screen: Screen<Vec<u8>>) -> String {
    String::from_utf8(screen.out).unwrap()
}

#[test]
fn without_a_terminal_there_are_lines_alone() {
    let mut screen = Screen::new(Vec::new(), false, Paint::Plain);
    screen.set_footer(vec!["table".into()]);
    screen.line("one");
    screen.set_footer(vec!["another table".into()]);
    screen.lines(&["two".into(), "three".into()]);
    assert_eq!(written(screen), "one\ntwo\nthree\n");
}

#[test]
fn on_a_terminal_the_footer_moves_down_with_the_lines() {
    let mut screen = Screen::new(Vec::new(), true, Paint::Plain);
    screen.line("one");
    screen.set_footer(vec!["a".into(), "b".into()]);
    screen.set_footer(vec!["a".into(), "b".into()]);
    screen.line("two");
    screen.set_footer(vec![]);
    let expected = "one\n\
        \x1b[?7la\nb\n\x1b[?7h\
        \x1b[2A\r\x1b[Jtwo\n\x1b[?7la\nb\n\x1b[?7h\
        \x1b[2A\r\x1b[J";
    assert_eq!(written(screen), expected);
}

#[test]
fn a_reader_who_left_is_noticed_and_nothing_panics() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut screen = Screen::new(Closed, false, Paint::Plain);
    assert!(!screen.is_gone());
    screen.line("one");
    screen.line("two");
    assert!(screen.is_gone());
}

#[test]
fn plain_paint_leaves_text_as_it_is() {
    assert_eq!(Paint::Plain.styled("x", Style::Bad), "x");
    assert_eq!(Paint::Coloured.styled("x", Style::Bad), "\x1b[31mx\x1b[0m");
}
