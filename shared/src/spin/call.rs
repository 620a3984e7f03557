//! A call of a component.

use std::fmt::Write as _;
use std::io::Write as _;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{Stream, stream};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response, Scheme};

use super::body::Body;
use super::fetch::fetch;
use super::instance::{Instance, Undisturbed};
use super::send::send;
use super::store::SpinStore;
use super::variable::variable;
use crate::Error;
use crate::bpm::Logins;
use crate::directory::Directory;
use crate::image::Image;
use crate::name::UserNumber;
use crate::netex::{self, ImageSource};
use crate::variable::{
    IMAGE_URL_ORIGIN, LOGIN_KEY, Origin, PUBLIC_ORIGIN, STORE_TIMEOUT_MS, Variable,
};
use crate::web::{
    self, Answer, BrokenOff, Head, MAX_BODY_BYTES, Refusal, header, request_id, with_headers_of_all,
};

/// A request to a component, with everything needed to answer it.
pub struct Call {
    /// The request without its body.
    pub head: Head,
    /// The users and avatars.
    pub directory: Directory<SpinStore>,
    body: Option<Request>,
    notes: Vec<String>,
    path_to_log: Option<&'static str>,
    then: Option<Pin<Box<dyn Future<Output = ()>>>>,
    store_timeout: Result<Duration, Error>,
}

/// Serves one request. `handle` answers it. If that fails, `refuse` writes the failure in the family's words. Then
/// logs one line and sends the answer.
///
/// # Errors
/// Only what Spin itself reports while the answer is sent.
pub async fn serve<E: Refusal>(
    request: Request,
    handle: impl AsyncFnOnce(&mut Call) -> Result<Answer, E>,
    refuse: impl AsyncFnOnce(&Call, &E) -> Answer,
) -> Result<Response, ErrorCode> {
    Instance::retire_if_worn();
    let _undisturbed = Undisturbed::unless_sqlite();
    let started = Instant::now();
    let mut call = Call::new(request).await;
    let id = request_id(&call.head);
    // The method as sent counts: a family may treat a `POST` as another method.
    let with_body = call.head.method != Method::HEAD;
    let outcome = handle(&mut call).await;
    if let Some(detail) = outcome.as_ref().err().and_then(Refusal::detail) {
        call.notes.push(detail.to_owned());
    }
    let mut answer = match outcome {
        Ok(answer) => answer,
        Err(error) => refuse(&call, &error).await,
    };
    log(&call, &answer, started.elapsed(), &id);
    if let Ok(id) = HeaderValue::try_from(id) {
        answer.headers_mut().insert(header::X_REQUEST_ID, id);
    }
    send(with_headers_of_all(answer), with_body, call.then).await
}

impl Call {
    async fn new(request: Request) -> Self {
        let timeout = variable(&STORE_TIMEOUT_MS).await.map(|timeout| *timeout);
        Self {
            head: head(&request),
            directory: Directory::new(SpinStore::new(timeout.clone()))
                .remembering(Instance::remembered()),
            body: Some(request),
            notes: Vec::new(),
            path_to_log: None,
            then: None,
            store_timeout: timeout,
        }
    }

    /// Logs a detail that the client doesn't see.
    pub fn note(&mut self, detail: &str) {
        self.notes.push(detail.to_owned());
    }

    /// Logs this path instead of the request's.
    pub fn log_path(&mut self, path: &'static str) {
        self.path_to_log = Some(path);
    }

    /// Call this after a user was created or deleted. Once the answer is sent, a few leftovers of crashes are
    /// removed.
    pub fn tidy_after(&mut self, number: UserNumber) {
        let undisturbed = Undisturbed::unless_sqlite();
        let timeout = self.store_timeout.clone();
        // Boxed, so that only components that call this contain it.
        self.then = Some(Box::pin(async move {
            let _undisturbed = undisturbed;
            // Leftovers are harmless.
            let _ = Directory::new(SpinStore::new(timeout)).tidy(number).await;
        }));
    }

    /// Reads one of the component's variables.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its provider fails, or the value can't be read.
    pub async fn variable<T: 'static>(&self, which: &Variable<T>) -> Result<Rc<T>, Error> {
        variable(which).await
    }

    /// Returns the service's public origin: the variable `public_origin`, or the request's scheme and host.
    ///
    /// # Errors
    /// As [`Call::variable`].
    pub async fn origin(&self) -> Result<String, Error> {
        let configured = self.variable(&PUBLIC_ORIGIN).await?;
        let configured = Option::as_ref(&configured).map(Origin::as_str);
        Ok(configured.unwrap_or(&self.head.origin).to_owned())
    }

    /// Returns what this instance knows of logins.
    ///
    /// # Errors
    /// As [`Call::variable`].
    pub async fn logins(&self) -> Result<Logins, Error> {
        let key = self.variable(&LOGIN_KEY).await?;
        let held = Instance::held_logins()?;
        Ok(Logins { key, held })
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// [`web::Error::BodyTooLarge`] as soon as it is found out, [`web::Error::BodyUnreadable`].
    pub async fn body(&mut self) -> Result<Vec<u8>, web::Error> {
        let declared = self.head.declared_length()?;
        let Some(body) = self.body.take().map(Body::of_request) else {
            return Ok(Vec::new());
        };
        let bytes = body.read_to(MAX_BODY_BYTES, declared).await?;
        if bytes.len() > MAX_BODY_BYTES {
            return Err(web::Error::BodyTooLarge {
                limit: MAX_BODY_BYTES,
            });
        }
        Ok(bytes)
    }

    /// Returns the image. Fetches it if it is given by URL.
    ///
    /// # Errors
    /// [`web::Error::Invalid`] for an image that cannot be fetched, and [`Call::variable`]'s.
    pub async fn image(&self, source: ImageSource) -> Result<Image, netex::Error> {
        match source {
            ImageSource::Inline(image) => Ok(image),
            ImageSource::Url(url) => {
                let origin = self.variable(&IMAGE_URL_ORIGIN).await?;
                Ok(fetch(&url, Option::as_ref(&origin)).await?)
            }
        }
    }

    /// Streams the body, whatever its length.
    ///
    /// # Errors
    /// [`web::Error::BodyTooLarge`] for one that declares to be.
    pub fn body_stream(
        &mut self,
    ) -> Result<impl Stream<Item = Result<Bytes, BrokenOff>> + Send + use<>, web::Error> {
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
        // Spin passes HTTP's own types on: names are in lower case and values are valid.
        if let (Some(name), Ok(value)) = (header::read(&name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    let authority = request.get_authority().unwrap_or_default();
    // Credentials in the authority must not show anywhere.
    let host = authority.rsplit('@').next().unwrap_or_default();
    Head {
        method: request.get_method().try_into().unwrap_or_default(),
        origin: format!("{scheme}://{host}"),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
    }
}

/// Logs one line per request. It shows only the method and the path of the request. Everything in the path except
/// printable ASCII is percent-encoded, which keeps its meaning.
fn log(call: &Call, answer: &Answer, took: Duration, id: &str) {
    let path = call.path_to_log.unwrap_or(&call.head.path);
    let path = utf8_percent_encode(path, CONTROLS);
    let (method, status) = (&call.head.method, answer.status().as_u16());
    // `as_millis` returns a `u128`, whose formatting takes one and a half kilobytes of code.
    let milliseconds = took.as_secs() * 1000 + u64::from(took.subsec_millis());
    let mut line = format!("{method} {path} {status} {milliseconds}ms request-id={id}");
    for detail in &call.notes {
        let _ = write!(line, " detail={detail:?}");
    }
    line.push('\n');
    // A log that cannot be written is no reason to fail.
    let _ = std::io::stderr().write_all(line.as_bytes());
}
