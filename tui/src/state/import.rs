//! A file with people on its way to the daemon: first only told what would become of it, then for real.

use mychatflow_data::encoding::Encoding;
use mychatflow_data::ids::ImportId;
use mychatflow_data::protocol::calls::contact::{
    ColumnRead, ContactImport, ContactImported, ImportAs, RowRejected, RowRemark,
};
use mychatflow_data::protocol::piece::{Rehearsal, Rest};

/// How many rejected rows are kept to be read; the command tells all of them.
pub const REJECTED_KEPT: usize = 2_000;

/// What the form said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The file on this machine.
    pub path: String,
    /// The country of phone numbers without a country code.
    pub country: Option<String>,
    /// Tags for everybody in it.
    pub tags: Vec<String>,
    /// What columns are, where their headings do not say it: `phone=Contact number`.
    pub columns: Vec<String>,
    /// What its people become.
    pub suppress: ImportAs,
}

/// How far it got.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// A piece is being read.
    Reading,
    /// The daemon has a piece.
    Asking(Box<ContactImport>),
    /// All of it is through.
    Done,
    /// It ended before that.
    Failed(String),
}

/// A file on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// What the form said.
    pub order: Order,
    /// Only told, or done?
    pub rehearsal: Rehearsal,
    /// How far it got.
    pub stage: Stage,
    /// Bytes that were read.
    pub read: u64,
    /// Bytes of the file, once known.
    pub total: u64,
    /// What the file is written in, once known.
    pub encoding: Option<Encoding>,
    /// When the file was written last, once known.
    pub written_at: Option<u64>,
    /// What the daemon calls it.
    pub id: Option<ImportId>,
    /// The counts so far.
    pub told: ContactImported,
    /// The columns that were understood.
    pub columns: Vec<ColumnRead>,
    /// What should be known of rows that were taken in, of the first ones.
    pub remarks: Vec<RowRemark>,
    /// The first rejected rows.
    pub rejected: Vec<RowRejected>,
    /// How many were rejected.
    pub rejected_total: usize,
}

impl Import {
    /// A file that is about to be read from its beginning.
    #[must_use]
    pub fn new(order: Order, rehearsal: Rehearsal) -> Self {
        Self {
            order,
            rehearsal,
            stage: Stage::Reading,
            read: 0,
            total: 0,
            encoding: None,
            written_at: None,
            id: None,
            told: ContactImported::default(),
            columns: Vec::new(),
            remarks: Vec::new(),
            rejected: Vec::new(),
            rejected_total: 0,
        }
    }

    /// Is it on its way?
    #[must_use]
    pub const fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Reading | Stage::Asking(_))
    }

    /// Takes in what the daemon said of a piece. Returns whether something of it is unread.
    pub fn take(&mut self, mut told: ContactImported) -> Rest {
        let rejected = std::mem::take(&mut told.rejected);
        self.remarks.append(&mut told.remarks);
        self.rejected_total += rejected.len();
        let room = REJECTED_KEPT.saturating_sub(self.rejected.len());
        self.rejected.extend(rejected.into_iter().take(room));
        if !told.columns.is_empty() {
            self.columns = std::mem::take(&mut told.columns);
        }
        self.id = told.import.or(self.id);
        let unread = told.unread;
        self.told = told;
        unread
    }

    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.order.path.rsplit('/').next().unwrap_or(&self.order.path)
    }
}
