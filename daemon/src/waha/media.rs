//! Files of messages. They are fetched from the configured server only, whatever host the message names.

use reqwest::{Method, Url};

use super::client::Waha;
use super::error::WahaError;

/// Where WAHA keeps files.
const FILES: &str = "/api/files/";

/// A file.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its MIME type, as the server tells it.
    pub mimetype: Option<String>,
}

impl std::fmt::Debug for File {
    // Without what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("bytes", &self.bytes.len()).field("mimetype", &self.mimetype).finish()
    }
}

impl Waha {
    /// Fetches a file of a message. WAHA forgets files after 180 s unless told otherwise.
    ///
    /// # Errors
    /// [`WahaError::Invalid`] for an address that is not one of WAHA's files, [`WahaError::NotFound`] when it is gone,
    /// [`WahaError::TooLarge`] when it has more bytes than `limit`; no more than that is ever held.
    pub async fn download(&self, url: &str, limit: usize) -> Result<File, WahaError> {
        let path = path(url, self.base())?;
        let answer = self.ask_within(self.request(Method::GET, &path, &[])?, limit).await?;
        Ok(File { bytes: answer.body, mimetype: answer.content_type })
    }
}

/// The path of a file: the host in a message is `localhost` or whatever WAHA takes itself for, so only the path counts.
fn path(url: &str, base: &Url) -> Result<String, WahaError> {
    let url = base.join(url).map_err(|_| WahaError::Invalid("the file has no address"))?;
    let prefix = base.path().trim_end_matches('/');
    let path = url.path().strip_prefix(prefix).filter(|path| path.starts_with('/')).unwrap_or(url.path());
    let lower = path.to_ascii_lowercase();
    // The address is parsed, so plain dots are gone; encoded ones would come alive on the server.
    let climbs = ["%2e", "%2f", "%5c", "\\"].iter().any(|trick| lower.contains(trick));
    let braces = lower.contains(['{', '}']);
    if climbs || braces || !path.starts_with(FILES) || path.len() == FILES.len() {
        return Err(WahaError::Invalid("the address is not one of waha's files"));
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_and_only_here() {
        let here = Url::parse("http://127.0.0.1:3000").unwrap();
        let behind = Url::parse("https://example.com/waha/").unwrap();
        for (url, base, expected) in [
            ("http://localhost:3000/api/files/default/3F.png", &here, Some("/api/files/default/3F.png")),
            ("https://evil.example/api/files/default/3F.png?x-api-key=k", &here, Some("/api/files/default/3F.png")),
            ("/api/files/default/a b.pdf", &here, Some("/api/files/default/a%20b.pdf")),
            ("https://example.com/waha/api/files/s/3F.png", &behind, Some("/api/files/s/3F.png")),
            ("http://localhost:3000/api/files/s/3F.png", &behind, Some("/api/files/s/3F.png")),
            ("http://localhost/api/files/../sessions", &here, None),
            ("http://localhost/api/files/%2e%2e/sessions", &here, None),
            ("http://localhost/api/files/..%2fsessions", &here, None),
            ("http://localhost/api/files/", &here, None),
            ("http://localhost/api/server/environment", &here, None),
            ("https://bucket.s3.example/default/3F.png", &here, None),
            ("data:image/png;base64,AAAA", &here, None),
            ("", &here, None),
        ] {
            assert_eq!(path(url, base).ok().as_deref(), expected, "{url}");
        }
    }
}
