//! Something that is wrong, with how it is known and what mends it: one table of codes for `doctor`, `daemon status`,
//! `/readyz`, `/metrics` and the console, so that all of them say the same words.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::words;
use crate::ids::{InstanceId, TenantId};
use crate::time::Timestamp;

words! {
    /// How much it matters.
    FindingLevel {
        /// It works, but somebody should know.
        Warning => "warning",
        /// It does not work.
        Failed => "failed",
    }
}

macro_rules! finding_codes {
    ($($(#[$doc:meta])* $variant:ident => $word:literal, $level:ident, $meaning:literal;)+) => {
        /// What is wrong: the closed table of all that can be found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingCode {
            $($(#[$doc])* $variant,)+
        }

        impl FindingCode {
            /// The whole table, in the order in which findings are shown within a level.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in JSON and in metrics.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// How much it matters.
            #[must_use]
            pub const fn level(self) -> FindingLevel {
                match self {
                    $(Self::$variant => FindingLevel::$level,)+
                }
            }

            /// What it means, in words that name nothing of this machine: for whoever does not run it.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }
        }
    };
}

finding_codes! {
    /// What SQLite says when something is to be written, or when it was last tried.
    StoreRefusesWrites => "store_refuses_writes", Failed, "the store takes no writes";
    /// A delivery was answered with 503, and none was stored since.
    DeliveriesRefused => "deliveries_refused", Failed, "messages that WAHA posts can't be stored: they come again later";
    /// Pages of the file contradict each other, or its schema is not what the migrations make.
    StoreDamaged => "store_damaged", Failed, "the store is damaged";
    /// A table, an index or a trigger is missing, is another, or is one too many.
    SchemaChanged => "schema_changed", Failed, "the store is not built as this version builds it";
    /// The store can't be asked.
    StoreUnread => "store_unread", Failed, "the store can't be read";
    /// The file system is mounted for reading only.
    DiskReadOnly => "disk_read_only", Failed, "the disk of the store takes no writes";
    /// Nothing is left to write on.
    DiskFull => "disk_full", Failed, "the disk of the store is full";
    /// Little is left to write on.
    DiskLow => "disk_low", Warning, "the disk of the store is nearly full";
    /// Nobody has looked through the store's pages since it was not closed in order.
    StoreUnchecked => "store_unchecked", Warning, "nobody has looked through the store since its unclean end";
    /// The address that WAHA posts to leads to somebody else, or nowhere.
    AddressWrong => "address_wrong", Failed, "WAHA posts to an address that does not lead to the daemon";
    /// The address that WAHA posts to can't be reached from the daemon's machine. WAHA's may reach it.
    AddressUnreached => "address_unreached", Warning, "nobody knows whether WAHA can reach the daemon";
    /// Deliveries of a number came with a signature that does not fit.
    SignatureRefused => "signature_refused", Failed, "deliveries with a wrong signature are refused";
    /// Deliveries of a number were larger than the limit.
    DeliveryTooLarge => "delivery_too_large", Warning, "deliveries over the limit of size are refused";
    /// Deliveries came for a number that is not here.
    UnknownInstance => "unknown_instance", Warning, "deliveries come for a number that is not here";
    /// Deliveries of another session came to a number's address.
    ForeignSession => "foreign_session", Warning, "deliveries of another session come to a number's address";
    /// This machine's clock differs from that of a server by minutes.
    ClockWrong => "clock_wrong", Failed, "the clock of the daemon's machine is wrong";
    /// This machine's clock differs from that of a server by more than half a minute.
    ClockOff => "clock_off", Warning, "the clock of the daemon's machine is not right";
    /// A WAHA server does not answer.
    WahaDown => "waha_down", Failed, "WAHA does not answer";
    /// A WAHA server refuses our key.
    WahaKey => "waha_key", Failed, "WAHA refuses our key";
    /// No answer of a WAHA server is known.
    WahaUnproven => "waha_unproven", Warning, "WAHA has not answered yet";
    /// The config has no WAHA server.
    WahaMissing => "waha_missing", Warning, "there is no WAHA: no number can be added";
    /// The last question to Gemini failed, and none was answered since.
    ModelDown => "model_down", Failed, "the model does not answer";
    /// Gemini answers, and nothing that could be sent.
    ModelUnusable => "model_unusable", Warning, "the model answers, and nothing that could be sent";
    /// There is no key for Gemini.
    ModelOff => "model_off", Warning, "the assistant is off: there is no key for the model";
    /// No answer of Gemini is known.
    ModelUnproven => "model_unproven", Warning, "the model has not been asked yet";
    /// Another model answers than the config names.
    ModelReplaced => "model_replaced", Warning, "another model answers than the one that was chosen";
    /// A number is not connected.
    NumberDown => "number_down", Failed, "the number is not connected";
    /// A number says that it works, and what it does contradicts that.
    NumberSuspect => "number_suspect", Failed, "the number says that it works, and seems not to";
    /// What WAHA should have told by webhook never came.
    DeliveriesMissing => "deliveries_missing", Failed, "what WAHA tells does not arrive: messages are read late";
    /// WAHA does not take the messages of a number.
    SendsFail => "sends_fail", Failed, "what the number sends fails";
    /// Nobody has asked WAHA for a while how a number is.
    NumberUnproven => "number_unproven", Warning, "nobody knows how the number is";
    /// WAHA leaves out something of a number that we need.
    NumberUntold => "number_untold", Warning, "WAHA does not tell all of the number";
    /// A number waits for its code to be scanned.
    NumberUnpaired => "number_unpaired", Warning, "the number waits to be paired";
    /// WAHA is connecting a number.
    NumberConnecting => "number_connecting", Warning, "the number is being connected";
    /// WhatsApp limits what a number may send.
    NumberRestricted => "number_restricted", Warning, "WhatsApp limits what the number may send";
    /// WhatsApp lets a number start few new chats more, or none.
    NewChatsLow => "new_chats_low", Warning, "WhatsApp lets the number start few new chats more, or none";
    /// Less comes to a number than usual.
    NumberQuiet => "number_quiet", Warning, "less comes to the number than usual";
    /// What a tenant was charged is not what it got.
    LedgerDrift => "ledger_drift", Failed, "the ledger of credits does not add up";
    /// A tenant has no credit left.
    CreditsSpent => "credits_spent", Warning, "no credit is left: the assistant answers nobody";
    /// A tenant has no number.
    NumberMissing => "number_missing", Warning, "there is no number yet";
    /// Others may read a file with keys in it.
    ConfigReadable => "config_readable", Warning, "others on this machine may read the keys of the config";
    /// A newer version has found something that this one has no word for.
    Unknown => "unknown", Warning, "a newer daemon has found something that this program does not know";
}

impl FindingCode {
    /// Does it say that deliveries are not taken in now?
    #[must_use]
    pub const fn stops_deliveries(self) -> bool {
        matches!(self, Self::StoreRefusesWrites | Self::DeliveriesRefused | Self::DiskReadOnly)
    }

    /// May a finding of this code about a number name what is not the tenant's: an address of the machine, or who posted to it?
    const fn tells_of_machine(self) -> bool {
        matches!(
            self,
            Self::DeliveriesMissing
                | Self::SignatureRefused
                | Self::DeliveryTooLarge
                | Self::UnknownInstance
                | Self::ForeignSession
        )
    }

    /// Does it say what state a number is in?
    #[must_use]
    pub const fn is_of_state(self) -> bool {
        match self {
            Self::NumberDown | Self::NumberSuspect | Self::NumberUnpaired | Self::NumberConnecting => true,
            Self::DeliveriesMissing | Self::SendsFail => true,
            _ => matches!(self, Self::NumberRestricted | Self::NumberQuiet),
        }
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl Serialize for FindingCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for FindingCode {
    // A newer daemon may know more codes: its status must be readable all the same.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(Self::ALL.iter().copied().find(|code| code.word() == word).unwrap_or(Self::Unknown))
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FindingSubject {
    /// The daemon itself.
    Daemon,
    /// The store and its disk.
    Store,
    /// The address that WAHA posts to.
    Webhook,
    /// The clock of this machine.
    Clock,
    /// The config.
    Config,
    /// A WAHA server.
    Waha {
        /// Its name in the config.
        name: String,
    },
    /// Gemini.
    Gemini,
    /// A tenant.
    Tenant {
        /// Its id.
        id: TenantId,
        /// Its name.
        name: String,
    },
    /// A number.
    Number {
        /// Its id.
        id: InstanceId,
        /// Its name.
        name: String,
        /// Whose it is.
        tenant: TenantId,
    },
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for FindingSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daemon => f.write_str("daemon"),
            Self::Store => f.write_str("store"),
            Self::Webhook => f.write_str("webhook"),
            Self::Clock => f.write_str("clock"),
            Self::Config => f.write_str("config"),
            Self::Waha { name } => write!(f, "waha {name}"),
            Self::Gemini => f.write_str("gemini"),
            Self::Tenant { name, .. } => write!(f, "tenant {name}"),
            Self::Number { name, .. } => write!(f, "number {name}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// What an owner who does not run the daemon is told to do.
const TELL_OPERATOR: &str = "tell whoever runs the daemon to look at: mychatflow doctor";

/// The same where credits are missing.
const ASK_FOR_CREDITS: &str = "wait for the next period, or ask whoever runs the daemon for credits";

/// Something that is wrong, since when, how it is known, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthFinding {
    /// What it is, from the closed table.
    pub code: FindingCode,
    /// How much it matters.
    pub level: FindingLevel,
    /// What it is about.
    pub subject: FindingSubject,
    /// What is wrong, in words for people.
    pub summary: String,
    /// Since when, as far as it is known.
    pub since: Option<Timestamp>,
    /// How it is known.
    pub evidence: String,
    /// When that was seen last; `None` where nothing was ever seen.
    pub seen_at: Option<Timestamp>,
    /// What mends it: one command, or one sentence.
    pub remedy: String,
}

impl HealthFinding {
    /// One that is known from `evidence`, with the level of its code.
    #[must_use]
    pub fn new(
        code: FindingCode,
        subject: FindingSubject,
        summary: impl Into<String>,
        evidence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (summary, evidence, remedy) = (summary.into(), evidence.into(), remedy.into());
        Self { code, level: code.level(), subject, summary, since: None, evidence, seen_at: None, remedy }
    }

    /// The same, which began then.
    #[must_use]
    pub fn since(self, since: impl Into<Option<Timestamp>>) -> Self {
        Self { since: since.into(), ..self }
    }

    /// The same, whose evidence was seen last then.
    #[must_use]
    pub fn seen(self, at: impl Into<Option<Timestamp>>) -> Self {
        Self { seen_at: at.into(), ..self }
    }

    /// What is wrong and since when, on one line.
    #[must_use]
    pub fn headline(&self, now: Timestamp) -> String {
        match self.since {
            Some(since) => format!("{}, for {}", self.summary, length(now.since(since))),
            None => self.summary.clone(),
        }
    }

    /// How it is known and how old that is, on one line.
    #[must_use]
    pub fn proof(&self, now: Timestamp) -> String {
        match self.seen_at {
            Some(at) => format!("{}, seen {} ago", self.evidence, length(now.since(at))),
            None => self.evidence.clone(),
        }
    }

    /// The finding as a member of this tenant who does not run the daemon may read it: nothing of other tenants, and no
    /// path, address or error of the machine. `None` where it is not theirs to know.
    #[must_use]
    pub fn for_member(self, tenant: TenantId) -> Option<Self> {
        match &self.subject {
            FindingSubject::Number { tenant: whose, .. } | FindingSubject::Tenant { id: whose, .. }
                if *whose != tenant =>
            {
                None
            }
            // An owner can add a number; credits come from whoever runs the daemon.
            FindingSubject::Tenant { .. } => match self.code {
                FindingCode::CreditsSpent => Some(Self { remedy: ASK_FOR_CREDITS.to_owned(), ..self }),
                FindingCode::LedgerDrift => Some(Self { remedy: TELL_OPERATOR.to_owned(), ..self }),
                _ => Some(self),
            },
            FindingSubject::Number { .. } if !self.code.tells_of_machine() => Some(self),
            FindingSubject::Config | FindingSubject::Daemon | FindingSubject::Unknown => None,
            FindingSubject::Number { .. }
            | FindingSubject::Store
            | FindingSubject::Webhook
            | FindingSubject::Clock
            | FindingSubject::Waha { .. }
            | FindingSubject::Gemini => {
                let summary = self.code.meaning().to_owned();
                let (evidence, remedy) = ("the daemon has seen it".to_owned(), TELL_OPERATOR.to_owned());
                Some(Self { summary, evidence, remedy, ..self })
            }
        }
    }
}

/// The worst first, then in the order of the table; what is the same stays in its order.
pub fn order_findings(findings: &mut [HealthFinding]) {
    findings.sort_by_key(|finding| (finding.level == FindingLevel::Warning, finding.code));
}

/// A length of time in its largest unit: `20 s`, `14 min`, `3 h`, `2 d`.
#[must_use]
pub fn length(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(43_200);

    fn finding(subject: FindingSubject) -> HealthFinding {
        HealthFinding::new(FindingCode::DiskFull, subject, "/srv/secret is full", "statvfs of /srv/secret", "rm")
            .since(NOON)
            .seen(NOON + Duration::from_secs(60))
    }

    #[test]
    fn a_finding_tells_its_age_and_that_of_its_evidence() {
        let found = finding(FindingSubject::Store);
        let now = NOON + Duration::from_secs(840);
        assert_eq!(found.headline(now), "/srv/secret is full, for 14 min");
        assert_eq!(found.proof(now), "statvfs of /srv/secret, seen 13 min ago");
    }

    #[test]
    fn a_member_reads_no_path_and_no_stranger() {
        let (ours, theirs) = (TenantId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        let number =
            |tenant| FindingSubject::Number { id: InstanceId::from_bytes([3; 16]), name: "shop".into(), tenant };
        assert!(finding(number(theirs)).for_member(ours).is_none());
        let tenant = |id| FindingSubject::Tenant { id, name: "Shop".into() };
        assert!(finding(tenant(theirs)).for_member(ours).is_none());
        let granted = |code, remedy: &str| HealthFinding::new(code, tenant(ours), "Shop", "the ledger", remedy);
        let told = granted(FindingCode::CreditsSpent, "mychatflow credit grant AMOUNT").for_member(ours).unwrap();
        assert_eq!(told.remedy, ASK_FOR_CREDITS, "only an operator may grant");
        let told = granted(FindingCode::NumberMissing, "mychatflow instance add NAME").for_member(ours).unwrap();
        assert_eq!(told.remedy, "mychatflow instance add NAME");
        assert_eq!(finding(number(ours)).for_member(ours), Some(finding(number(ours))));
        assert!(finding(FindingSubject::Config).for_member(ours).is_none());
        let told = serde_json::to_string(&finding(FindingSubject::Store).for_member(ours)).unwrap();
        assert!(!told.contains("/srv") && told.contains("the disk of the store is full"), "{told}");
    }

    #[test]
    fn what_a_newer_daemon_finds_can_be_read() {
        let mut written = serde_json::to_value(finding(FindingSubject::Gemini)).unwrap();
        written["code"] = "of_the_future".into();
        written["subject"] = serde_json::json!({"kind": "of_the_future", "name": "x"});
        let read: HealthFinding = serde_json::from_value(written).unwrap();
        assert_eq!((read.code, read.subject), (FindingCode::Unknown, FindingSubject::Unknown));
    }

    #[test]
    fn the_worst_comes_first() {
        let of = |code| HealthFinding::new(code, FindingSubject::Store, "", "", "");
        let mut found = vec![of(FindingCode::DiskLow), of(FindingCode::NumberDown), of(FindingCode::DiskFull)];
        order_findings(&mut found);
        let codes: Vec<_> = found.iter().map(|found| found.code).collect();
        assert_eq!(codes, [FindingCode::DiskFull, FindingCode::NumberDown, FindingCode::DiskLow]);
    }
}
