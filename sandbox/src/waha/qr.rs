//! Pairing codes: six at most, each with its own life time, drawn or raw.

use std::io::Cursor;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fast_qr::qr::{QRBuilder, QRCode};
use fast_qr::{ECL, Module};
use image::{GrayImage, ImageFormat, Luma};
use serde_json::json;

use super::Status;
use super::refusal;
use super::server::Call;
use super::state::Inner;
use crate::http::Reply;
use crate::seed::Seed;

const CODES_MAX: u32 = 6;
const QUIET_MODULES: u32 = 4;
const PIXELS_PER_MODULE: u32 = 4;

/// Offers one code after the other until one is scanned or the run ends.
pub(crate) async fn offer(inner: Arc<Inner>, name: String, run: u64) {
    for nth in 0..CODES_MAX {
        {
            let mut state = inner.state();
            let Some(session) = state.sessions.get_mut(&name).filter(|session| session.is_run(run)) else {
                return;
            };
            session.code = Some(value(&inner.seed));
        }
        // The same status again is told again: that is how a client learns of the new code.
        if !inner.enter(&name, run, Status::ScanQrCode) {
            return;
        }
        let life = if nth == 0 { inner.options.qr_first } else { inner.options.qr_next };
        tokio::time::sleep(life).await;
    }
    inner.enter(&name, run, Status::Failed);
}

pub(crate) async fn read(call: &Call) -> Result<Reply, Reply> {
    let name = &call.route.session;
    call.in_status(name, Status::ScanQrCode).await?;
    let code = call.inner.state().sessions.get(name).and_then(|session| session.code.clone());
    let code = code.ok_or_else(|| refusal::not_ready(name, Status::Starting, Status::ScanQrCode))?;
    if call.query("format") == Some("raw") {
        return Ok(Reply::json(200, &json!({"value": code})));
    }
    let png = png(&code).ok_or_else(|| refusal::engine_error(call, "Error", "could not draw the code"))?;
    // Only this exact header asks for JSON; a list with it in gets the picture.
    if call.parts.headers.get("accept").is_some_and(|accept| accept == "application/json") {
        return Ok(Reply::json(200, &json!({"mimetype": "image/png", "data": STANDARD.encode(png)})));
    }
    Ok(Reply::text(200, "image/png", png))
}

pub(crate) async fn request_code(call: &Call) -> Result<Reply, Reply> {
    let body = call.json()?;
    call.in_status(&call.route.session, Status::ScanQrCode).await?;
    if body["phoneNumber"].as_str().is_none_or(str::is_empty) {
        return Err(refusal::nest(400, vec!["phoneNumber must be a string"]));
    }
    let code = call.inner.seed.hex(8);
    let (first, second) = code.split_at(4);
    Ok(Reply::json(201, &json!({"code": format!("{first}-{second}")})))
}

/// A pairing string as long as the real ones: 237 bytes.
fn value(seed: &Seed) -> String {
    let key = || format!("{}=", seed.base64(43));
    format!("2@{},{},{},{}", seed.base64(100), key(), key(), key())
}

fn png(text: &str) -> Option<Vec<u8>> {
    let code: QRCode = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
    let modules = u32::try_from(code.size).ok()?;
    let side = (modules + 2 * QUIET_MODULES) * PIXELS_PER_MODULE;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        let at = |pixel: u32| (pixel / PIXELS_PER_MODULE).checked_sub(QUIET_MODULES).filter(|module| *module < modules);
        let dark = at(x).zip(at(y)).is_some_and(|(x, y)| code[y as usize][x as usize].value() == Module::DARK);
        Luma([if dark { 0 } else { 255 }])
    });
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, ImageFormat::Png).ok()?;
    Some(out.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_as_long_as_the_real_ones() {
        let code = value(&Seed::new(3));
        assert_eq!((code.len(), code.split(',').count()), (237, 4));
        assert!(code.starts_with("2@"));
        assert!(png(&code).unwrap().starts_with(b"\x89PNG"));
    }
}
