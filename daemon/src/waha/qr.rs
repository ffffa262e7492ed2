//! Pairing: the QR code and the code to type.
//!
//! All of it is answered only in `SCAN_QR_CODE`. In another state WAHA 2026.4 waits 5 to 15 s and then says
//! [`WahaError::NotReady`], so the state is better asked first. Whoever has one of these codes can take over the number:
//! they are secrets for as long as they live (60 s for the first, 20 s for each next).

use mychatflow_data::phone::Phone;
use reqwest::Method;
use reqwest::header::ACCEPT;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::client::Waha;
use super::error::WahaError;
use super::lenient::Word;

/// The first bytes of every PNG.
const PNG: &[u8] = b"\x89PNG";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Code<'a> {
    #[serde(borrow)]
    value: Word<'a>,
    #[serde(borrow)]
    code: Word<'a>,
}

impl Waha {
    /// The text of the QR code that shows now.
    ///
    /// # Errors
    /// [`WahaError::NotReady`] in every state but `SCAN_QR_CODE`.
    pub async fn qr_raw(&self, session: &str) -> Result<SecretString, WahaError> {
        let request = self.get("/api/{session}/auth/qr", &[session])?.query(&[("format", "raw")]);
        let answer = self.ask(request).await?;
        let value = answer.expect::<Code<'_>>()?.value.owned();
        Ok(value.ok_or(WahaError::BadAnswer("a qr code without a value"))?.into())
    }

    /// The QR code that shows now, as a PNG.
    ///
    /// # Errors
    /// [`WahaError::NotReady`] in every state but `SCAN_QR_CODE`.
    pub async fn qr_png(&self, session: &str) -> Result<Vec<u8>, WahaError> {
        let request = self.request(Method::GET, "/api/{session}/auth/qr", &[session])?;
        let answer = self.ask(request.header(ACCEPT, "image/png").query(&[("format", "image")])).await?;
        if answer.body.starts_with(PNG) { Ok(answer.body) } else { Err(WahaError::BadAnswer("not a png")) }
    }

    /// Asks WhatsApp for a code to type on the phone instead of scanning.
    ///
    /// # Errors
    /// [`WahaError::NotReady`] in every state but `SCAN_QR_CODE`.
    pub async fn request_code(&self, session: &str, phone: &Phone) -> Result<SecretString, WahaError> {
        let body = json!({"phoneNumber": phone.digits()});
        let answer = self.ask(self.post("/api/{session}/auth/request-code", &[session], &body)?).await?;
        let code = answer.expect::<Code<'_>>()?.code.owned();
        Ok(code.ok_or(WahaError::BadAnswer("no code"))?.into())
    }
}
