//! The engine, and the instances of one component.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::time::Sleep;
use wasmtime::component::{Component, GuestTaskId, Linker, ResourceTable};
use wasmtime::{Cache, Config, Engine, Store, StoreContextMut};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView, p2};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, TrapOrPanicError, WorkerExpiration,
    WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::bindings::{spin, wasi};
use crate::key_value::KeyValue;
use crate::log;
use crate::outbound::{AllowedHosts, Outbound};
use crate::store::Database;
use crate::variables::Visible;

/// How many requests an instance answers in its life, and how many at a time. These are Spin's numbers.
const REQUESTS: usize = 128;
const REQUESTS_AT_ONCE: usize = 16;
/// How long an idle instance is kept. This is Spin's number.
const IDLE: Duration = Duration::from_secs(1);

/// Creates an engine for components of WASI 0.2 and 0.3. Like Spin, it caches compiled code in the user's cache
/// folder. Without such a folder every start takes as long as the first.
pub fn engine() -> anyhow::Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    match Cache::from_file(None) {
        Ok(cache) => drop(config.cache(Some(cache))),
        Err(error) => eprintln!("Warning: compiled code is not kept: {error:#}"),
    }
    Ok(Engine::new(&config)?)
}

/// What the manifest grants a component.
pub struct Grants {
    /// Its variables.
    pub variables: Visible,
    /// The names of its stores.
    pub stores: Arc<[String]>,
    /// The hosts it may send requests to.
    pub hosts: Arc<AllowedHosts>,
    /// The database that holds the stores.
    pub database: Arc<Database>,
    /// Whether the component's output is dropped.
    pub quiet: bool,
}

/// A compiled component that can answer requests.
pub struct Service(ProxyHandler<Factory>);

impl Service {
    /// Compiles the component at `path`.
    pub fn load(engine: &Engine, name: &str, path: &Path, grants: Grants) -> anyhow::Result<Self> {
        let load = || -> anyhow::Result<_> {
            let component = Component::from_file(engine, path)?;
            Ok(ServicePre::new(
                linker(engine)?.instantiate_pre(&component)?,
            )?)
        };
        let pre = load().with_context(|| {
            format!(
                "cannot load {name} from {}: was it built, and does it import only what the host provides?",
                path.display()
            )
        })?;
        Ok(Self(ProxyHandler::new(Factory {
            name: name.into(),
            pre,
            grants,
        })))
    }

    /// Lets an instance answer `request`. Returns `None` if that failed; the log has the reason.
    pub async fn answer(
        &self,
        request: http::Request<WasiBody>,
    ) -> Option<http::Response<WasiBody>> {
        match self.0.handle((), request).await {
            Ok(response) => Some(response),
            Err(error) => {
                // The end of an instance is logged once, not by each of its requests.
                if !error.is::<TrapOrPanicError>() {
                    log::line(&self.0.state().name, &error.root_cause().to_string());
                }
                None
            }
        }
    }
}

/// Links what the components import, without WASI's files and sockets: they would double the time to compile this
/// crate.
fn linker(engine: &Engine) -> anyhow::Result<Linker<State>> {
    let mut linker = Linker::<State>::new(engine);
    let l = &mut linker;
    wasmtime_wasi::p3::cli::add_to_linker(l)?;
    wasmtime_wasi::p3::clocks::add_to_linker(l)?;
    wasmtime_wasi::p3::random::add_to_linker(l)?;
    wasmtime_wasi_http::p3::add_to_linker(l)?;
    // Rust's standard library still uses WASI 0.2.
    p2::add_to_linker_proxy_interfaces_async(l)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |state| state.ctx().ctx.random())?;
    cli::environment::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, State::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, State::cli)?;
    let key_value: fn(&mut State) -> &mut KeyValue = |state| &mut state.key_value;
    spin::key_value::key_value::add_to_linker::<_, KeyValue>(l, key_value)?;
    wasi::keyvalue::store::add_to_linker::<_, KeyValue>(l, key_value)?;
    wasi::keyvalue::atomics::add_to_linker::<_, KeyValue>(l, key_value)?;
    wasi::keyvalue::batch::add_to_linker::<_, KeyValue>(l, key_value)?;
    spin::variables::variables::add_to_linker::<_, Visible>(l, |state| &mut state.variables)?;
    Ok(linker)
}

/// The state of one instance.
struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    outbound: Outbound,
    key_value: KeyValue,
    variables: Visible,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.outbound,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Creates the instances of one component.
struct Factory {
    name: Arc<str>,
    pre: ServicePre<State>,
    grants: Grants,
}

impl HandlerState for Factory {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        // The builder's defaults: no files, sockets, arguments or environment.
        let mut wasi = WasiCtx::builder();
        if !self.grants.quiet {
            wasi.inherit_stdout().inherit_stderr();
        }
        let state = State {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            outbound: Outbound::new(self.grants.hosts.clone()),
            key_value: KeyValue::new(self.grants.stores.clone(), self.grants.database.clone()),
            variables: self.grants.variables.clone(),
        };
        let mut store = Store::new(self.pre.engine(), state);
        let proxy = Proxy::P3(self.pre.instantiate_async(&mut store).await?);
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Expiration(Box::pin(tokio::time::sleep(IDLE))),
            state: Worker {
                name: self.name.clone(),
            },
        })
    }
}

/// Ends an instance that has been idle too long. Requests have no time limit.
struct Expiration(Pin<Box<Sleep>>);

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        if status != WorkerStatus::Idle {
            return Poll::Pending;
        }
        let deadline = (start + IDLE).into();
        if deadline != self.0.deadline() {
            self.0.as_mut().reset(deadline);
        }
        self.0.as_mut().poll(cx)
    }
}

/// Limits the requests of an instance and logs its end.
struct Worker {
    name: Arc<str>,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= REQUESTS {
            ShouldAccept::Never
        } else if concurrent >= REQUESTS_AT_ONCE {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        Box::pin(std::future::pending())
    }

    fn drop(&self, _: Store<State>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            // Spin's wording.
            log::line(
                &self.name,
                &format!("worker failed: {}", error.root_cause()),
            );
        }
    }
}
