//! The resources that a server's processes use. Available on Linux only.

/// The resources that a process group has used.
#[derive(Clone, Copy, Default)]
pub struct Usage {
    /// Processor time, in seconds.
    pub cpu_seconds: f64,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
}

/// Measures a process group.
#[cfg(target_os = "linux")]
pub fn usage(group: i32) -> anyhow::Result<Usage> {
    let ticks_a_second = procfs::ticks_per_second() as f64;
    let processes = procfs::process::all_processes()?
        // A process that has just ended has no state any more.
        .filter_map(|process| process.ok()?.stat().ok())
        .filter(|stat| stat.pgrp == group);
    Ok(processes.fold(Usage::default(), |usage, stat| Usage {
        cpu_seconds: usage.cpu_seconds + (stat.utime + stat.stime) as f64 / ticks_a_second,
        resident_bytes: usage.resident_bytes + stat.rss * procfs::page_size(),
    }))
}

/// Measures a process group: unknown on this system.
#[cfg(not(target_os = "linux"))]
pub fn usage(_: i32) -> anyhow::Result<Usage> {
    Ok(Usage {
        cpu_seconds: f64::NAN,
        resident_bytes: 0,
    })
}

/// The name of the machine's processors.
#[cfg(target_os = "linux")]
pub fn processor_model() -> Option<String> {
    use procfs::Current as _;
    let processors = procfs::CpuInfo::current().ok()?;
    Some(processors.model_name(0)?.to_owned())
}

/// The name of the machine's processors: unknown on this system.
#[cfg(not(target_os = "linux"))]
pub fn processor_model() -> Option<String> {
    None
}
