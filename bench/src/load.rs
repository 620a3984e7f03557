//! Load on one server, by `rlt`. Each connection sends its next request after the answer to the last one or, in an
//! open loop, on schedule.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use clap::Parser as _;
use http::HeaderValue;
use http::header::HOST;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rlt::cli::BenchCli;
use rlt::{BenchSuite, IterInfo, IterReport, Status};
use serde::Deserialize;
use tokio::net::TcpStream;

use crate::calls::Call;

/// A load for a server.
#[derive(Clone)]
pub struct Load {
    /// The server.
    pub address: SocketAddr,
    /// The call.
    pub call: Call,
    /// A name that no other load on this server has.
    pub run: String,
    /// The number of connections.
    pub connections: u32,
    /// The duration.
    pub duration: Duration,
    /// Requests per second of all connections together. `None` means as many as possible.
    pub rate: Option<u32>,
}

/// The result of a load.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The number of answers.
    pub answers: u64,
    /// Answers per second.
    pub rate: f64,
    /// The median latency, in seconds.
    pub median: f64,
    /// The 99th percentile of the latencies, in seconds.
    pub p99: f64,
    /// How many answers took longer than 35 ms, which is slightly less than a client's delay before it acknowledges a
    /// packet.
    pub stalls: u64,
}

/// The parts of `rlt`'s report that are used here.
#[derive(Deserialize)]
struct Report {
    summary: Summary,
    latency: Option<Latency>,
    errors: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Summary {
    iters: Iterations,
}

#[derive(Deserialize)]
struct Iterations {
    total: u64,
    rate: f64,
}

#[derive(Deserialize)]
struct Latency {
    percentiles: BTreeMap<String, f64>,
    histogram: BTreeMap<String, u64>,
}

const STALL_SECONDS: f64 = 0.035;

impl Load {
    /// Runs the load. Every answer must be a 200.
    pub async fn run(self) -> anyhow::Result<Outcome> {
        let name = self.call.name.clone();
        let report = tempfile::NamedTempFile::new()?;
        let duration = format!("{}ms", self.duration.as_millis());
        let mut flags = vec![
            "rlt",
            "--quiet",
            "--output",
            "json",
            "--duration",
            &duration,
        ];
        let (connections, rate) = (
            self.connections.to_string(),
            self.rate.map(|rate| rate.to_string()),
        );
        flags.extend(["--concurrency", &connections]);
        flags.extend(rate.iter().flat_map(|rate| ["--rate", rate]));
        let path = report.path().to_str().context("a path of UTF-8")?;
        flags.extend(["--output-file", path]);
        rlt::cli::run(BenchCli::try_parse_from(flags)?, Client(Arc::new(self))).await?;

        let report: Report = serde_json::from_reader(report.reopen()?)?;
        ensure!(report.errors.is_empty(), "{name}: {:?}", report.errors);
        let latency = report
            .latency
            .with_context(|| format!("{name}: no answers"))?;
        let percentile = |name| {
            latency
                .percentiles
                .get(name)
                .copied()
                .context("a percentile")
        };
        let is_stall = |(seconds, _): &(&String, &u64)| {
            seconds
                .parse::<f64>()
                .is_ok_and(|seconds| seconds > STALL_SECONDS)
        };
        Ok(Outcome {
            answers: report.summary.iters.total,
            rate: report.summary.iters.rate,
            median: percentile("p50")?,
            p99: percentile("p99")?,
            stalls: latency
                .histogram
                .iter()
                .filter(is_stall)
                .map(|(_, count)| count)
                .sum(),
        })
    }
}

/// The client for `rlt`.
#[derive(Clone)]
struct Client(Arc<Load>);

#[async_trait]
impl BenchSuite for Client {
    type WorkerState = SendRequest<Full<Bytes>>;

    async fn state(&self, _: u32) -> anyhow::Result<Self::WorkerState> {
        let stream = TcpStream::connect(self.0.address).await?;
        // Only the server's packets are measured.
        stream.set_nodelay(true)?;
        let (client, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    async fn bench(
        &mut self,
        client: &mut Self::WorkerState,
        info: &IterInfo,
    ) -> anyhow::Result<IterReport> {
        let load = &self.0;
        let mut request = load
            .call
            .request(&load.run, info.worker_id, info.runner_seq)?;
        let host = HeaderValue::try_from(load.address.to_string())?;
        request.headers_mut().insert(HOST, host);
        let started = Instant::now();
        client.ready().await?;
        let response = client.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        let duration = started.elapsed();
        ensure!(
            status == 200,
            "{status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(IterReport {
            duration,
            status: Status::success(status.as_u16().into()),
            bytes: body.len() as u64,
            items: 1,
        })
    }
}
