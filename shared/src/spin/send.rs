//! Sends answers.

use http::StatusCode;
use http::header::{CONTENT_LENGTH, HeaderValue};
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Response};
use spin_sdk::wasip3::{spawn, wit_future, wit_stream};
use spin_sdk::wit_bindgen::{StreamResult, yield_async};

use super::instance::Undisturbed;
use crate::web::Answer;

/// Sends an answer in one packet: head and body together.
///
/// Spin leaves `TCP_NODELAY` off. If Spin takes the body after it has sent the head, the body becomes a second
/// packet. That packet waits until the client acknowledges the first, 40 ms with most clients. Spin takes the body
/// right after the response. The connection's task must not run in between. This holds if
/// - this instance's task has just begun a new turn. If it used the store in this turn, it may have lost its thread's
///   queue, and the tasks that it wakes run at once on another thread;
/// - no other call begins in this instance in between.
///
/// `then` runs after the answer. It must not begin earlier, as it may use the store.
///
/// Once Spin sets `TCP_NODELAY`, the SDK's `http::Response` can replace this function.
pub(super) async fn send(
    mut answer: Answer,
    with_body: bool,
    then: Option<impl Future<Output = ()> + 'static>,
) -> Result<Response, ErrorCode> {
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
        if let Some(then) = then {
            spawn(then);
        }
        return with_status(response, parts.status);
    }
    let (mut writer, reader) = wit_stream::new();
    let (response, _) = Response::new(headers, Some(reader), trailers_reader);
    let undisturbed = Undisturbed::new();
    spawn(async move {
        let (mut result, mut rest) = writer.write(body).await;
        // The rest of a long body takes as long as the client needs.
        drop(undisturbed);
        // Writing after the client has gone away would be a trap.
        while matches!(result, StreamResult::Complete(_)) && rest.remaining() > 0 {
            (result, rest) = writer.write_buf(rest).await;
        }
        // The client sees the end of the body.
        drop(writer);
        if let Some(then) = then {
            then.await;
        }
    });
    // Spin skips the first yield of a call. The second begins a new turn.
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
