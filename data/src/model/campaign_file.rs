//! A file that goes with the text of a campaign: how large it may be, and what its name says that it is.

/// The largest file.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of one piece of it: as base64 it fits into a line of the socket.
pub const PIECE_BYTES: usize = 512 * 1024;

/// Says what is wrong with a file of this size.
///
/// # Errors
/// A part of a sentence, which the file's name begins.
pub fn check_size(bytes: u64) -> Result<(), String> {
    if bytes == 0 || bytes > FILE_BYTES_MAX {
        let mib = FILE_BYTES_MAX / (1024 * 1024);
        return Err(format!("has {bytes} bytes; a file that goes with a campaign has 1 byte to {mib} MiB"));
    }
    Ok(())
}

/// What a file of this name claims to be; the daemon looks for itself.
#[must_use]
pub fn mime(file_name: &str) -> &'static str {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp4" | "m4v" => "video/mp4",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "ppt" => "application/vnd.ms-powerpoint",
        "rtf" => "application/rtf",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is() {
        for (name, expected) in [
            ("menu.PDF", "application/pdf"),
            ("a.b.jpeg", "image/jpeg"),
            ("png", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(mime(name), expected, "{name}");
        }
    }
}
