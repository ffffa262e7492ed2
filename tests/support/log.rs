//! What the daemon says on stderr, line by line.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;

/// All lines so far, of one daemon after the other.
#[derive(Debug, Default)]
pub struct Log(watch::Sender<Vec<String>>);

impl Log {
    /// Reads from now on what a daemon says.
    pub fn follow(&self, stderr: impl AsyncRead + Unpin + Send + 'static) {
        let log = self.0.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                log.send_modify(|all| all.push(line));
            }
        });
    }

    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn text(&self) -> String {
        self.0.borrow().join("\n")
    }

    /// Waits for a line after the first `seen` that has these words.
    pub async fn until(&self, seen: usize, words: &str, deadline: Duration) {
        let mut lines = self.0.subscribe();
        let said = lines.wait_for(|lines| lines[seen..].iter().any(|line| line.contains(words)));
        let in_time = tokio::time::timeout(deadline, said).await.is_ok();
        assert!(in_time, "the daemon did not say {words:?}:\n{}", self.text());
    }
}
