//! A shop that answers what a console asks, with names and messages of every kind.

use std::collections::BTreeMap;

use mychatflow_tui::msg::{Question, Refusal};
use serde_json::{Value, json};

/// The time of every test: Monday, 23 November 2026, 14:32 in Berlin.
pub const NOW: i64 = 1_795_440_720_000;

/// So many minutes before [`NOW`], as the protocol writes it.
pub fn ago(minutes: i64) -> String {
    mychatflow_data::time::Timestamp::from_millis(NOW - minutes * 60_000).to_string()
}

/// An id made of a number.
pub fn id(number: u8) -> String {
    mychatflow_data::ids::ChatId::from_bytes([number; 16]).to_string()
}

/// Answers that a test has of its own.
pub type Also = Box<dyn FnMut(&Question) -> Option<Result<Value, Refusal>>>;

/// What the shop has, as the protocol tells it.
pub struct Shop {
    pub tenants: Value,
    pub daemon: Value,
    pub overview: Value,
    pub credit: Value,
    pub instances: Value,
    pub contacts: Value,
    pub quick_replies: Value,
    pub campaigns: Value,
    pub ledger: Value,
    pub queue: Value,
    pub settings: Value,
    pub chats: Value,
    /// Messages by the number of their chat, with notes and a draft.
    pub threads: BTreeMap<String, Value>,
    /// The chats of whoever is asked about.
    pub person_chats: Value,
    /// Who turned out to be whoever is asked about.
    pub merges: Value,
    /// Filters that are kept.
    pub segments: Value,
    /// The rows of every campaign's report, 40 a page.
    pub report: Vec<Value>,
    /// What other methods are answered with, before anything else is looked up.
    pub replies: Vec<(&'static str, Value)>,
    /// Refuse this method with these words.
    pub refuse: Option<(&'static str, &'static str)>,
    /// Answer this method never.
    pub silent: Option<&'static str>,
    /// Asked before everything else; `None`: this one knows nothing of it.
    pub also: Option<Also>,
}

fn params(question: &Question) -> Value {
    question.params().expect("a question has parameters")
}

fn page(items: &Value) -> Value {
    json!({"items": items, "next": null})
}

impl Shop {
    /// A shop in the middle of a usual day.
    pub fn usual() -> Self {
        let hours: Vec<Value> = (0..24)
            .map(|hour| json!({"at": ago((23 - hour) * 60), "received": hour * 7 % 23, "sent": hour * 5 % 19, "assistant": hour * 3 % 17}))
            .collect();
        let days: Vec<Value> = (0..30)
            .map(|day| json!({"on": format!("2026-{:02}-{:02}", if day < 6 { 10 } else { 11 }, if day < 6 { day + 26 } else { day - 5 }),
                "received": day * 7 % 61, "sent": day * 5 % 53, "assistant": day * 3 % 47, "credits": day * 3 % 29}))
            .collect();
        Self {
            tenants: json!([{"id": id(1), "name": "Corner Shop", "plan": "starter", "timezone": "Europe/Berlin",
                "state": "active", "created_at": ago(90_000), "role": "owner"}]),
            daemon: json!({"version": "0.1.0", "protocol": 1, "pid": 4242, "uptime_s": 86_400, "socket": "/run/mychatflow/socket",
                "webhook": "http://127.0.0.1:8480", "waha": [{"name": "main", "url": "http://127.0.0.1:3000", "health": "ok",
                "version": "2026.7.1", "ok_at": ago(0), "error": null}],
                "gemini": {"model": "gemini-3.5-flash-lite", "health": "ok", "ok_at": ago(1), "error": null},
                "store": {"path": "/var/lib/mychatflow/store.db", "health": "ok", "schema": 4, "size_bytes": 412_000_000,
                "wal_bytes": 1_200_000, "free_bytes": 61_000_000_000_i64, "error": null}, "build": "a1b2c3", "epoch": id(9), "metrics": null}),
            overview: json!({"chats": {"assistant": 12, "waiting": 4, "needs_you": 3, "snoozed": 1, "done": 96, "unread": 5},
                "today": {"received": 87, "sent": 71, "by_assistant": 58, "by_human": 9, "by_phone": 4, "by_campaign": 0},
                "first_response": {"p50_s": 8.4, "p90_s": 96.0, "answered": 61}, "held": 2, "drafts": 1, "unknown": 1,
                "dead_letters": 1, "unreviewed": 2, "hours": hours, "days": days,
                "forecast": {"per_day": 21.5, "empty_at": "2026-12-07T10:00:00Z"},
                "errors": [{"at": ago(42), "text": "could not send to +49 151 ••• 1111: waha answered 422", "id": null}],
                "now": ago(0), "timezone": "Europe/Berlin"}),
            credit: json!({"plan": "starter", "granted": 400, "used": 86, "reserved": 2, "balance": 312,
                "period_start": "2026-11-05T00:00:00Z", "period_end": "2026-12-05T00:00:00Z"}),
            instances: json!([
                {"id": id(20), "name": "Main", "waha": "main", "session": "default", "status": "WORKING", "verdict": "healthy",
                 "reason": null, "since": ago(3000), "me": {"id": "4915111111111@c.us", "name": "Corner Shop"}, "engine": "GOWS",
                 "version": "2026.7.1", "paired_at": ago(80_000), "heard_at": ago(1)},
                {"id": id(21), "name": "Bakery counter, second phone", "waha": "main", "session": "bakery", "status": "SCAN_QR_CODE",
                 "verdict": "dead", "reason": "waits to be paired", "since": ago(3), "me": null, "engine": "GOWS",
                 "version": "2026.7.1", "paired_at": null, "heard_at": null}]),
            contacts: json!([
                {"id": id(40), "name": "Aylin Yılmaz", "phone": "4915111111111", "addresses": ["4915111111111@c.us"], "review": "customer",
                 "opted_out_at": null, "tags": ["vip", "bread"], "created_at": ago(50_000), "language": "de",
                 "note": "Allergic to nuts.\nPrefers Saturdays.", "fields": {"city": "Berlin", "birthday": "3 May"},
                 "consent": {"state": "given", "at": ago(20_000), "source": "newsletter.csv", "proof": "ticked the box on 9 November"}},
                {"id": id(41), "name": "👨‍👩‍👧‍👦 Familie Müller-Lüdenscheidt von und zu Hohenstein 🇩🇪", "phone": "4915122222222",
                 "addresses": ["4915122222222@c.us"], "review": "unreviewed", "opted_out_at": null, "tags": [], "created_at": ago(40_000)},
                {"id": id(42), "name": "東京のお客様 ❤️", "phone": "819012345678", "addresses": ["819012345678@c.us"], "review": "new",
                 "opted_out_at": ago(100), "tags": ["jp"], "created_at": ago(900), "language": "ja",
                 "consent": {"state": "refused", "at": ago(100), "source": "STOP"}},
                {"id": id(43), "name": "مرحبا أحمد", "phone": "966501234567", "addresses": ["966501234567@c.us"], "review": "personal",
                 "opted_out_at": null, "tags": [], "created_at": ago(500)},
                {"id": id(44), "name": null, "phone": "447700900123", "addresses": ["447700900123@c.us"], "review": "unreviewed",
                 "opted_out_at": null, "tags": [], "created_at": ago(60)}]),
            quick_replies: json!([
                {"id": id(50), "label": "hours", "text": "Hi {{ name }}, we are open Monday to Friday 8–18, Saturday 9–13, Sundays 10–16.", "created_at": ago(9000), "updated_at": ago(9000),
                 "category": "shop", "state": "active", "uses": 41, "citations": 128, "used_at": ago(18), "variables": ["name"]},
                {"id": id(51), "label": "address", "text": "Marktstraße 7, 10115 Berlin.\nThe entrance is in the yard.", "created_at": ago(8000), "updated_at": ago(70),
                 "category": "shop", "state": "active", "uses": 7, "citations": 0, "used_at": ago(3000), "variables": []},
                {"id": id(52), "label": "prices of everything that we bake on a long holiday weekend", "text": "Bread 4.20 €, roll 0.60 €, cake from 18 €.", "created_at": ago(7000), "updated_at": ago(7000),
                 "category": "👨‍👩‍👧‍👦 Preise und Angebote", "state": "aside", "uses": 0, "citations": 0, "used_at": null, "variables": []}]),
            campaigns: json!([
                {"id": id(60), "name": "Christmas orders", "state": "running", "text": "Hi {{ name }}, order your stollen until 12 December!",
                 "instance": id(20), "recipients": 283, "counts": {"queued": 120, "checking": 0, "sending": 1, "sent": 20, "delivered": 90, "read": 31,
                 "replied": 9, "skipped": 8, "failed": 2, "unknown": 1, "opted_out": 1}, "eta": ago(-95), "scheduled_at": null, "timezone": "Europe/Berlin",
                 "created_at": ago(300), "started_at": ago(200), "finished_at": null, "reason": "next at 14:33: 45 s between messages", "next_at": ago(-1),
                 "per_hour": 38.5, "duplicates": 4},
                {"id": id(61), "name": "Summer break", "state": "completed", "text": "We are closed from 1 to 14 August.", "instance": id(20), "recipients": 190,
                 "counts": {"queued": 0, "checking": 0, "sending": 0, "sent": 4, "delivered": 60, "read": 110, "replied": 12, "skipped": 4, "failed": 0,
                 "unknown": 0, "opted_out": 0}, "eta": null, "scheduled_at": null, "timezone": "Europe/Berlin", "created_at": ago(160_000),
                 "started_at": ago(159_000), "finished_at": ago(158_000), "reason": null, "next_at": null, "per_hour": 40.0, "duplicates": 0}]),
            ledger: json!([
                {"id": id(70), "at": ago(2), "kind": "settle", "amount": 0, "reply": id(80)},
                {"id": id(71), "at": ago(2), "kind": "reserve", "amount": -1, "reply": id(80)},
                {"id": id(72), "at": ago(30), "kind": "release", "amount": 1, "reply": id(81)},
                {"id": id(73), "at": ago(31), "kind": "reserve", "amount": -1, "reply": id(81)},
                {"id": id(74), "at": ago(25_000), "kind": "grant", "amount": 400, "note": "starter, November"}]),
            queue: json!([
                {"id": id(90), "kind": "answer_chat", "state": "retryable", "reason": "gemini answered 503; again in 4 s", "age_s": 31, "attempts": 2,
                 "chat": id(30), "instance": id(20), "next_at": ago(0)},
                {"id": id(91), "kind": "send_message", "state": "discarded", "reason": "waha answered 422: no such number", "age_s": 2_520, "attempts": 1,
                 "chat": id(31), "instance": id(20), "next_at": null},
                {"id": id(92), "kind": "unknown_send", "state": "unknown", "reason": "waha closed the connection and no echo came", "age_s": 9_000,
                 "attempts": 1, "chat": id(32), "instance": id(20), "next_at": null},
                {"id": id(93), "kind": "unreadable_delivery", "state": "unreadable", "reason": "not JSON: expected value at line 1 column 1", "age_s": 90_000,
                 "attempts": 0, "chat": null, "instance": id(21), "next_at": null}]),
            settings: json!([
                {"key": "assistant.mode", "value": "countdown", "source": "tenant"},
                {"key": "assistant.instructions", "value": "Be friendly and short. Say du.", "source": "tenant"},
                {"key": "business.name", "value": "Corner Shop", "source": "tenant"},
                {"key": "business.profile", "value": null, "source": "config"},
                {"key": "business.hours", "value": "Mon-Fri 08:00-18:00; Sat 09:00-13:00", "source": "tenant"},
                {"key": "timezone", "value": "Europe/Berlin", "source": "tenant"},
                {"key": "reply.countdown_s", "value": "8", "source": "config"},
                {"key": "reply.pace", "value": "human", "source": "config"},
                {"key": "chats.groups", "value": "ignore", "source": "config"}]),
            chats: crate::talk::chats(),
            threads: crate::talk::threads(),
            person_chats: json!([{"id": id(30), "name": null, "phone": null, "state": "needs_you", "reason": "price not in your facts",
                "mode": "auto", "paused_until": null, "unread": 2, "last_at": ago(4), "instance": id(20), "contact": id(40),
                "kind": "direct", "mode_set": null, "snoozed_until": null, "handoff_at": null,
                "preview": "How much is the big one with 🍓 strawberries?"}]),
            merges: json!([]),
            segments: json!([
                {"id": id(100), "name": "regulars", "query": "tag:vip last_in:<30d -opted_out", "people": 41, "created_at": ago(9000)},
                {"id": id(101), "name": "👨‍👩‍👧‍👦 Berlin", "query": "city:Berlin", "people": 1, "created_at": ago(900)}]),
            report: [
                ("Aylin Yılmaz", "+4915111111111", "replied", None),
                (
                    "👨‍👩‍👧‍👦 Familie Müller-Lüdenscheidt von und zu Hohenstein 🇩🇪",
                    "+4915122222222",
                    "failed",
                    Some("waha answered 422: no such number"),
                ),
                ("東京のお客様 ❤️", "+819012345678", "opted_out", Some("asked not to be written to")),
                ("", "+447700900123", "delivered", None),
            ]
            .into_iter()
            .enumerate()
            .map(|(at, (name, phone, state, reason))| {
                json!({"phone": phone, "name": name, "state": state, "reason": reason,
                "wa_id": null, "at": ago(9), "id": id(at as u8), "contact": null, "chat": null, "interaction": null})
            })
            .collect(),
            replies: Vec::new(),
            refuse: None,
            silent: None,
            also: None,
        }
    }

    fn chat_of(&self, question: &Question) -> Value {
        let wanted = params(question)["chat"].clone();
        let chats = self.chats.as_array().expect("chats are a list");
        chats.iter().find(|chat| chat["id"] == wanted).expect("a chat of the shop").clone()
    }

    fn chat_page(&self, question: &Question) -> Value {
        let asked = params(question);
        let find = asked["find"].as_str().map(str::to_lowercase);
        let fits = |chat: &&Value| {
            let name = chat["name"].as_str().unwrap_or_default().to_lowercase();
            (asked["state"].is_null() || chat["state"] == asked["state"])
                && find.as_deref().is_none_or(|find| name.contains(find))
        };
        let chats: Vec<&Value> = self.chats.as_array().expect("chats are a list").iter().filter(fits).collect();
        json!({"items": chats, "next": null})
    }

    fn thread(&self, question: &Question) -> Value {
        let chat = self.chat_of(question);
        let thread = self.threads.get(chat["id"].as_str().expect("an id"));
        let thread = thread.cloned().unwrap_or_else(|| json!({"items": [], "notes": [], "draft": null}));
        json!({"items": thread["items"], "next": null, "newer": null, "chat": chat, "draft": thread["draft"], "notes": thread["notes"]})
    }

    /// The one of these that a question names by its id, or the first.
    fn one(&self, items: &Value, question: &Question, name: &str) -> Value {
        let asked = params(question);
        let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
        let named = items.iter().find(|item| item["id"] == asked[name]);
        named.or(items.first()).cloned().unwrap_or_default()
    }

    /// What the daemon would reply; `None`: it is still thinking.
    pub fn reply(&mut self, question: &Question) -> Option<Result<Value, Refusal>> {
        let method = question.method();
        if self.silent == Some(method) {
            return None;
        }
        if let Some((refused, words)) = self.refuse
            && refused == method
        {
            let code = Some(mychatflow_data::protocol::error::Code::Invalid);
            return Some(Err(Refusal { code, text: words.to_owned() }));
        }
        if let Some(reply) = self.also.as_mut().and_then(|also| also(question)) {
            return Some(reply);
        }
        if let Some((_, reply)) = self.replies.iter().find(|(known, _)| *known == method) {
            return Some(Ok(reply.clone()));
        }
        Some(Ok(match method {
            "tenant.list" => page(&self.tenants),
            "daemon.status" => self.daemon.clone(),
            "overview" => self.overview.clone(),
            "credit.show" => self.credit.clone(),
            "credit.ledger" => page(&self.ledger),
            "instance.list" => page(&self.instances),
            "contact.list" => page(&self.contacts),
            "quick_reply.list" => page(&self.quick_replies),
            "campaign.list" => page(&self.campaigns),
            "queue.list" => page(&self.queue),
            "settings.show" => page(&self.settings),
            "chat.list" => self.chat_page(question),
            "chat.show" => self.thread(question),
            "chat.search" => page(&crate::talk::hits()),
            "why" => crate::talk::why(),
            "chat.read" | "chat.pause" | "chat.resume" | "chat.done" | "chat.snooze" => self.chat_of(question),
            "chat.draft" => {
                json!({"chat": params(question)["chat"], "text": params(question)["text"], "updated_at": ago(0)})
            }
            "contact.show" => {
                let mut person = self.one(&self.contacts, question, "contact");
                person["chats"] = self.person_chats.clone();
                person["merges"] = self.merges.clone();
                person
            }
            "contact.tag" => {
                let mut person = self.one(&self.contacts, question, "contact");
                let asked = params(question);
                if let Some(review) = asked.get("review") {
                    person["review"] = review.clone();
                }
                person
            }
            "contact.optout" => {
                let mut person = self.one(&self.contacts, question, "contact");
                let back = params(question)["back"] == json!(true);
                person["opted_out_at"] = if back { Value::Null } else { json!(ago(0)) };
                person
            }
            "contact.edit" => {
                let mut person = self.one(&self.contacts, question, "contact");
                for (name, value) in params(question).as_object().into_iter().flatten() {
                    if ["name", "language", "note", "fields"].contains(&name.as_str()) {
                        person[name] = value.clone();
                    }
                }
                person
            }
            "contact.merge" => {
                let mut person = self.one(&self.contacts, question, "contact");
                person["merge"] = json!({"id": id(110), "kept": person["id"], "name": "Jonas", "phone": null,
                    "addresses": ["777@lid"], "chats": 1, "messages": 3, "cause": "owner", "at": ago(0)});
                person
            }
            "contact.unmerge" => {
                let back = json!({"id": id(48), "name": "Jonas", "phone": null, "addresses": ["777@lid"], "review": "customer",
                    "opted_out_at": null, "tags": [], "created_at": ago(0)});
                let merge = json!({"id": id(110), "kept": id(40), "name": "Jonas", "phone": null, "addresses": ["777@lid"],
                    "chats": 1, "messages": 3, "cause": "owner", "at": ago(0)});
                json!({"contact": self.one(&self.contacts, question, "contact"), "back": back, "merge": merge})
            }
            "contact.erase" => {
                let person = self.one(&self.contacts, question, "contact");
                json!({"id": person["id"], "chats": 2, "messages": 143, "recipients": 1, "at": ago(0)})
            }
            "segment.list" => page(&self.segments),
            "segment.add" => {
                let asked = params(question);
                json!({"id": id(109), "name": asked["name"], "query": asked["query"], "people": 5, "created_at": ago(0)})
            }
            "segment.remove" => {
                let asked = params(question);
                let segments = self.segments.as_array().expect("segments are a list");
                segments.iter().find(|segment| segment["name"] == asked["name"]).expect("a known segment").clone()
            }
            "contact.add" => {
                let asked = params(question);
                json!({"id": id(49), "name": asked["name"], "phone": asked["phone"], "addresses": [], "review": "customer",
                    "opted_out_at": null, "tags": [], "created_at": ago(0)})
            }
            "quick_reply.add" => {
                let asked = params(question);
                json!({"id": id(59), "label": asked["label"], "text": asked["text"], "created_at": ago(0), "updated_at": ago(0)})
            }
            "quick_reply.edit" => {
                let mut reply = self.one(&self.quick_replies, question, "name");
                for (name, value) in params(question).as_object().into_iter().flatten() {
                    if ["label", "text", "category", "state"].contains(&name.as_str()) {
                        reply[name] = value.clone();
                    }
                }
                reply
            }
            "quick_reply.render" => {
                let of = |reply: &Value| {
                    let text = reply["text"].as_str().unwrap_or_default().replace("{{ name }}", "Aylin");
                    let missing: Vec<&str> = if text.contains("{{ size }}") { vec!["size"] } else { Vec::new() };
                    json!({"id": reply["id"], "label": reply["label"], "category": reply["category"], "text": text,
                        "missing": missing, "uses": reply["uses"]})
                };
                let offered = self.quick_replies.as_array().into_iter().flatten();
                json!({"items": offered.filter(|reply| reply["state"] == "active").map(of).collect::<Vec<_>>(), "next": null})
            }
            "quick_reply.remove" => self.one(&self.quick_replies, question, "name"),
            "campaign.show" => self.one(&self.campaigns, question, "name"),
            "campaign.series" => json!({"from": ago(200), "step_s": 300, "points": (0..40)
                .map(|at| json!({"sent": at * 7 % 5, "replied": i64::from(at % 9 == 4), "failed": 0, "opted_out": 0}))
                .collect::<Vec<_>>()}),
            "campaign.pause" | "campaign.resume" | "campaign.launch" | "campaign.cancel" => {
                let mut campaign = self.one(&self.campaigns, question, "name");
                campaign["state"] = json!(match method {
                    "campaign.pause" => "paused",
                    "campaign.cancel" => "cancelled",
                    _ => "running",
                });
                campaign
            }
            "campaign.create" => {
                let asked = params(question);
                let mut campaign = self.campaigns[0].clone();
                for (name, value) in [("id", json!(id(69))), ("name", asked["name"].clone()), ("state", json!("draft"))]
                {
                    campaign[name] = value;
                }
                campaign
            }
            "campaign.extend" | "campaign.edit" | "campaign.clone" => {
                let mut campaign = self.one(&self.campaigns, question, "name");
                campaign["state"] = json!("draft");
                if question.method() == "campaign.edit" {
                    campaign["id"] = params(question)["name"].clone();
                }
                if let Some(copy) = params(question).get("copy") {
                    (campaign["id"], campaign["name"]) = (json!(id(68)), copy.clone());
                }
                campaign
            }
            "campaign.attach" => {
                let mut campaign = self.one(&self.campaigns, question, "name");
                campaign["state"] = json!("draft");
                let asked = params(question);
                campaign["id"] = asked["name"].clone();
                let file = json!({"file_name": asked["file_name"], "mime": asked["mime"], "bytes": 700_000});
                campaign["media"] = if asked["file_name"] == "" { Value::Null } else { file };
                campaign
            }
            "campaign.remove" => {
                let gone = self.one(&self.campaigns, question, "name");
                json!({"id": params(question)["name"], "name": gone["name"]})
            }
            "campaign.test" => json!({"id": id(180), "chat": id(30), "phone": "4915111111111", "text": "Hi"}),
            "campaign.preflight" => json!({"recipients": 283, "audience": 231, "left_out": [
                    {"reason": "asked not to be written to", "people": 31}, {"reason": "no value for name", "people": 14},
                    {"reason": "personal: campaigns never write here", "people": 7}],
                "newcomers": 64, "newcomers_today": 30, "safe_today": 120, "checked": 167, "begins_at": ago(0),
                "ends_at": ago(-2_900), "risk": "medium",
                "advice": ["64 of them never wrote to you: begin with those who know you", "say who you are in the first line"]}),
            "campaign.preview" => json!({"next": "more", "items": [
                {"phone": "+4915111111111", "name": "Aylin Yılmaz", "text": "Hi Aylin Yılmaz, order your stollen until 12 December!", "reason": null},
                {"phone": "+819012345678", "name": "東京のお客様 ❤️", "text": null, "reason": "asked not to be written to"},
                {"phone": "+447700900123", "name": null, "text": null, "reason": "no value for name"}]}),
            "campaign.report" => {
                let from: usize = params(question)["after"].as_str().and_then(|after| after.parse().ok()).unwrap_or(0);
                let variant = params(question)["variant"].clone();
                let fits = |line: &&Value| variant.is_null() || line["variant"] == variant;
                let report: Vec<&Value> = self.report.iter().filter(fits).collect();
                let to = (from + 40).min(report.len());
                let next = (to < report.len()).then(|| to.to_string());
                json!({"items": report[from..to], "next": next})
            }
            "settings.set" => {
                let asked = params(question);
                let value = asked.get("value").cloned().unwrap_or(json!("auto"));
                let source = match (asked.get("value"), asked.get("instance")) {
                    (None, _) => "config",
                    (_, Some(_)) => "instance",
                    (_, None) => "tenant",
                };
                json!({"key": asked["key"], "value": value, "source": source})
            }
            _ => return None,
        }))
    }
}
