//! The HTTP server. Its limits for clients:
//!
//! - Connections: [`CONNECTIONS`] at a time. More wait until one ends.
//! - Request heads: [`HEAD_BYTES`] and hyper's 100 lines, else 431. Over HTTP/2, hyper's 16 KiB.
//! - Bodies: any length. Components stop reading at their own limit.
//! - Time: `--client-timeout` for each step. The server closes a connection if the head of the first or next request
//!   is late, or if no more of an answer could be sent for that long. If a body is late, the component's read fails
//!   and it answers in its family's words.
//!
//! An HTTP/2 connection that has had a request may stay open while its client answers pings.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use wasmtime_wasi_http::WasiBody;

use crate::in_time::in_time;
use crate::instance::Service;
use crate::log;
use crate::request::{complete_headers, complete_uri};
use crate::routes::{Routes, WELL_KNOWN};

/// How many connections are served at a time.
const CONNECTIONS: usize = 2048;
/// The limit for a request's head over HTTP/1. Components cannot receive more than 128 KiB.
const HEAD_BYTES: usize = 64 * 1024;
/// How long requests in flight may take after a stop is requested.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// The application that is served.
pub struct Application {
    /// Its routes.
    pub routes: Routes,
    /// Its components, by name.
    pub services: HashMap<String, Service>,
}

/// Serves `application` until `stop` completes, then answers the requests in flight.
pub async fn serve(
    listener: TcpListener,
    application: Arc<Application>,
    client_timeout: Duration,
    stop: impl Future,
) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(client_timeout)
        .max_buf_size(HEAD_BYTES);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(client_timeout)
        .keep_alive_timeout(client_timeout);
    let connections = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let (stream, client, place) = tokio::select! {
            _ = &mut stop => break,
            accepted = accept(&listener, &free) => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // The usual cause is too many open files. Some may close soon.
                    log::line("cannot accept a connection", &error.to_string());
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        // TCP_NODELAY stays off as in Spin, to expose answers in two packets here too.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(client_timeout));
        let application = application.clone();
        let asked = Arc::new(AtomicBool::new(false));
        let has_asked = asked.clone();
        let service = service_fn(move |request: Request<_>| {
            asked.store(true, Ordering::Relaxed);
            let application = application.clone();
            let request = request.map(|body| in_time(body, client_timeout));
            async move { application.answer(request, client).await }
        });
        let connection = http
            .serve_connection(TokioIo::new(Box::pin(stream)), service)
            .into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // hyper's own timeout starts only after the protocol is known. A silent client would never reach it.
            let ended = timeout(client_timeout, &mut connection).await.is_ok();
            if !ended && has_asked.load(Ordering::Relaxed) {
                // A connection fails when its client goes away. That is not worth a line in the log.
                let _ = connection.await;
            }
            drop(place);
        });
    }
    drop(listener);
    // The process exit ends whatever is left.
    let _ = timeout(STOP_TIMEOUT, connections.shutdown()).await;
}

/// Accepts the next connection and reserves a place for it. Without a free place, clients stay in the listen queue.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> anyhow::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = free.clone().acquire_owned().await?;
    let (stream, client) = listener.accept().await?;
    Ok((stream, client, place))
}

impl Application {
    /// Answers a request. After an error the connection is closed without an answer.
    async fn answer(
        &self,
        mut request: Request<WasiBody>,
        client: SocketAddr,
    ) -> anyhow::Result<Response<WasiBody>> {
        let path = request.uri().path().to_owned();
        if let Some(name) = path.strip_prefix(WELL_KNOWN) {
            return Ok(match name {
                "health" => Response::new(body(Full::from("OK"))),
                _ => empty(StatusCode::NOT_FOUND),
            });
        }
        let Some(found) = self.routes.find(&path) else {
            return Ok(empty(StatusCode::NOT_FOUND));
        };
        complete_uri(&mut request)?;
        let service = self.services.get(&found.route.component);
        let response = match (complete_headers(&mut request, &found, client), service) {
            (Ok(()), Some(service)) => service.answer(request).await,
            _ => None,
        };
        Ok(response.unwrap_or_else(|| empty(StatusCode::INTERNAL_SERVER_ERROR)))
    }
}

fn body(
    body: impl hyper::body::Body<Data = Bytes, Error = Infallible> + Send + 'static,
) -> WasiBody {
    body.map_err(|never| match never {}).boxed_unsync()
}

fn empty(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(body(Empty::new()));
    *response.status_mut() = status;
    response
}
