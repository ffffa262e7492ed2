//! A list that is written to a file of the console's own machine. Whoever opens the console brings what writes it: the
//! same code as the command's.

use std::pin::Pin;
use std::sync::Arc;

use mychatflow_data::client::Client;
use mychatflow_data::protocol::name::TenantName;
use mychatflow_data::user_file::Existing;

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportKind {
    /// People with everything that is known of them.
    People {
        /// Which people; `None`: all of them.
        query: Option<String>,
    },
    /// The stored answers.
    QuickReplies,
}

/// A file that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOrder {
    /// What is in it.
    pub kind: ExportKind,
    /// Whose.
    pub tenant: Option<TenantName>,
    /// Where it is to be; `~` stands for the home directory.
    pub path: String,
    /// What becomes of a file that is there already.
    pub existing: Existing,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportError {
    /// There is one already, which was to stay.
    Exists {
        /// Where, in full.
        place: String,
    },
    /// Something else; a sentence with what to do.
    Failed(String),
}

/// A file being written. It ends in a sentence that says what is where.
pub type Exporting = Pin<Box<dyn Future<Output = Result<String, ExportError>> + Send>>;
/// Writes files.
pub type Exporter = Arc<dyn Fn(Client, ExportOrder) -> Exporting + Send + Sync>;
