use super::*;

#[test]
fn every_command_of_the_help_is_understood() {
    for line in HELP {
        let (usage, _) = line.split_once("  ").unwrap();
        assert!(parse(usage).is_ok_and(|command| command != Command::Nothing), "{usage}");
    }
}

#[test]
fn what_follows_is_taken_whole_and_trimmed() {
    assert_eq!(parse("  broadcast  hello  you \n"), Ok(Command::Broadcast("hello  you".into())));
    assert_eq!(parse("meta zone=a"), Ok(Command::Meta("zone=a".into())));
    assert_eq!(parse("meta"), Ok(Command::Meta(String::new())));
    assert_eq!(parse("ping n 2"), Ok(Command::Ping("n 2".into())));
}

#[test]
fn an_empty_line_is_nothing() {
    assert_eq!((parse(""), parse(" \t")), (Ok(Command::Nothing), Ok(Command::Nothing)));
}

#[test]
fn what_is_no_command_is_told_in_a_sentence() {
    for line in ["broadcast", "ping  ", "shutdown", "leave now", "Members"] {
        let sentence = parse(line).unwrap_err();
        assert!(!sentence.contains('\n') && sentence.len() > 10, "{sentence}");
    }
}
