//! Tells what was committed: jobs are woken, consoles hear of it, the webhook learns of new numbers.

use std::sync::Arc;

use mychatflow_data::ids::TenantId;
use mychatflow_data::model::opt_out::Wish;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::store::change::{Change, Listener};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bus::Bus;
use crate::details::{Changed, Subject};
use crate::jobs::wake::Wake;
use crate::rpc::handlers::chats::message;

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
    /// Who reads the documents that go with it.
    pub details: mpsc::UnboundedSender<Changed>,
    /// What is left to the daemon.
    pub chores: mpsc::UnboundedSender<Chore>,
}

impl Teller {
    /// Tells with the whole document where somebody listens, and by name only where nobody does: then it costs nothing.
    fn changed(&self, tenant: TenantId, subject: Subject, thin: Value) {
        if self.bus.is_heard() {
            // The receiver is gone only when the daemon stops.
            let _ = self.details.send(Changed { tenant, subject, thin });
        } else {
            self.bus.publish(Some(tenant), subject.topic(), &thin);
        }
    }
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
                    self.bus.publish(Some(tenant), Topic::InteractionAdded, &message(*interaction, None));
                }
                Change::InteractionChanged(tenant, interaction) => {
                    self.bus.publish(Some(tenant), Topic::InteractionChanged, &message(*interaction, None));
                }
                Change::ChatChanged(tenant, chat) => {
                    self.changed(tenant, Subject::Chat(chat), json!({"id": chat}));
                }
                Change::ChatErased(tenant, chat) => {
                    self.bus.forget(&chat.to_string());
                    self.bus.publish(Some(tenant), Topic::ChatChanged, &json!({"id": chat, "gone": true}));
                }
                Change::Typing(tenant, chat) => {
                    self.bus.publish(Some(tenant), Topic::ChatChanged, &json!({"id": chat, "typing": true}));
                }
                Change::Wished(tenant, chat, wish) => {
                    let text = match wish {
                        Wish::Stop => "a customer replied STOP: nothing more goes to them unless they write START",
                        Wish::Start => "a customer replied START: they get messages again",
                    };
                    let told = json!({"level": "info", "text": text, "chat": chat});
                    self.bus.publish(Some(tenant), Topic::DaemonNotice, &told);
                }
                Change::InstanceChanged(tenant, instance) => {
                    self.changed(tenant, Subject::Instance(instance), json!({"id": instance}));
                    // The receiver is gone only when the daemon stops.
                    let _ = self.chores.send(Chore::ReadReceivers);
                }
                Change::TenantChanged(tenant) => {
                    let told = json!({"level": "debug", "text": "the tenant or its settings changed"});
                    self.bus.publish(Some(tenant), Topic::DaemonNotice, &told);
                    let _ = self.chores.send(Chore::ReadReceivers);
                }
                Change::CreditChanged(tenant) => self.changed(tenant, Subject::Credit, json!({})),
                Change::CreditLow(tenant, share) => {
                    let text = format!("{share} % of this period's credits are used");
                    let level = if share >= 100 { "error" } else { "warning" };
                    let told = json!({"level": level, "text": text, "share": share});
                    self.bus.publish(Some(tenant), Topic::DaemonNotice, &told);
                    tracing::warn!(tenant.id = %tenant, share, "credits are running out");
                }
                Change::CampaignChanged(tenant, campaign) => {
                    // Told by the other side even where nobody listens: it keeps the measure.
                    let thin = json!({"id": campaign});
                    let _ = self.details.send(Changed { tenant, subject: Subject::Campaign(campaign), thin });
                }
                Change::JobChanged(tenant, job, kind, state) => {
                    let told = json!({"id": job, "kind": kind, "state": state});
                    self.changed(tenant, Subject::Job(job), told);
                }
            }
        }
    }
}
