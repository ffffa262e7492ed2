//! The signature of a delivery: HMAC-SHA512 over the raw bytes of the body, as lower-case hex.
//!
//! Owns the check and nothing else: which key belongs to which number is the caller's business. The headers themselves
//! are not signed (WAHA 2026.4), so nothing but the body may be believed after the check.

use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use sha2::Sha512;

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-webhook-hmac";

/// The header that names the algorithm.
pub const ALGORITHM_HEADER: &str = "x-webhook-hmac-algorithm";

/// The only algorithm that WAHA signs with.
pub const ALGORITHM: &str = "sha512";

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Our own key is empty: anybody could sign with it.
    #[error("the key of this number is empty")]
    EmptyKey,
    /// No signature, or several.
    #[error("not exactly one signature header")]
    Missing,
    /// No algorithm named, or several, or another than `sha512`.
    #[error("not signed with sha512")]
    Algorithm,
    /// Not 128 lower-case hex digits.
    #[error("the signature is not lower-case hex of a sha512")]
    Malformed,
    /// Signed with another key, or another body.
    #[error("the signature does not fit key and body")]
    Mismatch,
}

/// Checks the signature of a delivery against the raw bytes of its body, in constant time.
///
/// Both headers must be there exactly once: WAHA 2026.4 sends both whenever a key is set, and neither without one.
///
/// # Errors
/// Every reason not to believe the delivery; all of them are a 401.
pub fn verify(key: &[u8], headers: &HeaderMap, body: &[u8]) -> Result<(), SignatureError> {
    if key.is_empty() {
        return Err(SignatureError::EmptyKey);
    }
    let signature = only(headers, SIGNATURE_HEADER).ok_or(SignatureError::Missing)?;
    if only(headers, ALGORITHM_HEADER) != Some(ALGORITHM.as_bytes()) {
        return Err(SignatureError::Algorithm);
    }
    // `hex` reads capitals too; WAHA never sends them, and two spellings of one signature are one too many.
    if signature.iter().any(u8::is_ascii_uppercase) {
        return Err(SignatureError::Malformed);
    }
    let mut given = [0; SIGNATURE_BYTES];
    hex::decode_to_slice(signature, &mut given).map_err(|_| SignatureError::Malformed)?;
    mac(key, body).verify_slice(&given).map_err(|_| SignatureError::Mismatch)
}

/// The signature that WAHA would put on this body: to try our own address, and for tests.
#[must_use]
pub fn sign(key: &[u8], body: &[u8]) -> String {
    hex::encode(mac(key, body).finalize().into_bytes())
}

fn mac(key: &[u8], body: &[u8]) -> Hmac<Sha512> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("an hmac key may have any length");
    mac.update(body);
    mac
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"my-secret-key";
    const BODY: &[u8] = br#"{"event":"message","session":"default","engine":"WEBJS"}"#;
    // The vector of WAHA's own documentation.
    const SIGNED: &str = concat!(
        "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8",
        "097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89"
    );

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_documented_vector() {
        assert_eq!(sign(KEY, BODY), SIGNED);
        let headers = headers(&[(SIGNATURE_HEADER, SIGNED), (ALGORITHM_HEADER, "sha512")]);
        assert_eq!(verify(KEY, &headers, BODY), Ok(()));
    }

    #[test]
    fn what_is_not_believed() {
        use SignatureError::*;
        let upper = SIGNED.to_ascii_uppercase();
        let (short, sha512) = (&SIGNED[2..], (ALGORITHM_HEADER, "sha512"));
        for (pairs, expected) in [
            (vec![], Missing),
            (vec![sha512], Missing),
            (vec![(SIGNATURE_HEADER, SIGNED), (SIGNATURE_HEADER, SIGNED), sha512], Missing),
            (vec![(SIGNATURE_HEADER, SIGNED)], Algorithm),
            (vec![(SIGNATURE_HEADER, SIGNED), (ALGORITHM_HEADER, "sha256")], Algorithm),
            (vec![(SIGNATURE_HEADER, SIGNED), (ALGORITHM_HEADER, "SHA512")], Algorithm),
            (vec![(SIGNATURE_HEADER, SIGNED), sha512, sha512], Algorithm),
            (vec![(SIGNATURE_HEADER, upper.as_str()), sha512], Malformed),
            (vec![(SIGNATURE_HEADER, short), sha512], Malformed),
            (vec![(SIGNATURE_HEADER, ""), sha512], Malformed),
            (vec![(SIGNATURE_HEADER, "208f8a55 not hex"), sha512], Malformed),
        ] {
            assert_eq!(verify(KEY, &headers(&pairs), BODY), Err(expected), "{pairs:?}");
        }
        let good = headers(&[(SIGNATURE_HEADER, SIGNED), sha512]);
        assert_eq!(verify(b"another key", &good, BODY), Err(Mismatch));
        assert_eq!(verify(b"", &good, BODY), Err(EmptyKey));
        for bit in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(KEY, &good, &body), Err(Mismatch), "bit {bit}");
        }
    }
}
