use nodecraft::{Domain, HostAddr, hostaddr::verify_domain};
use smol_str::SmolStr;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A host as users write it: `[name/]host[:port]`, where the host is an IP address or a host name.
///
/// `10.0.0.1`, `10.0.0.1:7946`, `::1`, `[::1]`, `[::1]:7946`, `db.example`, `db.example:7946`, `node-1/10.0.0.1:7946`.
/// Without a port, the resolver's default port is used.
///
/// ```
/// use memberlist_sockets::NamedHost;
///
/// let host: NamedHost = "node-1/[::1]:7946".parse()?;
/// assert_eq!(host.name.as_deref(), Some("node-1"));
/// assert_eq!(host.address.port(), Some(7946));
/// # Ok::<(), memberlist_sockets::InvalidHost>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedHost {
    /// The name of the node that is expected there, if the text says one.
    pub name: Option<SmolStr>,
    /// The host and, if the text says one, the port.
    pub address: HostAddr,
}

impl FromStr for NamedHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let invalid = |reason| InvalidHost { text: text.to_owned(), reason };
        let (name, rest) = match text.split_once('/') {
            None => (None, text),
            Some(("", _)) => return Err(invalid(Reason::Name)),
            Some((name, rest)) => (Some(SmolStr::new(name)), rest),
        };
        let (host, port) = split_port(rest).ok_or_else(|| invalid(Reason::Brackets))?;
        let port = match port {
            None => None,
            Some(port) => Some(parse_port(port).ok_or_else(|| invalid(Reason::Port))?),
        };
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address = match bracketed.unwrap_or(host).parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) if bracketed.is_some() => return Err(invalid(Reason::Brackets)),
            Ok(ip) => HostAddr::from_ip_addr(ip.to_canonical()),
            Err(_) if bracketed.is_some() => return Err(invalid(Reason::Brackets)),
            Err(_) => HostAddr::from_domain(domain(host).ok_or_else(|| invalid(Reason::Host))?),
        };
        Ok(Self { name, address: address.maybe_with_port(port) })
    }
}

/// A host name, as it is looked up. It is verified first: the conversion writes into a buffer of the largest name's length, and panics
/// where a name in another script would become longer.
fn domain(host: &str) -> Option<Domain> {
    verify_domain(host.as_bytes()).ok()?;
    Domain::try_from(host).ok()
}

/// Splits off the port: behind `]` if the text starts with `[`, else behind the only colon (with more of them it is an IPv6 address).
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let end = text.find(']')? + 1;
        let (host, rest) = text.split_at(end);
        return match rest.strip_prefix(':') {
            None if rest.is_empty() => Some((host, None)),
            None => None,
            port => Some((host, port)),
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Some((host, Some(port))),
        _ => Some((text, None)),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A text that names no host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidHost {
    text: String,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Name,
    Brackets,
    Port,
    Host,
}

impl InvalidHost {
    /// The text, as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for InvalidHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.reason {
            Reason::Name => "the node name before `/` is empty",
            Reason::Brackets => "brackets enclose an IPv6 address, with nothing but `:port` behind them",
            Reason::Port => "the port must be 0 to 65535",
            Reason::Host => "the host is neither an IP address nor a host name",
        };
        write!(f, "`{}` is no address: {reason}; write [name/]host[:port]", self.text)
    }
}

impl std::error::Error for InvalidHost {}

#[cfg(test)]
mod tests;
