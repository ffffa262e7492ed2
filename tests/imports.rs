//! Who may import whom. What the crates can't say by their manifests is read from the sources here.

use std::fs;
use std::path::{Path, PathBuf};

/// Files under a folder, and what none of them may mention.
const RULES: &[(&str, &[&str])] = &[
    ("data/src/model", &["crate::store", "crate::protocol", "tokio"]),
    ("data/src/protocol", &["crate::store", "rusqlite"]),
    ("data/src/client.rs", &["crate::store", "rusqlite"]),
    ("data/src/store", &["crate::protocol"]),
    (
        "daemon/src/flow",
        &["data::store", "tokio", "crate::waha", "crate::gemini", "Timestamp::now", "rand::", "uuid::"],
    ),
    ("daemon/src/waha", &["data::store", "crate::flow"]),
    ("daemon/src/gemini", &["data::store", "crate::flow"]),
    ("daemon/src/http", &["crate::rpc", "crate::jobs"]),
    ("daemon/src/rpc", &["crate::http", "crate::jobs"]),
    ("daemon/src/jobs", &["crate::http", "crate::rpc"]),
    ("tui/src", &["mychatflow_daemon", "data::store", "rusqlite"]),
    ("sandbox/src", &["mychatflow_data", "mychatflow_daemon", "mychatflow_tui"]),
    ("data/src", &["mychatflow_daemon", "mychatflow_tui", "mychatflow_sandbox"]),
    ("daemon/src", &["mychatflow_tui", "mychatflow_sandbox"]),
];

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.extend((path.extension().is_some_and(|end| end == "rs")).then(|| path.to_owned()));
        return;
    }
    for entry in fs::read_dir(path).expect("a folder of the tree").flatten() {
        sources(&entry.path(), found);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn code(path: &Path) -> impl Iterator<Item = (usize, String)> + use<> {
    let text = fs::read_to_string(path).expect("a source of the tree");
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    (1..).zip(lines).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn nobody_imports_what_it_must_not_know() {
    let mut broken = Vec::new();
    for (folder, forbidden) in RULES {
        let mut files = Vec::new();
        sources(&root().join(folder), &mut files);
        assert!(!files.is_empty(), "{folder} is gone: mend the rule");
        for file in files {
            for (number, line) in code(&file) {
                for word in forbidden.iter().filter(|word| line.contains(*word)) {
                    broken.push(format!("{}:{number} mentions {word}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_one_file_opens_a_connection_and_only_one_prints() {
    for (folder, word, owner) in [
        ("data/src", "Connection::open", "data/src/store/db.rs"),
        ("daemon/src", "Connection::open", "data/src/store/db.rs"),
        ("src", "Connection::open", "data/src/store/db.rs"),
        ("src", " println!(", "src/output.rs"),
        ("src", " print!(", "src/output.rs"),
    ] {
        let mut files = Vec::new();
        sources(&root().join(folder), &mut files);
        for file in files.iter().filter(|file| !file.ends_with(owner)) {
            for (number, line) in code(file) {
                assert!(!line.contains(word), "{}:{number} has {word}; that is for {owner}", file.display());
            }
        }
    }
}
