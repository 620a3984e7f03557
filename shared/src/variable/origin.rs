//! Origins: a scheme, a host and a port.

use std::net::{IpAddr, Ipv6Addr};

use fluent_uri::Uri;
use fluent_uri::component::Host;

/// An origin of the web, `https://visage.example.org:8443`, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl TryFrom<&str> for Origin {
    type Error = &'static str;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let origin = text.strip_suffix('/').unwrap_or(text);
        if is_origin(origin) {
            Ok(Self(origin.to_owned()))
        } else {
            Err("must be an origin such as https://visage.example.org")
        }
    }
}

impl Origin {
    /// The origin as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_origin(text: &str) -> bool {
    let Ok(uri) = Uri::parse(text) else {
        return false;
    };
    let scheme = uri.scheme().as_str();
    let of_the_web = ["http", "https"].map(|known| scheme.eq_ignore_ascii_case(known));
    let nothing_more =
        uri.path().as_str().is_empty() && uri.query().is_none() && uri.fragment().is_none();
    of_the_web.contains(&true)
        && nothing_more
        && uri.authority().is_some_and(|authority| {
            let host = match authority.host_parsed() {
                Host::Ipv4(_) | Host::Ipv6(_) => true,
                Host::RegName(name) => is_name(&name.as_str().to_ascii_lowercase()),
                _ => false,
            };
            host && !authority.has_userinfo() && authority.port_to_u16().is_ok()
        })
}

/// The one origin that images are fetched from, as Spin's `allowed_outbound_hosts` writes it: the scheme may be `*`,
/// the host `*` or `*.` and a domain, the port `*` or a range `8000..8010`.
///
/// The sandbox allows no other, by the same variable. Kept is what it leaves to us: which address is named literally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageOrigin {
    address: Option<IpAddr>,
}

impl TryFrom<&str> for ImageOrigin {
    type Error = &'static str;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::read(text).ok_or(
            "must be an origin in lower case, as Spin's allowed_outbound_hosts has it: \
             https://images.example.org, https://*.example.org or https://*:*",
        )
    }
}

impl ImageOrigin {
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (address, port) = if let Some(rest) = rest.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            (Some(address.parse::<Ipv6Addr>().ok()?.into()), port)
        } else {
            let (host, port) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
            // Spin compares by letter, with a URL's host in lower case.
            if host != "*" && !is_name(host.strip_prefix("*.").unwrap_or(host)) {
                return None;
            }
            (host.parse().ok(), port)
        };
        let port = match port.strip_prefix(':') {
            // Only a scheme has a usual port.
            None => port.is_empty() && scheme != "*",
            Some(port) => is_port(port),
        };
        (["http", "https", "*"].contains(&scheme) && port).then_some(Self { address })
    }

    /// Whether this very address is named.
    pub fn names(&self, address: IpAddr) -> bool {
        self.address == Some(address)
    }
}

fn is_name(name: &str) -> bool {
    name.split('.').all(|label| {
        let known = |c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_');
        !label.is_empty() && label.chars().all(known)
    })
}

fn is_port(port: &str) -> bool {
    let is_number = |text: &str| text.parse::<u16>().is_ok();
    match port.split_once("..") {
        Some((first, end)) => is_number(first) && is_number(end),
        None => port == "*" || is_number(port),
    }
}
