//! The chats' list, its tabs and filter, and which thread is open.

use std::collections::{BTreeMap, BTreeSet};

use mychatflow_data::ids::{ChatId, InteractionId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::time::Timestamp;

use super::input::Input;
use super::list::{Row, Rows};
use super::thread::Thread;
use crate::text::CleanText;

impl Row for ChatSummary {
    type Id = ChatId;

    fn id(&self) -> ChatId {
        self.id
    }
}

/// Which chats are in the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    /// All that are not done: those that need you first, the longest waiting on top.
    #[default]
    Inbox,
    /// Those in one state.
    In(ChatState),
    /// Everything, newest first.
    All,
}

impl Tab {
    /// All of them, in their order on the screen.
    pub const ALL: [Self; 7] = [
        Self::Inbox,
        Self::In(ChatState::NeedsYou),
        Self::In(ChatState::Assistant),
        Self::In(ChatState::Waiting),
        Self::In(ChatState::Snoozed),
        Self::In(ChatState::Done),
        Self::All,
    ];

    /// The name on the screen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::In(ChatState::NeedsYou) => "needs you",
            Self::In(ChatState::Assistant) => "assistant",
            Self::In(ChatState::Waiting) => "waiting",
            Self::In(ChatState::Snoozed) => "snoozed",
            Self::In(ChatState::Done) => "done",
            Self::All => "all",
        }
    }

    /// The only state in it.
    #[must_use]
    pub const fn state(self) -> Option<ChatState> {
        match self {
            Self::In(state) => Some(state),
            Self::Inbox | Self::All => None,
        }
    }

    /// Does a chat belong in it?
    #[must_use]
    pub fn holds(self, chat: &ChatSummary) -> bool {
        match self {
            Self::All => true,
            Self::Inbox => !matches!(chat.state, ChatState::Done | ChatState::Snoozed),
            Self::In(state) => chat.state == state,
        }
    }

    /// The one so many places on, around the end.
    #[must_use]
    pub fn beside(self, by: isize) -> Self {
        let place = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0) as isize;
        Self::ALL[(place + by).rem_euclid(Self::ALL.len() as isize) as usize]
    }
}

/// What has the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    /// The list.
    #[default]
    List,
    /// The thread.
    Thread,
    /// The composer under it.
    Composer,
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Chats {
    /// Which chats are in the list.
    pub tab: Tab,
    /// The list.
    pub rows: Rows<ChatSummary>,
    /// Only those that fit these words.
    pub find: Option<Input>,
    /// Whether the words are being typed.
    pub finding: Finding,
    /// What has the keys.
    pub focus: Pane,
    /// The open thread.
    pub thread: Option<Thread>,
    /// A chat that is being opened from elsewhere, and the message to stop at.
    pub jump: Option<(ChatId, Option<InteractionId>)>,
    /// When the messages of the open thread are asked for: not at every step of a held key.
    pub preview_at: Option<Timestamp>,
    /// Since when one waits for a list or a thread that was asked for.
    pub asked_at: Option<Timestamp>,
    /// Texts that were left in a composer and that the daemon does not have yet, each with its chat.
    pub drafts: BTreeMap<ChatId, UnkeptDraft>,
    /// Whether the end of the list was cut off: it is read again when one gets there.
    pub tail: Tail,
    /// Who types, and until when we believe it.
    pub typing: BTreeMap<ChatId, Timestamp>,
    /// The last message of each chat that was heard of.
    pub newest: BTreeMap<ChatId, InteractionId>,
    /// The chat that somebody is in, and where it stood in the list when they came: it stays there until they go to
    /// another one, so that whoever answers it is not carried away from the next one that waits.
    pub kept: Option<(ChatId, Rank)>,
    /// Chats that events told of since the list was last asked for: a page may be older than that.
    pub told: BTreeSet<ChatId>,
}

/// A text that was left in a composer and that the daemon does not have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnkeptDraft {
    /// The words; none where they were taken back.
    pub text: String,
    /// How far they got.
    pub stage: KeepStage,
}

/// How far a draft got on its way to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepStage {
    /// The daemon has not heard of it, or did not answer.
    Untold,
    /// The daemon was asked to keep this text, or an older one of the same chat.
    Asked,
    /// The daemon will not keep it.
    Refused,
}

impl Chats {
    /// Are there words that the daemon may still take?
    #[must_use]
    pub fn owes_drafts(&self) -> bool {
        self.drafts.values().any(|draft| draft.stage != KeepStage::Refused)
    }
}

/// What a chat is called.
#[must_use]
pub fn name(chat: &ChatSummary) -> CleanText {
    let phone = || chat.phone.as_ref().map(|phone| format!("+{}", phone.digits()));
    CleanText::line(&chat.name.clone().or_else(phone).unwrap_or_else(|| "somebody without a name".to_owned()))
}

/// The most columns of a name in a title, so that the rest of the title can be read.
const NAME: usize = 40;

/// What a chat is called in titles and notices.
#[must_use]
pub fn short_name(chat: &ChatSummary) -> String {
    short(name(chat).as_str())
}

/// A name in titles and notices: of a person, a campaign, a quick reply.
#[must_use]
pub fn short(name: &str) -> String {
    shorter(name, NAME)
}

/// A name beside another one, in so many columns at most.
#[must_use]
pub fn shorter(name: &str, columns: usize) -> String {
    crate::text::cut(CleanText::line(name).as_str(), columns).into_owned()
}

/// The end of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tail {
    /// All that was read is here.
    #[default]
    Whole,
    /// It was cut off, so that a busy day does not fill the memory.
    Cut,
}

/// The most chats that stay in the list while new ones come; a person reads on beyond them.
pub const LIST_MAX: usize = 2_000;

/// Whether the words of the filter are being typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Finding {
    /// They are.
    Open,
    /// They are not.
    #[default]
    Closed,
}

impl Chats {
    /// Are the words of the filter being typed?
    #[must_use]
    pub fn filter_open(&self) -> bool {
        self.finding == Finding::Open
    }

    /// The words of the filter.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        self.find.as_ref().map(|input| input.text().trim().to_owned()).filter(|words| !words.is_empty())
    }

    /// The chat that every action is about: the one whose thread is open. The row that is highlighted is the same one
    /// (`update` sees to it after every message); where the list stands alone, the row is all there is.
    #[must_use]
    pub fn current(&self) -> Option<&ChatSummary> {
        match self.focus {
            Pane::Thread | Pane::Composer => self.thread.as_ref().map(|thread| &thread.chat),
            Pane::List => self.highlighted(),
        }
    }

    /// The chat whose row is highlighted: nobody's before the list is here, whatever an event has put into it.
    #[must_use]
    pub fn highlighted(&self) -> Option<&ChatSummary> {
        self.rows.selected().filter(|_| !self.rows.is_skeleton())
    }

    /// A chat that stands somewhere on this screen.
    #[must_use]
    pub fn known(&self, id: ChatId) -> Option<&ChatSummary> {
        let open = self.thread.as_ref().map(|thread| &thread.chat);
        open.into_iter().chain(self.rows.items()).find(|chat| chat.id == id)
    }

    /// Puts a chat's new form into the list: into its place, or out of it.
    pub fn take(&mut self, chat: &ChatSummary) {
        let rank = self.ranks();
        let tab = self.tab;
        let fits = tab.holds(chat) && (self.find.is_none() || self.rows.items().iter().any(|old| old.id == chat.id));
        self.rows.change(|items| {
            items.retain(|old| old.id != chat.id);
            if fits {
                let at = items.partition_point(|other| rank(other) <= rank(chat));
                items.insert(at, chat.clone());
            }
        });
        // Whoever reads far down keeps what is there.
        let near_top = self.rows.position().is_none_or(|at| at < LIST_MAX / 2);
        if self.rows.items().len() > LIST_MAX && near_top {
            self.rows.change(|items| items.truncate(LIST_MAX * 3 / 4));
            self.rows.next = None;
            self.tail = Tail::Cut;
        }
    }

    /// Brings the rows into their order.
    pub fn sort(&mut self) {
        let rank = self.ranks();
        self.rows.change(|items| items.sort_by_key(rank));
    }

    /// How the rows stand: whoever is kept in a place stands there.
    fn ranks(&self) -> impl Fn(&ChatSummary) -> Rank + use<> {
        let (tab, kept) = (self.tab, self.kept);
        move |chat| kept.filter(|(id, _)| *id == chat.id).map_or_else(|| rank(tab, chat), |(_, rank)| rank)
    }

    /// Keeps the open chat where it stands while somebody is in it, and until another row is chosen after that.
    pub fn keep_place(&mut self) {
        let here = self.rows.selected_id();
        if self.kept.is_some_and(|(id, _)| Some(id) != here) {
            self.kept = None;
            self.sort();
        }
        if self.focus != Pane::List && self.kept.is_none() {
            self.kept = self.rows.selected().map(|chat| (chat.id, rank(self.tab, chat)));
        }
    }
}

/// Where a chat stands in the list.
pub type Rank = (u8, i64);

/// The order: in the inbox, answers that go out by themselves in a moment come first, then those that need you, the longest
/// waiting on top; everything else newest first.
fn rank(tab: Tab, chat: &ChatSummary) -> Rank {
    let last = chat.last_at.map_or(0, Timestamp::millis);
    let waiting = chat.waiting_since.or(chat.last_at).map_or(0, Timestamp::millis);
    match (tab, chat.state, chat.sends_at) {
        (Tab::Inbox | Tab::In(ChatState::Assistant), ChatState::Assistant, Some(at)) => (0, at.millis()),
        (Tab::Inbox | Tab::In(ChatState::NeedsYou), ChatState::NeedsYou, _) => (1, waiting),
        _ => (2, -last),
    }
}
