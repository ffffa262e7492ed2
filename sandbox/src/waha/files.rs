//! The files behind `media.url`.

use super::refusal;
use super::server::Call;
use crate::http::Reply;

pub(crate) fn read(call: &Call) -> Reply {
    let name = call.route.id.rsplit_once('.').map_or(call.route.id.as_str(), |(name, _)| name);
    let state = call.inner.state();
    let content = state
        .sessions
        .get(&call.route.session)
        .and_then(|session| session.find(super::message::bare_id(name)))
        .map(|message| &message.content);
    match content.and_then(|content| content.file().zip(content.file_bytes())) {
        Some(((mimetype, _), bytes)) => Reply::text(200, mimetype, bytes),
        None => refusal::nest(404, "ENOENT: no such file or directory, stat '/app/files/index.html'"),
    }
}
