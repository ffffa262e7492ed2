//! A risky campaign is asked about at a terminal, and nowhere else.

use mychatflow_data::protocol::calls::campaign::{
    CampaignAttach, CampaignCreate, CampaignLaunch, CampaignPreflight, CampaignRemove, CampaignShow,
};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::{Request, TenantRequest};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::pty::Terminal;

const QUESTION: &str = "Launch spring all the same? Type yes to go on:";

fn campaign(state: &str) -> Value {
    let at = "2026-11-23T09:00:00.000Z";
    let id = "019ac000-0000-7000-8000-000000000001";
    json!({
        "id": id, "name": "spring", "state": state, "text": "Hi", "instance": id, "recipients": 200,
        "counts": {"queued": 200, "checking": 0, "sending": 0, "sent": 0, "delivered": 0, "read": 0, "replied": 0,
                   "skipped": 0, "failed": 0, "unknown": 0, "opted_out": 0},
        "eta": null, "scheduled_at": null, "timezone": "Europe/Berlin", "created_at": at, "started_at": null,
        "finished_at": null, "reason": null, "next_at": null, "per_hour": 0.0
    })
}

fn desk(risk: &str) -> Desk {
    let desk = Desk::with_daemon();
    desk.replies::<CampaignShow>(campaign("draft"));
    desk.replies::<CampaignLaunch>(campaign("running"));
    desk.replies::<CampaignPreflight>(json!({
        "recipients": 200, "audience": 200, "left_out": [], "newcomers": 150, "newcomers_today": 10, "safe_today": 10,
        "checked": 0, "begins_at": "2026-12-01T08:00:00.000Z", "ends_at": null, "risk": risk,
        "advice": ["150 of 200 people never heard from you"]
    }));
    desk
}

fn launched(desk: &Desk) -> bool {
    matches!(desk.asked(), Request::Tenant(TenantRequest::CampaignLaunch(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_a_terminal_must_say_yes() {
    for (answer, goes) in [("yes", true), ("y", false), ("", false)] {
        let desk = desk("high");
        let mut at = Terminal::of_ours(&["campaign", "launch", "spring"], desk.path(), 100, 30);
        at.until("150, of whom 10 may be written to today").await;
        at.until("2026-12-01 09:00 Europe/Berlin (08:00 UTC").await;
        at.until("- 150 of 200 people never heard from you").await;
        at.until(QUESTION).await;
        at.keys(&format!("{answer}<enter>"));
        let (status, said) = at.end().await;
        assert_eq!((status == 0, launched(&desk)), (goes, goes), "{answer:?}: {said}");
        assert_eq!(said.contains("nothing was launched"), !goes, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_who_said_so_or_has_no_reason_to() {
    for (risk, line) in [
        ("high", &["campaign", "launch", "spring", "--yes"][..]),
        ("medium", &["campaign", "launch", "spring"]),
        ("high", &["campaign", "launch", "spring", "--json"]),
    ] {
        let desk = desk(risk);
        let mut at = Terminal::of_ours(line, desk.path(), 100, 30);
        let (status, said) = at.end().await;
        assert_eq!((status, launched(&desk)), (0, true), "{line:?}: {said}");
        assert!(!said.contains(QUESTION), "{said}");
    }
    // A script has thought about it, and reads what it does beside the answer.
    let desk = desk("high");
    let ran = desk.run(&["campaign", "launch", "spring"]).await;
    assert_eq!((ran.code(), launched(&desk)), (0, true), "{}", ran.stderr());
    assert!(ran.stdout().starts_with("spring is running") && ran.stderr().contains("risk"), "{}", ran.stdout());
}

/// Without its file nobody is to launch it.
#[tokio::test]
async fn a_campaign_whose_file_does_not_arrive_is_not_made() {
    let desk = desk("low");
    desk.replies::<CampaignCreate>(campaign("draft"));
    desk.refuses::<CampaignAttach>(Code::Conflict);
    desk.replies::<CampaignRemove>(json!({"id": campaign("draft")["id"], "name": "spring"}));
    std::fs::write(desk.path().join("menu.pdf"), "%PDF-1.7").unwrap();
    let line = ["campaign", "create", "spring", "--text", "Hi", "--to", "+4915111111111", "--media", "menu.pdf"];
    let ran = desk.run(&line).await;
    assert!(ran.code() == 1 && ran.stderr().contains("nothing was made: because"), "{ran:?}");
    assert!(matches!(desk.asked(), Request::Tenant(TenantRequest::CampaignRemove(_))), "{:?}", desk.asked());
    // Where it can't be taken back either, the ways on are named.
    desk.refuses::<CampaignRemove>(Code::Conflict);
    let ran = desk.run(&line).await;
    assert!(ran.stderr().contains("mychatflow campaign edit spring --media FILE"), "{ran:?}");
}
