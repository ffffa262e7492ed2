//! The load: plain threads on plain sockets with requests made beforehand, so that little of the machine goes into it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long an answer may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).context("no connection")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: vec![0; 16 * 1024] })
    }

    /// Writes a request and reads its answer: status and body.
    pub fn exchange(&mut self, request: &[u8]) -> anyhow::Result<(u16, &[u8])> {
        self.stream.write_all(request).context("a request could not be written")?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).context("an answer did not come")?;
            if read == 0 {
                bail!("the connection was closed in the middle of an answer");
            }
            filled += read;
            if let Some((status, head, length)) = read_head(&self.buffer[..filled])?
                && filled >= head + length
            {
                return Ok((status, &self.buffer[head..head + length]));
            }
        }
    }
}

/// Status, length of the head, length of the body; `None` while the head is not whole.
fn read_head(answer: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&answer[..end]).context("the head of an answer is no text")?;
    let status = head.get(9..12).and_then(|digits| digits.parse().ok()).context("an answer without a status")?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Ok(Some((status, end + 4, length.unwrap_or(0))))
}

/// What a load found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// From the first request to the last answer.
    pub took: Duration,
    /// Of each request, in no order.
    pub latencies: Vec<Duration>,
}

impl Outcome {
    /// Answers in a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// The latency that this share of all requests did not exceed, in milliseconds.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        percentile_ms(&self.latencies, share)
    }
}

/// The value that this share of all values does not exceed, in milliseconds.
pub fn percentile_ms(values: &[Duration], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).map_or(f64::NAN, |value| value.as_secs_f64() * 1000.0)
}

/// Writes every request, each of so many connections its next one as soon as it has the answer to the last.
pub fn saturate(
    address: SocketAddr,
    connections: usize,
    requests: &[Vec<u8>],
    expected: &str,
) -> anyhow::Result<Outcome> {
    let next = AtomicUsize::new(0);
    let opened = (0..connections).map(|_| Connection::open(address)).collect::<Result<Vec<_>, _>>()?;
    let began = Instant::now();
    let run = |mut connection: Connection| {
        let mut latencies = Vec::with_capacity(requests.len() / connections * 2);
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let asked = Instant::now();
            check(connection.exchange(request)?, expected)?;
            latencies.push(asked.elapsed());
        }
        Ok(latencies)
    };
    let latencies = on_threads(opened, &run)?;
    Ok(Outcome { took: began.elapsed(), latencies })
}

/// Writes the requests at a rate, whether or not the answers keep up. A latency begins at the instant at which the
/// request was due, so that waiting for a free connection counts.
pub fn pace(
    address: SocketAddr,
    connections: usize,
    requests: &[Vec<u8>],
    per_second: f64,
    expected: &str,
) -> anyhow::Result<Outcome> {
    let opened: Vec<_> = (0..connections).map(|_| Connection::open(address)).collect::<Result<_, _>>()?;
    let began = Instant::now() + Duration::from_millis(5);
    let run = |(first, mut connection): (usize, Connection)| {
        let mut latencies = Vec::with_capacity(requests.len() / connections + 1);
        for number in (first..requests.len()).step_by(connections) {
            let due = began + Duration::from_secs_f64(number as f64 / per_second);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            check(connection.exchange(&requests[number])?, expected)?;
            latencies.push(due.elapsed());
        }
        Ok(latencies)
    };
    let latencies = on_threads(opened.into_iter().enumerate().collect(), &run)?;
    Ok(Outcome { took: began.elapsed(), latencies })
}

fn on_threads<C: Send>(
    with: Vec<C>,
    run: &(impl Fn(C) -> anyhow::Result<Vec<Duration>> + Sync),
) -> anyhow::Result<Vec<Duration>> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = with.into_iter().map(|one| scope.spawn(move || run(one))).collect();
        let mut all = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(latencies) => all.extend(latencies?),
                Err(_) => bail!("a thread of the load panicked"),
            }
        }
        Ok(all)
    })
}

fn check((status, body): (u16, &[u8]), expected: &str) -> anyhow::Result<()> {
    // A figure of refusals would be a fine figure of nothing.
    if status != 200 || body != expected.as_bytes() {
        bail!("answered {status} {}, not {expected}", String::from_utf8_lossy(body));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_answers() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(read_head(whole).unwrap(), Some((200, whole.len() - 2, 2)));
        assert_eq!(read_head(&whole[..20]).unwrap(), None);
        assert!(read_head(b"nonsense\r\n\r\n").is_err());
    }

    #[test]
    fn percentiles() {
        let values: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile_ms(&values, 0.5), 50.0);
        assert_eq!(percentile_ms(&values, 0.99), 99.0);
        assert_eq!(percentile_ms(&values[..1], 0.99), 1.0);
        assert!(percentile_ms(&[], 0.5).is_nan());
    }
}
