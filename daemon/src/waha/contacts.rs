//! People: names, whether a number is on WhatsApp, and which hidden id belongs to which number.

use mychatflow_data::phone::{Address, AddressKind, Phone};
use serde::Deserialize;

use super::client::{Page, Waha};
use super::error::WahaError;
use super::lenient::{Flag, Soft, Word};

/// A person in WAHA's address book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactEntry {
    /// The address.
    pub address: Address,
    /// The name in the phone's address book. Not cleaned yet.
    pub name: Option<String>,
    /// The name that the person shows. Not cleaned yet.
    pub push_name: Option<String>,
}

/// A hidden id and the number behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LidEntry {
    /// The hidden id (`@lid`).
    pub lid: Address,
    /// The address by number, where WAHA knows it.
    pub phone: Option<Address>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContactWire<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow, alias = "pushName")]
    pushname: Word<'a>,
}

impl ContactWire<'_> {
    fn entry(&self) -> Option<ContactEntry> {
        Some(ContactEntry { address: self.id.address()?, name: self.name.owned(), push_name: self.pushname.owned() })
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LidWire<'a> {
    #[serde(borrow)]
    lid: Word<'a>,
    #[serde(borrow)]
    pn: Word<'a>,
}

impl LidWire<'_> {
    fn entry(&self) -> Option<LidEntry> {
        Some(LidEntry { lid: self.lid.address()?, phone: self.pn.address() })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Exists<'a> {
    number_exists: Flag,
    #[serde(borrow)]
    chat_id: Word<'a>,
}

impl Waha {
    /// The people that a session knows.
    ///
    /// # Errors
    /// [`WahaError::Rejected`] with 400 on NOWEB without its store.
    pub async fn contacts_all(&self, session: &str, limit: u32, offset: u32) -> Result<Page<ContactEntry>, WahaError> {
        let request = self.get("/api/contacts/all", &[])?;
        let request = request.query(&[("session", session)]).query(&[("limit", limit), ("offset", offset)]);
        let answer = self.ask(request).await?;
        let rows: Vec<Soft<ContactWire<'_>>> = answer.expect()?;
        Ok(Page { items: rows.iter().filter_map(|row| row.0.as_ref()?.entry()).collect(), rows: rows.len() })
    }

    /// One person, or `None` when WAHA knows nothing.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn contact(&self, session: &str, address: &Address) -> Result<Option<ContactEntry>, WahaError> {
        let request = self.get("/api/contacts", &[])?;
        let answer = self.ask(request.query(&[("contactId", address.as_str()), ("session", session)])).await?;
        Ok(answer.json::<ContactWire<'_>>()?.and_then(|contact| contact.entry()))
    }

    /// The address of a number on WhatsApp, or `None` when it is not there. It can differ from the number asked for (Brazil).
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn check_exists(&self, session: &str, phone: &Phone) -> Result<Option<Address>, WahaError> {
        let request = self.get("/api/contacts/check-exists", &[])?;
        let answer = self.ask(request.query(&[("phone", phone.digits()), ("session", session)])).await?;
        let exists: Exists<'_> = answer.expect()?;
        Ok(exists.number_exists.or(false).then(|| exists.chat_id.address().unwrap_or_else(|| phone.address())))
    }

    /// The hidden ids that a session knows.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn lids(&self, session: &str, limit: u32, offset: u32) -> Result<Page<LidEntry>, WahaError> {
        let request = self.get("/api/{session}/lids", &[session])?.query(&[("limit", limit), ("offset", offset)]);
        let answer = self.ask(request).await?;
        let rows: Vec<Soft<LidWire<'_>>> = answer.expect()?;
        Ok(Page { items: rows.iter().filter_map(|row| row.0.as_ref()?.entry()).collect(), rows: rows.len() })
    }

    /// The address by number behind a hidden id, or `None` when WAHA does not know it (200 with `pn: null`, 2026.4).
    ///
    /// # Errors
    /// [`WahaError::Invalid`] for an address that is no hidden id.
    pub async fn lid_to_phone(&self, session: &str, lid: &Address) -> Result<Option<Address>, WahaError> {
        if lid.kind() != AddressKind::Lid {
            return Err(WahaError::Invalid("the address is no hidden id"));
        }
        let answer = self.ask(self.get("/api/{session}/lids/{lid}", &[session, lid.as_str()])?).await?;
        Ok(answer.json::<LidWire<'_>>()?.and_then(|pair| pair.pn.address()))
    }

    /// The hidden id of a number, or `None` when WAHA does not know it.
    ///
    /// # Errors
    /// Any [`WahaError`].
    pub async fn phone_to_lid(&self, session: &str, phone: &Phone) -> Result<Option<Address>, WahaError> {
        let answer = self.ask(self.get("/api/{session}/lids/pn/{phoneNumber}", &[session, phone.digits()])?).await?;
        Ok(answer.json::<LidWire<'_>>()?.and_then(|pair| pair.lid.address()))
    }
}
