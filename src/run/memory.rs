//! How much memory there is, so far as the system tells.

use anyhow::{Result, ensure};

/// Refuses to take `each` bytes `count` times if that is more than there is: a process that runs
/// out of memory ends without a word.
///
/// # Errors
/// Says how many would fit.
pub fn ensure_fits(count: u64, each: u64) -> Result<()> {
    let Some(available) = available() else {
        return Ok(());
    };
    let needed = count.saturating_mul(each);
    ensure!(
        needed <= available,
        "a batch of {count} pictures takes {:.1} GB of memory and {:.1} GB are free; \
         --batch-size {} fits",
        needed as f64 / 1e9,
        available as f64 / 1e9,
        (available / each).max(1),
    );
    Ok(())
}

/// Bytes that this process can still take: of the machine's memory, its container's, and what
/// `ulimit -v` allows. Linux tells; elsewhere nothing is known.
fn available() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let kilobytes = |path: &str, key: &str| Some(1024 * value(&read(path)?, key)?);
    let machine = kilobytes("/proc/meminfo", "MemAvailable:");
    let cgroup = |name: &str| {
        read(&format!("/sys/fs/cgroup/memory.{name}"))?
            .trim()
            .parse()
            .ok()
    };
    // What a container may take is for all of its processes, this one included.
    let container =
        cgroup("max").map(|most: u64| most.saturating_sub(cgroup("current").unwrap_or(0)));
    let addresses = read("/proc/self/limits").and_then(|limits| {
        let most = value(&limits, "Max address space")?;
        let taken = kilobytes("/proc/self/status", "VmSize:")?;
        Some(most.saturating_sub(taken))
    });
    [machine, container, addresses].into_iter().flatten().min()
}

/// The first number behind `key`, at the beginning of a line.
fn value(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_whitespace().next()?.parse().ok()
}
