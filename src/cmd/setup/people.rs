//! The people who had a chat on the phone before it was paired: the assistant answers none of them unasked.

use std::time::Duration;

use mychatflow_data::model::contact::{Contact, Review};
use mychatflow_data::model::job::JobKind;
use mychatflow_data::protocol::calls::contact::{ContactList, ContactTag, Reviewed, Tagging};
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_data::protocol::calls::queue::{QueueKind, QueueList, QueueState};
use mychatflow_data::protocol::name::ContactName;
use tokio::time::{Instant, sleep};

use super::{Left, line, say};
use crate::cmd::contact_merge::called;
use crate::cmd::dialogue::{Answer, yes_or_no};
use crate::cmd::{Cx, PAGE_MAX};
use crate::output::{clean, counted};

/// How long the first reading of the phone's people is waited for. It goes on by itself.
const READING_MAX: Duration = Duration::from_secs(15);
/// How often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// How many people are named at once.
const NAMED: usize = 10;

/// Asks about the people from before the pairing.
pub async fn review(cx: &Cx) -> anyhow::Result<()> {
    wait_for_reading(cx).await?;
    let count = cx.call(&OverviewShow { tenant: cx.tenant() }).await?.unreviewed;
    if count == 0 {
        return Ok(());
    }
    let people = unreviewed(cx).await?;
    say(&format!(
        "\n{} had a chat on this phone before: customers, perhaps family and friends. The assistant answers none of them \
         until you say who they are.\n",
        counted(count, "person", "people")
    ));
    people.iter().take(NAMED).for_each(|contact| say(&format!("  {}", clean(&called(contact)))));
    let more = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(NAMED);
    if more > 0 {
        say(&format!("  … and {more} more"));
    }
    say("\n  1  Later, in the console under Contacts\n  2  One by one, now\n  3  All of them are customers\n");
    loop {
        match line("Your choice [1]: ")?.as_str() {
            "" | "1" => return Ok(()),
            "2" => return one_by_one(cx).await,
            "3" => return all(cx, count).await,
            _ => say("1, 2 or 3"),
        }
    }
}

/// The phone hands its people over bit by bit, and the daemon reads them several times; once is enough to begin with.
async fn wait_for_reading(cx: &Cx) -> anyhow::Result<()> {
    let deadline = Instant::now() + READING_MAX;
    let client = cx.connect().await?;
    loop {
        let list = QueueList { tenant: cx.tenant(), limit: Some(PAGE_MAX), ..QueueList::default() };
        let readings = client.call(&list).await?.items;
        let mut readings =
            readings.iter().filter(|entry| entry.kind == QueueKind::from(JobKind::SyncContacts)).peekable();
        let is_read = readings.peek().is_some() && readings.all(|entry| entry.state == QueueState::Scheduled);
        if is_read || Instant::now() >= deadline {
            return Ok(());
        }
        sleep(LOOK_AGAIN).await;
    }
}

async fn unreviewed(cx: &Cx) -> anyhow::Result<Vec<Contact>> {
    let review = Some(Review::Unreviewed);
    let list = ContactList { tenant: cx.tenant(), review, limit: Some(PAGE_MAX), ..ContactList::default() };
    Ok(cx.call(&list).await?.items)
}

async fn one_by_one(cx: &Cx) -> anyhow::Result<()> {
    for contact in unreviewed(cx).await? {
        let who = clean(&called(&contact));
        let reviewed = loop {
            match line(&format!("{who}: c customer, p personal, Enter later, q no more: "))?.to_lowercase().as_str() {
                "c" | "customer" => break Some(Reviewed::Customer),
                "p" | "personal" => break Some(Reviewed::Personal),
                "" => break None,
                "q" => return Ok(()),
                _ => say("c, p, q or Enter"),
            }
        };
        if let Some(reviewed) = reviewed {
            set(cx, &contact, reviewed).await?;
        }
    }
    Ok(())
}

/// What can't be taken back, since an answer may go out at once, needs a yes of its own.
async fn all(cx: &Cx, count: i64) -> anyhow::Result<()> {
    let question = format!("Let the assistant answer {}, family and friends too?", counted(count, "person", "people"));
    if yes_or_no(&question, Answer::No)?.ok_or(Left)? == Answer::No {
        say("They wait under Contacts.");
        return Ok(());
    }
    loop {
        let people = unreviewed(cx).await?;
        if people.is_empty() {
            return Ok(());
        }
        for contact in &people {
            set(cx, contact, Reviewed::Customer).await?;
        }
    }
}

async fn set(cx: &Cx, contact: &Contact, reviewed: Reviewed) -> anyhow::Result<()> {
    cx.call(&ContactTag {
        tenant: cx.tenant(),
        contact: ContactName::from(contact.id.to_string()),
        tags: Vec::new(),
        remove: Tagging::Add,
        review: Some(reviewed),
    })
    .await?;
    Ok(())
}
