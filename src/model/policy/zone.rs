//! Zones: named sets of networks that a request can come from.
//!
//! Invariant: an address is in at most one zone, chosen by the longest prefix, ties by name.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::diagnostic::Report;
use crate::names;
use crate::yaml::{self, Node};

/// A network, addresses as IPv6 so that both families compare alike.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Network {
    base: u128,
    /// Bits of the prefix, of 128.
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Network> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().ok()?;
        let (width, lead) = match address {
            IpAddr::V4(_) => (32, 96),
            IpAddr::V6(_) => (128, 0),
        };
        let bits: u32 = bits.map_or(Some(width), |bits| bits.parse().ok())?;
        if bits > width {
            return None;
        }
        let bits = bits + lead;
        Some(Network { base: number(address) & mask(bits), bits })
    }

    fn holds(&self, address: u128) -> bool {
        address & mask(self.bits) == self.base
    }
}

fn mask(bits: u32) -> u128 {
    if bits == 0 { 0 } else { u128::MAX << (128 - bits) }
}

fn number(address: IpAddr) -> u128 {
    let mapped = |v4: Ipv4Addr| u128::from(v4.to_ipv6_mapped());
    match address {
        IpAddr::V4(v4) => mapped(v4),
        IpAddr::V6(v6) => u128::from(Ipv6Addr::from(v6.octets())),
    }
}

/// All zones of a set.
#[derive(Debug, Clone, Default)]
pub(super) struct Zones {
    zones: BTreeMap<String, Vec<Network>>,
}

impl Zones {
    /// Reads a `zones:` mapping into the set.
    pub(super) fn read(&mut self, node: &Node, report: &mut Report) {
        let Some(map) = yaml::any_map(node, "zones", report) else { return };
        for (name, networks) in map.entries() {
            if !names::is_rule_id(&name.text) {
                report.error(name.at, "bad-id", format!("`{}` is not a zone's id", name.text));
            }
            let mut found = Vec::new();
            for text in yaml::scalars(networks, "a zone", report) {
                match Network::parse(&text.text) {
                    Some(network) => found.push(network),
                    None => {
                        let message = format!("`{}` is not a network", text.text);
                        report.hinted(text.at, "bad-network", message, "write it as 10.1.0.0/16 or 2001:db8::/32");
                    }
                }
            }
            if self.zones.insert(name.text.clone(), found).is_some() {
                report.error(name.at, "duplicate-id", format!("zone `{}` is given twice", name.text));
            }
        }
    }

    /// Each zone with its networks.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (&str, String)> {
        self.zones.iter().map(|(name, networks)| (name.as_str(), format!("{networks:?}")))
    }

    /// Takes one zone from another set.
    pub(super) fn put(&mut self, name: &str, other: &Zones) {
        self.zones.remove(name);
        self.zones.extend(other.zones.get_key_value(name).map(|(name, networks)| (name.clone(), networks.clone())));
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.zones.keys().map(String::as_str)
    }

    pub(super) fn zone_of(&self, address: IpAddr) -> Option<&str> {
        let address = number(address);
        let mut best: Option<(u32, &str)> = None;
        for (name, networks) in &self.zones {
            for network in networks.iter().filter(|network| network.holds(address)) {
                if best.is_none_or(|(bits, _)| network.bits > bits) {
                    best = Some((network.bits, name));
                }
            }
        }
        best.map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let text = "{all: [0.0.0.0/0, '::/0'], office: [10.0.0.0/8], desk: [10.1.2.3, '2001:db8::/32']}";
        let mut found = Vec::new();
        let mut report = Report::new("z", &mut found);
        let nodes = yaml::documents(text, &mut report);
        let mut zones = Zones::default();
        zones.read(&nodes[0], &mut report);
        assert!(found.is_empty(), "{found:?}");
        for (address, zone) in [
            ("10.1.2.3", "desk"),
            ("::ffff:10.1.2.3", "desk"),
            ("10.9.9.9", "office"),
            ("192.0.2.1", "all"),
            ("2001:db8::1", "desk"),
            ("2001:db9::1", "all"),
        ] {
            assert_eq!(zones.zone_of(address.parse().unwrap()), Some(zone), "{address}");
        }
    }

    #[test]
    fn bad_networks_are_not_networks() {
        for text in ["10.0.0.0/33", "10.0.0/8", "::/129", "x", "10.0.0.0/-1", ""] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
