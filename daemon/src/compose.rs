//! Makes a question to the model out of what the store knows of a chat.

use jiff::tz::TimeZone;
use mychatflow_data::ids::TenantId;
use mychatflow_data::model::disclosure;
use mychatflow_data::model::interaction::{Author, ContentKind, Direction, Interaction};
use mychatflow_data::model::opening_hours::{self, OpeningHours};
use mychatflow_data::model::quick_reply::QuickReply;
use mychatflow_data::model::setting::{Disclosure, Rules, SettingKey};
use mychatflow_data::store::settings::Values;
use mychatflow_data::store::tx::answer::Facts;
use mychatflow_data::time::Timestamp;

use crate::flow::clean::clean_line;
use crate::flow::gate::{self, Model};
use crate::flow::history::{self, Asks, Limits, Line, Media, Side};
use crate::flow::prompt;
use crate::flow::quick_reply_facts::{self, QuickReplyFact};
use crate::gemini::{Ask, Role, Turn};
use crate::renders::{RenderError, Renders};

/// A question to the model, and the texts that its answer may take facts from.
pub struct Question {
    /// What is asked.
    pub ask: Ask,
    /// What the shop and the customer have said.
    pub known: Vec<String>,
    /// The quick replies among the facts.
    pub quick_replies: Vec<QuickReplyFact>,
}

/// The facts of a shop, without a chat.
pub struct Shop<'s> {
    /// Which.
    pub tenant: TenantId,
    /// Its name where no setting says another.
    pub name: &'s str,
    /// Its time zone.
    pub zone: TimeZone,
    /// Its settings.
    pub values: &'s Values,
    /// Its quick replies.
    pub quick_replies: &'s [QuickReply],
}

impl Shop<'_> {
    /// The shop that a chat is with.
    fn of(facts: &Facts) -> Shop<'_> {
        Shop {
            tenant: facts.tenant.id,
            name: &facts.tenant.name,
            zone: zone(&facts.tenant.timezone),
            values: &facts.values,
            quick_replies: &facts.quick_replies,
        }
    }

    fn business_name(&self) -> &str {
        self.values.get(SettingKey::BusinessName).unwrap_or(self.name)
    }
}

/// The quick replies that the assistant is told in a chat.
///
/// # Errors
/// When filling them in takes too long.
pub async fn quick_replies(renders: &Renders, facts: &Facts) -> Result<Vec<QuickReplyFact>, RenderError> {
    told(renders, &Shop::of(facts)).await
}

/// The quick replies of a shop that the assistant is told. Those with places are filled in by threads of their own.
async fn told(renders: &Renders, shop: &Shop<'_>) -> Result<Vec<QuickReplyFact>, RenderError> {
    if !quick_reply_facts::has_places(shop.quick_replies) {
        return Ok(quick_reply_facts::facts(shop.quick_replies, shop.business_name()));
    }
    let values = quick_reply_facts::shop_values(shop.business_name());
    let fact = move |reply: QuickReply| quick_reply_facts::fact(&reply, &values);
    let facts = renders.each(shop.tenant, shop.quick_replies.to_vec(), fact).await?;
    Ok(facts.into_iter().flatten().collect())
}

/// The question for a chat's open burst; `None` when there is nothing to answer.
///
/// # Errors
/// When filling in the quick replies takes too long.
pub async fn question(renders: &Renders, facts: &Facts, now: Timestamp) -> Result<Option<Question>, RenderError> {
    let shop = Shop::of(facts);
    let lines: Vec<Line> = facts.history.iter().filter_map(line).collect();
    ask(renders, &shop, facts.chat.name.as_deref().unwrap_or(""), &lines, now).await
}

/// What tells the person, before an answer, that a machine writes; `None` where they were told, or nobody wants it.
#[must_use]
pub fn disclosure(facts: &Facts, rules: &Rules, reply: &str) -> Option<String> {
    if facts.disclosed || rules.disclosure == Disclosure::Off {
        return None;
    }
    let burst = facts.history.iter().rev().take_while(|message| message.direction == Direction::In);
    let customer: Vec<&str> = burst.map(|message| message.text.as_str()).collect();
    let clues = disclosure::Clues {
        customer: &customer.join("\n"),
        reply,
        spoken: facts.language.as_deref(),
        phone: facts.phone.as_ref(),
        profile: facts.values.get(SettingKey::BusinessProfile).unwrap_or(""),
    };
    let name = clean_line(Shop::of(facts).business_name());
    Some(disclosure::sentence(disclosure::language(&clues), &name))
}

/// The question for these lines; `None` when there is nothing to answer.
///
/// # Errors
/// When filling in the quick replies takes too long.
pub async fn ask(
    renders: &Renders,
    shop: &Shop<'_>,
    customer: &str,
    lines: &[Line],
    now: Timestamp,
) -> Result<Option<Question>, RenderError> {
    let value = |key| shop.values.get(key).unwrap_or("");
    let quick_replies = told(renders, shop).await?;
    let hours = told_hours(value(SettingKey::BusinessHours));
    let facts = prompt::Facts {
        business_name: shop.business_name(),
        profile: value(SettingKey::BusinessProfile),
        hours: &hours,
        quick_replies: &quick_replies,
        instructions: value(SettingKey::AssistantInstructions),
        now: now.to_jiff().to_zoned(shop.zone.clone()),
        customer_name: customer,
        handover_note: "",
    };
    let prompt = prompt::build(&facts, lines, &Limits::default());
    if prompt.turns.is_empty() {
        return Ok(None);
    }
    let known = facts.texts().into_iter().map(str::to_owned);
    let known = known.chain(lines.iter().map(|line| line.text.clone())).collect();
    let turns = prompt.turns.into_iter().map(turn).collect();
    let ask = Ask { asker: *shop.tenant.bytes(), ..Ask::new(prompt.system, turns) };
    Ok(Some(Question { ask, known, quick_replies }))
}

/// The opening hours as the owner wrote them and, in the same words for every language, as the gate reads them.
fn told_hours(text: &str) -> String {
    match OpeningHours::read(text) {
        Ok(hours) if hours.to_string() != text.trim() => format!("{}\nOn a clock of 24 hours: {hours}", text.trim()),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

/// What the gates say about a chat now; `model`: is there one to ask?
#[must_use]
pub fn verdict(facts: &Facts, rules: Rules, model: Model, now: Timestamp) -> gate::Verdict {
    let inbound = facts.history.iter().rev().filter(|message| message.direction == Direction::In);
    let last_texts: Vec<&str> = inbound.map(own_words).take(6).collect();
    let at = now.to_jiff().to_zoned(zone(&facts.tenant.timezone));
    gate::decide(&gate::Facts {
        tenant: facts.tenant.state,
        rules,
        model,
        review: facts.review,
        opted_out_at: facts.opted_out_at,
        paused_until: facts.chat.paused_until,
        handoff_at: facts.chat.handoff_at,
        hours: opening_hours::open(facts.values.get(SettingKey::BusinessHours), &at),
        last_in_at: facts.asked_at.or(facts.chat.last_in_at),
        last_texts: &last_texts,
        answers_at: &facts.answers_at,
        status: facts.instance.status.as_ref(),
        now,
    })
}

/// What a person wrote: the name of a file is not their words, its caption is.
fn own_words(message: &Interaction) -> &str {
    let name = message.media.as_ref().and_then(|media| media.file_name.as_deref());
    let text = message.text.as_str();
    match name {
        Some(name) if message.kind.is_file() => text.strip_prefix(name).unwrap_or(text),
        _ => text,
    }
}

/// A zone by name; UTC where the name is unknown.
#[must_use]
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

fn turn(turn: history::Turn) -> Turn {
    let role = match turn.side {
        Side::Customer => Role::Customer,
        Side::Shop => Role::Shop,
    };
    Turn { role, parts: turn.parts }
}

fn line(interaction: &Interaction) -> Option<Line> {
    let author = match interaction.author {
        Author::Customer => history::Author::Customer,
        Author::Assistant => history::Author::Assistant,
        Author::Human | Author::Phone | Author::Campaign | Author::System => history::Author::Shop,
    };
    let media = match interaction.kind {
        ContentKind::Text => None,
        ContentKind::Image => Some(Media::Photo),
        ContentKind::Audio => Some(Media::Voice),
        ContentKind::Video => Some(Media::Video),
        ContentKind::Sticker => Some(Media::Sticker),
        ContentKind::Document => Some(Media::Document),
        ContentKind::Location => Some(Media::Location),
        ContentKind::Contact => Some(Media::Contact),
        ContentKind::Order => Some(Media::Order),
        ContentKind::Product => Some(Media::Product),
        ContentKind::Poll => (!interaction.kind.is_in_words(&interaction.text)).then_some(Media::Poll),
        ContentKind::Other => (interaction.text.is_empty()).then_some(Media::Other),
        ContentKind::Waiting => return None,
    };
    let asks = if interaction.unanswered { Asks::Open } else { Asks::No };
    Some(Line { author, at: interaction.at.to_jiff(), text: words(interaction), media, asks })
}

/// The words of a message, with the name of its file where they do not begin with it: of a file of ours, and of one whose
/// caption was edited. The sentence that a machine writes is left out: the model must not take it for something to say again.
fn words(interaction: &Interaction) -> String {
    let text = match interaction.author {
        Author::Assistant => disclosure::without_sentence(&interaction.text),
        _ => &interaction.text,
    };
    let file = interaction.media.as_ref().and_then(|media| media.file_name.as_deref());
    match file.filter(|name| interaction.kind == ContentKind::Document && !text.starts_with(name)) {
        Some(name) if text.is_empty() => name.to_owned(),
        Some(name) => format!("{name}\n{text}"),
        None => text.to_owned(),
    }
}
