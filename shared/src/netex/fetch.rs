//! The rules by which an image given by URL is fetched. Nothing here connects to anything: the sandbox does, and
//! holds the component to its `allowed_outbound_hosts` whatever happens here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fluent_uri::component::Host;
use fluent_uri::{Uri, UriRef};
use ip_network::IpNetwork;

use crate::image::Image;
use crate::variable::ImageOrigin;
use crate::web;

/// The most redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// The field that names the URL.
const FIELD: &str = "image.url";

/// Why an image cannot be fetched, in terms that tell nothing about the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// The text is not a URL of the web.
    #[error("is not an http or https URL")]
    NotAUrl,
    /// The URL holds a user name or a password.
    #[error("must not hold credentials")]
    Credentials,
    /// Images are not fetched from there.
    #[error("is not of an origin that images are fetched from")]
    Refused,
    /// The server sends the client around.
    #[error("redirects too often, or to another origin")]
    Redirect,
    /// The server did not answer, or not in time.
    #[error("could not be fetched in time")]
    NoAnswer,
    /// The server answered something else than the image.
    #[error("was not answered with an image")]
    NoImage,
}

impl From<FetchFault> for web::Error {
    fn from(fault: FetchFault) -> Self {
        Self::invalid(FIELD, fault.to_string())
    }
}

/// What the server answered.
#[derive(Debug, Default)]
pub struct FetchResponse {
    /// HTTP's status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<String>,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The body, as far as a picture may be long and a byte more.
    pub body: Vec<u8>,
}

/// The fetching of one image.
#[derive(Debug)]
pub struct Fetch {
    url: Uri<String>,
    redirects: usize,
}

impl Fetch {
    /// Prepares to fetch `url` where images come from `origin`, if from anywhere.
    ///
    /// # Errors
    /// [`FetchFault::NotAUrl`], [`FetchFault::Credentials`], [`FetchFault::Refused`].
    pub fn new(url: &str, origin: Option<&ImageOrigin>) -> Result<Self, FetchFault> {
        let url = Uri::parse(url.to_owned()).map_err(|_| FetchFault::NotAUrl)?;
        let authority = url.authority().ok_or(FetchFault::NotAUrl)?;
        let scheme = url.scheme().as_str().to_ascii_lowercase();
        if !["http", "https"].contains(&scheme.as_str()) || authority.host().is_empty() {
            return Err(FetchFault::NotAUrl);
        }
        if authority.has_userinfo() {
            return Err(FetchFault::Credentials);
        }
        match origin {
            Some(origin) if !is_inside(&url, origin) => Ok(Self { url, redirects: 0 }),
            _ => Err(FetchFault::Refused),
        }
    }

    /// Whether to go by TLS.
    pub fn is_https(&self) -> bool {
        self.url.scheme().as_str().eq_ignore_ascii_case("https")
    }

    /// Host and port to ask.
    pub fn authority(&self) -> &str {
        self.url
            .authority()
            .map_or("", |authority| authority.as_str())
    }

    /// Path and query to ask for.
    pub fn path_with_query(&self) -> String {
        let path = match self.url.path().as_str() {
            "" => "/",
            path => path,
        };
        match self.url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        }
    }

    /// Takes what the server answered: the image, or `None` when the fetching goes on elsewhere.
    ///
    /// # Errors
    /// [`web::Error::Invalid`] for the field `image.url`, also where it is the picture that is wrong.
    pub fn take(&mut self, response: FetchResponse) -> Result<Option<Image>, web::Error> {
        match response.status {
            200 => {
                let declared = response.content_type.unwrap_or_default();
                Image::new(response.body, &declared)
                    .map(Some)
                    .map_err(|fault| web::Error::invalid(FIELD, fault.to_string()))
            }
            301 | 302 | 303 | 307 | 308 => {
                let location = response.location.ok_or(FetchFault::NoImage)?;
                self.redirect(&location)?;
                Ok(None)
            }
            _ => Err(FetchFault::NoImage.into()),
        }
    }

    fn redirect(&mut self, location: &str) -> Result<(), FetchFault> {
        self.redirects += 1;
        let target = UriRef::parse(location)
            .ok()
            .and_then(|target| target.resolve_against(&self.url.strip_fragment()).ok())
            .filter(|target| {
                // The same text, so that there is nothing to compare that could be spelled in two ways.
                let origin = |url: &Uri<String>| {
                    let authority = url
                        .authority()
                        .map(|authority| authority.as_str().to_owned());
                    (url.scheme().as_str().to_owned(), authority)
                };
                self.redirects <= MAX_REDIRECTS && origin(target) == origin(&self.url)
            });
        self.url = target.ok_or(FetchFault::Redirect)?;
        Ok(())
    }
}

/// Whether a URL names an address inside the network literally, and `origin` does not name that very address.
fn is_inside(url: &Uri<String>, origin: &ImageOrigin) -> bool {
    let Some(authority) = url.authority() else {
        return true;
    };
    let address = match authority.host_parsed() {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        // Names that end in a number are addresses in disguise, to some resolvers: `127.1`, `0x7f000001`.
        Host::RegName(name) => return ends_in_number(name.as_str()),
        _ => return true,
    };
    !is_global(address) && !origin.names(address)
}

fn ends_in_number(name: &str) -> bool {
    let last = name
        .trim_end_matches('.')
        .rsplit('.')
        .next()
        .unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let is_number = |digits: &str, radix| digits.chars().all(|digit| digit.is_digit(radix));
    hexadecimal.map_or_else(
        || !last.is_empty() && is_number(last, 10),
        |digits| is_number(digits, 16),
    ) || name.contains('%')
}

fn is_global(address: IpAddr) -> bool {
    let embedded = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => embedded_v4(address),
    };
    let address = embedded.map_or(address, IpAddr::V4);
    IpNetwork::from(address).is_global() && !address.is_multicast()
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, or by way of NAT64.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address.to_ipv4(),
    }
}
