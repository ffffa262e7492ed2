//! What a person means: the names that a key map binds and the palette lists.

macro_rules! actions {
    ($($action:ident => $name:literal, $what:literal;)+) => {
        /// Something that a person wants.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $what] $action,)+
        }

        impl Action {
            /// All of them, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$action,)+];

            /// The name in a key map file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }

            /// What it does, for people.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$action => $what,)+
                }
            }
        }
    };
}

actions! {
    // everywhere
    Quit => "quit", "Leave the console; the daemon goes on";
    Redraw => "redraw", "Draw everything anew";
    Suspend => "suspend", "Back to the shell for a while: fg goes on here";
    Help => "help", "Keys that work here";
    Palette => "palette", "Find an action, a chat or a person";
    Sidebar => "sidebar", "Fold or unfold the sidebar";
    Mouse => "mouse", "Let the terminal have the mouse, or take it back";
    Theme => "theme", "Next theme";
    Notices => "notices", "What was said lately";
    Refresh => "refresh", "Read this screen again";
    Tenant => "tenant", "Another business";
    Search => "search", "Search all messages";
    ScreenNext => "screen_next", "Next screen";
    ScreenBack => "screen_back", "Previous screen";
    Dashboard => "dashboard", "Dashboard";
    Chats => "chats", "Chats";
    Campaigns => "campaigns", "Campaigns";
    Numbers => "numbers", "Numbers";
    Contacts => "contacts", "Contacts";
    QuickReplies => "quick_replies", "Quick replies";
    Credits => "credits", "Credits";
    Queue => "queue", "Queue";
    Settings => "settings", "Settings";
    // moving
    Up => "up", "Up";
    Down => "down", "Down";
    Left => "left", "To the left";
    Right => "right", "To the right";
    PageUp => "page_up", "A page up";
    PageDown => "page_down", "A page down";
    First => "first", "To the first";
    Last => "last", "To the last";
    Open => "open", "Open";
    Back => "back", "Back";
    FocusNext => "focus_next", "Next pane";
    FocusBack => "focus_back", "Previous pane";
    Filter => "filter", "Only what fits some words";
    TabNext => "tab_next", "Next tab";
    TabBack => "tab_back", "Previous tab";
    Mark => "mark", "Mark or unmark";
    MarkAll => "mark_all", "Mark all, or none";
    // chats
    Compose => "compose", "Write a message";
    ChatSend => "chat_send", "Send what is written";
    Newline => "newline", "A new line";
    QuickReply => "quick_reply", "Pick a quick reply";
    ChatApprove => "chat_approve", "Send the waiting answer now";
    ChatEdit => "chat_edit", "Edit the waiting answer";
    ChatCancel => "chat_cancel", "Throw the waiting answer away";
    ChatPause => "chat_pause", "Silence the assistant here, or let it speak again";
    ChatPauseFor => "chat_pause_for", "Silence the assistant here for a time of your choice";
    ChatSnooze => "chat_snooze", "Put the chat away for a while";
    ChatDone => "chat_done", "Close the chat until the next message";
    ChatMode => "chat_mode", "What the assistant does in this chat";
    ChatTag => "chat_tag", "Tags of this person";
    ChatNote => "chat_note", "A note that only your team sees";
    ChatPersonal => "chat_personal", "Personal: never answered by the assistant";
    ChatResend => "chat_resend", "Try a failed message once more";
    NextNeedsYou => "next_needs_you", "Next chat that needs you";
    Why => "why", "Why it is so";
    Copy => "copy", "Copy to the clipboard";
    // lists
    Add => "add", "New";
    Edit => "edit", "Edit";
    Remove => "remove", "Remove";
    Import => "import", "Take in a file";
    Export => "export", "Write a file";
    // quick replies
    PutAside => "put_aside", "Put aside, or into use again";
    // campaigns
    CampaignLaunch => "campaign_launch", "Launch";
    CampaignPause => "campaign_pause", "Pause, or go on";
    CampaignCancel => "campaign_cancel", "Cancel for good";
    CampaignPreview => "campaign_preview", "See what people will get";
    CampaignReport => "campaign_report", "Who got it, and who did not";
    CampaignVariant => "campaign_variant", "Only those with text A, B, … or all of them";
    CampaignCheck => "campaign_check", "Look over: who gets it, how long, what it risks";
    CampaignTest => "campaign_test", "Send it to yourself once";
    CampaignClone => "campaign_clone", "A copy as a draft";
    CampaignKeep => "campaign_keep", "Keep as a draft";
    // numbers
    Pair => "pair", "Pair: show the code to scan";
    PairByPhone => "pair_by_phone", "Pair by a code typed into the phone";
    Restart => "restart", "Restart the session";
    Logout => "logout", "Unpair the number";
    Triage => "triage", "People known from before: who is personal";
    QrRung => "qr_rung", "Another way to draw the code";
    QrInvert => "qr_invert", "Swap black and white";
    QrSave => "qr_save", "Save the code as a picture";
    PlayPhone => "play_phone", "Demo: let the made-up phone scan the code";
    // contacts
    ContactChat => "contact_chat", "Open this person's chat";
    Personal => "personal", "Personal: never answered by the assistant";
    Customer => "customer", "Customer: the assistant may answer";
    OptOut => "opt_out", "Asked not to be written to, or not any more";
    Merge => "merge", "This is the same person as somebody else";
    Unmerge => "unmerge", "Take a merge back";
    Erase => "erase", "Erase the person for good";
    Segments => "segments", "Segments: filters that are kept";
    SegmentSave => "segment_save", "Keep this filter as a segment";
    // credits
    Grant => "grant", "Grant credits";
    Audit => "audit", "Count the balance a second time";
    // queue
    QueueRetry => "queue_retry", "Try again now";
    QueueHold => "queue_hold", "Put aside until released";
    QueueRelease => "queue_release", "Let it run again";
    QueueDrop => "queue_drop", "Give it up";
    // overlays
    Close => "close", "Close";
    Confirm => "confirm", "Yes";
    Submit => "submit", "Done";
}

impl std::str::FromStr for Action {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|action| action.name() == name).ok_or(())
    }
}
