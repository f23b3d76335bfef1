use super::{Bandwidth, InvalidField, bandwidth::Pipe, validate};
use crate::NodeIndex;

/// How one node is connected to the network: what happens to all that it sends and receives, whoever is at the other end.
///
/// Default: nothing is lost, and any amount goes through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Access {
    /// The probability that something which it sends is lost: 0.0 to 1.0.
    pub loss_out: f64,
    /// The probability that something which is sent to it is lost: 0.0 to 1.0.
    pub loss_in: f64,
    /// How much it can send.
    pub egress: Option<Bandwidth>,
    /// How much it can receive.
    pub ingress: Option<Bandwidth>,
}

impl Access {
    /// A host that loses this part of all that it sends, and of all that is sent to it.
    #[must_use]
    pub const fn flaky(loss: f64) -> Self {
        Self { loss_out: loss, loss_in: loss, egress: None, ingress: None }
    }

    /// A host that sends and receives so much at most.
    #[must_use]
    pub const fn limited(bandwidth: Bandwidth) -> Self {
        Self { loss_out: 0.0, loss_in: 0.0, egress: Some(bandwidth), ingress: Some(bandwidth) }
    }

    /// Whether all of it is possible.
    ///
    /// # Errors
    /// Names the first field that has a value which it can't have.
    pub fn validate(&self) -> Result<(), InvalidField> {
        validate::probability("loss_out", self.loss_out)?;
        validate::probability("loss_in", self.loss_in)?;
        for (field, bandwidth) in [("egress", &self.egress), ("ingress", &self.ingress)] {
            if let Some(bandwidth) = bandwidth {
                bandwidth.validate().map_err(|error| error.within(field))?;
            }
        }
        Ok(())
    }
}

/// What a node is connected with, and what goes through it just now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Port {
    /// Its own; else that of all.
    pub(super) own: Option<Access>,
    pub(super) egress: Pipe,
    pub(super) ingress: Pipe,
}

/// The ports of all nodes; none are kept while all are unlimited.
#[derive(Debug, Default)]
pub(super) struct Ports {
    pub(super) common: Access,
    ports: Vec<Port>,
    pub(super) in_use: bool,
}

impl Ports {
    pub(super) fn set_common(&mut self, access: Access) {
        self.common = access;
        self.in_use = true;
    }

    pub(super) fn set(&mut self, node: NodeIndex, access: Access) {
        self.in_use = true;
        if let Some((port, _)) = self.of(node) {
            port.own = Some(access);
        }
    }

    /// The port of a node, if any node has one.
    pub(super) fn of(&mut self, node: NodeIndex) -> Option<(&mut Port, Access)> {
        if !self.in_use {
            return None;
        }
        if self.ports.len() <= node.place() {
            self.ports.resize(node.place() + 1, Port::default());
        }
        let common = self.common;
        self.ports.get_mut(node.place()).map(|port| {
            let access = port.own.unwrap_or(common);
            (port, access)
        })
    }

    /// Those that differ from the common one.
    pub(super) fn own(&self) -> impl Iterator<Item = (NodeIndex, &Access)> {
        (0..).map(NodeIndex).zip(&self.ports).filter_map(|(node, port)| Some((node, port.own.as_ref()?)))
    }
}
