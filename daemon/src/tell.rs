//! Tells what was committed: jobs are woken, consoles hear of it, the webhook learns of new numbers.

use std::sync::Arc;

use mychatflow_data::model::interaction::Interaction;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::change::{Change, Listener};
use serde_json::json;
use tokio::sync::mpsc;

use crate::bus::Bus;
use crate::flow::clean::clean;
use crate::jobs::wake::Wake;

/// What the daemon itself must do after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// A number came, went or changed its key: read the receivers anew.
    ReadReceivers,
    /// A chat was put away: its time may be the next to be over.
    LookAtSnoozed,
}

/// Hears of every commit.
pub struct Teller {
    /// Who is told.
    pub bus: Bus,
    /// Who is woken.
    pub wake: Arc<Wake>,
    /// What is left to the daemon.
    pub chores: mpsc::UnboundedSender<Chore>,
}

/// A message as events carry it.
#[must_use]
pub fn interaction_json(interaction: &Interaction) -> serde_json::Value {
    json!({
        "id": interaction.id,
        "chat": interaction.chat,
        "at": interaction.at,
        "direction": interaction.direction,
        "author": interaction.author,
        "state": interaction.state,
        "kind": interaction.kind,
        "text": clean(&interaction.text),
        "wa_id": interaction.wa_id,
        "reason": interaction.reason,
        "client_ref": interaction.client_ref,
        "reply_to": interaction.reply_to,
        "reaction": interaction.reaction,
        "model": interaction.model,
        "latency_ms": interaction.latency_ms,
    })
}

impl Listener for Teller {
    fn committed(&self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::JobDue(kind, at) => self.wake.tell(kind, at),
                Change::Snoozed(_) => {
                    // The receiver is gone only when the daemon stops.
                    let _ = self.chores.send(Chore::LookAtSnoozed);
                }
                Change::InteractionAdded(tenant, interaction) => {
                    self.bus.publish(Some(tenant), Topic::InteractionAdded, &interaction_json(&interaction));
                }
                Change::InteractionChanged(tenant, interaction) => {
                    self.bus.publish(Some(tenant), Topic::InteractionChanged, &interaction_json(&interaction));
                }
                Change::ChatChanged(tenant, chat) => {
                    self.bus.publish(Some(tenant), Topic::ChatChanged, &json!({"id": chat}));
                }
                Change::Typing(tenant, chat) => {
                    self.bus.publish(Some(tenant), Topic::ChatChanged, &json!({"id": chat, "typing": true}));
                }
                Change::InstanceChanged(tenant, instance) => {
                    self.bus.publish(Some(tenant), Topic::InstanceChanged, &json!({"id": instance}));
                    // The receiver is gone only when the daemon stops.
                    let _ = self.chores.send(Chore::ReadReceivers);
                }
                Change::TenantChanged(tenant) => {
                    let told = json!({"level": "info", "text": "the tenant or its settings changed"});
                    self.bus.publish(Some(tenant), Topic::DaemonNotice, &told);
                    let _ = self.chores.send(Chore::ReadReceivers);
                }
                Change::CreditChanged(tenant) => self.bus.publish(Some(tenant), Topic::CreditChanged, &json!({})),
                Change::CreditLow(tenant, share) => {
                    let text = format!("{share} % of this period's credits are used");
                    let level = if share >= 100 { "error" } else { "warning" };
                    let told = json!({"level": level, "text": text, "share": share});
                    self.bus.publish(Some(tenant), Topic::DaemonNotice, &told);
                    tracing::warn!(tenant.id = %tenant, share, "credits are running out");
                }
                Change::JobChanged(tenant, job, kind, state) => {
                    let told = json!({"id": job, "kind": kind, "state": state});
                    self.bus.publish(Some(tenant), Topic::JobChanged, &told);
                }
            }
        }
    }
}
