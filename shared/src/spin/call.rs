//! One call of a component.

use std::io::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{Stream, stream};
use http::{HeaderMap, HeaderValue, Method};
use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response, Scheme};

use super::body::Body;
use super::fetch::fetch;
use super::send::send;
use super::store::SpinStore;
use super::variable::variable;
use crate::Error;
use crate::directory::Directory;
use crate::image::Image;
use crate::netex::ImageSource;
use crate::web::{
    Answer, BrokenOff, Head, MAX_BODY_BYTES, header, request_id, with_headers_of_all,
};

/// How long a call waits for the store where the variable `store_timeout_ms` doesn't say.
const DEFAULT_STORE_TIMEOUT: Duration = Duration::from_secs(5);

/// A request to a component, and what it needs to answer it.
pub struct Call {
    /// The request without its body.
    pub head: Head,
    /// The users and avatars.
    pub directory: Directory<SpinStore>,
    body: Option<Request>,
}

/// Serves one request: lets `handle` answer it, or `refuse` say in the family's words why not, writes a line to the
/// log, and sends the answer.
///
/// # Errors
/// Only what Spin itself reports while the answer is sent.
pub async fn serve(
    request: Request,
    handle: impl AsyncFnOnce(&mut Call) -> Result<Answer, Error>,
    refuse: impl AsyncFnOnce(&Call, &Error) -> Answer,
) -> Result<Response, ErrorCode> {
    let started = Instant::now();
    let mut call = Call::new(request).await;
    let id = request_id(&call.head);
    // What was sent counts: a family may read a `POST` as another method.
    let with_body = call.head.method != Method::HEAD;
    let outcome = handle(&mut call).await;
    let detail = outcome
        .as_ref()
        .err()
        .and_then(Error::detail)
        .map(str::to_owned);
    let mut answer = match outcome {
        Ok(answer) => answer,
        Err(error) => refuse(&call, &error).await,
    };
    log(
        &call.head,
        &answer,
        started.elapsed(),
        &id,
        detail.as_deref(),
    );
    if let Ok(id) = HeaderValue::try_from(id) {
        answer.headers_mut().insert(header::X_REQUEST_ID, id);
    }
    send(with_headers_of_all(answer), with_body).await
}

impl Call {
    async fn new(request: Request) -> Self {
        let timeout = variable("store_timeout_ms")
            .await
            .ok()
            .and_then(|value| value.trim().parse().ok())
            .map_or(DEFAULT_STORE_TIMEOUT, Duration::from_millis);
        Self {
            head: head(&request),
            directory: Directory::new(SpinStore::new(timeout)),
            body: Some(request),
        }
    }

    /// The value of one of the component's variables.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its provider fails.
    pub async fn variable(&self, name: &'static str) -> Result<Rc<str>, Error> {
        variable(name).await
    }

    /// The origin that clients know this service by: the variable `public_origin`, or scheme and host of the
    /// request.
    ///
    /// # Errors
    /// As [`Call::variable`].
    pub async fn origin(&self) -> Result<String, Error> {
        let configured = self.variable("public_origin").await?;
        Ok(match configured.trim().trim_end_matches('/') {
            "" => self.head.origin.clone(),
            origin => origin.to_owned(),
        })
    }

    /// The body, whole.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`] as soon as it is found out, [`Error::BodyUnreadable`].
    pub async fn body(&mut self) -> Result<Vec<u8>, Error> {
        let declared = self.head.declared_length()?;
        let Some(body) = self.body.take().map(Body::of_request) else {
            return Ok(Vec::new());
        };
        let bytes = body.read_to(MAX_BODY_BYTES, declared).await?;
        if bytes.len() > MAX_BODY_BYTES {
            return Err(Error::BodyTooLarge {
                limit: MAX_BODY_BYTES,
            });
        }
        Ok(bytes)
    }

    /// The image itself, fetched if it has to be.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an image that cannot be fetched, and [`Call::variable`]'s.
    pub async fn image(&self, source: ImageSource) -> Result<Image, Error> {
        match source {
            ImageSource::Inline(image) => Ok(image),
            ImageSource::Url(url) => fetch(&url, &self.variable("image_url_origin").await?).await,
        }
    }

    /// The body as it comes in, of any length.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`] for one that declares to be.
    pub fn body_stream(
        &mut self,
    ) -> Result<impl Stream<Item = Result<Bytes, BrokenOff>> + Send + use<>, Error> {
        self.head.declared_length()?;
        let body = self.body.take().map(Body::of_request);
        Ok(stream::try_unfold(body, async |body| {
            let Some(mut body) = body else {
                return Ok(None);
            };
            let chunk = body.next_chunk().await?;
            Ok(chunk.map(|chunk| (chunk.into(), Some(body))))
        }))
    }
}

fn head(request: &Request) -> Head {
    let target = request.get_path_with_query().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let scheme = match request.get_scheme() {
        Some(Scheme::Https) => "https",
        _ => "http",
    };
    let mut headers = HeaderMap::new();
    for (name, value) in request.get_headers().copy_all() {
        // Spin hands on what HTTP's own types held: names in lower case, and values that are such.
        if let (Some(name), Ok(value)) = (header::read(&name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    let authority = request.get_authority().unwrap_or_default();
    // Credentials that stand there are for nobody to see.
    let host = authority.rsplit('@').next().unwrap_or_default();
    Head {
        method: request.get_method().try_into().unwrap_or_default(),
        origin: format!("{scheme}://{host}"),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
    }
}

/// One line a request. The path is the only part of the request that it shows.
fn log(head: &Head, answer: &Answer, took: Duration, id: &str, detail: Option<&str>) {
    let (method, path, status) = (&head.method, &head.path, answer.status().as_u16());
    // `as_millis` is a `u128`, whose text takes a kilobyte and a half of code.
    let milliseconds = took.as_secs() * 1000 + u64::from(took.subsec_millis());
    let detail = detail.map_or_else(String::new, |detail| format!(" detail={detail:?}"));
    let line = format!("{method} {path} {status} {milliseconds}ms request-id={id}{detail}\n");
    // A log that cannot be written is no reason to fail.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
