//! The demo is the whole product: it loses nothing, doubles nothing, and says so.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

use std::process::{Command, Output};

use serde_json::{Value, json};

fn demo(args: &[&str]) -> Output {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_mychatflow"));
    demo.args(["demo", "--headless", "--json"]).args(args).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The events of one kind.
fn of<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["event"] == kind).collect()
}

#[test]
fn nothing_is_lost_and_nobody_is_answered_twice() {
    let output = demo(&["--seed", "1", "--for", "10s"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(said, "", "nothing to say beside the events");
    let lines = lines(&output);
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!((&summary["lost"], &summary["doubled"]), (&json!(0), &json!(0)));
    assert_eq!((&summary["inbound"], &summary["duplicates"]), (&json!(15), &json!(1)));
    assert_eq!((&summary["replies"], &summary["credits_used"]), (&json!(11), &json!(11)));
    assert_eq!(of(&lines, "wrote").len(), 15);
    let answered = of(&lines, "answered");
    assert_eq!(answered.len(), 11);
    let left = answered.iter().map(|line| line["credits_left"].as_i64().unwrap()).min();
    assert_eq!(left, Some(389));
    let names = |kind: &str| of(&lines, kind).iter().map(|line| line["who"].clone()).collect::<Vec<_>>();
    assert_eq!(names("handed_over"), ["Tom", "Ben"]);
    assert_eq!((names("owner_wrote"), names("paused")), (vec![json!("Tom")], vec![json!("Tom")]));
    assert_eq!(names("delivered_again"), ["Claire 🌻"]);
    assert_eq!(names("reacted"), ["Lucía"]);
    for once in ["opened", "furnished", "code", "paired", "known", "group_left_alone"] {
        assert_eq!(of(&lines, once).len(), 1, "{once}");
    }
    assert_eq!(of(&lines, "missed"), [] as [&Value; 0]);
}

#[test]
fn a_store_is_kept_where_it_is_wanted_and_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().join("kept");
    let args = ["--for", "1s", "--data-dir", kept.to_str().unwrap()];
    assert!(demo(&args).status.success());
    assert!(kept.join("mychatflow.db").is_file());
    let again = demo(&args);
    assert_eq!((again.status.code(), again.stdout.len()), (Some(1), 0));
    assert!(String::from_utf8_lossy(&again.stderr).contains("holds a store already"));
}
