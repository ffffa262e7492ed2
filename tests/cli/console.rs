//! The commands beside the console's screens: what is typed arrives as it was meant, and people read words.

use mychatflow_data::ids::{ChatId, ContactId, InstanceId, InteractionId, MergeId, NoteId, QuickReplyId, SegmentId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::quick_reply::QuickReplyState;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::chat::{
    ChatCompose, ChatList, ChatNote, ChatRead, ChatSend, ChatShow, ChatUnnote, ClearDraft, ListOrder,
};
use mychatflow_data::protocol::calls::contact::{
    ContactAdd, ContactEdit, ContactMerge, ContactOptout, ContactShow, ContactUnmerge, OptOut,
};
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_data::protocol::calls::quick_reply::{QuickReplyEdit, QuickReplyRemove};
use mychatflow_data::protocol::calls::search::ChatSearch;
use mychatflow_data::protocol::calls::segment::{SegmentAdd, SegmentList, SegmentRemove};
use mychatflow_data::protocol::calls::why::Why;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::{Request, TenantRequest};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::pty::Terminal;

const AT: &str = "2026-11-23T00:20:14.568Z";

fn chat() -> Value {
    json!({
        "id": ChatId::new(), "name": "Anna", "phone": "+4915111111111", "state": "needs_you", "reason": null,
        "mode": "auto", "paused_until": null, "unread": 0, "last_at": AT, "instance": InstanceId::new(), "contact": null,
        "kind": "direct", "mode_set": null, "snoozed_until": null, "handoff_at": null, "preview": null
    })
}

fn message(text: &str) -> Value {
    json!({
        "id": InteractionId::new(), "at": AT, "direction": "in", "author": "customer", "state": "received", "text": text,
        "wa_id": null, "reason": null, "chat": ChatId::new(), "kind": "text"
    })
}

fn asked(desk: &Desk) -> TenantRequest {
    match desk.asked() {
        Request::Tenant(request) => request,
        request @ Request::Admin(_) => panic!("{request:?}"),
    }
}

#[tokio::test]
async fn those_who_need_somebody_come_in_the_order_of_their_waiting() {
    let desk = Desk::with_daemon();
    desk.replies::<ChatList>(json!({"items": [], "next": null}));
    for (line, state, order, find) in [
        (&["chat", "list", "--state", "needs_you"][..], Some(ChatState::NeedsYou), ListOrder::Oldest, None),
        (&["chat", "list", "--state", "done", "--find", "an"], Some(ChatState::Done), ListOrder::Newest, Some("an")),
        (&["chat", "list", "--order", "oldest"], None, ListOrder::Oldest, None),
    ] {
        desk.run(line).await;
        let TenantRequest::ChatList(list) = asked(&desk) else { panic!("{line:?}") };
        assert_eq!((list.state, list.order, list.find.as_deref()), (state, order, find), "{line:?}");
    }
    assert_eq!(desk.run(&["chat", "list", "--order", "best"]).await.code(), 2);
}

#[tokio::test]
async fn drafts_notes_and_reading() {
    let desk = Desk::with_daemon();
    desk.replies::<ChatRead>(chat());
    assert!(desk.run(&["chat", "read", "Anna"]).await.stdout().starts_with("Anna: needs_you"));

    desk.replies::<ChatCompose>(json!({"chat": ChatId::new(), "text": "dear Anna", "updated_at": AT}));
    assert_eq!(desk.run(&["chat", "draft", "Anna"]).await.stdout(), "dear Anna\n");
    let TenantRequest::ChatCompose(draft) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!(draft.text, None);
    desk.run(&["chat", "draft", "Anna", ""]).await;
    let TenantRequest::ChatCompose(draft) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!(draft.text.as_deref(), Some(""));

    let id = NoteId::new();
    let note = json!({"id": id, "chat": ChatId::new(), "at": AT, "author": "anna", "text": "pays on Fridays"});
    desk.replies::<ChatNote>(note.clone());
    let printed = desk.run(&["chat", "note", "Anna", "pays on Fridays", "--json"]).await.lines();
    assert_eq!(printed.first(), Some(&note));
    desk.replies::<ChatUnnote>(note.clone());
    assert_eq!(desk.run(&["chat", "unnote", "Anna", &id.to_string()]).await.stdout(), "gone: pays on Fridays\n");

    desk.replies::<ChatShow>(json!({
        "items": [message("hello")], "next": "older", "chat": chat(), "notes": [note], "draft": "dear Anna"
    }));
    let around = InteractionId::new();
    let ran = desk.run(&["chat", "show", "Anna", "--around", &around.to_string()]).await;
    assert!(ran.stdout().contains("anna: pays on Fridays") && ran.stdout().contains("begun  dear Anna"), "{ran:?}");
    let TenantRequest::ChatShow(show) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((show.around, show.after), (Some(around), None));

    desk.replies::<ChatSend>(json!({
        "id": InteractionId::new(), "state": "queued", "wa_id": null, "client_ref": null, "chat": ChatId::new(),
        "reason": null
    }));
    desk.run(&["chat", "send", "Anna", "hello", "--clear-draft"]).await;
    let TenantRequest::ChatSend(send) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!(send.clear_draft, ClearDraft::Clear);
}

#[tokio::test]
async fn what_was_found_is_shown_in_its_place() {
    let desk = Desk::with_daemon();
    desk.replies::<ChatSearch>(json!({"items": [{
        "interaction": message("Käse und Brot"), "chat_name": "Anna", "phone": null, "snippet": "Käse und Brot",
        "marks": [[0, 5], [10, 14]]
    }], "next": null}));
    let ran = desk.run(&["chat", "search", "käse -wein", "--chat", "Anna"]).await;
    assert!(ran.stdout().contains("[Käse] und [Brot]"), "{ran:?}");
    let TenantRequest::ChatSearch(search) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((search.text.as_str(), search.chat.is_some()), ("käse -wein", true));
    assert_eq!(desk.run(&["chat", "search", "-wein"]).await.code(), 0, "a word with a dash is no option");
}

#[tokio::test]
async fn two_people_become_one_and_two_again() {
    let desk = Desk::with_daemon();
    let person = |name: &str| {
        json!({"id": ContactId::new(), "name": name, "phone": null, "addresses": [], "review": "new",
               "opted_out_at": null, "tags": [], "created_at": AT})
    };
    let merge = |name: Option<&str>, messages: i64| {
        json!({"id": MergeId::new(), "kept": ContactId::new(), "name": name, "phone": "+4915122222222",
               "addresses": ["70000000003@lid"], "chats": 1, "messages": messages, "cause": "lid", "at": AT})
    };
    let mut anna = person("Anna");
    let id = anna["id"].as_str().unwrap().to_owned();
    anna["merge"] = merge(Some("Ben"), 12);
    desk.replies::<ContactMerge>(anna.clone());
    let ran = desk.run(&["contact", "merge", "Anna", "Ben"]).await;
    assert!(ran.code() == 1 && ran.stderr().contains("--yes"), "without a terminal nobody can be asked: {ran:?}");
    let ran = desk.run(&["contact", "merge", "Anna", "Ben", "--yes"]).await;
    let told = format!(
        "Anna is one person now: 70000000003@lid; 1 chat, 12 messages came from Ben\nundo: mychatflow contact unmerge {id}\n"
    );
    assert_eq!(ran.stdout(), told);
    let TenantRequest::ContactMerge(asked_for) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((asked_for.contact.as_str(), asked_for.other.as_str()), ("Anna", "Ben"));
    let ran = desk.run(&["contact", "merge", "Anna", "Ben", "--json", "--yes"]).await;
    let printed = ran.stdout();
    assert_eq!(serde_json::from_str::<Value>(printed).unwrap()["merge"]["messages"], 12);
    anna["opted_out_at"] = json!(AT);
    desk.replies::<ContactMerge>(anna);
    let ran = desk.run(&["contact", "merge", "Anna", "Ben", "--yes"]).await;
    assert!(ran.stdout().contains("one of them asked not to be written to: nobody writes to either"), "{ran:?}");

    let mut shown = person("Anna");
    shown["chats"] = json!([]);
    shown["merges"] = json!([merge(None, 1), merge(Some("Cleo"), 2)]);
    desk.replies::<ContactShow>(shown);
    let ran = desk.run(&["contact", "show", "Anna"]).await;
    let printed = ran.stdout();
    assert!(printed.contains("merged     +4915122222222 (70000000003@lid), "), "{printed}");
    assert!(printed.contains("WhatsApp said so") && printed.contains("merged     Cleo"), "{printed}");
    assert_eq!(printed.matches("undo: mychatflow contact unmerge").count(), 1, "{printed}");

    let undone = json!({"contact": person("Anna"), "back": person("Ben"), "merge": merge(Some("Ben"), 1)});
    desk.replies::<ContactUnmerge>(undone);
    let ran = desk.run(&["contact", "unmerge", "Anna", "--yes"]).await;
    let told = "Anna and Ben are two people again: 70000000003@lid; 1 chat, 1 message went back to Ben\n";
    assert_eq!(ran.stdout(), told);
    let TenantRequest::ContactUnmerge(asked_for) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((asked_for.contact.as_str(), asked_for.merge), ("Anna", None));
}

/// Who asked for silence is named before two people become one.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_asked_about_at_a_terminal() {
    for (answer, goes) in [("yes", true), ("no", false)] {
        let desk = Desk::with_daemon();
        let mut anna = json!({"id": ContactId::new(), "name": "Anna", "phone": "+4915111111111", "addresses": [],
            "review": "new", "opted_out_at": AT, "tags": [], "created_at": AT, "chats": [], "merges": []});
        desk.replies::<ContactShow>(anna.clone());
        anna["merge"] = json!({"id": MergeId::new(), "kept": anna["id"], "name": "Ben", "phone": null, "addresses": [],
            "chats": 0, "messages": 0, "cause": "owner", "at": AT});
        desk.replies::<ContactMerge>(anna);
        let mut at = Terminal::of_ours(&["contact", "merge", "Anna", "Ben"], desk.path(), 120, 30);
        at.until("Anna (+4915111111111) asked not to be written to: then neither is written to any more.").await;
        at.until("Merge Anna (+4915111111111) with Anna (+4915111111111)? Type yes to go on:").await;
        at.keys(&format!("{answer}<enter>"));
        let (status, said) = at.end().await;
        assert_eq!((status == 0, matches!(asked(&desk), TenantRequest::ContactMerge(_))), (goes, goes), "{said}");
    }
}

#[tokio::test]
async fn people_and_quick_replies_are_changed() {
    let desk = Desk::with_daemon();
    let contact = json!({
        "id": ContactId::new(), "name": "Anna", "phone": "+4915111111111", "addresses": [], "review": "new",
        "opted_out_at": AT, "tags": ["vip"], "created_at": AT
    });
    desk.replies::<ContactAdd>(contact.clone());
    let phone = "+49 151 11111111";
    let ran = desk.run(&["contact", "add", phone, "--name", "Anna", "--tag", "vip", "--tag", "friend"]).await;
    assert!(ran.stdout().starts_with("Anna: new; vip"), "{ran:?}");
    let TenantRequest::ContactAdd(add) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((add.phone, add.tags.len()), (Phone::parse(phone).unwrap(), 2));
    desk.replies::<ContactEdit>(contact.clone());
    assert_eq!(desk.run(&["contact", "edit", "Anna", "--name", "Anne"]).await.code(), 0);
    let said = ["--set", "city=Köln", "--set", "vip=", "--consent", "given", "--source", "form"];
    desk.run(&[&["contact", "edit", "Anna", "--note", "likes tulips"], &said[..]].concat()).await;
    let TenantRequest::ContactEdit(edit) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((edit.name, edit.note.as_deref()), (None, Some("likes tulips")));
    assert_eq!((edit.fields["city"].as_str(), edit.fields["vip"].as_str()), ("Köln", ""));
    assert_eq!(edit.consent.unwrap().source.as_deref(), Some("form"));
    for wrong in [&["contact", "edit", "Anna"][..], &["contact", "edit", "Anna", "--name", "x", "--source", "form"]] {
        assert_eq!(desk.run(wrong).await.code(), 2, "{wrong:?}");
    }
    for (noun, option) in [("contact", "--language"), ("quick-reply", "--aside"), ("campaign", "--quiet")] {
        let ran = desk.run(&[noun, "edit", "Anna"]).await;
        let told = ran.stderr().starts_with("mychatflow: say what to change: --") && ran.stderr().contains(option);
        assert!(ran.code() == 2 && told, "{noun}: {ran:?}");
    }
    desk.replies::<ContactOptout>(contact);
    assert_eq!(desk.run(&["contact", "optout", "Anna"]).await.stdout(), "Anna is not written to any more\n");
    desk.run(&["contact", "optout", "Anna", "--back"]).await;
    let TenantRequest::ContactOptout(back) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!(back.back, OptOut::Back);

    for (back, told) in [(None, "is not written to any more"), (Some("--back"), "may be written to")] {
        let since = if back.is_none() { json!(AT) } else { Value::Null };
        desk.replies::<ContactOptout>(json!({"phone": "+4915199999999", "opted_out_at": since}));
        let line: Vec<&str> = ["contact", "optout", "+49 151 99999999"].into_iter().chain(back).collect();
        let told = format!("+4915199999999, whom nobody here knows, {told}\n");
        assert_eq!(desk.run(&line).await.stdout(), told);
        let printed = desk.run(&[&line[..], &["--json"]].concat()).await.lines();
        assert_eq!(printed, [json!({"phone": "+4915199999999", "opted_out_at": since})]);
    }

    let reply = json!({"id": QuickReplyId::new(), "label": "hours", "text": "9 to 18", "created_at": AT});
    desk.replies::<QuickReplyEdit>(reply.clone());
    desk.replies::<QuickReplyRemove>(reply.clone());
    assert!(
        desk.run(&["quick-reply", "edit", "hours", "--text", "9 to 18"]).await.stdout().starts_with("hours is changed")
    );
    for wrong in [vec![], vec!["--active", "--aside"]] {
        assert_eq!(desk.run(&[vec!["quick-reply", "edit", "hours"], wrong].concat()).await.code(), 2);
    }
    desk.run(&["quick-reply", "edit", "hours", "--aside", "--category", "visiting"]).await;
    let TenantRequest::QuickReplyEdit(edit) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((edit.state, edit.category.as_deref()), (Some(QuickReplyState::Aside), Some("visiting")));
    let told = "hours is gone; the assistant knows it no more\n";
    assert_eq!(desk.run(&["quick-reply", "remove", "hours"]).await.stdout(), told);
    let mut aside = reply;
    aside["state"] = json!("aside");
    desk.replies::<QuickReplyRemove>(aside);
    let told = "hours is gone; the assistant was not told it\n";
    assert_eq!(desk.run(&["quick-reply", "remove", "hours"]).await.stdout(), told);
}

#[tokio::test]
async fn the_shop_on_one_page_and_the_reason_of_an_answer() {
    let desk = Desk::with_daemon();
    desk.replies::<OverviewShow>(json!({
        "chats": {"assistant": 1, "waiting": 2, "needs_you": 3, "snoozed": 0, "done": 4, "unread": 2},
        "today": {"received": 9, "sent": 8, "by_assistant": 5, "by_human": 2, "by_phone": 1, "by_campaign": 0},
        "first_response": {"p50_s": 4.5, "p90_s": 600.0, "answered": 7},
        "held": 1, "drafts": 2, "unknown": 0, "dead_letters": 0, "unreviewed": 3, "hours": [], "days": [],
        "forecast": {"per_day": 12.5, "empty_at": null},
        "errors": [{"at": AT, "text": "not sent: waha answered 422", "id": null}], "now": AT, "timezone": "UTC"
    }));
    let ran = desk.run(&["overview"]).await;
    for wanted in ["3 need you", "9 received, 8 sent", "after 4.5 s, nine of ten within 10 min", "waha answered 422"] {
        assert!(ran.stdout().contains(wanted), "{wanted}: {ran:?}");
    }
    desk.replies::<Why>(json!({
        "id": "x", "chat": ChatId::new(), "interaction": null, "headline": "Not answered: paused until 14:30",
        "lines": [{"at": AT, "what": "the customer wrote", "detail": "hello"},
                  {"at": null, "what": "the chat is", "detail": "needs_you"}]
    }));
    let ran = desk.run(&["why", "x"]).await;
    assert!(ran.stdout().starts_with("Not answered: paused until 14:30\n"), "{ran:?}");
    assert!(ran.stdout().contains("the customer wrote: hello"), "{ran:?}");
}

#[tokio::test]
async fn segments_are_listed_kept_and_forgotten() {
    let desk = Desk::with_daemon();
    let segment = json!({
        "id": SegmentId::new(), "name": "regulars", "query": "tag:vip -opted_out", "people": 41, "created_at": AT
    });
    desk.replies::<SegmentList>(json!({"items": [segment.clone()], "next": null}));
    let table = desk.run(&["segment", "list"]).await;
    for word in ["regulars", "41", "tag:vip -opted_out"] {
        assert!(table.stdout().contains(word), "{table:?}");
    }
    assert_eq!(desk.run(&["segment", "list", "--json"]).await.lines(), std::slice::from_ref(&segment));

    desk.replies::<SegmentAdd>(segment.clone());
    let ran = desk.run(&["segment", "add", "regulars", "-opted_out"]).await;
    assert_eq!(ran.stdout(), "regulars is kept: 41 people\n");
    let TenantRequest::SegmentAdd(add) = asked(&desk) else { panic!("{:?}", asked(&desk)) };
    assert_eq!((add.name.as_str(), add.query.as_str()), ("regulars", "-opted_out"));
    assert_eq!(desk.run(&["segment", "add", "regulars"]).await.code(), 2);

    desk.replies::<SegmentRemove>(segment.clone());
    assert_eq!(desk.run(&["segment", "remove", "regulars"]).await.stdout(), "regulars is gone; its people stay\n");
    assert_eq!(desk.run(&["segment", "remove", "regulars", "--json"]).await.lines(), [segment]);
    desk.refuses::<SegmentRemove>(Code::Conflict);
    assert_eq!(desk.run(&["segment", "remove", "regulars"]).await.code(), 1);
}
