//! Deliveries as WAHA posts them: a customer's text on NOWEB, signed, with everything ready to be written.

use mychatflow_daemon::http::signature;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::time::Timestamp;

use crate::shop::{HMAC_KEY, SESSION};

const WORDS: [&str; 5] = [
    "Hi, are you open today?",
    "Do you have the blue one in size M, and what is it with delivery to the old town?",
    "Thank you!",
    "We were there on Saturday and forgot a scarf, dark green with white dots. Has anybody found it? We could come by \
     tomorrow before noon if that is all right with you.",
    "ok 👍",
];

/// The address of a customer.
pub fn address(customer: usize) -> String {
    format!("4915{:09}@c.us", 110_000_000 + customer)
}

/// The WhatsApp id of a message.
pub fn bare_id(number: usize) -> String {
    format!("3F{number:018X}")
}

/// Text number `number` of a customer, `message.any` on NOWEB, as WAHA 2026.7 writes it.
pub fn body(number: usize, customer: usize, now: Timestamp) -> String {
    saying(number, customer, WORDS[number % WORDS.len()], now)
}

/// The same with words of its own, which must need no escapes.
pub fn saying(number: usize, customer: usize, text: &str, now: Timestamp) -> String {
    let (chat, bare) = (address(customer), bare_id(number));
    let phone = chat.trim_end_matches("@c.us");
    let at_ms = now.millis();
    let at_s = at_ms / 1000;
    format!(
        concat!(
            r#"{{"id":"evt_01m82wttj0{number:012x}","timestamp":{at_ms},"event":"message.any","session":"{session}","#,
            r#""metadata":{{"tenant":"t1"}},"me":{{"id":"447700900500@c.us","pushName":"Corner Shop","#,
            r#""lid":"90000000000001@lid"}},"payload":{{"id":"false_{chat}_{bare}","timestamp":{at_s},"#,
            r#""from":"{chat}","fromMe":false,"source":"app","body":"{text}","hasMedia":false,"media":null,"ack":2,"#,
            r#""ackName":"DEVICE","location":null,"vCards":null,"replyTo":null,"_data":{{"key":{{"#,
            r#""remoteJid":"{phone}@s.whatsapp.net","fromMe":false,"id":"{bare}"}},"messageTimestamp":{at_s},"#,
            r#""pushName":"Customer {customer}","broadcast":false,"message":{{"conversation":"{text}"}},"status":3}}}},"#,
            r#""engine":"NOWEB","environment":{{"version":"2026.7.1","engine":"NOWEB","tier":"PLUS","browser":null,"#,
            r#""platform":"linux/x64","worker":{{"id":null}}}}}}"#
        ),
        number = number,
        at_ms = at_ms,
        session = SESSION,
        chat = chat,
        bare = bare,
        at_s = at_s,
        text = text,
        phone = phone,
        customer = customer,
    )
}

/// A whole request, head and body, ready to be written to a connection.
pub fn request(path: &str, number: usize, body: &str) -> Vec<u8> {
    let signature = signature::sign(HMAC_KEY.as_bytes(), body.as_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nuser-agent: WAHA/2026.7.1\r\n\
         x-webhook-request-id: 01m82wttj0{number:016x}\r\nx-webhook-timestamp: 1795393677888\r\n\
         x-webhook-hmac: {signature}\r\nx-webhook-hmac-algorithm: sha512\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Where a number's deliveries are posted to.
pub fn path(instance: InstanceId) -> String {
    format!("/webhooks/waha/{instance}")
}

/// Distinct deliveries, numbered from `first`, by `customers` customers in turn of whom the first is `from`.
pub fn deliveries(instance: InstanceId, first: usize, count: usize, from: usize, customers: usize) -> Vec<Vec<u8>> {
    let (path, now) = (path(instance), Timestamp::now());
    let one = |n: usize| request(&path, first + n, &body(first + n, from + n % customers, now));
    (0..count).map(one).collect()
}
