//! The daemon dies, comes back as another one, or may not be spoken to: the console stays and says what to do.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use mychatflow_sandbox::waha::Engine;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::{Shop, World};
use crate::terminal::{PATIENCE, Terminal};
use crate::{command, console, shop, talk};

/// Longer than the first pauses between two attempts.
const SOME_ATTEMPTS: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn it_dies_and_comes_back() {
    let (mut world, mut console) = talk(120, 40).await;
    console.keys("istill typ").until("still typ").await;
    world.kill().await;
    console.until("no daemon since").await;
    console.until("start it again: mychatflow daemon; again in").await;
    console.keys("ing").until("still typing").await;
    console.keys(" and sent<enter>").until("you · ? no answer").await;
    assert!(console.text().contains("still typing and sent"), "{}", console.text());
    console.keys("the next one").until("the next one").await;

    // What comes while nobody listens is delivered again, later.
    let said = "Are you there?";
    console.resize(80, 24).until("start it again: mychatflow daemon; again in").await;
    console.resize(120, 40);
    world.waha.customer_says(crate::support::NUMBER, &world.ana, said).await.unwrap();
    world.start().await;
    console.until("● live").await;
    console.until(said).await;
    assert!(console.text().contains("the next one"), "what was typed is kept\n{}", console.text());
    // What was sent into the void goes out by itself, under its old id, and once.
    console.gone("? no answer").await;
    world
        .waha
        .wait_for(PATIENCE, |waha| {
            let sent = waha.sent_to(&world.ana.chat_id());
            sent.iter().any(|sent| sent.text == "still typing and sent").then_some(())
        })
        .await
        .unwrap();
    world.at_rest().await;
    let again: Vec<_> = world.reached_ana().into_iter().filter(|sent| sent.text.contains("still typing")).collect();
    assert_eq!(again.iter().map(|sent| sent.posts).collect::<Vec<_>>(), [1], "{again:#?}");
}

/// A daemon of another version in the place of the real one; how often it was greeted.
fn another_version(world: &World) -> watch::Receiver<u32> {
    // The socket of the one that was killed is still there.
    let _ = std::fs::remove_file(world.socket());
    let listener = UnixListener::bind(world.socket()).unwrap();
    let (greeted, greetings) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while matches!(stream.read_line(&mut line).await, Ok(1..)) {
                let id = serde_json::from_str::<serde_json::Value>(&line).unwrap()["id"].clone();
                let refusal = serde_json::json!({"jsonrpc": "2.0", "id": id, "error": {
                    "code": -32009, "message": "another protocol",
                    "data": {"code": "version_mismatch", "protocol": 99, "version": "9.9.9"}}});
                greeted.send_modify(|count| *count += 1);
                if stream.write_all(format!("{refusal}\n").as_bytes()).await.is_err() {
                    break;
                }
                line.clear();
            }
        }
    });
    greetings
}

#[tokio::test]
async fn a_daemon_of_another_version_takes_its_place() {
    let mut world = shop().await;
    let mut console = console(&world, 80, 24).await;
    world.kill().await;
    let mut greetings = another_version(&world);
    console.until("this command is too old for the daemon: update it, then open it again").await;
    assert_eq!(*greetings.borrow_and_update(), 1);
    let again = timeout(SOME_ATTEMPTS, greetings.changed()).await;
    assert!(again.is_err(), "to try again can't help");
    // A person may know better.
    console.keys("<f5>");
    timeout(PATIENCE, greetings.changed()).await.unwrap().unwrap();
    console.keys("q");
    assert_eq!(console.ended().await, 0);
}

#[tokio::test]
async fn a_daemon_of_another_version_is_told_before_the_screen_is_taken() {
    let world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    std::fs::create_dir_all(world.socket().parent().unwrap()).unwrap();
    let greetings = another_version(&world);
    let mut console = Terminal::run(command(&world), 80, 24);
    assert_eq!(console.ended().await, 1);
    let told = console.text().replace('\n', "");
    assert!(told.contains("the daemon 9.9.9 speaks protocol 99; this command is the older one: update it"), "{told}");
    assert!(!console.raw().windows(8).any(|bytes| bytes == b"\x1b[?1049h"), "{told}");
    assert_eq!(*greetings.borrow(), 1);
}

#[tokio::test]
async fn a_socket_that_may_not_be_opened() {
    let world = shop().await;
    let closed = PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(world.socket(), closed).unwrap();
    let root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
    let command = if root {
        // Nothing is closed to root: somebody else looks.
        let program = world.path().join("mychatflow");
        std::fs::copy(env!("CARGO_BIN_EXE_mychatflow"), &program).unwrap();
        std::fs::set_permissions(world.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mut other = command(&world);
        *other.get_argv_mut() = ["setpriv", "--reuid=65534", "--clear-groups"].map(Into::into).to_vec();
        other.arg(program);
        other
    } else {
        command(&world)
    };
    let mut console = Terminal::run(command, 80, 24);
    assert_eq!(console.ended().await, 3, "{}", console.text());
    let told = console.text().replace('\n', "");
    assert!(told.contains("you may not open the daemon's socket"), "{told}");
    assert!(told.contains("daemon.socket_group") && told.contains("mychatflow tenant grant"), "{told}");
}
