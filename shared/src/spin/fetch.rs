//! Fetches an image from another server by the rules of [`netex::Fetch`](crate::netex::Fetch).

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use spin_sdk::wasip3::clocks::monotonic_clock;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response, Scheme};
use spin_sdk::wasip3::wit_future;

use super::body::Body;
use crate::image::{Image, MAX_BYTES};
use crate::netex::{Fetch, FetchFault, FetchResponse};
use crate::variable::ImageOrigin;
use crate::web;

/// The time limit for everything, including redirects.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches the image at `url`. Images come only from `origin`, if it is set.
pub(super) async fn fetch(url: &str, origin: Option<&ImageOrigin>) -> Result<Image, web::Error> {
    let fetch = Fetch::new(url, origin)?;
    let nanoseconds = u64::try_from(TIMEOUT.as_nanos()).unwrap_or(u64::MAX);
    let timer = pin!(monotonic_clock::wait_for(nanoseconds));
    match select(pin!(follow(fetch)), timer).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => Err(FetchFault::NoAnswer.into()),
    }
}

async fn follow(mut fetch: Fetch) -> Result<Image, web::Error> {
    loop {
        let response = client::send(request(&fetch)?)
            .await
            .map_err(|error| match error {
                ErrorCode::HttpRequestDenied => FetchFault::Refused,
                _ => FetchFault::NoAnswer,
            })?;
        if let Some(image) = fetch.take(read(response).await?)? {
            return Ok(image);
        }
    }
}

fn request(fetch: &Fetch) -> Result<Request, FetchFault> {
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, trailers, None);
    let scheme = if fetch.is_https() {
        Scheme::Https
    } else {
        Scheme::Http
    };
    request
        .set_scheme(Some(&scheme))
        .and_then(|()| request.set_authority(Some(fetch.authority())))
        .and_then(|()| request.set_path_with_query(Some(&fetch.path_with_query())))
        .map_err(|()| FetchFault::NotAUrl)?;
    Ok(request)
}

async fn read(response: Response) -> Result<FetchResponse, FetchFault> {
    let headers = response.get_headers();
    let header = |name: &str| {
        let value = headers.get(name).into_iter().next()?;
        String::from_utf8(value).ok()
    };
    let mut read = FetchResponse {
        status: response.get_status_code(),
        location: header("location"),
        content_type: header("content-type"),
        body: Vec::new(),
    };
    if read.status == 200 {
        read.body = Body::of_response(response)
            .read_to(MAX_BYTES, None)
            .await
            .map_err(|_| FetchFault::NoAnswer)?;
    }
    Ok(read)
}
