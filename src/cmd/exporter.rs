//! What the console writes lists to files with: the same code as `contact export` and `quick-reply export`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mychatflow_data::client::Client;
use mychatflow_data::user_file::UserFileError;
use mychatflow_tui::export::{ExportError, ExportKind, ExportOrder, Exporter, Exporting};

use super::{export, quick_reply};

/// Writes what the console orders.
pub fn exporter() -> Exporter {
    Arc::new(|client, order| {
        let writing: Exporting = Box::pin(async move { write(client, order).await.map_err(no_file) });
        writing
    })
}

async fn write(client: Client, order: ExportOrder) -> anyhow::Result<String> {
    let file = place(&order.path)?;
    match order.kind {
        ExportKind::People { query } => {
            let told = export::people_to_file(client, order.tenant, query, &file, order.existing).await?;
            Ok([Some(told.words()), told.remark()].into_iter().flatten().collect::<Vec<_>>().join("; "))
        }
        ExportKind::QuickReplies => {
            let exported = quick_reply::to_file(&client, order.tenant, &file, order.existing).await?;
            Ok(quick_reply::written(&exported, &file))
        }
    }
}

/// Where a path leads, in full: whoever is told of the file looks for it from elsewhere.
fn place(path: &str) -> std::io::Result<PathBuf> {
    let path = match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    };
    std::path::absolute(path)
}

fn no_file(error: anyhow::Error) -> ExportError {
    match error.downcast_ref::<UserFileError>() {
        Some(UserFileError::Exists { path }) => ExportError::Exists { place: path.display().to_string() },
        _ => ExportError::Failed(format!("{error:#}")),
    }
}
