//! A time limit for a request's body.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;
use wasmtime_wasi_http::{Error, WasiBody};

/// A body that must arrive whole before a deadline. A limit per piece would let a client send a million bytes one by
/// one for months.
struct InTime<B> {
    body: B,
    deadline: Pin<Box<Sleep>>,
}

/// Wraps the body. Reading it after `time` has passed gives an error.
pub fn in_time<B>(body: B, time: Duration) -> WasiBody
where
    B: Body<Data = Bytes, Error: Into<Error>> + Send + Unpin + 'static,
{
    let deadline = Box::pin(tokio::time::sleep(time));
    InTime { body, deadline }.boxed_unsync()
}

impl<B: Body<Data = Bytes, Error: Into<Error>> + Unpin> Body for InTime<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // Data that has arrived counts, even if it is read late.
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let late = self.deadline.as_mut().poll(cx);
        late.map(|()| Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
