//! Prepares a request for a component, as Spin does.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use crate::routes::Found;

/// Adds scheme and authority to the URI, from the `Host` header.
pub fn complete_uri<B>(request: &mut Request<B>) -> anyhow::Result<()> {
    let host: Option<Authority> = match request.headers().get(HOST) {
        Some(host) => Some(host.to_str()?.parse()?),
        None => None,
    };
    let mut parts = request.uri().clone().into_parts();
    if let (Some(host), Some(authority)) = (&host, &parts.authority) {
        ensure!(host == authority, "two different hosts");
    }
    parts.authority = Some(host.or(parts.authority).context("no host")?);
    parts.scheme = Some(Scheme::HTTP);
    *request.uri_mut() = Uri::from_parts(parts)?;
    Ok(())
}

/// Removes the headers of the connection and adds Spin's headers about the route. If the client sent headers with the
/// same names, they stay and come first.
pub fn complete_headers<B>(
    request: &mut Request<B>,
    found: &Found<'_>,
    client: SocketAddr,
) -> anyhow::Result<()> {
    let (uri, headers) = (request.uri(), request.headers());
    for value in headers.values() {
        std::str::from_utf8(value.as_bytes())?;
    }
    let host = headers
        .get(HOST)
        .map_or(Ok("localhost"), HeaderValue::to_str)?;
    let path = uri.path_and_query().context("no path")?;
    let route = found.route;
    let mut added = vec![
        ("spin-path-info".to_owned(), found.rest().into_owned()),
        ("spin-full-url".to_owned(), format!("http://{host}{path}")),
        ("spin-matched-route".to_owned(), route.based().to_owned()),
        ("spin-base-path".to_owned(), "/".to_owned()),
        ("spin-raw-component-route".to_owned(), route.raw.clone()),
        ("spin-component-route".to_owned(), route.prefix().to_owned()),
        ("spin-client-addr".to_owned(), client.to_string()),
    ];
    for (name, value) in found.segments() {
        let name = name.to_ascii_lowercase().replace('_', "-");
        added.push((format!("spin-path-match-{name}"), value.to_owned()));
    }
    let headers: &mut HeaderMap = request.headers_mut();
    headers.remove(CONNECTION);
    for (name, value) in added {
        // Values that no header can carry are left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_completes_the_uri() {
        for (uri, host, expected) in [
            ("/p?q", Some("a:80"), Some("http://a:80/p?q")),
            ("http://a/p", None, Some("http://a/p")),
            ("http://a/p", Some("a"), Some("http://a/p")),
            ("http://a/p", Some("b"), None),
            ("/p", Some("a b"), None),
            ("/p", Some(""), None),
            ("/p", None, None),
        ] {
            let mut request = Request::builder().uri(uri);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            let mut request = request.body(()).unwrap();
            let completed = complete_uri(&mut request)
                .is_ok()
                .then(|| request.uri().to_string());
            assert_eq!(completed.as_deref(), expected, "{uri} {host:?}");
        }
    }
}
