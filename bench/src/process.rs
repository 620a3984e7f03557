//! What a server's processes take of the machine. Only Linux tells.

/// What a group of processes has taken.
#[derive(Clone, Copy, Default)]
pub struct Usage {
    /// Seconds of a processor.
    pub cpu_seconds: f64,
    /// Memory that is there, in bytes.
    pub resident_bytes: u64,
}

/// What the processes of a group have taken by now.
#[cfg(target_os = "linux")]
pub fn usage(group: i32) -> anyhow::Result<Usage> {
    let ticks_a_second = procfs::ticks_per_second() as f64;
    let processes = procfs::process::all_processes()?
        // One that has ended meanwhile has no state any more.
        .filter_map(|process| process.ok()?.stat().ok())
        .filter(|stat| stat.pgrp == group);
    Ok(processes.fold(Usage::default(), |usage, stat| Usage {
        cpu_seconds: usage.cpu_seconds + (stat.utime + stat.stime) as f64 / ticks_a_second,
        resident_bytes: usage.resident_bytes + stat.rss * procfs::page_size(),
    }))
}

/// What the processes of a group have taken by now: unknown here.
#[cfg(not(target_os = "linux"))]
pub fn usage(_: i32) -> anyhow::Result<Usage> {
    Ok(Usage {
        cpu_seconds: f64::NAN,
        resident_bytes: 0,
    })
}

/// What the machine's processors are called.
#[cfg(target_os = "linux")]
pub fn processor_model() -> Option<String> {
    use procfs::Current as _;
    let processors = procfs::CpuInfo::current().ok()?;
    Some(processors.model_name(0)?.to_owned())
}

/// What the machine's processors are called: unknown here.
#[cfg(not(target_os = "linux"))]
pub fn processor_model() -> Option<String> {
    None
}
