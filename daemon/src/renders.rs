//! Makes texts of templates off the workers that serve everybody: on a few threads of their own, one turn of each tenant
//! after the other, and nobody waits for one turn longer than its deadline. What a text may become is bounded by
//! `flow::template`, so a thread always comes back.

use std::sync::Arc;
use std::time::Duration;

use mychatflow_data::ids::TenantId;
use mychatflow_data::protocol::error::{CallError, Code};

use crate::gemini::Turns;
use crate::jobs::JobError;
use crate::rpc::refused::Refused;

/// Threads that make texts at once. Answers and calls go on beside them, whatever the texts are.
const THREADS: usize = 2;
/// Texts of one turn: some 50 µs each.
const TEXTS_AT_ONCE: usize = 64;
/// The longest that anybody waits for one turn.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// Texts took too long, or making them failed by a mistake of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The deadline is over.
    #[error("making the texts takes too long; try again in a moment, or make the text simpler")]
    TooSlow,
    /// It panicked.
    #[error("making the texts failed by a mistake of ours; the log has the details")]
    Failed,
}

impl From<RenderError> for Refused {
    fn from(error: RenderError) -> Self {
        let code = match error {
            RenderError::TooSlow => Code::Overloaded,
            RenderError::Failed => Code::Internal,
        };
        Self(CallError::new(code, error.to_string()))
    }
}

impl From<RenderError> for JobError {
    /// Nobody is left out because a machine is slow: the job is tried again.
    fn from(error: RenderError) -> Self {
        Self::Retryable { reason: error.to_string(), after: Duration::from_secs(1), fault: None }
    }
}

/// The threads that make texts.
#[derive(Debug)]
pub struct Renders {
    turns: Arc<Turns>,
    deadline: Duration,
}

impl Default for Renders {
    fn default() -> Self {
        Self { turns: Turns::new(THREADS), deadline: DEADLINE }
    }
}

impl Renders {
    /// Does some work with texts, in the tenant's turn.
    ///
    /// # Errors
    /// When it takes too long, or panics.
    pub async fn run<T: Send + 'static>(
        &self,
        tenant: TenantId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RenderError> {
        let place = self.turns.place(*tenant.bytes()).await;
        let work = tokio::task::spawn_blocking(move || {
            // Held until the thread is free again, also when nobody waits for it any more.
            let _place = place;
            work()
        });
        match tokio::time::timeout(self.deadline, work).await {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(error)) => {
                tracing::error!(%error, "making texts failed");
                Err(RenderError::Failed)
            }
            Err(_) => Err(RenderError::TooSlow),
        }
    }

    /// Makes something of each, a few in each turn, so that others have theirs in between.
    ///
    /// # Errors
    /// When a turn takes too long, or panics.
    pub async fn each<I, O>(
        &self,
        tenant: TenantId,
        items: impl IntoIterator<Item = I>,
        make: impl Fn(I) -> O + Send + Sync + 'static,
    ) -> Result<Vec<O>, RenderError>
    where
        I: Send + 'static,
        O: Send + 'static,
    {
        let (make, mut items, mut made) = (Arc::new(make), items.into_iter(), Vec::new());
        loop {
            let some: Vec<I> = items.by_ref().take(TEXTS_AT_ONCE).collect();
            if some.is_empty() {
                return Ok(made);
            }
            let make = Arc::clone(&make);
            made.extend(self.run(tenant, move || some.into_iter().map(&*make).collect::<Vec<O>>()).await?);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn renders(threads: usize, deadline: Duration) -> Renders {
        Renders { turns: Turns::new(threads), deadline }
    }

    #[tokio::test]
    async fn work_without_an_end_holds_nobody_but_its_own_thread() {
        let renders = Arc::new(renders(2, Duration::from_secs(60)));
        let (begun, seen) = tokio::sync::oneshot::channel();
        let (end, ends) = mpsc::channel::<()>();
        let endless = {
            let renders = Arc::clone(&renders);
            tokio::spawn(async move {
                let work = move || {
                    begun.send(()).unwrap();
                    ends.recv().unwrap();
                };
                renders.run(TenantId::from_bytes([1; 16]), work).await
            })
        };
        seen.await.unwrap();
        // The test has one worker, and it is free; so is the other thread.
        assert_eq!(renders.run(TenantId::from_bytes([2; 16]), || 7).await, Ok(7));
        end.send(()).unwrap();
        assert_eq!(endless.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn whoever_waits_is_told_when_it_takes_too_long() {
        let renders = renders(1, Duration::from_millis(10));
        let (end, ends) = mpsc::channel::<()>();
        let told = renders.run(TenantId::from_bytes([1; 16]), move || ends.recv().unwrap()).await;
        assert_eq!(told, Err(RenderError::TooSlow));
        end.send(()).unwrap();
        // The thread comes back with its place; panicking and waking up take as long as they take.
        let renders = Renders { turns: renders.turns, deadline: Duration::from_secs(60) };
        let panics = renders.run(TenantId::from_bytes([1; 16]), || panic!("a mistake")).await;
        assert_eq!(panics, Err::<(), _>(RenderError::Failed));
        let items = renders.each(TenantId::from_bytes([1; 16]), 0..200, |item| item * 2).await;
        assert_eq!(items, Ok((0..200).map(|item| item * 2).collect()));
    }
}
