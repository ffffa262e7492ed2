//! The other end of the socket: connect, hello, call, subscribe. Works over any duplex stream, a Unix socket or ssh.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt, Stream, StreamExt};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::codec::{FramedRead, FramedWrite, LinesCodec};

use crate::ids::RunId;
use crate::protocol::calls::events::{EventsSubscribe, EventsSubscribed};
use crate::protocol::error::{CallError, Code};
use crate::protocol::event::{EVENT, Event, LAGGED, Lagged};
use crate::protocol::frame::{ErrorObject, FrameId, IncomingFrame, LINE_BYTES_MAX, RequestFrame};
use crate::protocol::hello::{self, Hello, HelloReply};
use crate::protocol::{Call, VERSION};

/// How long a call may take unless [`Client::call_within`] says otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the daemon may take to answer `hello`.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Events that wait for a slow reader here; past that it is told `lagged`.
const EVENTS_WAITING_MAX: usize = 1024;
/// Calls that wait for the connection.
const CALLS_WAITING_MAX: usize = 64;

/// Why a call has no reply.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers at the socket.
    #[error("{reason} at {}; {remedy}", path.display())]
    NotConnected {
        /// The socket.
        path: PathBuf,
        /// Why, in a few words.
        reason: String,
        /// What to do next.
        remedy: String,
        /// What the system said.
        #[source]
        source: Option<io::Error>,
    },
    /// The two sides speak different versions of the protocol.
    #[error("{}", hello::mismatch_text((VERSION, hello::PRODUCT_VERSION), (*protocol, version)))]
    VersionMismatch {
        /// What the daemon speaks.
        protocol: u32,
        /// The daemon's version.
        version: String,
    },
    /// The daemon refused.
    #[error("{0}")]
    Refused(CallError),
    /// The connection broke.
    #[error("the connection to the daemon broke")]
    Io(#[from] io::Error),
    /// The daemon took too long.
    #[error("the daemon did not answer {method} within {} s", after.as_secs())]
    TimedOut {
        /// The call.
        method: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// The daemon said something that makes no sense.
    #[error("the daemon's answer to {method} could not be read")]
    Unreadable {
        /// The call.
        method: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl ClientError {
    /// The code of a refusal.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(error) => Some(error.code),
            Self::VersionMismatch { .. } => Some(Code::VersionMismatch),
            _ => None,
        }
    }
}

/// What a subscription tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// Something happened.
    Event(Event),
    /// Events were lost: read everything on the screen again.
    Lagged(Lagged),
}

/// A stream of notices; ends with the connection. A connection has one subscription: a new one takes the old one's place.
#[derive(Debug)]
pub struct Subscription {
    /// The number that the first event's `prev` will have.
    pub seq: u64,
    /// The run of the daemon that counts.
    pub epoch: RunId,
    notices: mpsc::Receiver<Notice>,
}

impl Stream for Subscription {
    type Item = Notice;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Notice>> {
        self.notices.poll_recv(cx)
    }
}

type Outcome = Result<Box<RawValue>, ErrorObject>;

enum Command {
    Call { method: &'static str, params: Value, answer: oneshot::Sender<Outcome> },
    Listen { notices: mpsc::Sender<Notice> },
}

/// A connection to the daemon. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    daemon: Option<HelloReply>,
}

/// Connects to the daemon behind a socket.
///
/// # Errors
/// [`ClientError::NotConnected`] with the remedy, or [`ClientError::VersionMismatch`].
pub async fn connect(path: &Path) -> Result<Client, ClientError> {
    Client::over(open(path).await?).await
}

/// Opens a daemon's socket, without a word yet.
///
/// # Errors
/// [`ClientError::NotConnected`] with the remedy.
pub async fn open(path: &Path) -> Result<UnixStream, ClientError> {
    UnixStream::connect(path).await.map_err(|error| not_connected(path, error))
}

fn not_connected(path: &Path, error: io::Error) -> ClientError {
    let (reason, remedy) = match error.kind() {
        io::ErrorKind::NotFound => ("no daemon listens", "start it: mychatflow daemon"),
        io::ErrorKind::ConnectionRefused => ("the daemon has gone away", "start it again: mychatflow daemon"),
        io::ErrorKind::PermissionDenied => (
            "you may not open the daemon's socket",
            "ask the operator to set daemon.socket_group to a group that you are in, and to run \
             `mychatflow tenant grant TENANT --user YOU --role agent`",
        ),
        _ => ("the daemon can't be reached", "see what it says: mychatflow doctor"),
    };
    ClientError::NotConnected {
        path: path.to_owned(),
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
        source: Some(error),
    }
}

impl Client {
    /// Says hello over an open stream.
    ///
    /// # Errors
    /// [`ClientError::VersionMismatch`] when the daemon speaks another protocol, and what a call may end with.
    pub async fn over<S>(stream: S) -> Result<Self, ClientError>
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let mut client = Self::start(stream);
        client.daemon = Some(client.hello().await?);
        Ok(client)
    }

    /// Says hello over an open stream, and stays connected to a daemon of another protocol. Such a daemon answers only
    /// `daemon.status` and `daemon.stop`, so that an upgrade can always end.
    ///
    /// # Errors
    /// What a call may end with, but no [`ClientError::VersionMismatch`].
    pub async fn over_any_version<S>(stream: S) -> Result<Self, ClientError>
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let mut client = Self::start(stream);
        client.daemon = match client.hello().await {
            Ok(reply) => Some(reply),
            Err(ClientError::VersionMismatch { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(client)
    }

    /// What the daemon said to hello; `None` when it speaks another protocol.
    #[must_use]
    pub const fn daemon(&self) -> Option<&HelloReply> {
        self.daemon.as_ref()
    }

    /// Calls the daemon.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the daemon's reason, or what became of the connection.
    pub async fn call<C: Call>(&self, params: &C) -> Result<C::Reply, ClientError> {
        self.call_within(params, CALL_TIMEOUT).await
    }

    /// Calls the daemon, and waits at most so long.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn call_within<C: Call>(&self, params: &C, limit: Duration) -> Result<C::Reply, ClientError> {
        let unreadable = |source| ClientError::Unreadable { method: C::NAME, source };
        let params = serde_json::to_value(params).map_err(unreadable)?;
        let reply = self.ask(C::NAME, params, limit).await?.map_err(|error| ClientError::Refused(error.into()))?;
        serde_json::from_str(reply.get()).map_err(unreadable)
    }

    /// Waits until the connection has ended.
    pub async fn closed(&self) {
        self.commands.closed().await;
    }

    /// Asks to be told what changes.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn subscribe(&self, wanted: &EventsSubscribe) -> Result<Subscription, ClientError> {
        // The listener stands before the daemon is asked: the first event may come right behind the answer.
        let (sender, notices) = mpsc::channel(EVENTS_WAITING_MAX);
        self.commands.send(Command::Listen { notices: sender }).await.map_err(|_| lost())?;
        let EventsSubscribed { seq, epoch } = self.call(wanted).await?;
        Ok(Subscription { seq, epoch, notices })
    }

    fn start<S>(stream: S) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (commands, received) = mpsc::channel(CALLS_WAITING_MAX);
        let (reader, writer) = tokio::io::split(stream);
        // Unbounded, because whoever waits for an answer has at most one line in it; a bound could lock up both sides
        // when each waits for the other to read.
        let (lines, queued) = mpsc::unbounded_channel();
        tokio::spawn(write(FramedWrite::new(writer, LinesCodec::new()), queued));
        tokio::spawn(run(FramedRead::new(reader, LinesCodec::new_with_max_length(LINE_BYTES_MAX)), received, lines));
        Self { commands, daemon: None }
    }

    async fn hello(&self) -> Result<HelloReply, ClientError> {
        let unreadable = |source| ClientError::Unreadable { method: hello::METHOD, source };
        let params = serde_json::to_value(Hello::ours()).map_err(unreadable)?;
        let reply = match self.ask(hello::METHOD, params, HELLO_TIMEOUT).await? {
            Ok(reply) => serde_json::from_str::<HelloReply>(reply.get()).map_err(unreadable)?,
            Err(error) => {
                let data = error.data.as_ref().filter(|data| data.code == Code::VersionMismatch);
                return Err(match data.and_then(|data| Some((data.protocol?, data.version.clone()?))) {
                    Some((protocol, version)) => ClientError::VersionMismatch { protocol, version },
                    None => ClientError::Refused(error.into()),
                });
            }
        };
        if reply.protocol == VERSION {
            Ok(reply)
        } else {
            Err(ClientError::VersionMismatch { protocol: reply.protocol, version: reply.version })
        }
    }

    async fn ask(&self, method: &'static str, params: Value, limit: Duration) -> Result<Outcome, ClientError> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.commands.send(Command::Call { method, params, answer }).await.map_err(|_| lost())?;
            answered.await.map_err(|_| lost())
        };
        match tokio::time::timeout(limit, asked).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ClientError::TimedOut { method, after: limit }),
        }
    }
}

fn lost() -> ClientError {
    ClientError::Io(io::Error::new(io::ErrorKind::ConnectionAborted, "the daemon closed it"))
}

async fn write<W: AsyncWrite>(sink: FramedWrite<W, LinesCodec>, mut lines: mpsc::UnboundedReceiver<String>) {
    let mut sink = std::pin::pin!(sink);
    while let Some(line) = lines.recv().await {
        if sink.send(line).await.is_err() {
            // The reader sees the same broken connection and tells everybody who waits.
            return;
        }
    }
}

/// The calls under way, and who listens to events.
#[derive(Default)]
struct Desk {
    waiting: HashMap<i64, oneshot::Sender<Outcome>>,
    listener: Option<Listener>,
    last_id: i64,
}

/// Who listens to events. Never waited for: a listener that makes a call before it reads on would wait for itself.
struct Listener {
    notices: mpsc::Sender<Notice>,
    lost: Option<Lagged>,
}

/// Ends with the connection, or when neither the client nor its subscription is left.
async fn run<R: AsyncRead>(
    lines: FramedRead<R, LinesCodec>,
    mut commands: mpsc::Receiver<Command>,
    writer: mpsc::UnboundedSender<String>,
) {
    let mut lines = std::pin::pin!(lines);
    let mut desk = Desk::default();
    let mut callers_left = true;
    loop {
        let (listening, lagging) = match &desk.listener {
            Some(listener) => (Some(listener.notices.clone()), listener.lost),
            None => (None, None),
        };
        tokio::select! {
            command = commands.recv(), if callers_left => match command {
                Some(Command::Call { method, params, answer }) => {
                    let Some(line) = desk.call(method, params, answer) else { continue };
                    if writer.send(line).is_err() {
                        return;
                    }
                }
                Some(Command::Listen { notices }) => desk.listener = Some(Listener { notices, lost: None }),
                None => callers_left = false,
            },
            () = gone(listening.as_ref()), if !callers_left => return,
            () = tell(listening.as_ref(), lagging), if lagging.is_some() => {
                if let Some(listener) = &mut desk.listener {
                    listener.lost = None;
                }
            }
            line = lines.next() => match line {
                Some(Ok(line)) => desk.hear(&line),
                Some(Err(error)) => {
                    tracing::warn!(%error, "the connection to the daemon broke");
                    return;
                }
                None => return,
            },
        }
    }
}

async fn gone(listening: Option<&mpsc::Sender<Notice>>) {
    if let Some(notices) = listening {
        notices.closed().await;
    }
}

async fn tell(listening: Option<&mpsc::Sender<Notice>>, lost: Option<Lagged>) {
    if let (Some(notices), Some(lost)) = (listening, lost) {
        // The subscription may have been dropped.
        let _ = notices.send(Notice::Lagged(lost)).await;
    }
}

impl Desk {
    /// The line of a call, or `None` when it can't be one.
    fn call(&mut self, method: &str, params: Value, answer: oneshot::Sender<Outcome>) -> Option<String> {
        self.last_id += 1;
        self.waiting.retain(|_, waiter| !waiter.is_closed());
        let line = serde_json::to_string(&RequestFrame::new(self.last_id, method, params)).ok()?;
        if line.len() > LINE_BYTES_MAX {
            let error = CallError::invalid(format!("{method}: more than 1 MiB in one call"));
            // Nobody to tell when the caller stopped waiting.
            let _ = answer.send(Err(error.into()));
            return None;
        }
        self.waiting.insert(self.last_id, answer);
        Some(line)
    }

    fn hear(&mut self, line: &str) {
        let frame: IncomingFrame = match serde_json::from_str(line) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(%error, "a line from the daemon could not be read");
                return;
            }
        };
        if let Some(FrameId::Number(id)) = frame.id {
            let Some(waiter) = self.waiting.remove(&id) else { return };
            let outcome = match (frame.result, frame.error) {
                (_, Some(error)) => Err(error),
                (Some(reply), None) => Ok(reply),
                (None, None) => Err(CallError::internal("the daemon answered nothing").into()),
            };
            // Nobody to tell when the caller stopped waiting.
            let _ = waiter.send(outcome);
            return;
        }
        let (Some(listener), Some(method), Some(params)) = (&mut self.listener, frame.method, frame.params) else {
            return;
        };
        let notice = match method.as_str() {
            EVENT => serde_json::from_str(params.get()).map(Notice::Event),
            LAGGED => serde_json::from_str(params.get()).map(Notice::Lagged),
            _ => return,
        };
        match notice {
            Ok(notice) => listener.put(notice),
            Err(error) => tracing::warn!(%error, method, "an event could not be read"),
        }
    }
}

impl Listener {
    /// Hands a notice on. One that finds no room is lost, and everything behind it until that was told.
    fn put(&mut self, notice: Notice) {
        let (seq, count) = match &notice {
            Notice::Event(event) => (event.seq, 1),
            Notice::Lagged(lagged) => (lagged.seq, lagged.missed),
        };
        match &mut self.lost {
            Some(lost) => *lost = Lagged { seq, missed: lost.missed + count },
            None => {
                if let Err(mpsc::error::TrySendError::Full(_)) = self.notices.try_send(notice) {
                    self.lost = Some(Lagged { seq, missed: count });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_may_not_be_opened_says_what_to_ask_for() {
        let error = not_connected(Path::new("/run/x.sock"), io::Error::from(io::ErrorKind::PermissionDenied));
        let text = error.to_string();
        assert!(text.contains("daemon.socket_group") && text.contains("mychatflow tenant grant"), "{text}");
    }
}
