//! What a campaign plans besides its first text: other texts to compare, and whether numbers are looked up.

use super::TenantStore;
use super::campaigns;
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use crate::ids::CampaignId;
use crate::model::campaign::{CampaignState, NumberCheck};
use crate::model::variant::TEXTS_MAX;
use crate::scoped;

/// The state and the name of a campaign, also of one whose list is still being written.
pub(crate) fn standing(scope: &Scope<'_>, id: CampaignId) -> Result<(CampaignState, String), StoreError> {
    const STATE: Scoped = scoped!("SELECT state, name FROM campaigns WHERE tenant_id = :tenant AND id = :id");
    scope.row(STATE, &[(":id", &id)], |row| Ok((row.get(0)?, row.get(1)?)))?.ok_or(StoreError::NotFound("campaign"))
}

impl TenantStore {
    /// Gives a draft other texts besides the first, or says whether numbers are looked up, of a paused one too. `None`
    /// leaves as it is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is too late, [`StoreError::Invalid`] for too many texts or an empty one.
    pub async fn plan_texts(
        &self,
        id: CampaignId,
        variants: Option<Vec<String>>,
        check: Option<NumberCheck>,
    ) -> Result<(), StoreError> {
        const PLAN: Scoped = scoped!(
            "UPDATE campaigns SET variants = coalesce(:variants, variants), number_check = coalesce(:check, number_check)
             WHERE tenant_id = :tenant AND id = :id"
        );
        self.write(move |scope| {
            let (state, name) = standing(scope, id)?;
            if state != CampaignState::Draft && (variants.is_some() || state != CampaignState::Paused) {
                return Err(StoreError::Conflict(format!("only a draft can be edited: {name} is {state}")));
            }
            if let Some(variants) = &variants {
                if variants.len() >= TEXTS_MAX {
                    let text = format!("a campaign has {TEXTS_MAX} texts at most, the first one counted");
                    return Err(StoreError::Invalid(text));
                }
                if variants.iter().any(|text| text.trim().is_empty()) {
                    return Err(StoreError::Invalid("a text is empty".to_owned()));
                }
            }
            let variants = variants.map(|variants| serde_json::Value::from(variants).to_string());
            scope.execute(PLAN, &[(":id", &id), (":variants", &variants), (":check", &check)])?;
            campaigns::emit(scope, id);
            Ok(())
        })
        .await
    }
}
