//! Rust bindings for `wit/world.wit`.
#![allow(missing_docs, reason = "generated")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "visage:host/imports",
    imports: { default: trappable },
    with: {
        "spin:key-value/key-value.store": crate::store::Store,
        "wasi:keyvalue/store.bucket": crate::store::Store,
        "wasi:keyvalue/atomics.cas": crate::key_value::Swap,
    },
    trappable_error_type: {
        "spin:key-value/key-value.error" => crate::key_value::Error,
        "wasi:keyvalue/store.error" => crate::key_value::Error,
        "wasi:keyvalue/atomics.cas-error" => crate::key_value::SwapError,
    },
});
