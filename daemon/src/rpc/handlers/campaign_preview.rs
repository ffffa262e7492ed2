//! What people of a list would get of the texts of a campaign.

use mychatflow_data::model::variant;
use mychatflow_data::protocol::calls::campaign::{CampaignPreviewLine, CampaignPreviewed};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::recipients::Material;

use super::campaigns::count;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::foreign_placeholders::placeholder_warnings;
use crate::letter::letter;
use crate::rpc::refused::Handled;

/// How many people are looked at to tell how many would be left out: a text takes some 20 µs.
pub const LOOKED_AT_MAX: usize = 2_000;

/// A few renderings, of several texts some of each, and how many people would be left out.
///
/// # Errors
/// `overloaded` when it takes too long.
pub async fn previewed(
    cx: &Cx,
    shop: &TenantStore,
    texts: Vec<String>,
    materials: Vec<Material>,
    limit: usize,
) -> Handled<CampaignPreviewed> {
    let count_of_texts = texts.len();
    let warnings = placeholder_warnings(texts.iter().map(String::as_str));
    let drawn: Vec<usize> =
        materials.iter().map(|material| variant::draw(material.recipient, count_of_texts)).collect();
    let rows = materials.into_iter().zip(drawn.clone());
    let rendered = cx.renders.each(shop.id(), rows, move |(material, drawn)| {
        let made = rendering(&texts[drawn], &material);
        (material, made)
    });
    let (materials, made): (Vec<Material>, Vec<Result<String, String>>) = rendered.await?.into_iter().unzip();
    let (looked_at, left_out) = (materials.len(), made.iter().filter(|made| made.is_err()).count());
    let shown = spread(&drawn, count_of_texts, limit);
    let rows = materials.into_iter().zip(made).zip(drawn).enumerate();
    let rows = rows.filter(|(at, _)| shown.contains(at)).map(|(_, ((material, made), drawn))| CampaignPreviewLine {
        phone: material.phone.as_ref().map_or_else(|| clean_line(&material.given), ToString::to_string),
        name: material.name.map(|name| clean_line(&name)),
        text: made.as_ref().ok().cloned(),
        reason: made.err(),
        variant: (count_of_texts > 1).then(|| variant::label(drawn)),
    });
    let (looked_at, left_out) = (count(looked_at), count(left_out));
    Ok(CampaignPreviewed { items: rows.collect(), next: None, looked_at, left_out, warnings })
}

fn rendering(text: &str, material: &Material) -> Result<String, String> {
    match &material.reason {
        Some(reason) => Err(clean_line(reason)),
        None => letter(text, material),
    }
}

/// Which rows are shown: the first ones, of each text as many as of the others.
fn spread(drawn: &[usize], texts: usize, limit: usize) -> Vec<usize> {
    let mut by_text: Vec<Vec<usize>> = vec![Vec::new(); texts];
    for (at, text) in drawn.iter().enumerate() {
        by_text[*text].push(at);
    }
    let longest = by_text.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..longest).flat_map(|turn| by_text.iter().filter_map(move |rows| rows.get(turn).copied()));
    turns.take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_shows_some_of_each_text() {
        for (drawn, texts, limit, shown) in [
            (vec![0, 0, 0, 0], 1, 3, vec![0, 1, 2]),
            (vec![0, 0, 0, 1], 2, 3, vec![0, 3, 1]),
            (vec![1, 1, 1, 1], 2, 2, vec![0, 1]),
            (vec![2, 0, 1, 0], 3, 5, vec![1, 2, 0, 3]),
            (vec![], 3, 5, vec![]),
        ] {
            assert_eq!(spread(&drawn, texts, limit), shown, "{drawn:?}");
        }
    }
}
