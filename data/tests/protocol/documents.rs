//! Every document of the contract, as `--json` prints it.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{
    CampaignId, ClientRef, ContactId, EntryId, MergeId, NoteId, QuickReplyId, RecipientId, ReplyId,
};
use mychatflow_data::model::campaign::{CampaignCounts, CampaignState, MissedSlot, NumberCheck};
use mychatflow_data::model::contact::{Consent, ConsentState, Contact, Review};
use mychatflow_data::model::finding::{FindingCode, FindingSubject, HealthFinding};
use mychatflow_data::model::first_step::{FirstStep, FirstStepDocument};
use mychatflow_data::model::instance::{InstanceStatus, Me, StatusChange, Verdict};
use mychatflow_data::model::interaction::{Author, ContentKind, Direction, InteractionState, Quoted, Tokens};
use mychatflow_data::model::ledger::{Entry, EntryKind};
use mychatflow_data::model::member::{Member, Role};
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::model::tenant::TenantState;
use mychatflow_data::phone::Address;
use mychatflow_data::protocol::calls::ask::{AskAction, AskAnswer};
use mychatflow_data::protocol::calls::campaign::{
    CampaignDocument, CampaignMedia, CampaignPreviewLine, CampaignPreviewed, CampaignRemoved, CampaignReportLine,
    CampaignSeriesDocument, CampaignTested, SeriesPoint, VariantDocument,
};
use mychatflow_data::protocol::calls::chat::{ChatDraft, ChatSent, ChatShown, InteractionDocument, NoteDocument};
use mychatflow_data::protocol::calls::contact::{
    ColumnRead, ContactImported, ContactMerged, ContactOptedOut, ContactShown, ContactUnmerged, MergeCause,
    MergeDocument, NumberOptedOut, RowRejected,
};
use mychatflow_data::protocol::calls::credit::{CreditAudited, CreditGranted, CreditSummary};
use mychatflow_data::protocol::calls::daemon::{
    Applies, ConfigChange, DaemonReloaded, DaemonShown, DaemonStopping, GeminiHealth, Health, StoreHealth, WahaHealth,
};
use mychatflow_data::protocol::calls::events::EventsSubscribed;
use mychatflow_data::protocol::calls::instance::{
    Drift, InstanceAdded, InstanceDocument, InstancePairing, InstanceProbed, InstanceRemoved, InstanceShown, QrCode,
    Secret, SessionFate, WebhookDocument,
};
use mychatflow_data::protocol::calls::overview::{
    ChatCounts, DayCounts, FirstResponse, Forecast, HourCounts, Overview, OverviewError, TodayCounts,
};
use mychatflow_data::protocol::calls::queue::{QueueKind, QueueLine, QueueShown, QueueState};
use mychatflow_data::protocol::calls::quick_reply::QuickReplyDocument;
use mychatflow_data::protocol::calls::search::SearchHit;
use mychatflow_data::protocol::calls::settings::{SettingLine, Source};
use mychatflow_data::protocol::calls::stats::{AnswerStats, IngestStats, SendStats, StatsDocument};
use mychatflow_data::protocol::calls::tenant::{Grant, TenantDocument, TenantGranted, TenantRemoved, TenantShown};
use mychatflow_data::protocol::calls::why::{WhyDocument, WhyLine};
use mychatflow_data::protocol::page::Page;

use crate::samples::{AT, CHAT, CONTACT, INSTANCE, INTERACTION, JOB, RUN, TENANT, chat, phone};

/// Compares with the golden file, and reads what was written back.
fn golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, document: T) {
    insta::assert_json_snapshot!(name, document);
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), document, "{name} reads back");
}

const REF: ClientRef = ClientRef::from_bytes([8; 16]);

fn instance() -> InstanceDocument {
    InstanceDocument {
        id: INSTANCE,
        name: "shop".into(),
        waha: "main".into(),
        session: "default".into(),
        status: Some(InstanceStatus::Working),
        verdict: Verdict::Healthy,
        reason: None,
        since: AT,
        me: Some(Me { id: phone().address(), lid: None, name: Some("Corner Shop".into()) }),
        engine: Some("GOWS".into()),
        version: Some("2026.7.1".into()),
        paired_at: Some(AT),
        heard_at: Some(AT),
        new_chats: None,
        asked_at: None,
        remedy: None,
    }
}

fn finding() -> HealthFinding {
    let subject = FindingSubject::Number { id: INSTANCE, name: "shop".into(), tenant: TENANT };
    let (summary, known) = ("shop is FAILED, dead: it failed at WAHA", "WAHA's word");
    HealthFinding::new(FindingCode::NumberDown, subject, summary, known, "mychatflow instance restart shop")
        .since(AT)
        .seen(AT)
}

fn tenant() -> TenantDocument {
    TenantDocument {
        id: TENANT,
        name: "corner-shop".into(),
        plan: "starter".into(),
        timezone: "Europe/Berlin".into(),
        state: TenantState::Active,
        created_at: AT,
        role: Some(Role::Owner),
    }
}

fn interaction() -> InteractionDocument {
    InteractionDocument {
        id: INTERACTION,
        at: AT,
        direction: Direction::Out,
        author: Author::Assistant,
        state: InteractionState::Delivered,
        text: "Yes! Sundays 10–16.".into(),
        wa_id: Some("true_4915111111111@c.us_3EB0AA".into()),
        reason: None,
        chat: CHAT,
        kind: ContentKind::Text,
        client_ref: None,
        reply_to: None,
        author_name: None,
        reaction: None,
        model: Some("gemini-3.5-flash-lite".into()),
        latency_ms: Some(1200),
        sends_at: None,
        quoted: Some(Quoted { author: Author::Customer, text: "are you open on Sunday?".into() }),
        original: None,
        media: None,
        tokens: Some(Tokens { prompt: 900, cached: 0, output: 20, thoughts: 40 }),
        unanswered: false,
    }
}

fn note() -> NoteDocument {
    NoteDocument {
        id: NoteId::from_bytes([5; 16]),
        chat: CHAT,
        at: AT,
        author: "anna".into(),
        text: "pays on Fridays".into(),
    }
}

fn contact() -> Contact {
    Contact {
        id: CONTACT,
        name: Some("Customer A".into()),
        phone: Some(phone()),
        addresses: vec![phone().address(), Address::parse("70000000000003@lid").unwrap()],
        review: Review::New,
        opted_out_at: None,
        tags: vec!["vip".into()],
        created_at: AT,
        language: Some("de".into()),
        note: Some("pays on Fridays".into()),
        fields: [("city".to_owned(), "Berlin".to_owned())].into(),
        consent: Some(Consent {
            state: ConsentState::Given,
            at: AT,
            source: Some("list.csv".into()),
            proof: Some("signed at the fair".into()),
        }),
    }
}

fn queue_line() -> QueueLine {
    QueueLine {
        id: JOB.into(),
        kind: QueueKind::AnswerChat,
        state: QueueState::Retryable,
        reason: Some("gemini answered 429".into()),
        age_s: 41,
        attempts: 2,
        chat: Some(CHAT),
        instance: Some(INSTANCE),
        next_at: Some(AT),
    }
}

#[test]
fn tenants() {
    golden("tenant_add", tenant());
    let member = Member { uid: 1000, name: "anna".into(), role: Role::Owner, granted_at: AT };
    golden("tenant_show", TenantShown { tenant: tenant(), members: vec![member] });
    golden("tenant_grant", TenantGranted { tenant: TENANT, uid: 1001, name: "ben".into(), role: Grant::Agent });
    golden("tenant_remove", TenantRemoved { id: TENANT, name: "corner-shop".into() });
}

#[test]
fn instances() {
    let InstanceDocument { id, name, waha, session, .. } = instance();
    let url = format!("http://127.0.0.1:8480/webhooks/waha/{INSTANCE}");
    golden(
        "instance_add",
        InstanceAdded { id, name: name.clone(), waha, session, status: None, webhook_url: url.clone() },
    );
    golden("instance_list", Page::whole(vec![instance()]));
    let history = StatusChange { at: AT, status: Some(InstanceStatus::Failed), verdict: Verdict::Dead, reason: None };
    let drift = Drift { what: "webhook".into(), wanted: url.clone(), found: "none".into() };
    golden(
        "instance_show",
        InstanceShown {
            instance: instance(),
            webhook_url: url.clone(),
            history: vec![history],
            drift: vec![drift],
            findings: vec![finding()],
        },
    );
    let qr = QrCode { value: "2@abc".into(), attempt: 1, attempts_max: 6, shown_at: AT, expires_at: AT, png: None };
    golden("instance_qr", qr.clone());
    let code = Some(Secret::new("ABCD-1234"));
    let pairing = InstancePairing { id, name: name.clone(), status: Some(InstanceStatus::ScanQrCode), code };
    golden("instance_pair", pairing.clone());
    let probed = InstanceProbed { id, name: name.clone(), sent_ms: Some(210), arrived_ms: Some(480), error: None };
    golden("instance_probe", probed);
    golden("instance_remove", InstanceRemoved { id, name, session_deleted: SessionFate::Keep });
    let webhook = WebhookDocument { url, hmac_key: Some(Secret::new("0123abcd")) };
    golden("instance_webhook", webhook.clone());

    let logged = format!("{qr:?} {pairing:?} {webhook:?}");
    for secret in ["2@abc", "ABCD-1234", "0123abcd"] {
        assert!(!logged.contains(secret), "{secret} must not get into a log");
    }
}

#[test]
fn chats() {
    golden("chat_list", Page::whole(vec![chat()]));
    golden(
        "chat_show",
        ChatShown {
            items: vec![interaction()],
            next: Some("older".into()),
            newer: None,
            chat: chat(),
            draft: Some("Of course".into()),
            notes: vec![note()],
        },
    );
    golden("chat_draft", ChatDraft { chat: CHAT, text: "Of course".into(), updated_at: Some(AT) });
    golden("chat_note", note());
    let hit = SearchHit {
        interaction: interaction(),
        chat_name: Some("Customer A".into()),
        phone: Some(phone()),
        snippet: "Yes! Sundays 10–16.".into(),
        marks: vec![[5, 12]],
    };
    golden("chat_search", Page::whole(vec![hit]));
    golden(
        "chat_send",
        ChatSent {
            id: INTERACTION,
            state: InteractionState::Queued,
            wa_id: None,
            client_ref: Some(REF),
            chat: CHAT,
            reason: None,
        },
    );
}

#[test]
fn contacts() {
    golden("contact_list", Page::whole(vec![contact()]));
    let number = NumberOptedOut { phone: phone(), opted_out_at: Some(AT) };
    golden("contact_optout_number", ContactOptedOut::Number(number));
    golden("contact_optout_person", ContactOptedOut::Person(Box::new(contact())));
    let merge = MergeDocument {
        id: MergeId::from_bytes([6; 16]),
        kept: CONTACT,
        name: Some("Customer B".into()),
        phone: None,
        addresses: vec![Address::parse("70000000003@lid").unwrap()],
        chats: 1,
        messages: 12,
        cause: MergeCause::Lid,
        at: AT,
    };
    golden("contact_show", ContactShown { contact: contact(), chats: vec![chat()], merges: vec![merge.clone()] });
    golden("contact_merge", ContactMerged { contact: contact(), merge: merge.clone() });
    let back = Contact { id: ContactId::from_bytes([7; 16]), ..contact() };
    golden("contact_unmerge", ContactUnmerged { contact: contact(), back, merge });
}

#[test]
fn campaigns() {
    const CAMPAIGN: CampaignId = CampaignId::from_bytes([5; 16]);
    let counts = CampaignCounts {
        queued: 180,
        sending: 1,
        delivered: 12,
        replied: 2,
        skipped: 4,
        opted_out: 1,
        ..Default::default()
    };
    let campaign = CampaignDocument {
        id: CAMPAIGN,
        name: "spring".into(),
        state: CampaignState::Running,
        text: "Hi {{ name }}, we have new tulips.".into(),
        instance: INSTANCE,
        recipients: counts.total(),
        counts,
        eta: Some(AT),
        scheduled_at: None,
        timezone: "Europe/Berlin".into(),
        created_at: AT,
        started_at: Some(AT),
        finished_at: None,
        reason: Some("next at 14:32: 40 an hour reached".into()),
        next_at: Some(AT),
        per_hour: 39.5,
        duplicates: 3,
        audience: Some("tag:vip".into()),
        variants: Vec::new(),
        media: None,
        quiet: Some("21:00-08:00".into()),
        missed: MissedSlot::RunLateWithin,
        late_within_s: 3600,
        check: NumberCheck::Before,
        newcomers_left: 1,
        warnings: Vec::new(),
    };
    golden("campaign_show", campaign.clone());
    golden("campaign_list", Page::whole(vec![campaign.clone()]));
    let line = CampaignPreviewLine {
        phone: phone().to_string(),
        name: Some("Customer A".into()),
        text: Some("Hi Customer A, we have new tulips.".into()),
        reason: None,
        variant: None,
    };
    golden(
        "campaign_preview",
        CampaignPreviewed { items: vec![line], next: None, looked_at: 200, left_out: 4, warnings: Vec::new() },
    );
    let line = CampaignReportLine {
        phone: phone().to_string(),
        name: Some("Customer A".into()),
        state: RecipientState::Delivered,
        reason: None,
        wa_id: Some("true_4915111111111@c.us_3EB0AA".into()),
        at: Some(AT),
        id: RecipientId::from_bytes([4; 16]),
        contact: Some(CONTACT),
        chat: Some(CHAT),
        interaction: Some(INTERACTION),
        variant: None,
    };
    golden("campaign_report", Page::whole(vec![line]));
    let counts = CampaignCounts { queued: 90, ..Default::default() };
    let text = |label: &str, text: &str| VariantDocument { label: label.into(), text: text.into(), counts };
    let media = CampaignMedia { file_name: "menu.pdf".into(), mime: "application/pdf".into(), bytes: 120_000 };
    let copy = CampaignDocument {
        name: "summer".into(),
        state: CampaignState::Draft,
        variants: vec![text("A", "Hi {{ name }}, we have new tulips."), text("B", "New tulips!")],
        media: Some(media),
        ..campaign
    };
    golden("campaign_clone", copy);
    let series = CampaignSeriesDocument {
        from: Some(AT),
        step_s: 60,
        points: vec![SeriesPoint { sent: 12, replied: 2, failed: 1, opted_out: 1 }, SeriesPoint::default()],
    };
    golden("campaign_series", series);
    let tested = CampaignTested { id: INTERACTION, chat: CHAT, phone: phone(), text: "Hi Customer A".into() };
    golden("campaign_test", tested);
    golden("campaign_remove", CampaignRemoved { id: CAMPAIGN, name: "spring".into() });
}

#[test]
fn credits() {
    let n = Credits::new;
    golden(
        "credit_show",
        CreditSummary {
            plan: "starter".into(),
            granted: n(400),
            used: n(87),
            reserved: n(1),
            balance: n(312),
            period_start: AT,
            period_end: AT,
        },
    );
    let entry = Entry {
        id: EntryId::from_bytes([9; 16]),
        at: AT,
        kind: EntryKind::Reserve,
        amount: n(-1),
        reply: Some(ReplyId::from_bytes([7; 16])),
        note: None,
    };
    golden("credit_ledger", Page::whole(vec![entry]));
    golden("credit_grant", CreditGranted { id: EntryId::from_bytes([9; 16]), amount: n(100), balance: n(412) });
    golden("credit_audit", CreditAudited { balance: n(312), derived: n(312), drift: n(0) });
}

#[test]
fn the_queue() {
    golden("queue_list", Page::whole(vec![queue_line()]));
    golden("queue_show", QueueShown { line: queue_line(), created_at: AT, steps: vec!["generate".into()], text: None });
}

#[test]
fn settings_and_quick_replies() {
    let setting = SettingLine {
        key: SettingKey::AssistantMode,
        value: Some("draft".into()),
        source: Source::Tenant,
        read_as: None,
        typed_hours: None,
        warning: None,
    };
    golden("settings_show", Page::whole(vec![setting]));
    let reply = QuickReplyDocument {
        id: QuickReplyId::from_bytes([6; 16]),
        label: "hours".into(),
        text: "Mon-Sat 8-18, Sun 10-16".into(),
        created_at: AT,
        updated_at: Some(AT),
        category: Some("visiting".into()),
        state: QuickReplyState::Active,
        uses: 12,
        citations: 40,
        used_at: Some(AT),
        variables: Vec::new(),
        problem: None,
    };
    golden("quick_reply_list", Page::whole(vec![reply]));
}

#[test]
fn stats_and_ask() {
    let ingest = IngestStats { received: 10, accepted: 4, duplicate: 3, bad_signature: 1, unreadable: 1, ignored: 1 };
    golden(
        "stats",
        StatsDocument { ingest, answers: AnswerStats::default(), sends: SendStats::default(), since: Some(AT) },
    );
    golden(
        "ask",
        AskAnswer {
            action: AskAction::Reply,
            answer: Some("Yes, 10 to 16.".into()),
            reason: None,
            sources: vec!["quick reply: hours".into()],
            model: "gemini-3.5-flash-lite".into(),
            latency_ms: 900,
            credits: Credits::ZERO,
        },
    );
}

#[test]
fn the_daemon() {
    let waha = WahaHealth {
        name: "main".into(),
        url: "http://127.0.0.1:3000".into(),
        health: Health::Ok,
        version: Some("2026.7.1".into()),
        ok_at: Some(AT),
        error: None,
        looked_at: None,
        started_at: None,
    };
    let gemini = GeminiHealth {
        model: "gemini-3.5-flash-lite".into(),
        answered_by: None,
        health: Health::Unknown,
        ok_at: None,
        error: None,
    };
    let store = StoreHealth {
        path: "/var/lib/mychatflow/mychatflow.db".into(),
        health: Health::Ok,
        schema: 1,
        size_bytes: 40_960,
        wal_bytes: 0,
        free_bytes: Some(1_000_000_000),
        error: None,
        looked_through_at: Some(AT),
        written_at: Some(AT),
    };
    golden(
        "daemon_status",
        DaemonShown {
            version: "0.3.0".into(),
            protocol: 1,
            pid: 4242,
            uptime_s: 60,
            socket: "/run/mychatflow/mychatflow.sock".into(),
            webhook: "http://127.0.0.1:8480".into(),
            waha: vec![waha],
            gemini,
            store,
            build: "a1b2c3".into(),
            epoch: RUN,
            metrics: Some("http://127.0.0.1:9480".into()),
            findings: vec![finding()],
        },
    );
    golden("daemon_stop", DaemonStopping { pid: 4242, lock: None });
    let change = ConfigChange {
        key: "reply.mode".into(),
        old: Some("auto".into()),
        new: Some("draft".into()),
        applies: Applies::Now,
    };
    golden("daemon_reload", DaemonReloaded { changed: vec![change] });
    golden("events_subscribe", EventsSubscribed { seq: 8812, epoch: RUN });
}

#[test]
fn why_and_overview() {
    let line = WhyLine { at: Some(AT), what: "credit reserved".into(), detail: Some("1 credit".into()) };
    golden(
        "why",
        WhyDocument {
            id: INTERACTION.to_string(),
            chat: CHAT,
            interaction: Some(interaction()),
            headline: "The assistant answered in 1.2 s with gemini-3.5-flash-lite.".into(),
            lines: vec![line],
        },
    );
    golden(
        "overview",
        Overview {
            chats: ChatCounts { assistant: 1, waiting: 2, needs_you: 3, snoozed: 4, done: 5, unread: 6 },
            today: TodayCounts { received: 9, sent: 8, by_assistant: 5, by_human: 2, by_phone: 1, by_campaign: 0 },
            first_response: FirstResponse { p50_s: Some(4.5), p90_s: Some(60.0), answered: 7 },
            held: 1,
            drafts: 2,
            unknown: 0,
            dead_letters: 0,
            unreviewed: 3,
            hours: vec![HourCounts { at: AT, received: 2, sent: 1, assistant: 1 }],
            days: vec![DayCounts {
                on: "2026-11-23".parse().unwrap(),
                received: 9,
                sent: 8,
                assistant: 5,
                credits: Credits::new(5),
            }],
            forecast: Forecast { per_day: 12.5, empty_at: Some(AT) },
            errors: vec![OverviewError { at: AT, text: "waha answered 422".into(), id: Some(JOB.to_string()) }],
            findings: vec![finding()],
            first_steps: vec![FirstStepDocument {
                step: FirstStep::Number,
                done: false,
                text: "Pair a WhatsApp number".into(),
                next: "mychatflow instance pair 'main'".into(),
            }],
            now: AT,
            timezone: "Europe/Berlin".into(),
        },
    );
}

#[test]
fn a_list_that_was_imported() {
    let rejected = RowRejected { row: 3, value: "4.41E+11".into(), reason: "a spreadsheet has cut digits off".into() };
    let column = |heading: &str, taken_for: &str| ColumnRead { heading: heading.into(), taken_for: taken_for.into() };
    let document = ContactImported {
        rows: 5,
        imported: 2,
        repaired: 1,
        duplicates: 1,
        suppressed: 1,
        rejected: vec![rejected],
        added: 2,
        columns: vec![column("Mobile Number", "phone"), column("City", "city")],
        ..ContactImported::default()
    };
    golden("contact.import", document);
}
