//! Keeps the connection: connects, subscribes, tells what comes, and tries again when it breaks.

use std::time::Duration;

use futures_util::StreamExt;
use mychatflow_data::client::{Client, ClientError, Notice};
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::time::Timestamp;
use tokio::sync::{mpsc, watch};

use super::{Again, Connector};
use crate::msg::{Link, Msg};

/// How long to wait before the next attempt, by the number of attempts that failed.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// Why nobody comes in.
enum Door {
    /// There is no daemon.
    Gone,
    /// It does not let this account in.
    Shut,
}

/// Keeps the connection until nobody listens any more.
pub async fn keep(
    connect: Connector,
    shared: watch::Sender<Option<Client>>,
    told: mpsc::Sender<Msg>,
    mut retried: mpsc::Receiver<()>,
) {
    let mut failures = 0;
    loop {
        let lost = match connect().await {
            Ok(client) => match client.subscribe(&EventsSubscribe::default()).await {
                Ok(mut notices) => {
                    failures = 0;
                    let up = Link::Up { epoch: notices.epoch, seq: notices.seq };
                    // Readers of the channel may be gone; then the next send ends this.
                    shared.send_replace(Some(client.clone()));
                    if told.send(Msg::Link(up)).await.is_err() {
                        return;
                    }
                    while let Some(notice) = notices.next().await {
                        let msg = match notice {
                            Notice::Event(event) => Msg::Event(Box::new(event)),
                            Notice::Lagged(lagged) => Msg::Link(Link::Lagged { seq: lagged.seq }),
                        };
                        if told.send(msg).await.is_err() {
                            return;
                        }
                    }
                    ("the daemon has gone away; it may be restarting".to_owned(), Again::Later, Door::Gone)
                }
                // Somebody may be let in at any time, and need not start anew then.
                Err(ClientError::Refused(refusal)) => (refusal.to_string(), Again::Later, Door::Shut),
                Err(error) => (error.to_string(), Again::Later, Door::Gone),
            },
            Err(no_link) => (no_link.reason, no_link.again, Door::Gone),
        };
        shared.send_replace(None);
        let (reason, again, door) = lost;
        let pause = PAUSES[failures.min(PAUSES.len() - 1)];
        failures += 1;
        let next_at = (again == Again::Later).then(|| Timestamp::now() + pause);
        let link = match door {
            Door::Gone => Link::Down { reason, next_at },
            Door::Shut => Link::Refused { reason, next_at },
        };
        if told.send(Msg::Link(link)).await.is_err() {
            return;
        }
        let waited = async {
            match again {
                Again::Later => tokio::time::sleep(pause).await,
                Again::Never => std::future::pending().await,
            }
        };
        tokio::select! {
            () = waited => {}
            retry = retried.recv() => {
                if retry.is_none() {
                    return;
                }
            }
        }
    }
}
