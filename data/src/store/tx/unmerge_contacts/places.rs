//! The places on lists, once one person is two again. Nobody gets a campaign twice because of it:
//!
//! A row that came with the one who is back goes with them, as far as it got. Of two rows one was let go; it comes back, and
//! gets its turn, only if nothing was written under the other one while the two were one person: what was written then may
//! have reached either, and covers both. Nobody gets a row that they did not have, except that a row which was made since and
//! names a phone number of the one who is back is theirs, as messages are.

use crate::ids::{CampaignId, ContactId, RecipientId};
use crate::model::campaign::CampaignState;
use crate::model::recipient::RecipientState;
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::store::campaigns;
use crate::store::error::StoreError;
use crate::store::merges::{Before, LetGo, Place};
use crate::store::scope::{Scope, Scoped};
use crate::store::tx::run_campaign;
use crate::time::Timestamp;

/// Why a row gets no turn: its person may have got the campaign while two people were one.
const COVERED: &str = "got it, or may have, while taken for somebody else";

/// Why a row gets no turn: its campaign ended while the row was nobody's.
const ENDED: &str = "the campaign ended while two people were taken for one";

/// Whose row it is.
fn set_contact(
    scope: &Scope<'_>,
    campaign: CampaignId,
    row: RecipientId,
    contact: ContactId,
) -> Result<(), StoreError> {
    const SET: Scoped = scoped!(
        "UPDATE recipients SET contact_id = :contact
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :row"
    );
    scope.execute(SET, &[(":campaign", &campaign), (":row", &row), (":contact", &contact)]).map(drop)
}

/// Gives the one who is back their places again.
pub(super) fn part(scope: &Scope<'_>, before: &Before, theirs: &[Address], now: Timestamp) -> Result<(), StoreError> {
    for place in &before.places {
        let stands = match (&place.let_go, place.ours) {
            (Some(let_go), Some(ours)) if let_go.row == place.theirs => ours,
            _ => place.theirs,
        };
        let written = written_since(scope, place.campaign, stands, before.last_seq)?;
        set_contact(scope, place.campaign, place.theirs, before.gone.id)?;
        if let (Some(_), Some(ours)) = (&place.let_go, place.ours) {
            set_contact(scope, place.campaign, ours, before.kept.id)?;
        }
        if let Some(let_go) = &place.let_go {
            come_back(scope, place, let_go, written, now)?;
        }
        campaigns::emit(scope, place.campaign);
    }
    hand_over_new(scope, before, theirs)
}

/// Was anything written under this row while the two were one?
fn written_since(scope: &Scope<'_>, campaign: CampaignId, row: RecipientId, last_seq: i64) -> Result<bool, StoreError> {
    const WRITTEN: Scoped = scoped!(
        "SELECT 1 FROM recipients AS r
         JOIN interactions AS i ON i.tenant_id = r.tenant_id AND i.id = r.interaction_id
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND r.id = :row AND i.seq > :last_seq"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":campaign", &campaign), (":row", &row), (":last_seq", &last_seq)];
    Ok(scope.row(WRITTEN, params, |_| Ok(()))?.is_some())
}

/// A row that was let go is somebody's again.
fn come_back(
    scope: &Scope<'_>,
    place: &Place,
    let_go: &LetGo,
    written: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    const CAMPAIGN: Scoped = scoped!("SELECT state FROM campaigns WHERE tenant_id = :tenant AND id = :campaign");
    const BACK: Scoped = scoped!(
        "UPDATE recipients SET state = :state, reason = :reason
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :row AND interaction_id IS NULL"
    );
    let campaign: Option<CampaignState> = scope.row(CAMPAIGN, &[(":campaign", &place.campaign)], |row| row.get(0))?;
    let ended = matches!(campaign, Some(CampaignState::Completed | CampaignState::Cancelled));
    let waited = matches!(let_go.state, RecipientState::Queued | RecipientState::Checking);
    let (state, reason) = match (waited, written, ended) {
        (true, true, _) => (RecipientState::Skipped, Some(COVERED)),
        (true, false, true) => (RecipientState::Skipped, Some(ENDED)),
        // A look-up that was under way is begun anew.
        (true, false, false) => (RecipientState::Queued, let_go.reason.as_deref()),
        (false, ..) => (let_go.state, let_go.reason.as_deref()),
    };
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":campaign", &place.campaign), (":row", &let_go.row), (":state", &state), (":reason", &reason)];
    let back = scope.execute(BACK, params)? > 0;
    if back && state == RecipientState::Queued && campaign == Some(CampaignState::Running) {
        run_campaign::wake(scope, place.campaign, now, now)?;
    }
    Ok(())
}

/// Rows of lists that were made since go to whoever's phone number they name.
fn hand_over_new(scope: &Scope<'_>, before: &Before, theirs: &[Address]) -> Result<(), StoreError> {
    const BY_PHONE: Scoped = scoped!(
        "UPDATE recipients SET contact_id = :gone
         WHERE tenant_id = :tenant AND contact_id = :kept AND phone IN (SELECT value FROM json_each(:phones))
           AND campaign_id NOT IN (SELECT campaign_id FROM recipients WHERE tenant_id = :tenant AND contact_id = :gone)"
    );
    let phones: Vec<String> =
        theirs.iter().filter_map(Address::phone).map(|phone: Phone| phone.digits().to_owned()).collect();
    let phones = serde_json::to_string(&phones).map_err(|error| StoreError::Invalid(error.to_string()))?;
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":kept", &before.kept.id), (":gone", &before.gone.id), (":phones", &phones)];
    scope.execute(BY_PHONE, params).map(drop)
}
