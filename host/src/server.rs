//! The HTTP server.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use wasmtime_wasi_http::WasiBody;

use crate::instance::Service;
use crate::log;
use crate::request::{complete_headers, complete_uri};
use crate::routes::{Routes, WELL_KNOWN};

/// How long a client may take over a request's head, or keep a connection without a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests in flight may take once the server is told to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// The application as seen from outside.
pub struct Application {
    /// Its routes.
    pub routes: Routes,
    /// Its components by name.
    pub services: HashMap<String, Service>,
}

/// Serves `application` until `stop` is ready and what was then in flight has been answered.
pub async fn serve(listener: TcpListener, application: Arc<Application>, stop: impl Future) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    http.http2().timer(TokioTimer::new());
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, client) = tokio::select! {
            _ = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Mostly too many open files: some may be closed in a moment.
                    log::line("cannot accept a connection", &error.to_string());
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        // TCP_NODELAY stays off, as in Spin, so that answers in two packets show here too.
        let application = application.clone();
        let service = service_fn(move |request| {
            let application = application.clone();
            async move { application.answer(request, client).await }
        });
        let connection = http
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // A connection ends in an error when its client goes away; that is no news.
            let _ = connection.await;
        });
    }
    drop(listener);
    // What has not ended in time ends with the process.
    let _ = tokio::time::timeout(STOP_TIMEOUT, connections.shutdown()).await;
}

impl Application {
    /// Answers a request. An error closes the connection without an answer.
    async fn answer(
        &self,
        mut request: Request<Incoming>,
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
            (Ok(()), Some(service)) => {
                service
                    .answer(request.map(|body| body.map_err(Into::into).boxed_unsync()))
                    .await
            }
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
