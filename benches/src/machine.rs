//! What the figures were measured on, and what a process costs it, as the kernel tells.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

/// Ticks of `/proc/PID/stat` in a second: part of the kernel's interface, the same on every Linux we run on.
const TICKS: u64 = 100;

/// What the figures were measured on.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Processors.
    pub cpus: usize,
    /// What the processor calls itself.
    pub cpu: String,
    /// The file system of the stores.
    pub disk: String,
    /// How many processes wanted a processor before we began, over the last minute.
    pub load_before: f64,
}

impl Machine {
    /// Looks at the machine, and at the file system under `dir`.
    pub fn look(dir: &Path) -> anyhow::Result<Self> {
        let read = |path| std::fs::read_to_string(path).with_context(|| format!("{path} can't be read"));
        let cpuinfo = read("/proc/cpuinfo")?;
        let name = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let load = read("/proc/loadavg")?;
        let load_before = load.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default();
        let dir = dir.canonicalize().context("the directory of the stores is gone")?;
        let mounts = read("/proc/mounts")?;
        let mut best = (0, "unknown");
        for line in mounts.lines() {
            let mut words = line.split(' ');
            let (Some(_), Some(place), Some(kind)) = (words.next(), words.next(), words.next()) else { continue };
            if dir.starts_with(place) && place.len() >= best.0 {
                best = (place.len(), kind);
            }
        }
        Ok(Self {
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: name.map_or("unknown", |(_, name)| name).to_owned(),
            disk: best.1.to_owned(),
            load_before,
        })
    }
}

/// The processor time that a process has used, in user and in kernel.
pub fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the process is gone")?;
    // The name in parentheses may have spaces; the fields behind it are numbered from 3.
    let (_, rest) = stat.rsplit_once(')').context("an unreadable stat")?;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// The memory of a process that is in RAM, in MiB.
pub fn rss_mib(pid: u32) -> anyhow::Result<f64> {
    status_mib(pid, "VmRSS:")
}

/// The most memory that a process ever had in RAM, in MiB.
pub fn rss_max_mib(pid: u32) -> anyhow::Result<f64> {
    status_mib(pid, "VmHWM:")
}

fn status_mib(pid: u32, name: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().with_context(|| format!("an unreadable {name}"))?;
    Ok(kib / 1024.0)
}
