//! What a file that goes with a campaign may be. What it is called and what it claims to be is not believed where its
//! first bytes tell.

/// Documents of office programs.
const OFFICE: &[&str] =
    &["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/rtf"];
/// The same, by the beginning of their type.
const OFFICE_FAMILIES: &[&str] =
    &["application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."];

/// The type of a file by its first bytes, where they tell it.
#[must_use]
pub fn sniffed(begins: &[u8]) -> Option<&'static str> {
    let at = |place: usize, magic: &[u8]| begins.get(place..).is_some_and(|rest| rest.starts_with(magic));
    if at(0, b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if at(0, b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Some("image/gif")
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Some("image/webp")
    } else if at(0, b"%PDF-") {
        Some("application/pdf")
    } else if at(4, b"ftyp") && !at(8, b"M4A") {
        Some("video/mp4")
    } else {
        None
    }
}

/// What a file is that claims to be of a type and begins so.
///
/// # Errors
/// Why it can't go with a campaign, in words for people.
pub fn checked(claimed: &str, begins: &[u8]) -> Result<String, String> {
    let claimed = claimed.trim().to_ascii_lowercase();
    let family = claimed.split('/').next().unwrap_or_default();
    if let Some(found) = sniffed(begins) {
        // The container of films carries sound alone as well.
        return Ok(if found == "video/mp4" && family == "audio" { claimed } else { found.to_owned() });
    }
    let told_by_bytes = family == "image" || matches!(claimed.as_str(), "video/mp4" | "application/pdf");
    if told_by_bytes {
        return Err(format!("the file is no {claimed}, whatever it is called"));
    }
    let office = OFFICE.contains(&claimed.as_str()) || OFFICE_FAMILIES.iter().any(|of| claimed.starts_with(of));
    if office || family == "audio" {
        return Ok(claimed);
    }
    Err(format!("{claimed:?} can't go with a campaign: pictures, MP4 films, sound, PDF and office documents can"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_believed_and_names_are_not() {
        let png = b"\x89PNG\r\n\x1a\n....";
        let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
        let mp4 = b"\0\0\0\x20ftypisom";
        for (claimed, begins, expected) in [
            ("image/png", &png[..], Some("image/png")),
            ("image/jpeg", &png[..], Some("image/png")),
            ("application/octet-stream", &webp[..], Some("image/webp")),
            ("image/jpeg", b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            ("image/png", b"<html>", None),
            ("image/svg+xml", b"<svg>", None),
            ("video/mp4", &mp4[..], Some("video/mp4")),
            ("audio/mp4", &mp4[..], Some("audio/mp4")),
            ("video/mp4", b"MZ", None),
            ("video/quicktime", b"....moov", None),
            ("audio/ogg", b"OggS", Some("audio/ogg")),
            ("application/pdf", b"%PDF-1.7", Some("application/pdf")),
            ("application/pdf", b"MZ", None),
            ("Application/MSWord", b"\xd0\xcf", Some("application/msword")),
            (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                b"PK",
                Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
            ("application/zip", b"PK", None),
            ("text/html", b"<html>", None),
            ("", b"", None),
        ] {
            assert_eq!(checked(claimed, begins).ok().as_deref(), expected, "{claimed}");
        }
    }
}
