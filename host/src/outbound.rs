//! Outbound HTTP, limited by a component's `allowed_outbound_hosts` as in Spin.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use http_body_util::BodyExt;
use ip_network::IpNetwork;
use url::{Host, Url};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::variables::Variables;

/// The hosts that a component may send requests to.
#[derive(Debug, Default)]
pub struct AllowedHosts(Vec<AllowedHost>);

#[derive(Debug)]
struct AllowedHost {
    /// `None` allows any.
    scheme: Option<String>,
    host: HostRule,
    /// `None` allows any.
    ports: Option<Range<u32>>,
}

#[derive(Debug)]
enum HostRule {
    Any,
    /// The parent domain, with its leading dot.
    Below(String),
    Exactly(Host),
    Network(IpNetwork),
}

impl AllowedHosts {
    /// Fills the templates and parses the results. Skips an empty result, so an empty variable turns an optional
    /// endpoint off.
    pub fn parse(templates: &[String], variables: &Variables) -> anyhow::Result<Self> {
        let mut hosts = Vec::new();
        for template in templates {
            let host = variables.fill(template)?;
            let skipped = template.contains("{{") && ["", "http://", "https://"].contains(&&*host);
            if !skipped {
                let host = AllowedHost::parse(&host);
                hosts.push(
                    host.with_context(|| format!("cannot use the allowed host {template:?}"))?,
                );
            }
        }
        Ok(Self(hosts))
    }

    /// Whether a request to `url` may be sent.
    fn allow(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else {
            return false;
        };
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return false;
        };
        self.0.iter().any(|allowed| {
            allowed
                .scheme
                .as_deref()
                .is_none_or(|scheme| scheme == url.scheme())
                && allowed.host.matches(&host)
                && allowed
                    .ports
                    .as_ref()
                    .is_none_or(|ports| ports.contains(&port.into()))
        })
    }
}

impl AllowedHost {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let (scheme, rest) = text
            .trim()
            .split_once("://")
            .context("expected SCHEME://HOST or SCHEME://HOST:PORT")?;
        // The colon may belong to an IPv6 network. Without a port, such text is a host.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if port.is_empty() || HostRule::parse(rest).is_err() => (host, port),
            _ => (rest, ""),
        };
        ensure!(
            scheme == "*" || scheme.chars().all(char::is_alphabetic),
            "a scheme has only letters"
        );
        let ports = match port.strip_suffix('/').unwrap_or(port) {
            "*" => None,
            "" => {
                let port = default_port(scheme)
                    .with_context(|| format!("the scheme {scheme} needs a port"))?;
                Some(port.into()..u32::from(port) + 1)
            }
            port => Some(match port.split_once("..") {
                Some((start, end)) => number(start)?..number(end)?,
                None => number(port)?..number(port)? + 1,
            }),
        };
        let scheme = (scheme != "*").then(|| scheme.to_owned());
        Ok(Self {
            scheme,
            host: HostRule::parse(host)?,
            ports,
        })
    }
}

fn number(port: &str) -> anyhow::Result<u32> {
    let port: u16 = port
        .parse()
        .with_context(|| format!("{port:?} is no port"))?;
    Ok(port.into())
}

/// Spin also knows the ports of databases and brokers. Visage sends no requests there.
fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

impl HostRule {
    fn parse(host: &str) -> anyhow::Result<Self> {
        let host = host.trim();
        if let Ok(network) = IpNetwork::from_str_truncate(host) {
            return Ok(Self::Network(network));
        }
        let host = host.strip_suffix('/').unwrap_or(host);
        ensure!(!host.contains('/'), "a path has no place here");
        Ok(match host.strip_prefix("*.") {
            _ if host == "*" => Self::Any,
            _ if matches!(host, "self" | "self.alt") || host.ends_with(".spin.internal") => {
                bail!("requests to the application itself work in Spin, not here")
            }
            Some(parent) => {
                let Host::Domain(parent) = Host::parse(parent)? else {
                    bail!("only a domain has others below it");
                };
                ensure!(!parent.contains('*'), "a wildcard may only come first");
                Self::Below(format!(".{parent}"))
            }
            None => {
                ensure!(!host.contains('*'), "a wildcard may only come first");
                Self::Exactly(Host::parse(host)?)
            }
        })
    }

    fn matches(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Exactly(exact), host) => exact == host,
            (Self::Below(parent), Host::Domain(host)) => host.ends_with(parent),
            (Self::Network(network), Host::Ipv4(ip)) => network.contains(*ip),
            (Self::Network(network), Host::Ipv6(ip)) => network.contains(*ip),
            (Self::Below(_) | Self::Network(_), _) => false,
        }
    }
}

/// Sends a component's requests.
pub struct Outbound {
    allowed: Arc<AllowedHosts>,
}

impl Outbound {
    /// Allows requests to the hosts `allowed` only.
    pub fn new(allowed: Arc<AllowedHosts>) -> Self {
        Self { allowed }
    }
}

/// The future type that `WasiHttpHooks` uses.
type Pending<T> = Box<dyn Future<Output = Result<T, Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Pending<()>,
    ) -> Pending<(http::Response<WasiBody>, Pending<()>)> {
        let allowed = self.allowed.allow(&request.uri().to_string());
        Box::new(async move {
            if !allowed {
                return Err(Error::HttpRequestDenied);
            }
            let (response, sent) = default_send_request(request, options).await?;
            Ok((
                response.map(BodyExt::boxed_unsync),
                Box::new(sent) as Pending<()>,
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Sources;

    fn allowed(hosts: &[&str]) -> anyhow::Result<AllowedHosts> {
        let declared = "empty.default = ''\norigin.default = 'https://images.example:8443'";
        let declared = toml::from_str(declared).unwrap();
        let sources = Sources::read(&[]).unwrap();
        let variables = Variables::resolve(&declared, &sources).unwrap();
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        AllowedHosts::parse(&hosts, &variables)
    }

    #[test]
    fn allowed_requests() {
        for (rule, url, expected) in [
            ("https://a.example", "https://a.example/x?y", true),
            ("https://a.example", "https://A.EXAMPLE:443", true),
            ("https://a.example/", "https://a.example", true),
            ("https://a.example", "https://user:secret@a.example/", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example:444", false),
            ("https://a.example", "https://b.a.example", false),
            ("https://a.example", "https://a.example.evil", false),
            ("https://a.example", "https://a.example@evil/", false),
            ("http://a.example:8080", "http://a.example:8080/", true),
            ("http://a.example:8080", "http://a.example/", false),
            (
                "http://a.example:8000..8010",
                "http://a.example:8009/",
                true,
            ),
            (
                "http://a.example:8000..8010",
                "http://a.example:8010/",
                false,
            ),
            ("http://a.example:*", "http://a.example:1/", true),
            ("*://a.example:*", "http://a.example", true),
            ("http://*", "http://a.example", true),
            ("http://*", "http://a.example:81", false),
            ("*://*:*", "https://[::1]:5/", true),
            ("http://*.example", "http://a.b.example", true),
            ("http://*.example", "http://example", false),
            ("http://*.example", "http://bexample", false),
            ("http://10.0.0.0/8", "http://10.1.2.3", true),
            ("http://10.0.0.0/8:99", "http://10.1.2.3:99", true),
            ("http://10.0.0.0/8", "http://11.1.2.3", false),
            ("http://10.0.0.0/8", "http://a.example", false),
            ("http://127.0.0.1:80", "http://0x7f.1", true),
            ("http://[::1]", "http://[::1]", true),
            ("http://[::1]:8080", "http://[::1]:8080", true),
            ("http://::1/128", "http://[::1]", true),
            ("{{ origin }}", "https://images.example:8443/a.png", true),
            ("{{ origin }}", "https://images.example/a.png", false),
            ("{{ empty }}", "https://images.example/a.png", false),
            ("https://{{ empty }}", "https://images.example/a.png", false),
            ("*://*:*", "https://:443/relative", false),
        ] {
            assert_eq!(
                allowed(&[rule]).unwrap().allow(url),
                expected,
                "{rule} {url}"
            );
        }
        assert!(!allowed(&[]).unwrap().allow("http://a.example"));
        assert!(
            allowed(&["http://b.example", "http://a.example"])
                .unwrap()
                .allow("http://a.example")
        );
    }

    #[test]
    fn invalid_rules_are_refused() {
        for rule in [
            "",
            "*",
            "a.example",
            "a.example:80",
            "ftp://a.example",
            "http://a.example/path",
            "http://a.example:80/path",
            "http://a.example:port",
            "http://a.example:80..70000",
            "http://a.*.example",
            "http://*.*.example",
            "http://*.127.0.0.1",
            "http://self",
            "http://other.spin.internal",
            "{{ unknown }}",
        ] {
            assert!(allowed(&[rule]).is_err(), "{rule}");
        }
    }
}
