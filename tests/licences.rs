//! What is built into the program: only under licences that a program under MIT can be handed out with, and only from
//! the registry or from here.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use spdx::{Expression, ParseMode};

/// Licences whose terms a file with their texts beside the program meets. MPL-2.0 asks for no more as long as its files are
/// used as they are.
const ALLOWED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];
/// Packages that name no licence, each in the one version whose licence file was read.
const READ_BY_HAND: [(&str, &str); 1] = [("icy_sixel v0.1.3", "MIT")];
/// Packages that must not come in, each with the reason.
const BANNED: [(&str, &str); 3] = [
    ("openssl-sys", "TLS is rustls: a program of one file has no library of the system to go with"),
    ("native-tls", "TLS is rustls: a program of one file has no library of the system to go with"),
    (
        "aws-lc-sys",
        "the cryptography of TLS is ring's: a second one costs minutes of every build and megabytes of the program",
    ),
];
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Every package that is built into a program or builds one, with its licence. What only tests need is not among them.
fn built_in() -> BTreeMap<String, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tree = ["tree", "--workspace", "--offline", "--locked", "--edges", "normal,build"];
    let shape = ["--prefix", "none", "--format", "{p}|{l}"];
    let ran = Command::new(env!("CARGO")).args(tree).args(shape).current_dir(here).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (package, licence) = line.split_once('|').unwrap();
            // "name v1.2.3", without its place and its kind; a repeated package has a star behind its licence.
            let package: Vec<&str> = package.split(' ').take(2).collect();
            (package.join(" "), licence.trim_end_matches("(*)").trim().to_owned())
        })
        .collect()
}

fn is_allowed(licence: &str) -> Result<bool, String> {
    // Older packages write a stroke for "or".
    let expression = Expression::parse_mode(licence, ParseMode::LAX).map_err(|error| error.reason.to_string())?;
    Ok(expression.evaluate(|asked| {
        let name = asked.license.id().map(|id| id.name);
        // An exception only allows more.
        name.is_some_and(|name| ALLOWED.contains(&name))
    }))
}

#[test]
fn every_part_of_the_program_has_a_licence_that_it_can_be_handed_out_with() {
    let parts = built_in();
    assert!(parts.len() > 100, "{parts:?}");
    let mut wrong = Vec::new();
    for (package, licence) in &parts {
        let by_hand = READ_BY_HAND.iter().find(|(known, _)| known == package).map(|(_, licence)| *licence);
        let licence = if licence.is_empty() { by_hand.unwrap_or_default() } else { licence.as_str() };
        match is_allowed(licence) {
            Ok(true) => {}
            Ok(false) => wrong.push(format!("{package}: {licence:?} is not allowed")),
            Err(reason) => wrong.push(format!("{package}: {licence:?} is no licence: {reason}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (package, _) in READ_BY_HAND {
        assert!(parts.contains_key(package), "{package} is not in any more: its line can go");
    }
}

#[test]
fn a_licence_with_duties_is_seen() {
    for allowed in ["MIT", "MIT OR LGPL-3.0-or-later", "Apache-2.0/MIT", "Apache-2.0 WITH LLVM-exception"] {
        assert_eq!(is_allowed(allowed), Ok(true), "{allowed}");
    }
    for refused in ["LGPL-3.0-or-later", "MIT AND GPL-2.0-only", "WTFPL", "AGPL-3.0"] {
        assert_eq!(is_allowed(refused), Ok(false), "{refused}");
    }
    for unknown in ["", "Our Own", "see LICENSE"] {
        is_allowed(unknown).unwrap_err();
    }
}

#[test]
fn what_must_not_come_in_is_not_in() {
    let parts = built_in();
    let names: BTreeSet<&str> = parts.keys().filter_map(|package| package.split(' ').next()).collect();
    for (name, reason) in BANNED {
        assert!(!names.contains(name), "{name}: {reason}");
    }
}

#[test]
fn every_package_comes_from_the_registry_or_from_here() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| std::fs::read_to_string(path).unwrap().parse::<toml::Table>().unwrap();
    let members = read(&here.join("Cargo.toml"))["workspace"]["members"].as_array().unwrap().clone();
    let manifests = members.iter().map(|member| here.join(member.as_str().unwrap())).chain([here.to_owned()]);
    let ours: BTreeSet<String> =
        manifests.map(|dir| read(&dir.join("Cargo.toml"))["package"]["name"].as_str().unwrap().to_owned()).collect();
    for package in read(&here.join("Cargo.lock"))["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        match package.get("source").map(|source| source.as_str().unwrap()) {
            Some(source) => {
                assert_eq!(source, REGISTRY, "{name}");
                assert!(package.get("checksum").is_some(), "{name} has no checksum");
            }
            None => assert!(ours.contains(name), "{name} is from a path outside of this repository"),
        }
    }
}
