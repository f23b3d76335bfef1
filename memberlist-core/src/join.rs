use memberlist_proto::JoinResult;
use std::{error::Error, fmt, sync::Arc, time::Duration};

/// What came of a join, for each address as it was written.
///
/// ```
/// # fn show(report: &memberlist_core::JoinReport<String, std::net::SocketAddr>) {
/// for address in &report.addresses {
///     match &address.resolved {
///         Ok(results) => for result in results {
///             match &result.outcome {
///                 Ok(rtt) => println!("{} -> {}: joined in {rtt:?}", address.address, result.address),
///                 Err(error) => println!("{} -> {}: {error}", address.address, result.address),
///             }
///         },
///         Err(error) => println!("{}: {error}", address.address),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JoinReport<U, A> {
    /// In the order given.
    pub addresses: Vec<JoinOutcome<U, A>>,
}

/// What came of one address of a join.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JoinOutcome<U, A> {
    /// As it was written.
    pub address: U,
    /// What it stands for, and what came of each; or why it stands for nothing. Empty if it is this node's own address.
    pub resolved: Result<Vec<JoinResult<A>>, ResolveError>,
}

/// An address can't be resolved: the resolver's own error is the source.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ResolveError {
    /// The resolver failed.
    Failed(Arc<dyn Error + Send + Sync>),
    /// The resolver did not answer within this time.
    TimedOut(Duration),
    /// The name has no address.
    NoAddress,
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "can't resolve: {error}"),
            Self::TimedOut(after) => write!(f, "can't resolve: no answer within {after:?}"),
            Self::NoAddress => f.write_str("can't resolve: the name has no address"),
        }
    }
}

impl Error for ResolveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            Self::TimedOut(_) | Self::NoAddress => None,
        }
    }
}

impl<U, A> JoinReport<U, A> {
    /// How many addresses (resolved ones) were reached.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.results().filter(|result| result.outcome.is_ok()).count()
    }

    /// What came of every resolved address.
    pub fn results(&self) -> impl Iterator<Item = &JoinResult<A>> {
        self.addresses.iter().filter_map(|outcome| outcome.resolved.as_ref().ok()).flatten()
    }
}

impl<U: fmt::Display, A: fmt::Display> fmt::Display for JoinReport<U, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for outcome in &self.addresses {
            match &outcome.resolved {
                Err(error) => {
                    write!(f, "{separator}{}: {error}", outcome.address)?;
                    separator = "; ";
                }
                Ok(results) => {
                    for result in results {
                        write!(f, "{separator}{} ({}): ", outcome.address, result.address)?;
                        match &result.outcome {
                            Ok(took) => write!(f, "joined in {took:?}")?,
                            Err(error) => write!(f, "{error}")?,
                        }
                        separator = "; ";
                    }
                }
            }
        }
        Ok(())
    }
}
