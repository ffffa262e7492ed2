//! Makes what one recipient of a campaign gets out of what the store knows of them.

use mychatflow_data::store::recipients::Material;
use serde_json::{Map, Value};

use crate::flow::clean::clean_line;
use crate::flow::template;

/// The text with its places filled in: by the columns of the list, and `name` and `phone`.
///
/// # Errors
/// Why nothing can be made of it, in words for people.
pub fn letter(text: &str, material: &Material) -> Result<String, String> {
    let mut values = serde_json::from_str::<Map<String, Value>>(&material.fields).unwrap_or_default();
    if let Some(name) = &material.name {
        values.insert("name".to_owned(), Value::String(clean_line(name)));
    }
    if let Some(phone) = &material.phone {
        values.insert("phone".to_owned(), Value::String(phone.to_string()));
    }
    template::render(text, &values)
}
