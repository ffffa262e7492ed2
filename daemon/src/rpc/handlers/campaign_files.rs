//! `campaign.attach`: the picture or document that goes with the text, in pieces.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mychatflow_data::protocol::calls::campaign::CampaignAttach;
use mychatflow_data::protocol::piece::Rest;
use mychatflow_data::store::TenantStore;

use super::campaigns::{invalid, named, shown};
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::file_type;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// The longest name of a file.
const NAME_CHARS_MAX: usize = 120;

/// The name alone, without the folders that it came from.
fn bare_name(name: &str) -> String {
    let name = clean_line(name);
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// `campaign.attach`: the next piece of a file; the last one makes it whole. An empty file takes it away.
///
/// # Errors
/// `invalid` about the file, `conflict` when the campaign is under way or the piece does not follow.
pub async fn attach(cx: &Cx, shop: &TenantStore, call: CampaignAttach) -> Handled<Reply<CampaignAttach>> {
    let id = named(shop, &call.name).await?.id;
    let Ok(data) = STANDARD.decode(call.data.as_bytes()) else { return invalid("the piece is not base64") };
    if data.is_empty() {
        if call.offset > 0 {
            return invalid("the piece is empty");
        }
        shop.detach_file(id).await?;
        return Ok(Reply(shown(cx, shop, id).await?));
    }
    if call.offset == 0
        && let Err(why) = file_type::checked(&call.mime, &data)
    {
        return invalid(why);
    }
    shop.attach_piece(id, bare_name(&call.file_name), call.mime.clone(), call.offset, data).await?;
    if call.more == Rest::default() {
        let begins = shop.file_begins(id).await?.unwrap_or_default();
        match file_type::checked(&call.mime, &begins) {
            Ok(mime) => shop.complete_file(id, mime).await?,
            Err(why) => {
                shop.detach_file(id).await?;
                return invalid(why);
            }
        }
    }
    Ok(Reply(shown(cx, shop, id).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_name_alone() {
        for (given, name) in
            [("menu.pdf", "menu.pdf"), ("../../etc/passwd", "passwd"), ("C:\\x\\a b.png", "a b.png"), ("/", "file")]
        {
            assert_eq!(bare_name(given), name);
        }
    }
}
