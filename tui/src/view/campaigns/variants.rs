//! Several texts of one campaign side by side.

use ratatui::layout::Rect;

use mychatflow_data::model::campaign::CampaignCounts;
use mychatflow_data::model::variant::{self, Arm, Verdict};
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, VariantDocument};

use crate::layout::campaigns::{variant_columns, variant_text_rows};
use crate::state::campaigns::{funnel, percent};
use crate::text::{self, CleanText};
use crate::theme::Role;
use crate::view::paint::{Paint, below, first_row};

/// Draws them.
pub fn draw(campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    let (verdict, more) = verdict(&campaign.variants);
    let begun = crate::layout::campaigns::has_begun(campaign);
    paint.text(first_row(area), "Texts compared", paint.style(Role::Title));
    let (lead, wide) = variant_columns(campaign.variants.len(), area.width);
    let tall = variant_text_rows(campaign, area.width);
    let names = ["text", "sent", "delivered", "read", "replied", "opted out"];
    let muted = paint.style(Role::Muted);
    for (at, name) in names.iter().enumerate() {
        let row = if at == 0 { 2 } else { 1 + tall + u16::try_from(at).unwrap_or(0) };
        paint.text(Rect { width: lead, ..first_row(below(area, row)) }, name, muted);
    }
    for (at, variant) in campaign.variants.iter().enumerate() {
        let x = area.x + lead + u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(wide);
        if x >= area.right() {
            break;
        }
        let column = Rect { x, width: wide.saturating_sub(2), ..area };
        let ahead = verdict == Verdict::Better(at);
        one(variant, ahead, tall, column, paint);
    }
    let words = match verdict {
        _ if !begun => "Each person gets one of them, by chance.".to_owned(),
        Verdict::TooFew => "Too few people have them yet to say which is better.".to_owned(),
        Verdict::Alike => "The difference may be an accident: none of them is clearly better.".to_owned(),
        Verdict::Better(at) => {
            format!("{} {}: more people {more}, and it is no accident.", paint.glyphs().peak, label(campaign, at))
        }
    };
    let role = if matches!(verdict, Verdict::Better(_)) { Role::Good } else { Role::Muted };
    paint.text(first_row(below(area, 7 + tall)), &words, paint.style(role));
}

/// Which text is better, and what more people do with it: by who answers, else by who reads.
fn verdict(variants: &[VariantDocument]) -> (Verdict, &'static str) {
    let of = |arm: fn(&CampaignCounts) -> Arm| {
        variant::compare(&variants.iter().map(|variant| arm(&variant.counts)).collect::<Vec<_>>())
    };
    match (of(variant::replied), of(variant::read)) {
        (Verdict::Better(at), _) => (Verdict::Better(at), "answer"),
        (_, Verdict::Better(at)) => (Verdict::Better(at), "read it"),
        (Verdict::Alike, _) | (_, Verdict::Alike) => (Verdict::Alike, ""),
        (Verdict::TooFew, Verdict::TooFew) => (Verdict::TooFew, ""),
    }
}

/// What people call the text at a place.
fn label(campaign: &CampaignDocument, at: usize) -> CleanText {
    CleanText::line(campaign.variants.get(at).map_or("", |variant| &variant.label))
}

fn one(variant: &VariantDocument, ahead: bool, tall: u16, column: Rect, paint: &mut Paint<'_>) {
    let label = CleanText::line(&variant.label);
    let (sign, word, role) = if ahead { (paint.glyphs().peak, " ahead", Role::Good) } else { ("", "", Role::Text) };
    let (bold, good) = (paint.style(Role::Header), paint.style(role));
    paint.line(
        first_row(below(column, 1)),
        &[(label.as_str(), bold), (if ahead { " " } else { "" }, bold), (sign, good), (word, good)],
    );
    let words = CleanText::line(&variant.text);
    let rows = text::wrap(words.as_str(), usize::from(column.width));
    let cut = rows.len() > usize::from(tall);
    for (at, row) in (0..tall).zip(&rows) {
        let line = first_row(below(column, 2 + at));
        let last = cut && at + 1 == tall;
        let more = format!("{row}{}", paint.glyphs().ellipsis);
        paint.text(line, if last { &more } else { row }, paint.style(Role::Text));
    }
    let steps = funnel(&variant.counts);
    let sent = steps[0].1;
    let numbers = [
        sent.to_string(),
        both(steps[1].1, sent),
        both(steps[2].1, sent),
        both(steps[3].1, sent),
        both(variant.counts.opted_out, sent),
    ];
    for (at, number) in (0..).zip(numbers) {
        let role = if ahead && at == 3 { Role::Good } else { Role::Text };
        paint.text(first_row(below(column, 2 + tall + at)), &number, paint.style(role));
    }
}

/// A share before the count that it is made of: `54%  27`.
fn both(part: i64, whole: i64) -> String {
    format!("{:<4} {part}", percent(part, whole))
}
