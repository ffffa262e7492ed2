//! Method and path to operation: sessions live under `/api/sessions/{s}`, the rest under `/api/{s}` or nowhere.

/// What a request asks for. Faults are planned by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the documentation: one for each call of the API")]
pub enum Operation {
    Ping,
    Health,
    Version,
    ServerStatus,
    ListSessions,
    CreateSession,
    ReadSession,
    UpdateSession,
    DeleteSession,
    StartSession,
    StopSession,
    RestartSession,
    LogoutSession,
    ReadMe,
    ReadCapping,
    ReadTimeLock,
    ReadQr,
    RequestCode,
    NewMessageId,
    SendText,
    SendMedia,
    SendSeen,
    StartTyping,
    StopTyping,
    React,
    ListChats,
    ChatsOverview,
    ListMessages,
    ReadMessage,
    MarkRead,
    ReadContact,
    ListContacts,
    CheckExists,
    ListLids,
    CountLids,
    ReadLid,
    FindLid,
    ReadFile,
    /// Anything the API does not have.
    Unknown,
}

/// An operation with the names from its path.
#[derive(Debug, PartialEq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    pub(crate) session: String,
    /// The chat, contact, lid, number or file.
    pub(crate) id: String,
    /// The message.
    pub(crate) message: String,
}

pub(crate) fn route(method: &str, path: &str) -> Route {
    use Operation as O;
    let parts = crate::http::segments(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (operation, session, id, message) = match (method, parts.as_slice()) {
        ("GET", ["ping"]) => (O::Ping, "", "", ""),
        ("GET", ["health"]) => (O::Health, "", "", ""),
        ("GET", ["api", "version"] | ["api", "server", "version"]) => (O::Version, "", "", ""),
        ("GET", ["api", "server", "status"]) => (O::ServerStatus, "", "", ""),
        ("GET", ["api", "sessions"]) => (O::ListSessions, "", "", ""),
        ("POST", ["api", "sessions"]) => (O::CreateSession, "", "", ""),
        ("GET", ["api", "sessions", s]) => (O::ReadSession, *s, "", ""),
        ("PUT", ["api", "sessions", s]) => (O::UpdateSession, *s, "", ""),
        ("DELETE", ["api", "sessions", s]) => (O::DeleteSession, *s, "", ""),
        ("POST", ["api", "sessions", s, "start"]) => (O::StartSession, *s, "", ""),
        ("POST", ["api", "sessions", s, "stop"]) => (O::StopSession, *s, "", ""),
        ("POST", ["api", "sessions", s, "restart"]) => (O::RestartSession, *s, "", ""),
        ("POST", ["api", "sessions", s, "logout"]) => (O::LogoutSession, *s, "", ""),
        ("GET", ["api", "sessions", s, "me"]) => (O::ReadMe, *s, "", ""),
        ("GET", ["api", "sessions", s, "capping"]) => (O::ReadCapping, *s, "", ""),
        ("GET", ["api", "sessions", s, "timelock"]) => (O::ReadTimeLock, *s, "", ""),
        ("POST", ["api", "sendText"]) => (O::SendText, "", "", ""),
        ("POST", ["api", "sendImage" | "sendFile" | "sendVoice" | "sendVideo"]) => (O::SendMedia, "", "", ""),
        ("POST", ["api", "sendSeen"]) => (O::SendSeen, "", "", ""),
        ("POST", ["api", "startTyping"]) => (O::StartTyping, "", "", ""),
        ("POST", ["api", "stopTyping"]) => (O::StopTyping, "", "", ""),
        ("PUT", ["api", "reaction"]) => (O::React, "", "", ""),
        ("GET", ["api", "contacts"]) => (O::ReadContact, "", "", ""),
        ("GET", ["api", "contacts", "all"]) => (O::ListContacts, "", "", ""),
        ("GET", ["api", "contacts", "check-exists"]) => (O::CheckExists, "", "", ""),
        ("GET", ["api", "files", s, file]) => (O::ReadFile, *s, *file, ""),
        ("GET", ["api", "files", ..]) => (O::ReadFile, "", "", ""),
        ("GET", ["api", s, "auth", "qr"]) => (O::ReadQr, *s, "", ""),
        ("POST", ["api", s, "auth", "request-code"]) => (O::RequestCode, *s, "", ""),
        ("GET", ["api", s, "new-message-id"]) => (O::NewMessageId, *s, "", ""),
        ("GET", ["api", s, "chats"]) if *s != "sessions" => (O::ListChats, *s, "", ""),
        ("GET" | "POST", ["api", s, "chats", "overview"]) => (O::ChatsOverview, *s, "", ""),
        ("GET", ["api", s, "chats", chat, "messages"]) => (O::ListMessages, *s, *chat, ""),
        ("POST", ["api", s, "chats", chat, "messages", "read"]) => (O::MarkRead, *s, *chat, ""),
        ("GET", ["api", s, "chats", chat, "messages", id]) => (O::ReadMessage, *s, *chat, *id),
        ("GET", ["api", s, "contacts", id]) => (O::ReadContact, *s, *id, ""),
        ("GET", ["api", s, "lids"]) => (O::ListLids, *s, "", ""),
        ("GET", ["api", s, "lids", "count"]) => (O::CountLids, *s, "", ""),
        ("GET", ["api", s, "lids", "pn", phone]) => (O::FindLid, *s, *phone, ""),
        ("GET", ["api", s, "lids", lid]) => (O::ReadLid, *s, *lid, ""),
        _ => (O::Unknown, "", "", ""),
    };
    Route { operation, session: session.to_owned(), id: id.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_operation() {
        let rows = [
            ("POST", "/api/sessions/", Operation::CreateSession, "", ""),
            ("GET", "/api/sessions/default", Operation::ReadSession, "default", ""),
            ("GET", "/api/default/auth/qr", Operation::ReadQr, "default", ""),
            ("POST", "/api/sendText", Operation::SendText, "", ""),
            ("GET", "/api/default/chats", Operation::ListChats, "default", ""),
            (
                "GET",
                "/api/default/chats/447700900001%40c.us/messages",
                Operation::ListMessages,
                "default",
                "447700900001@c.us",
            ),
            ("GET", "/api/default/lids/pn/447700900001", Operation::FindLid, "default", "447700900001"),
            // Two paths that never existed.
            ("GET", "/api/sessions/default/chats", Operation::Unknown, "", ""),
            ("POST", "/api/sessions/default/messages/send/text", Operation::Unknown, "", ""),
        ];
        for (method, path, operation, session, id) in rows {
            let found = route(method, path);
            assert_eq!(
                (found.operation, found.session.as_str(), found.id.as_str()),
                (operation, session, id),
                "{method} {path}"
            );
        }
    }
}
