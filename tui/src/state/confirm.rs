//! Every question that is answered by yes or no: how it is asked, what a yes and a no are called, and whether what a yes
//! does can be undone. Where it can't, only the key for yes means yes: Enter is no.

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::queue::QueueKind;

use super::bulk::Bulk;
use super::chats::{short, shorter};
use crate::export::ExportOrder;
use crate::keymap::Scope;
use crate::msg::Question;
use crate::text::CleanText;

/// The most columns of each of two names in a heading.
const ONE_OF_TWO: usize = 22;
/// The most columns of a name in a heading that says much else.
const WHOM: usize = 30;

/// What is done after a yes.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Something is asked of the daemon.
    Ask(Box<Question>),
    /// Those with a mark become personal, the others are released to the assistant.
    Release,
    /// One thing is done to many people.
    People(Box<Bulk>),
    /// A file is written over.
    Export(Box<ExportOrder>),
    /// The console ends.
    Quit,
    /// What was typed for a campaign is thrown away.
    Forget,
}

impl<Q: Into<Question>> From<Q> for Deed {
    fn from(question: Q) -> Self {
        Self::Ask(Box::new(question.into()))
    }
}

/// Whether what a yes does can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reversal {
    /// By another key, with nothing lost: Enter means yes.
    Possible,
    /// Not, or not all of it: Enter means no.
    Impossible,
}

/// A question, with everything that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfirmKind {
    /// To end the console while messages stand in it that nobody else knows of.
    Leave {
        /// How many.
        unsent: usize,
        /// To whom.
        to: String,
    },
    /// To end the console while a file is being written.
    LeaveExport {
        /// Where the file is to be.
        path: String,
    },
    /// To write over a file that is there already.
    Overwrite {
        /// Where it is, in full.
        place: String,
    },
    /// To keep the assistant away from a person.
    Personal {
        /// Who.
        who: String,
    },
    /// To let the assistant answer a person.
    Customer {
        /// Who.
        who: String,
    },
    /// To send what may have been sent already.
    SendAgain {
        /// To whom.
        to: String,
    },
    /// To give up something that waits to be done.
    GiveUp {
        /// What it is.
        kind: QueueKind,
        /// For whom: a person, or else a number of ours.
        whom: String,
    },
    /// To unpair a number.
    LogOut {
        /// What it is called.
        number: String,
    },
    /// To remove a number.
    RemoveNumber {
        /// What it is called.
        number: String,
        /// Its session on WAHA.
        session: String,
    },
    /// To send a campaign.
    Launch {
        /// What it is called.
        campaign: String,
        /// To whom, from where, when and at what risk.
        plan: String,
    },
    /// To end a campaign for good.
    CancelCampaign {
        /// What it is called.
        campaign: String,
        /// How many have not got it.
        left: i64,
        /// The key that only pauses.
        pause: String,
    },
    /// To remove a campaign.
    RemoveCampaign {
        /// What it is called.
        campaign: String,
        /// How far it is.
        state: CampaignState,
    },
    /// To make one person of two.
    Merge {
        /// Who becomes part of the other.
        goes: Named,
        /// Who stays.
        stays: Named,
        /// The key that takes it back.
        undo: String,
    },
    /// To make two people of one that was merged.
    Unmerge {
        /// Who becomes a person of their own again.
        back: String,
        /// Who keeps everything else.
        stays: String,
        /// The addresses that go back.
        addresses: Vec<String>,
        /// Whose merge could be taken back after that.
        next: Option<String>,
    },
    /// To remove a saved filter of people.
    RemoveSegment {
        /// What it is called.
        segment: String,
    },
    /// To write to somebody who never wrote.
    FirstMessage {
        /// Who.
        who: String,
        /// From where, and what it counts as.
        why: String,
    },
    /// To write to a person no more.
    OptOut {
        /// Who.
        who: String,
    },
    /// To write again to a person who did not want it.
    OptIn {
        /// Who.
        who: String,
    },
    /// To do one thing to many people.
    Many {
        /// What.
        change: ManyChange,
        /// To how many.
        count: usize,
        /// Some of their names.
        names: String,
        /// For how many it is done already.
        same: usize,
    },
    /// To decide on the people known from before.
    Triage {
        /// How many become personal.
        personal: usize,
        /// How many the assistant may answer.
        released: usize,
        /// Some names of those with a mark, and of the others.
        names: (String, String),
    },
    /// To take a setting's value away.
    Inherit {
        /// Which setting.
        key: SettingKey,
        /// Its value.
        value: String,
        /// Whose value counts then.
        wider: &'static str,
    },
    /// To remove a stored answer.
    RemoveQuickReply {
        /// What it is called.
        label: String,
    },
    /// To throw away what was typed for a campaign.
    ForgetCampaign {
        /// What it is called; nothing where it has no name yet.
        campaign: String,
        /// What stays of it.
        stays: CampaignRest,
    },
}

/// A person as called in a heading, and in a sentence with room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub short: String,
    /// The name with the number.
    pub full: String,
}

/// What is done to many people at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManyChange {
    /// The assistant may answer them.
    Customer,
    /// The assistant never answers them.
    Personal,
    /// They are not written to any more.
    OptOut,
}

/// What stays of a campaign that is being written, when it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignRest {
    /// The draft as it was kept last.
    Draft,
    /// Nothing.
    Nothing,
}

/// How a question is asked.
struct Wording {
    title: String,
    text: String,
    yes: &'static str,
    no: &'static str,
}

/// A question on the screen. There is no other way to make one than by its kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    title: CleanText,
    text: CleanText,
    yes: &'static str,
    no: &'static str,
    reversal: Reversal,
    deed: Deed,
}

impl Confirm {
    /// A question, and what is done after a yes.
    #[must_use]
    pub fn new(kind: &ConfirmKind, deed: impl Into<Deed>) -> Self {
        let Wording { title, text, yes, no } = kind.wording();
        let (title, text) = (CleanText::line(&title), CleanText::block(&text));
        Self { title, text, yes, no, reversal: kind.reversal(), deed: deed.into() }
    }

    /// The question.
    #[must_use]
    pub const fn title(&self) -> &CleanText {
        &self.title
    }

    /// What follows from a yes.
    #[must_use]
    pub const fn text(&self) -> &CleanText {
        &self.text
    }

    /// What a yes is called.
    #[must_use]
    pub const fn yes(&self) -> &'static str {
        self.yes
    }

    /// What a no is called.
    #[must_use]
    pub const fn no(&self) -> &'static str {
        self.no
    }

    /// Whether what a yes does can be undone.
    #[must_use]
    pub const fn reversal(&self) -> Reversal {
        self.reversal
    }

    /// Where the keys of an answer are looked up.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self.reversal {
            Reversal::Possible => Scope::Confirm,
            Reversal::Impossible => Scope::Final,
        }
    }

    /// What a yes does.
    #[must_use]
    pub const fn deed(&self) -> &Deed {
        &self.deed
    }

    /// Takes what a yes does.
    #[must_use]
    pub fn into_deed(self) -> Deed {
        self.deed
    }
}

impl ConfirmKind {
    /// Whether what a yes does can be undone. What is sent to a customer can't, nor what lets something be sent.
    const fn reversal(&self) -> Reversal {
        match self {
            Self::Personal { .. }
            | Self::Merge { .. }
            | Self::Unmerge { .. }
            | Self::OptOut { .. }
            | Self::Many { change: ManyChange::Personal | ManyChange::OptOut, .. }
            | Self::Triage { released: 0, .. } => Reversal::Possible,
            Self::Leave { .. }
            | Self::LeaveExport { .. }
            | Self::Overwrite { .. }
            | Self::Customer { .. }
            | Self::SendAgain { .. }
            | Self::GiveUp { .. }
            | Self::LogOut { .. }
            | Self::RemoveNumber { .. }
            | Self::Launch { .. }
            | Self::CancelCampaign { .. }
            | Self::RemoveCampaign { .. }
            | Self::RemoveSegment { .. }
            | Self::OptIn { .. }
            | Self::FirstMessage { .. }
            | Self::Many { change: ManyChange::Customer, .. }
            | Self::Triage { .. }
            | Self::Inherit { .. }
            | Self::RemoveQuickReply { .. }
            | Self::ForgetCampaign { .. } => Reversal::Impossible,
        }
    }

    fn wording(&self) -> Wording {
        let asked = |title: String, text: String, yes, no| Wording { title, text, yes, no };
        match self {
            Self::Leave { unsent, to } => asked(
                match unsent {
                    1 => "Leave? 1 message is not sent yet".to_owned(),
                    unsent => format!("Leave? {unsent} messages are not sent yet"),
                },
                match unsent {
                    1 => format!("To {to}. It has not reached the daemon. When the console ends, its words are gone."),
                    _ => format!("To {to}. They have not reached the daemon. When the console ends, their words are gone."),
                },
                "leave, and lose the words",
                "stay here",
            ),
            Self::LeaveExport { path } => asked(
                format!("Leave? {} is not written yet", short(file_name(path))),
                "When the console ends before it is whole, there is no file.".to_owned(),
                "leave, without the file",
                "stay here",
            ),
            Self::Overwrite { place } => asked(
                format!("Write over {}?", short(file_name(place))),
                format!("{place} is there already. What is in it now is gone then."),
                "write over it",
                "keep it, and write nothing",
            ),
            Self::Personal { who } => asked(
                format!("Make {} personal?", short(who)),
                "The assistant will never answer them, on any of your numbers. An answer under way is thrown away.".to_owned(),
                "make personal",
                "leave as it is",
            ),
            Self::Customer { who } => asked(
                format!("Let the assistant answer {}?", short(who)),
                "They become a customer: the assistant may answer them from now on.".to_owned(),
                "let it answer",
                "leave as it is",
            ),
            Self::SendAgain { to } => asked(
                format!("Send the message to {} once more?", short(to)),
                "Nobody knows whether this message was sent. Look at the phone first: if it did go out, the customer gets \
                 it twice."
                    .to_owned(),
                "send it once more",
                "do not send it",
            ),
            Self::GiveUp { kind, whom } => give_up(*kind, whom),
            Self::LogOut { number } => asked(
                format!("Log {} out of WhatsApp?", short(number)),
                format!(
                    "The phone and {number} part: nothing is received or sent until it is paired again. Chats, contacts and \
                     campaigns stay; campaigns of this number wait."
                ),
                "log it out",
                "leave it paired",
            ),
            Self::RemoveNumber { number, session } => asked(
                format!("Remove {} from MyChatFlow?", short(number)),
                format!(
                    "Messages to {number} are no longer received and the assistant is silent there. The session {session} \
                     stays paired on WAHA; only our webhook is taken away. To delete the session too: mychatflow instance \
                     remove {number:?} --delete-session"
                ),
                "remove the number",
                "keep it",
            ),
            Self::Launch { campaign, plan } => {
                asked(format!("Launch {}?", short(campaign)), plan.clone(), "launch it", "not yet")
            }
            Self::CancelCampaign { campaign, left, pause } => asked(
                format!("Cancel {} for good?", short(campaign)),
                match left {
                    0 => "Nobody is left on its list.".to_owned(),
                    _ => format!("{} on its list will never get it. This can't be taken back; {pause} only pauses.", people(*left)),
                },
                "end the campaign",
                "leave it as it is",
            ),
            Self::RemoveCampaign { campaign, state } => asked(
                format!("Remove the campaign {}?", short(campaign)),
                match state {
                    CampaignState::Draft => "The draft and its list are gone then. Nothing was sent.".to_owned(),
                    _ => "The campaign is gone then, and its report. The messages stay in their chats.".to_owned(),
                },
                "remove it",
                "keep it",
            ),
            Self::Merge { goes, stays, undo } => asked(
                format!("Merge {} with {}?", shorter(&goes.short, ONE_OF_TWO), shorter(&stays.short, ONE_OF_TWO)),
                format!(
                    "{} stays, with the name.\n{} becomes part of them: addresses, chats, tags and notes go \
                     over.\n\nNothing is sent to anybody. {undo} takes it back.",
                    stays.full, goes.full
                ),
                "merge them",
                "keep two people",
            ),
            Self::Unmerge { back, stays, addresses, next } => asked(
                format!("Separate {} from {} again?", shorter(back, ONE_OF_TWO), shorter(stays, ONE_OF_TWO)),
                format!(
                    "{back} is a person of their own again, with the addresses that came from there ({}) and the messages \
                     under them. {stays} keeps everything else.{}",
                    addresses.join(", "),
                    next.as_ref().map_or_else(String::new, |next| format!(
                        "\n\nAfter that {next} can be taken back as well."
                    ))
                ),
                "make two people again",
                "keep one person",
            ),
            Self::RemoveSegment { segment } => asked(
                format!("Remove the segment {}?", short(segment)),
                format!(
                    "\"{segment}\" is gone then; the people in it stay. A campaign that goes to it keeps the people it has."
                ),
                "remove it",
                "keep it",
            ),
            Self::FirstMessage { who, why } => {
                asked(format!("Write to {}?", short(who)), why.clone(), "send it", "write nothing")
            }
            Self::OptOut { who } => asked(
                format!("Stop writing to {}?", short(who)),
                format!(
                    "Neither the assistant nor campaigns will write to {who} any more, until you take this back. You can \
                     still write yourself."
                ),
                "stop writing",
                "leave as it is",
            ),
            Self::OptIn { who } => asked(
                format!("Write to {} again?", short(who)),
                format!(
                    "The assistant and campaigns may write to {who} again. Say so only when the person wants it: they asked \
                     not to be written to."
                ),
                "write again",
                "leave as it is",
            ),
            Self::Many { change, count, names, same } => many(*change, *count, names, *same),
            Self::Triage { personal, released, names } => triage(*personal, *released, names),
            Self::Inherit { key, value, wider } => asked(
                format!("Take the value of {key} away?"),
                format!("\"{}\" goes, and {wider} counts again.", crate::text::cut(value, 80)),
                "take it away",
                "keep the value",
            ),
            Self::RemoveQuickReply { label } => asked(
                format!("Remove the quick reply {}?", short(label)),
                format!("\"{label}\" is gone then, and the assistant no longer knows what it says."),
                "remove it",
                "keep it",
            ),
            Self::ForgetCampaign { campaign, stays } => asked(
                match (stays, campaign.trim()) {
                    (CampaignRest::Draft, name) => format!("Leave without keeping what you changed in {}?", shorter(name, ONE_OF_TWO)),
                    (CampaignRest::Nothing, "") => "Leave without keeping the new campaign?".to_owned(),
                    (CampaignRest::Nothing, name) => format!("Leave without keeping the campaign {}?", shorter(name, ONE_OF_TWO)),
                },
                match stays {
                    CampaignRest::Draft => {
                        "The draft stays as it was kept last; what was typed since is gone then.".to_owned()
                    }
                    CampaignRest::Nothing => "What was typed is gone then. Nothing was kept yet.".to_owned(),
                },
                "throw it away",
                "go on with it",
            ),
        }
    }
}

fn give_up(kind: QueueKind, whom: &str) -> Wording {
    let who = shorter(whom, WHOM);
    let what = match kind {
        QueueKind::AnswerChat => format!("the answer to {}", short(whom)),
        QueueKind::SendMessage | QueueKind::UnknownSend => format!("the message to {}", short(whom)),
        QueueKind::UnreadableDelivery => format!("what WAHA posted for {who}"),
        QueueKind::ResolveIdentity => format!("asking whose number writes to {who}"),
        QueueKind::ReconcileInstance => format!("mending the session of {who}"),
        QueueKind::SyncContacts => format!("reading the people of {who}"),
        QueueKind::RecoverHistory => format!("fetching missed messages of {who}"),
        QueueKind::RunCampaign => format!("the next step of a campaign from {who}"),
        QueueKind::SendCampaign => format!("the campaign's message to {who}"),
    };
    let text = match kind {
        QueueKind::UnknownSend => {
            "It counts as not sent, and it is never sent again by itself. Should the phone say later that it arrived, the \
             chat will show that."
        }
        QueueKind::UnreadableDelivery => "It is forgotten. It can't be read again later.",
        QueueKind::AnswerChat | QueueKind::SendMessage => {
            "What it wrote is cancelled, and a credit that was reserved for it comes back."
        }
        _ => "It will not be done. It can't be taken up again.",
    };
    Wording { title: format!("Give up {what}?"), text: text.to_owned(), yes: "give it up", no: "keep it" }
}

fn many(change: ManyChange, count: usize, names: &str, same: usize) -> Wording {
    let who = people(i64::try_from(count).unwrap_or(i64::MAX));
    let (title, meaning, yes, already) = match change {
        ManyChange::Customer => (
            format!("Let the assistant answer {who}?"),
            "They become customers: the assistant may answer when they write. Nobody is written to now.",
            "let it answer them",
            "released to the assistant",
        ),
        ManyChange::Personal => {
            (format!("Make {who} personal?"), "The assistant never answers them.", "make them personal", "personal")
        }
        ManyChange::OptOut => (
            format!("Stop writing to {who}?"),
            "Neither the assistant nor campaigns write to them any more, until you take it back for each of them. You can \
             still write yourself.",
            "stop writing to them",
            "opted out",
        ),
    };
    let mut text = format!("{names}.\n\n{meaning}");
    match same {
        0 => {}
        1 => text.push_str(&format!(" Another one is {already} already.")),
        same => text.push_str(&format!(" Another {same} are {already} already.")),
    }
    Wording { title, text, yes, no: "leave them as they are" }
}

fn triage(personal: usize, released: usize, (marked, others): &(String, String)) -> Wording {
    let people = |count: usize| people(i64::try_from(count).unwrap_or(i64::MAX));
    let (title, text, yes) = match (personal, released) {
        (personal, 0) => (
            format!("Make {} personal?", people(personal)),
            format!("{marked}.\n\nThe assistant never answers them. Nobody is left to be released."),
            "make them personal",
        ),
        (0, released) => (
            format!("Let the assistant answer {}?", people(released)),
            format!(
                "{others}.\n\nThey become customers, and the assistant answers when they write. Nobody is written to now."
            ),
            "let it answer them",
        ),
        (personal, released) => (
            format!("Make {} personal, and let the assistant answer {released}?", people(personal)),
            format!(
                "Personal: {marked}. The assistant never answers them.\nCustomers: {others}. It answers when they write. Nobody \
                 is written to now."
            ),
            "do both",
        ),
    };
    Wording { title, text, yes, no: "back to the list" }
}

/// So many names are told where there are many people.
const NAMES: usize = 5;

/// Names beside each other; of many only the first ones.
#[must_use]
pub fn some_of(names: &[String]) -> String {
    let told = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => told,
        1 => format!("{told} and 1 other"),
        others => format!("{told} and {others} others"),
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn people(count: i64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> String {
        "Ana".to_owned()
    }

    /// Every question at least once. A new kind does not compile before it stands in `wording` and `reversal`; here it is
    /// read.
    fn all() -> Vec<ConfirmKind> {
        use ConfirmKind as K;
        let both = || ("Ana, Ben".to_owned(), "Ana, Mum".to_owned());
        let named = |short: &str| Named { short: short.to_owned(), full: format!("{short} (+49 151 1)") };
        let mut kinds = vec![
            K::Leave { unsent: 1, to: ana() },
            K::Leave { unsent: 2, to: "Ana, Ben".to_owned() },
            K::LeaveExport { path: "~/contacts.csv".to_owned() },
            K::Overwrite { place: "/home/ana/contacts.csv".to_owned() },
            K::Personal { who: ana() },
            K::Customer { who: ana() },
            K::SendAgain { to: ana() },
            K::FirstMessage { who: ana(), why: "From Main.".to_owned() },
            K::LogOut { number: "Main".to_owned() },
            K::RemoveNumber { number: "Main".to_owned(), session: "default".to_owned() },
            K::Launch { campaign: "Spring".to_owned(), plan: "12 people will get it.".to_owned() },
            K::CancelCampaign { campaign: "Spring".to_owned(), left: 3, pause: "p".to_owned() },
            K::RemoveCampaign { campaign: "Spring".to_owned(), state: CampaignState::Draft },
            K::Merge { goes: named("Ana"), stays: named("Anna"), undo: "u".to_owned() },
            K::Unmerge { back: ana(), stays: "Anna".to_owned(), addresses: vec!["1".to_owned()], next: None },
            K::RemoveSegment { segment: "vip".to_owned() },
            K::OptOut { who: ana() },
            K::OptIn { who: ana() },
            K::Triage { personal: 2, released: 0, names: both() },
            K::Triage { personal: 0, released: 2, names: both() },
            K::Triage { personal: 2, released: 3, names: both() },
            K::Inherit { key: SettingKey::AssistantMode, value: "auto".to_owned(), wider: "what the config says" },
            K::RemoveQuickReply { label: "Hours".to_owned() },
            K::ForgetCampaign { campaign: "Spring".to_owned(), stays: CampaignRest::Draft },
            K::ForgetCampaign { campaign: "Spring".to_owned(), stays: CampaignRest::Nothing },
        ];
        for kind in QueueKind::ALL {
            kinds.push(K::GiveUp { kind: *kind, whom: ana() });
        }
        for change in [ManyChange::Customer, ManyChange::Personal, ManyChange::OptOut] {
            kinds.push(K::Many { change, count: 2, names: "Ana and Ben".to_owned(), same: 1 });
        }
        kinds
    }

    #[test]
    fn every_question_names_what_it_is_about_and_what_a_no_means() {
        let kinds: std::collections::HashSet<_> = all().iter().map(std::mem::discriminant).collect();
        assert_eq!(kinds.len(), 23, "every kind is read here");
        for kind in all() {
            let Wording { title, text, yes, no } = kind.wording();
            assert!(title.contains('?'), "{title}");
            assert!(!text.is_empty() && !yes.is_empty() && !no.is_empty(), "{title}");
            assert!(title.chars().count() <= 72, "it fits a narrow screen: {title}");
            assert!(yes.len() + no.len() <= 52, "both fit one line: {title}");
            assert!(!["yes", "do it", "ok"].contains(&yes), "{title}: {yes}");
            // By name: whom or what it is about.
            let named = ["Ana", "Main", "Spring", "vip", "Hours", "assistant.mode", "contacts.csv"];
            assert!(named.iter().any(|name| title.contains(name) || text.contains(name)), "{title} {text}");
            assert_ne!(yes.split(' ').next(), no.split(' ').next(), "{title}: {yes}, {no}");
        }
    }

    #[test]
    fn what_lets_the_assistant_speak_or_takes_something_away_can_not_be_undone() {
        let possible: Vec<String> = all()
            .iter()
            .filter(|kind| kind.reversal() == Reversal::Possible)
            .map(|kind| kind.wording().title)
            .collect();
        assert_eq!(
            possible,
            [
                "Make Ana personal?",
                "Merge Ana with Anna?",
                "Separate Ana from Anna again?",
                "Stop writing to Ana?",
                "Make 2 people personal?",
                "Make 2 people personal?",
                "Stop writing to 2 people?",
            ]
        );
    }
}
