//! Requests and answers, as close to Spin as possible.

use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response};
use spin_sdk::wasip3::{spawn, wit_future, wit_stream};
use spin_sdk::wit_bindgen::{StreamResult, backpressure_dec, backpressure_inc, yield_async};

/// Returns the token of `Authorization: APIToken …`, which is the user's name.
pub(crate) fn token(request: &Request) -> String {
    let values = request.get_headers().get("authorization");
    let value = values.into_iter().next().unwrap_or_default();
    let token = value
        .rsplit(|byte| *byte == b' ')
        .next()
        .unwrap_or_default();
    String::from_utf8_lossy(token).into_owned()
}

/// Reads the whole body into one allocation.
pub(crate) async fn body(request: Request) -> Result<Vec<u8>, ErrorCode> {
    let length = request.get_headers().get("content-length");
    let length = length
        .first()
        .and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    let (_, done) = wit_future::new(|| Ok(()));
    let (mut stream, end) = Request::consume_body(request, done);
    let mut body = Vec::with_capacity(length.unwrap_or(0) + 1);
    loop {
        let (result, read) = stream.read(body).await;
        body = read;
        if !matches!(result, StreamResult::Complete(_)) {
            return end.await.map(|_| body);
        }
        if body.len() == body.capacity() {
            body.reserve(64 * 1024);
        }
    }
}

/// Sends a JSON answer in one packet.
pub(crate) async fn answer(body: Vec<u8>) -> Result<Response, ErrorCode> {
    let headers = [
        ("content-type".to_owned(), b"application/json".to_vec()),
        (
            "content-length".to_owned(),
            body.len().to_string().into_bytes(),
        ),
    ];
    let headers = Fields::from_list(&headers).map_err(|_| ErrorCode::InternalError(None))?;
    let (trailers, trailers_reader) = wit_future::new(|| Ok(None));
    drop(trailers);
    let (mut writer, reader) = wit_stream::new();
    let (response, _) = Response::new(headers, Some(reader), trailers_reader);
    // No other call comes between head and body.
    backpressure_inc();
    spawn(async move {
        let (mut result, mut rest) = writer.write(body).await;
        backpressure_dec();
        while matches!(result, StreamResult::Complete(_)) && rest.remaining() > 0 {
            (result, rest) = writer.write_buf(rest).await;
        }
    });
    yield_async().await;
    yield_async().await;
    Ok(response)
}
