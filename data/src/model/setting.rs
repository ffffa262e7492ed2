//! Settings: what a tenant, an instance or a chat may override.

use super::words;

words! {
    /// Every key that `settings set` takes.
    SettingKey {
        /// `off`, `draft`, `countdown` or `auto`; the same as `reply.mode`.
        AssistantMode => "assistant.mode",
        /// What the tenant tells the assistant, in its own words.
        AssistantInstructions => "assistant.instructions",
        /// The name customers know.
        BusinessName => "business.name",
        /// What the business is and sells.
        BusinessProfile => "business.profile",
        /// When the assistant answers, for example `Mon-Fri 08:00-18:00; Sat 09:00-13:00`. Empty: always.
        BusinessHours => "business.hours",
        /// An IANA time zone.
        Timezone => "timezone",
        /// The same as `assistant.mode`.
        ReplyMode => "reply.mode",
        /// Seconds before a countdown sends.
        ReplyCountdown => "reply.countdown_s",
        /// Milliseconds of quiet after a customer's last message.
        ReplyBurstQuiet => "reply.burst_quiet_ms",
        /// Milliseconds that a burst may last.
        ReplyBurstMax => "reply.burst_max_ms",
        /// `human` or `instant`.
        ReplyPace => "reply.pace",
        /// Seconds after which a message is too old to be answered by itself.
        ReplyFreshness => "reply.freshness_s",
        /// Seconds that the assistant is silent after a human wrote.
        ReplyTakeoverPause => "reply.takeover_pause_s",
        /// `ask` or `answer`: people known from before pairing.
        ReplyExistingContacts => "reply.existing_contacts",
        /// `ignore` or `store`.
        ChatsGroups => "chats.groups",
    }
}
