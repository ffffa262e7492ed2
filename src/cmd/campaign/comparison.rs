//! Several texts of one campaign side by side.

use std::fmt::Write as _;

use mychatflow_data::model::campaign::CampaignCounts;
use mychatflow_data::model::variant::{self, Arm};
use mychatflow_data::protocol::calls::campaign::VariantDocument;

use crate::output::{Table, clean, clean_lines};

/// What became of each of several texts, and whether that means anything.
pub fn comparison(variants: &[VariantDocument]) -> String {
    let mut table = Table::new(["TEXT", "PEOPLE", "SENT", "DELIVERED", "READ", "REPLIED", "OPTED OUT"], "");
    let share = |arm: Arm| match arm.people {
        0 => String::new(),
        people => format!("{} %", (arm.hits * 100 + people / 2) / people),
    };
    for VariantDocument { label, counts, .. } in variants {
        table.row([
            label.clone(),
            counts.total().to_string(),
            counts.gone_out().to_string(),
            share(variant::delivered(counts)),
            share(variant::read(counts)),
            share(variant::replied(counts)),
            counts.opted_out.to_string(),
        ]);
    }
    let verdict = |of: fn(&CampaignCounts) -> Arm| {
        variant::compare(&variants.iter().map(|variant| of(&variant.counts)).collect::<Vec<_>>()).words()
    };
    let mut text = format!("\n{}", table.plain());
    let _ = writeln!(text, "by replies: {}; by reads: {}", verdict(variant::replied), verdict(variant::read));
    for VariantDocument { label, text: words, .. } in variants {
        let _ = write!(text, "\n{}:\n{}\n", clean(label), clean_lines(words).join("\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_side_by_side_with_a_word_on_the_difference() {
        let document = |label: &str, replied| VariantDocument {
            label: label.into(),
            text: format!("Hi from {label}"),
            counts: CampaignCounts { read: 100 - replied, replied, opted_out: 1, ..CampaignCounts::default() },
        };
        let told = comparison(&[document("A", 20), document("B", 40)]);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[1], "TEXT  PEOPLE  SENT  DELIVERED  READ   REPLIED  OPTED OUT");
        assert_eq!(lines[3], "B     101     100   100 %      100 %  40 %     1");
        assert_eq!(lines[4], "by replies: B is better; by reads: too few to tell");
        assert_eq!(lines.last(), Some(&"Hi from B"));
    }
}
