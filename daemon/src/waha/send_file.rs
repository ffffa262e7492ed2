//! Sending files. No id of our choosing can be given to them (WAHA 2026.7): a doubtful one is looked for by its caption.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mychatflow_data::phone::Address;
use serde_json::json;
use tokio::sync::SemaphorePermit;

use super::client::Waha;
use super::error::WahaError;
use super::send::{Sent, SentMessage};

/// A file to send.
#[derive(Clone, Copy)]
pub struct SendFile<'a> {
    /// The session that sends it.
    pub session: &'a str,
    /// Where to.
    pub chat: &'a Address,
    /// What it is called.
    pub file_name: &'a str,
    /// What it is: `image/png`.
    pub mime: &'a str,
    /// What is in it.
    pub data: &'a [u8],
    /// The words that go with it.
    pub caption: &'a str,
}

impl Waha {
    /// Waits for the turn of a file. A file is in memory three times while it goes out, so they go one after the other.
    pub async fn file_turn(&self) -> Option<SemaphorePermit<'_>> {
        self.files().acquire().await.ok()
    }

    /// Sends a file with a caption: as a picture or film where it is one, else as a document; a voice note could carry no
    /// words.
    ///
    /// # Errors
    /// Any [`WahaError`]; ask [`WahaError::doubt`] whether the message may have gone out all the same, and
    /// [`WahaError::lacks_files`] whether this server sends files at all.
    pub async fn send_file(&self, send: SendFile<'_>) -> Result<SentMessage, WahaError> {
        let SendFile { session, chat, file_name, mime, data, caption } = send;
        let file = json!({"mimetype": mime, "filename": file_name, "data": STANDARD.encode(data)});
        let mut body = json!({"session": session, "chatId": chat.as_str(), "caption": caption});
        body["file"] = file;
        let path = match mime.split('/').next() {
            Some("image") => "/api/sendImage",
            Some("video") => {
                body["convert"] = false.into();
                "/api/sendVideo"
            }
            _ => "/api/sendFile",
        };
        let request = self.post(path, &[], &body)?;
        drop(body);
        // As with texts: a 2xx is a message that is sent.
        let answer = self.ask_done(request).await?;
        Ok(answer.json::<Sent<'_>>().ok().flatten().unwrap_or_default().message())
    }
}
