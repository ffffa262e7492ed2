//! How a command gets to the daemon, and what its exit status says when it does not.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use mychatflow_data::protocol::calls::credit::CreditAudit;
use mychatflow_data::protocol::error::Code;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::desk::Desk;

#[tokio::test]
async fn the_exit_status_says_what_went_wrong() {
    let desk = Desk::with_daemon();
    desk.replies::<CreditAudit>(json!({"balance": 1, "derived": 1, "drift": 0}));
    assert_eq!(desk.run(&["credit", "audit"]).await.code(), 0);
    assert_eq!(desk.run(&["credit", "audti"]).await.code(), 2);
    for (code, status) in [
        (Code::Conflict, 1),
        (Code::NotConnected, 1),
        (Code::Unavailable, 1),
        (Code::Forbidden, 4),
        (Code::Unauthenticated, 4),
    ] {
        desk.refuses::<CreditAudit>(code);
        let ran = desk.run(&["credit", "audit"]).await;
        assert_eq!((ran.code(), ran.stdout()), (status, ""), "{code}");
        assert_eq!(ran.stderr(), "mychatflow: because\n", "{code}");
    }
}

#[tokio::test]
async fn without_a_daemon_it_says_how_to_start_one() {
    let desk = Desk::new();
    let ran = desk.run(&["chat", "list", "--json"]).await;
    assert_eq!((ran.code(), ran.stdout()), (3, ""));
    assert!(ran.stderr().contains(desk.socket().to_str().unwrap()), "{}", ran.stderr());
    assert!(ran.stderr().contains("start it: mychatflow daemon"), "{}", ran.stderr());
}

#[tokio::test]
async fn alone_it_welcomes_or_says_what_is_missing() {
    let desk = Desk::new();
    let ran = desk.run(&[]).await;
    assert_eq!((ran.code(), ran.stdout()), (3, ""));
    for word in
        ["mychatflow demo", "mychatflow daemon", ".config/mychatflow/config.toml", "/etc/mychatflow/config.toml"]
    {
        assert!(ran.stderr().contains(word), "{word}: {}", ran.stderr());
    }
    let file = desk.write(".config/mychatflow/config.toml", "[gemini]\nmodle = \"x\"\n");
    let ran = desk.run(&[]).await;
    assert_eq!(ran.code(), 3);
    for word in ["mychatflow daemon", file.to_str().unwrap(), "unknown key gemini.modle"] {
        assert!(ran.stderr().contains(word), "{word}: {}", ran.stderr());
    }
}

#[tokio::test]
async fn stop_comes_back_when_the_daemon_has_ended() {
    let desk = Desk::with_daemon();
    let ran = desk.run(&["daemon", "stop", "--json"]).await;
    assert_eq!((ran.code(), ran.lines()), (0, vec![json!({"pid": 4242})]));
    assert_eq!(desk.run(&["daemon", "status"]).await.code(), 3);
}

#[tokio::test]
async fn stop_over_ssh_says_only_what_it_has_seen() {
    let desk = Desk::with_daemon();
    ssh_to_here(&desk);
    let ran = desk.run(&["daemon", "stop", "--host", "you@vps"]).await;
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    for word in ["you@vps (pid 4242)", "has closed its socket", "mychatflow --host you@vps daemon status"] {
        assert!(ran.stdout().contains(word) && !ran.stdout().contains("stopped"), "{word}: {}", ran.stdout());
    }
}

#[tokio::test]
async fn relay_joins_its_pipes_to_the_socket() {
    let desk = Desk::with_daemon();
    desk.replies::<CreditAudit>(json!({"balance": 1, "derived": 1, "drift": 0}));
    let mut relay = desk.command(&["relay"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = relay.stdin.take().unwrap();
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}"#;
    let audit = r#"{"jsonrpc":"2.0","id":2,"method":"credit.audit"}"#;
    stdin.write_all(format!("{hello}\n{audit}\n").as_bytes()).await.unwrap();
    // What was asked before the end of stdin is still answered.
    drop(stdin);
    let mut answers = String::new();
    relay.stdout.take().unwrap().read_to_string(&mut answers).await.unwrap();
    assert!(relay.wait().await.unwrap().success());
    assert!(answers.lines().nth(1).unwrap().contains(r#""id":2,"result":{"balance":1"#), "{answers}");
}

#[tokio::test]
async fn another_machine_is_reached_over_ssh() {
    let desk = Desk::with_daemon();
    desk.replies::<CreditAudit>(json!({"balance": 1, "derived": 1, "drift": 0}));
    ssh_to_here(&desk);
    let ran = desk.run(&["credit", "audit", "--host", "you@vps", "--json"]).await;
    assert_eq!(
        (ran.code(), ran.lines()),
        (0, vec![json!({"balance": 1, "derived": 1, "drift": 0})]),
        "{}",
        ran.stderr()
    );

    let ran = desk.run(&["credit", "audit", "--host", "you@vps", "--socket", "/no where/it's.sock"]).await;
    assert_eq!(ran.code(), 3);
    assert!(ran.stderr().contains("/no where/it's.sock"), "{}", ran.stderr());
    assert!(ran.stderr().contains("no connection to you@vps: no daemon answers there"), "{}", ran.stderr());
}

#[tokio::test]
async fn an_ssh_that_does_not_get_there_is_no_connection() {
    let desk = Desk::new();
    ssh(&desk, "#!/bin/sh\necho 'ssh: could not resolve' >&2\nexit 255\n");
    let ran = desk.run(&["stats", "--host", "vps"]).await;
    assert_eq!(ran.code(), 3);
    assert!(ran.stderr().contains("no connection to vps: ssh did not get there"), "{}", ran.stderr());
    let ran = desk.run(&["stats", "--host=-oProxyCommand=touch /tmp/x"]).await;
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr().contains("no name of a machine"), "{}", ran.stderr());
}

/// What ssh does, without a network: the last argument goes to a shell over there.
fn ssh_to_here(desk: &Desk) {
    ssh(desk, "#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec sh -c \"$1\"\n");
    symlink(env!("CARGO_BIN_EXE_mychatflow"), desk.path().join("bin/mychatflow")).unwrap();
}

fn ssh(desk: &Desk, script: &str) {
    let path = desk.write("bin/ssh", script);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
