//! Incoming bodies.

use spin_sdk::wasip3::http::types::{ErrorCode, Request, Response, Trailers};
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::{FutureReader, StreamReader, StreamResult};

use crate::web::BrokenOff;

/// How many bytes to read at a time if the length is unknown.
const CHUNK_BYTES: usize = 64 * 1024;

/// A body that is being read. The SDK's type copies more, and fails for a `Content-Length` above `i64::MAX`.
pub(super) struct Body {
    stream: StreamReader<u8>,
    /// Completes when the body has ended, and says whether it was whole.
    end: Option<FutureReader<Result<Option<Trailers>, ErrorCode>>>,
}

impl Body {
    pub(super) fn of_request(request: Request) -> Self {
        let (_, done) = wit_future::new(|| Ok(()));
        let (stream, end) = Request::consume_body(request, done);
        let end = Some(end);
        Self { stream, end }
    }

    pub(super) fn of_response(response: Response) -> Self {
        let (_, done) = wit_future::new(|| Ok(()));
        let (stream, end) = Response::consume_body(response, done);
        let end = Some(end);
        Self { stream, end }
    }

    /// Reads the next piece. Returns `None` at the end.
    pub(super) async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        let (more, chunk) = self.read(Vec::with_capacity(CHUNK_BYTES)).await?;
        Ok(more.then_some(chunk))
    }

    /// Reads the whole body, but stops after more than `limit` bytes.
    pub(super) async fn read_to(
        mut self,
        limit: usize,
        declared: Option<usize>,
    ) -> Result<Vec<u8>, BrokenOff> {
        // One extra byte detects the end without another allocation.
        let room = declared.map_or(CHUNK_BYTES, |length| length + 1);
        let mut bytes = Vec::with_capacity(room);
        loop {
            let (more, read) = self.read(bytes).await?;
            bytes = read;
            if !more || bytes.len() > limit {
                return Ok(bytes);
            }
            if bytes.len() == bytes.capacity() {
                bytes.reserve(CHUNK_BYTES);
            }
        }
    }

    /// Reads into the free capacity of `bytes`. Returns whether there may be more.
    async fn read(&mut self, bytes: Vec<u8>) -> Result<(bool, Vec<u8>), BrokenOff> {
        let (result, bytes) = self.stream.read(bytes).await;
        if let StreamResult::Complete(_) = result {
            return Ok((true, bytes));
        }
        match self.end.take() {
            Some(end) => end.await.map(|_| (false, bytes)).map_err(|_| BrokenOff),
            None => Ok((false, bytes)),
        }
    }
}
