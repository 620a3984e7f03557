//! How answers leave a component.

use http::StatusCode;
use http::header::{CONTENT_LENGTH, HeaderValue};
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Response};
use spin_sdk::wasip3::{spawn, wit_future, wit_stream};
use spin_sdk::wit_bindgen::yield_async;

use crate::web::Answer;

/// Sends an answer in one packet: head and body together.
///
/// Spin leaves `TCP_NODELAY` off. A body that is offered only after the head was returned becomes a second packet,
/// which waits for the client to acknowledge the first: 40 ms, with most clients. So the body is offered first, and
/// Spin gets two turns to take it. This can become `http::Response` as the SDK sends it when Spin sets
/// `TCP_NODELAY`.
pub(super) async fn send(mut answer: Answer, with_body: bool) -> Result<Response, ErrorCode> {
    if answer.status() != StatusCode::NOT_MODIFIED {
        let length = HeaderValue::from(answer.body().len());
        answer.headers_mut().insert(CONTENT_LENGTH, length);
    }
    let (parts, body) = answer.into_parts();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect::<Vec<_>>();
    let headers = Fields::from_list(&headers)
        .map_err(|error| ErrorCode::InternalError(Some(error.to_string())))?;

    let (trailers, trailers_reader) = wit_future::new(|| Ok(None));
    drop(trailers);
    if !with_body || body.is_empty() {
        let (response, _) = Response::new(headers, None, trailers_reader);
        return with_status(response, parts.status);
    }
    let (mut writer, reader) = wit_stream::new();
    let (response, _) = Response::new(headers, Some(reader), trailers_reader);
    spawn(async move {
        // What is left over is what a client that has gone away did not take.
        let _unsent = writer.write_all(body).await;
    });
    yield_async().await;
    yield_async().await;
    with_status(response, parts.status)
}

fn with_status(response: Response, status: StatusCode) -> Result<Response, ErrorCode> {
    response
        .set_status_code(status.as_u16())
        .map_err(|()| ErrorCode::InternalError(None))?;
    Ok(response)
}
