//! What can be typed at a single node.

use memberlist::SmolStr;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Nothing,
    Help,
    Members,
    Broadcast(String),
    Meta(String),
    Ping(SmolStr),
    Leave,
    Rejoin,
    Quit,
    Kill,
}

pub(crate) const HELP: [&str; 9] = [
    "members          who is known, and in what state",
    "broadcast TEXT   to all, by gossip",
    "meta TEXT        replaces this node's metadata; the others hear of it",
    "ping NAME        how long it takes to a member and back",
    "leave            says goodbye, and goes on running; rejoin takes it back",
    "rejoin           comes back after leave",
    "quit             says goodbye and ends (as Ctrl-C does)",
    "kill             ends without a goodbye: the others have to find out",
    "help             this",
];

/// What a line asks for, or in one sentence what is wrong with it.
pub(crate) fn parse(line: &str) -> Result<Command, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let plain = |command: Command| {
        if rest.is_empty() { Ok(command) } else { Err(format!("{word} takes nothing after it")) }
    };
    match word {
        "" => Ok(Command::Nothing),
        "help" | "?" => plain(Command::Help),
        "members" => plain(Command::Members),
        "broadcast" if rest.is_empty() => Err("broadcast what? (broadcast TEXT)".into()),
        "broadcast" => Ok(Command::Broadcast(rest.to_owned())),
        "meta" => Ok(Command::Meta(rest.to_owned())),
        "ping" if rest.is_empty() => Err("ping whom? (ping NAME)".into()),
        "ping" => Ok(Command::Ping(rest.into())),
        "leave" => plain(Command::Leave),
        "rejoin" => plain(Command::Rejoin),
        "quit" | "exit" => plain(Command::Quit),
        "kill" => plain(Command::Kill),
        other => Err(format!("{other}? There is no such command; help lists them")),
    }
}

#[cfg(test)]
mod tests;
