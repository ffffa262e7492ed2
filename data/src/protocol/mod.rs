//! The contract of the socket: JSON-RPC 2.0, one document a line, and the table of every call.

pub mod calls;
pub mod error;
pub mod event;
mod flag;
pub mod frame;
pub mod hello;
pub mod limits;
pub mod name;
pub mod page;
pub mod piece;
pub mod span;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::contact::Contact;
use crate::model::ledger::Entry;
use crate::model::member::Role;

use calls::ask::{Ask, AskAnswer};
use calls::campaign::{
    CampaignAttach, CampaignCancel, CampaignClone, CampaignCreate, CampaignDocument, CampaignEdit, CampaignExtend,
    CampaignLaunch, CampaignList, CampaignPause, CampaignPreflight, CampaignPreview, CampaignPreviewed, CampaignRemove,
    CampaignRemoved, CampaignReport, CampaignReportLine, CampaignResume, CampaignSeries, CampaignSeriesDocument,
    CampaignShow, CampaignTest, CampaignTested, Preflight,
};
use calls::chat::{
    ChatApprove, ChatCancel, ChatCompose, ChatDone, ChatDraft, ChatEdit, ChatList, ChatNote, ChatPause, ChatRead,
    ChatResume, ChatSend, ChatSent, ChatShow, ChatShown, ChatSnooze, ChatSummary, ChatUnnote, NoteDocument,
};
use calls::contact::{
    ContactAdd, ContactEdit, ContactErase, ContactErased, ContactExport, ContactExported, ContactImport,
    ContactImported, ContactList, ContactMerge, ContactMerged, ContactOptedOut, ContactOptout, ContactShow,
    ContactShown, ContactSuppressions, ContactTag, ContactUnmerge, ContactUnmerged, SuppressionDocument,
};
use calls::credit::{CreditAudit, CreditAudited, CreditGrant, CreditGranted, CreditLedger, CreditShow, CreditSummary};
use calls::daemon::{DaemonReload, DaemonReloaded, DaemonShown, DaemonStatus, DaemonStop, DaemonStopping};
use calls::events::{EventsSubscribe, EventsSubscribed};
use calls::instance::{
    InstanceAdd, InstanceAdded, InstanceDocument, InstanceList, InstanceLogout, InstancePair, InstancePairing,
    InstanceProbe, InstanceProbed, InstanceQr, InstanceRemove, InstanceRemoved, InstanceRestart, InstanceShow,
    InstanceShown, InstanceWebhook, QrCode, WebhookDocument,
};
use calls::overview::{Overview, OverviewShow};
use calls::queue::{QueueDrop, QueueHold, QueueLine, QueueList, QueueRelease, QueueRetry, QueueShow, QueueShown};
use calls::quick_reply::{
    QuickReplyAdd, QuickReplyDocument, QuickReplyEdit, QuickReplyExport, QuickReplyFile, QuickReplyImport,
    QuickReplyImported, QuickReplyList, QuickReplyRemove, QuickReplyRender, QuickReplyRendered,
};
use calls::search::{ChatSearch, SearchHit};
use calls::segment::{SegmentAdd, SegmentDocument, SegmentList, SegmentRemove};
use calls::settings::{SettingLine, SettingsSet, SettingsShow};
use calls::stats::{Stats, StatsDocument};
use calls::tenant::{
    TenantAdd, TenantDocument, TenantGrant, TenantGranted, TenantList, TenantRemove, TenantRemoved, TenantShow,
    TenantShown, TenantSuspend,
};
use calls::why::{Why, WhyDocument};
use error::CallError;
use frame::{ErrorObject, INVALID_PARAMS, METHOD_NOT_FOUND};
use page::Page;

/// The number of this protocol. Unequal numbers do not talk, except for `daemon.status` and `daemon.stop`.
pub const VERSION: u32 = 1;

/// How much of an unknown method's name is told.
const METHOD_CHARS_SHOWN: usize = 64;

/// What a caller must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody who may open the socket; the handler shows only what the caller may see.
    Anyone,
    /// A member of the tenant with at least this role, or an operator.
    Member(Role),
    /// An operator of the daemon.
    Operator,
}

/// A call: its name, what its caller must be, and its reply.
pub trait Call: Serialize + DeserializeOwned + fmt::Debug + Send + Sync + 'static {
    /// `<resource>.<verb>`, the same as the command.
    const NAME: &'static str;
    /// What the caller must be.
    const NEEDS: Needs;
    /// The document that `--json` prints.
    type Reply: Serialize + DeserializeOwned + fmt::Debug + Send + 'static;
}

/// A call about one tenant, which is resolved before any handler runs.
pub trait TenantCall: Call {
    /// The tenant by id or name; `None` means the only one.
    fn tenant(&self) -> Option<&str>;
}

/// A reply, written out.
#[derive(Debug)]
pub struct Answer(Box<RawValue>);

impl Answer {
    /// Writes out the reply of a call.
    ///
    /// # Errors
    /// `internal` when the reply can't be written as JSON.
    pub fn of<C: Call>(reply: &C::Reply) -> Result<Self, CallError> {
        serde_json::value::to_raw_value(reply)
            .map(Self)
            .map_err(|error| CallError::internal(format!("the reply to {} could not be written: {error}", C::NAME)))
    }

    /// The text.
    #[must_use]
    pub fn into_raw(self) -> Box<RawValue> {
        self.0
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// The call's name.
    pub name: &'static str,
    /// What the caller must be.
    pub needs: Needs,
}

macro_rules! needs {
    (Anyone) => {
        Needs::Anyone
    };
    (Operator) => {
        Needs::Operator
    };
    ($role:ident) => {
        Needs::Member(Role::$role)
    };
}

macro_rules! calls {
    (
        tenant { $($name:literal => $call:ident -> $reply:ty, $needs:ident;)+ }
        admin { $($admin_name:literal => $admin_call:ident -> $admin_reply:ty, $admin_needs:ident;)+ }
    ) => {
        $(
            impl Call for $call {
                const NAME: &'static str = $name;
                const NEEDS: Needs = needs!($needs);
                type Reply = $reply;
            }

            impl TenantCall for $call {
                fn tenant(&self) -> Option<&str> {
                    self.tenant.as_ref().map(name::TenantName::as_str)
                }
            }
        )+
        $(
            impl Call for $admin_call {
                const NAME: &'static str = $admin_name;
                const NEEDS: Needs = needs!($admin_needs);
                type Reply = $admin_reply;
            }
        )+

        /// A call about one tenant.
        #[derive(Debug, Clone, PartialEq)]
        pub enum TenantRequest {
            $(#[doc = concat!("`", $name, "`")] $call($call),)+
        }

        impl TenantRequest {
            /// The tenant by id or name; `None` means the only one.
            #[must_use]
            pub fn tenant(&self) -> Option<&str> {
                match self {
                    $(Self::$call(call) => call.tenant(),)+
                }
            }
        }

        /// A call about the daemon, or about everything that the caller may see.
        #[derive(Debug, Clone, PartialEq)]
        pub enum AdminRequest {
            $(#[doc = concat!("`", $admin_name, "`")] $admin_call($admin_call),)+
        }

        /// A call, read.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(clippy::large_enum_variant, reason = "one is made for each call and handed on at once")]
        pub enum Request {
            /// About one tenant.
            Tenant(TenantRequest),
            /// About the daemon, or about everything that the caller may see.
            Admin(AdminRequest),
        }

        impl Request {
            /// Reads a call.
            ///
            /// # Errors
            /// An unknown method, a text that is too long, or parameters that the method does not take.
            pub fn read(method: &str, params: Value) -> Result<Self, ErrorObject> {
                limits::check(method, &params)?;
                match method {
                    $($name => read_params(method, params).map(TenantRequest::$call).map(Self::Tenant),)+
                    $($admin_name => read_params(method, params).map(AdminRequest::$admin_call).map(Self::Admin),)+
                    _ => {
                        let method: String = method.chars().take(METHOD_CHARS_SHOWN).collect();
                        Err(ErrorObject::plain(METHOD_NOT_FOUND, format!("no method is called {method:?}")))
                    }
                }
            }

            /// The line of the table.
            #[must_use]
            pub const fn method(&self) -> Method {
                match self {
                    $(Self::Tenant(TenantRequest::$call(_)) => Method { name: $name, needs: needs!($needs) },)+
                    $(Self::Admin(AdminRequest::$admin_call(_)) => {
                        Method { name: $admin_name, needs: needs!($admin_needs) }
                    })+
                }
            }
        }

        /// The whole table.
        pub const METHODS: &[Method] = &[
            $(Method { name: $name, needs: needs!($needs) },)+
            $(Method { name: $admin_name, needs: needs!($admin_needs) },)+
        ];
    };
}

fn read_params<C: Call>(method: &str, params: Value) -> Result<C, ErrorObject> {
    if !params.is_object() {
        let text = format!("the parameters of {method} are an object, for example {{\"limit\":50}}");
        return Err(ErrorObject::plain(INVALID_PARAMS, text));
    }
    C::deserialize(params).map_err(|error| ErrorObject::plain(INVALID_PARAMS, format!("{method}: {error}")))
}

calls! {
    tenant {
        "tenant.show"       => TenantShow      -> TenantShown, Viewer;
        "tenant.suspend"    => TenantSuspend   -> TenantDocument, Operator;
        "tenant.grant"      => TenantGrant     -> TenantGranted, Owner;
        "tenant.remove"     => TenantRemove    -> TenantRemoved, Operator;

        "instance.add"      => InstanceAdd     -> InstanceAdded, Owner;
        "instance.list"     => InstanceList    -> Page<InstanceDocument>, Viewer;
        "instance.show"     => InstanceShow    -> InstanceShown, Viewer;
        "instance.qr"       => InstanceQr      -> QrCode, Owner;
        "instance.pair"     => InstancePair    -> InstancePairing, Owner;
        "instance.restart"  => InstanceRestart -> InstanceDocument, Owner;
        "instance.logout"   => InstanceLogout  -> InstanceDocument, Owner;
        "instance.remove"   => InstanceRemove  -> InstanceRemoved, Owner;
        "instance.probe"    => InstanceProbe   -> InstanceProbed, Owner;
        "instance.webhook"  => InstanceWebhook -> WebhookDocument, Owner;

        "chat.list"         => ChatList        -> Page<ChatSummary>, Viewer;
        "chat.show"         => ChatShow        -> ChatShown, Viewer;
        "chat.send"         => ChatSend        -> ChatSent, Agent;
        "chat.approve"      => ChatApprove     -> ChatSent, Agent;
        "chat.edit"         => ChatEdit        -> ChatSent, Agent;
        "chat.cancel"       => ChatCancel      -> ChatSent, Agent;
        "chat.pause"        => ChatPause       -> ChatSummary, Agent;
        "chat.resume"       => ChatResume      -> ChatSummary, Agent;
        "chat.done"         => ChatDone        -> ChatSummary, Agent;
        "chat.snooze"       => ChatSnooze      -> ChatSummary, Agent;
        "chat.read"         => ChatRead        -> ChatSummary, Agent;
        "chat.draft"        => ChatCompose     -> ChatDraft, Agent;
        "chat.note"         => ChatNote        -> NoteDocument, Agent;
        "chat.unnote"       => ChatUnnote      -> NoteDocument, Agent;
        "chat.search"       => ChatSearch      -> Page<SearchHit>, Viewer;

        "contact.list"      => ContactList     -> Page<Contact>, Viewer;
        "contact.show"      => ContactShow     -> ContactShown, Viewer;
        "contact.tag"       => ContactTag      -> Contact, Agent;
        "contact.add"       => ContactAdd      -> Contact, Agent;
        "contact.edit"      => ContactEdit     -> Contact, Agent;
        "contact.optout"    => ContactOptout   -> ContactOptedOut, Agent;
        "contact.import"    => ContactImport   -> ContactImported, Agent;
        "contact.export"    => ContactExport   -> Page<ContactExported>, Owner;
        "contact.merge"     => ContactMerge    -> ContactMerged, Agent;
        "contact.unmerge"   => ContactUnmerge  -> ContactUnmerged, Agent;
        "contact.erase"     => ContactErase    -> ContactErased, Owner;
        "contact.suppressions" => ContactSuppressions -> Page<SuppressionDocument>, Viewer;

        "segment.list"      => SegmentList     -> Page<SegmentDocument>, Viewer;
        "segment.add"       => SegmentAdd      -> SegmentDocument, Agent;
        "segment.remove"    => SegmentRemove   -> SegmentDocument, Agent;

        "campaign.create"   => CampaignCreate  -> CampaignDocument, Agent;
        "campaign.extend"   => CampaignExtend  -> CampaignDocument, Agent;
        "campaign.attach"   => CampaignAttach  -> CampaignDocument, Agent;
        "campaign.list"     => CampaignList    -> Page<CampaignDocument>, Viewer;
        "campaign.show"     => CampaignShow    -> CampaignDocument, Viewer;
        "campaign.preview"  => CampaignPreview -> CampaignPreviewed, Viewer;
        "campaign.preflight" => CampaignPreflight -> Preflight, Viewer;
        "campaign.test"     => CampaignTest    -> CampaignTested, Agent;
        "campaign.clone"    => CampaignClone   -> CampaignDocument, Agent;
        "campaign.launch"   => CampaignLaunch  -> CampaignDocument, Agent;
        "campaign.pause"    => CampaignPause   -> CampaignDocument, Agent;
        "campaign.resume"   => CampaignResume  -> CampaignDocument, Agent;
        "campaign.cancel"   => CampaignCancel  -> CampaignDocument, Agent;
        "campaign.edit"     => CampaignEdit    -> CampaignDocument, Agent;
        "campaign.remove"   => CampaignRemove  -> CampaignRemoved, Agent;
        "campaign.report"   => CampaignReport  -> Page<CampaignReportLine>, Viewer;
        "campaign.series"   => CampaignSeries  -> CampaignSeriesDocument, Viewer;

        "credit.show"       => CreditShow      -> CreditSummary, Viewer;
        "credit.ledger"     => CreditLedger    -> Page<Entry>, Viewer;
        "credit.grant"      => CreditGrant     -> CreditGranted, Operator;
        "credit.audit"      => CreditAudit     -> CreditAudited, Viewer;

        "settings.show"     => SettingsShow    -> Page<SettingLine>, Viewer;
        "settings.set"      => SettingsSet     -> SettingLine, Owner;

        "quick_reply.list"  => QuickReplyList  -> Page<QuickReplyDocument>, Viewer;
        "quick_reply.add"   => QuickReplyAdd   -> QuickReplyDocument, Agent;
        "quick_reply.edit"  => QuickReplyEdit  -> QuickReplyDocument, Agent;
        "quick_reply.remove" => QuickReplyRemove -> QuickReplyDocument, Agent;
        "quick_reply.import" => QuickReplyImport -> QuickReplyImported, Agent;
        "quick_reply.export" => QuickReplyExport -> QuickReplyFile, Viewer;
        "quick_reply.render" => QuickReplyRender -> Page<QuickReplyRendered>, Viewer;

        "queue.list"        => QueueList       -> Page<QueueLine>, Viewer;
        "queue.show"        => QueueShow       -> QueueShown, Viewer;
        "queue.hold"        => QueueHold       -> QueueLine, Agent;
        "queue.release"     => QueueRelease    -> QueueLine, Agent;
        "queue.retry"       => QueueRetry      -> QueueLine, Agent;
        "queue.drop"        => QueueDrop       -> QueueLine, Agent;

        "ask"               => Ask             -> AskAnswer, Agent;
        "why"               => Why             -> WhyDocument, Viewer;
        "overview"          => OverviewShow    -> Overview, Viewer;
    }
    admin {
        "tenant.add"        => TenantAdd       -> TenantDocument, Operator;
        "tenant.list"       => TenantList      -> Page<TenantDocument>, Anyone;
        "stats"             => Stats           -> StatsDocument, Anyone;
        "events.subscribe"  => EventsSubscribe -> EventsSubscribed, Anyone;
        "daemon.status"     => DaemonStatus    -> DaemonShown, Anyone;
        "daemon.stop"       => DaemonStop      -> DaemonStopping, Operator;
        "daemon.reload"     => DaemonReload    -> DaemonReloaded, Operator;
    }
}
