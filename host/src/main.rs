//! Runs Visage's `spin.toml` on an embedded WebAssembly engine, for machines without Spin.
//!
//! The host is for development and tests; Spin is for production. The host supports only what Visage needs: of WASI
//! neither files nor sockets. It has no TLS, and its store is one SQLite file. [`server`] lists its limits for clients.
#![allow(unreachable_pub, reason = "in a binary `pub` means the crate")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod bindings;
mod builder;
mod in_time;
mod instance;
mod key_value;
mod log;
mod manifest;
mod outbound;
mod request;
mod routes;
mod server;
mod store;
mod variables;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::instance::{Grants, Service};
use crate::manifest::Manifest;
use crate::outbound::AllowedHosts;
use crate::routes::Routes;
use crate::server::Application;
use crate::store::Database;
use crate::variables::{Given, Sources, Variables, Visible};

/// Builds and runs the application of a spin.toml on an embedded WebAssembly engine.
///
/// For development and tests; production is Spin. The flags that `spin up` has too mean the same, and
/// SPIN_VARIABLE_NAME in the environment sets a variable as well.
#[derive(Parser)]
#[command(version)]
struct Flags {
    /// The manifest, or the folder it is in [default: spin.toml here or in a folder above]
    #[arg(short, long, value_name = "FILE")]
    from: Option<PathBuf>,

    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:3000", value_parser = address)]
    listen: SocketAddr,

    /// Sets a variable; may be repeated, the last one for a name counts
    #[arg(long = "variable", value_name = "NAME=VALUE | NAME=@FILE")]
    variables: Vec<Given>,

    /// Where data is kept; an empty value keeps it in memory [default: .spin beside the manifest]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<OsString>,

    /// Drops what components print
    #[arg(short, long)]
    quiet: bool,

    /// How long a client may take over each step: a request's head, its body, the next piece of an
    /// answer, the next request on the same connection
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    client_timeout: Duration,

    /// Runs the components as they were last built
    #[arg(long)]
    skip_build: bool,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let addresses = text.to_socket_addrs().map_err(|error| error.to_string())?;
    // `localhost` may have several addresses. Prefer the one that everybody can reach.
    addresses
        .min_by_key(SocketAddr::is_ipv6)
        .ok_or_else(|| "no such host".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: NonZeroU32 = text.parse().map_err(|_| "expected a number from 1")?;
    Ok(Duration::from_secs(seconds.get().into()))
}

fn main() -> ExitCode {
    match run(&Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &Flags) -> anyhow::Result<()> {
    let manifest = Manifest::read(flags.from.as_deref())?;
    if !flags.skip_build {
        builder::build(&manifest)?;
    }
    let application = Arc::new(load(&manifest, flags)?);

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(flags.listen)
            .await
            .with_context(|| format!("cannot listen on {}", flags.listen))?;
        let stop = stop_signal()?;
        announce(listener.local_addr()?, &application.routes)?;
        server::serve(listener, application.clone(), flags.client_timeout, stop).await;
        anyhow::Ok(())
    })?;
    // A busy instance must neither keep the process alive nor be reported as failed.
    std::mem::forget(runtime);
    Ok(())
}

/// Compiles the components and gives each what the manifest grants it.
fn load(manifest: &Manifest, flags: &Flags) -> anyhow::Result<Application> {
    let sources = Sources::read(&flags.variables)?;
    for unknown in sources.unknown(&manifest.variables) {
        eprintln!("Warning: {unknown}");
    }
    let variables = Variables::resolve(&manifest.variables, &sources)?;
    for (name, value) in variables.iter() {
        if let Some(warning) = visage::variable::warning(name, value) {
            eprintln!("Warning: {warning}");
        }
    }
    let database = match &flags.state_dir {
        Some(folder) if folder.is_empty() => Database::in_memory()?,
        Some(folder) => Database::open(Path::new(folder))?,
        None => Database::open(&manifest.folder.join(".spin"))?,
    };
    let engine = instance::engine()?;
    let load = |name: &String, component: &manifest::Component| {
        let hosts = AllowedHosts::parse(&component.allowed_outbound_hosts, &variables);
        let grants = Grants {
            variables: Visible::new(&component.variables, &variables)
                .with_context(|| format!("cannot use the variables of {name}"))?,
            stores: component.key_value_stores.clone().into(),
            // As in Spin, everything else in the component works.
            hosts: Arc::new(hosts.unwrap_or_else(|error| {
                eprintln!("Warning: {name} can send no requests: {error:#}");
                AllowedHosts::default()
            })),
            database: database.clone(),
            quiet: flags.quiet,
        };
        let path = manifest.folder.join(&component.source);
        anyhow::Ok((name.clone(), Service::load(&engine, name, &path, grants)?))
    };
    let services = std::thread::scope(|scope| {
        let threads: Vec<_> = manifest
            .routed()
            .map(|(name, component)| scope.spawn(move || load(name, component)))
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect::<anyhow::Result<HashMap<_, _>>>()
    })?;
    Ok(Application {
        routes: Routes::new(manifest.routes())?,
        services,
    })
}

/// Completes at the first SIGINT or SIGTERM. The second ends the process.
fn stop_signal() -> anyhow::Result<oneshot::Receiver<()>> {
    let (stop, stopped) = oneshot::channel();
    let mut stop = Some(stop);
    // On its own thread: this works even if components keep all other threads busy.
    ctrlc::set_handler(move || match stop.take() {
        // The server may already have ended.
        Some(stop) => drop(stop.send(())),
        None => std::process::exit(1),
    })?;
    Ok(stopped)
}

/// Prints the application's routes, as `spin up` does.
fn announce(address: SocketAddr, routes: &Routes) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Serving http://{address}")?;
    writeln!(out, "Available Routes:")?;
    for route in routes.iter() {
        writeln!(out, "  {}: http://{address}{route}", route.component)?;
    }
    Ok(out.flush()?)
}
