//! `spin:key-value@3.0.0`.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{
    Accessor, Destination, FutureReader, Resource, StreamProducer, StreamReader, StreamResult,
};
use wasmtime::{StoreContextMut, format_err};

use super::{Error, KeyValue, broken};
use crate::bindings::spin::key_value::key_value as spin;
use crate::store::{self, Store};

impl spin::Host for KeyValue {
    fn convert_error(&mut self, error: Error) -> wasmtime::Result<spin::Error> {
        Ok(match error {
            Error::AccessDenied => spin::Error::AccessDenied,
            Error::NoSuchStore => spin::Error::NoSuchStore,
            Error::StoreTableFull => spin::Error::StoreTableFull,
            Error::Store(store::Error::Other(text)) => spin::Error::Other(text),
            Error::Store(store::Error::Broken) => return Err(broken()),
        })
    }
}

impl spin::HostStore for KeyValue {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.stores.delete(store)?;
        Ok(())
    }
}

fn opened<T>(accessor: &Accessor<T, KeyValue>, store: &Resource<Store>) -> Result<Store, Error> {
    accessor.with(|mut access| access.get().store(store).cloned())
}

impl<T> spin::HostStoreWithStore<T> for KeyValue {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> Result<Resource<Store>, Error> {
        accessor.with(|mut access| access.get().open(&label))
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> Result<Option<Vec<u8>>, Error> {
        Ok(opened(accessor, &store)?.get(&key)?)
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> Result<(), Error> {
        Ok(opened(accessor, &store)?.set(&key, &value)?)
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> Result<(), Error> {
        Ok(opened(accessor, &store)?.delete(&key)?)
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> Result<bool, Error> {
        Ok(opened(accessor, &store)?.exists(&key)?)
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), spin::Error>>)> {
        let store = opened(accessor, &store).map_err(|_| format_err!("the store was closed"))?;
        // Spin's channel also holds four keys. When it is full the listing waits and keeps the store locked.
        let (keys, taken) = mpsc::channel(4);
        let (end, ended) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let result = match store.each_key(|key| keys.blocking_send(key).is_ok()) {
                Ok(()) => Ok(()),
                Err(store::Error::Other(text)) => Err(spin::Error::Other(text)),
                // Dropping `end` traps the component that waits for it.
                Err(store::Error::Broken) => return,
            };
            // The component may have stopped waiting.
            let _ = end.send(result);
        });
        accessor.with(|mut access| {
            Ok((
                StreamReader::new(&mut access, Keys(taken))?,
                FutureReader::new(&mut access, ended)?,
            ))
        })
    }
}

/// A stream of keys to a component.
struct Keys(mpsc::Receiver<String>);

impl<D> StreamProducer<D> for Keys {
    type Item = String;
    type Buffer = Option<String>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, String, Option<String>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        match self.get_mut().0.poll_recv(cx) {
            Poll::Ready(Some(key)) => {
                destination.set_buffer(Some(key));
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(None) => Poll::Ready(Ok(StreamResult::Dropped)),
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}
