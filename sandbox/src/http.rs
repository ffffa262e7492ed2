//! The listener both servers share: hyper on loopback, with a switch to refuse connections for a while.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// WAHA takes JSON up to 50 MB; Gemini is far above what our client sends.
const BODY_BYTES_MAX: usize = 50 * 1024 * 1024;
const JSON: &str = "application/json; charset=utf-8";

/// One answer. An empty one has no content type: WAHA sends `null` results like that.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Reply {
        Reply::text(status, JSON, body.to_string())
    }

    pub(crate) fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
        Reply { status, content_type: Some(content_type), headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, content_type: None, headers: Vec::new(), body: Bytes::new() }
    }

    fn into_response(self) -> Response<Full<Bytes>> {
        let length = self.body.len();
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// The connection ends here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
pub(crate) struct Cut;

/// A loopback port that can be closed and opened again.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    // A plain lock: it is taken to open and close, never while serving.
    accepting: Mutex<Option<JoinHandle<()>>>,
    clock: ClockOffset,
}

/// By how many seconds the `Date` of every answer is off.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClockOffset(Arc<AtomicI64>);

impl ClockOffset {
    fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    /// hyper writes the right `Date` where there is none.
    fn apply(&self, headers: &mut HeaderMap) {
        let seconds = self.0.load(Ordering::Relaxed);
        if seconds == 0 {
            return;
        }
        let at = jiff::Timestamp::from_second(crate::clock::now_ms() / 1000 + seconds).unwrap_or_default();
        let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = HeaderValue::from_str(&date) {
            headers.insert(DATE, date);
        }
    }
}

impl Door {
    /// Binds the port, or any free one. Nothing is served before `open`.
    pub(crate) async fn bind(port: Option<u16>) -> io::Result<(Door, TcpListener)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await?;
        let address = listener.local_addr()?;
        let door = Door { address, accepting: Mutex::new(None), clock: ClockOffset::default() };
        Ok((door, listener))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the `Date` of every answer is off by so many seconds.
    pub(crate) fn set_date_offset(&self, seconds: i64) {
        self.clock.set(seconds);
    }

    /// Serves until `close`.
    pub(crate) fn open<S, F>(&self, listener: TcpListener, serve: S)
    where
        S: Fn(Parts, Bytes) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Reply, Cut>> + Send + 'static,
    {
        let task = tokio::spawn(accept(listener, serve, self.clock.clone()));
        let old = self.accepting.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
        if let Some(old) = old {
            old.abort();
        }
    }

    /// Binds the same port again after `close`; `None` when it was never closed.
    pub(crate) async fn rebind(&self) -> io::Result<Option<TcpListener>> {
        if self.accepting.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(None);
        }
        TcpListener::bind(self.address).await.map(Some)
    }

    /// Ends every connection and refuses new ones.
    pub(crate) async fn close(&self) {
        let task = self.accepting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // The only error here is the cancellation just asked for.
            let _ = task.await;
        }
    }
}

async fn accept<S, F>(listener: TcpListener, serve: S, clock: ClockOffset)
where
    S: Fn(Parts, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Reply, Cut>> + Send + 'static,
{
    // Dropped with this task, which ends all its connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, serve.clone(), clock.clone())); }
                // Out of descriptors: let some connections end first.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection<S, F>(stream: TcpStream, serve: S, clock: ClockOffset)
where
    S: Fn(Parts, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Reply, Cut>> + Send + 'static,
{
    // Only latency is lost when this fails.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let (serve, clock) = (serve.clone(), clock.clone());
        async move {
            let (parts, body) = request.into_parts();
            let reply = match Limited::new(body, BODY_BYTES_MAX).collect().await {
                Ok(body) => serve(parts, body.to_bytes()).await?,
                Err(_) => Reply::empty(413),
            };
            let mut response = reply.into_response();
            clock.apply(response.headers_mut());
            Ok::<_, Cut>(response)
        }
    });
    // A cut or a client that went away: both are expected here.
    let _ = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), service).await;
}

/// Waits for ever: the client has to give up.
pub(crate) async fn hang() -> Infallible {
    std::future::pending().await
}

/// Splits a path at its slashes and undoes the percent-encoding of each part.
pub(crate) fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| decode(part, Plus::Literal)).collect()
}

/// The pairs of a query string, in order.
pub(crate) fn query(text: Option<&str>) -> Vec<(String, String)> {
    text.unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name, Plus::Space), decode(value, Plus::Space)))
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Plus {
    Literal,
    Space,
}

fn decode(text: &str, plus: Plus) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = match (first, tail) {
            (b'%', [high, low, ..]) => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        match escape {
            Some((high, low)) => {
                out.push(high * 16 + low);
                rest = &tail[2..];
            }
            None => {
                out.push(if *first == b'+' && plus == Plus::Space { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        assert_eq!(segments("/api/a%20b/chats/4%40c.us/"), ["api", "a b", "chats", "4@c.us"]);
        assert_eq!(segments("/a+b/%zz"), ["a+b", "%zz"]);
        assert_eq!(
            query(Some("a=1+2&b=%2B4&c")),
            [("a", "1 2"), ("b", "+4"), ("c", "")].map(|(a, b)| (a.into(), b.into()))
        );
        assert!(query(None).is_empty());
    }
}
