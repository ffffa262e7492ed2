//! A list as a file, from the console: where it was asked for, and never over another one without a yes.

use std::os::unix::fs::PermissionsExt;

use crate::support::World;
use crate::talk;

/// What the command writes.
async fn by_command(world: &World) -> String {
    world.done(&["contact", "export", "by-command.csv", "--force"]).await;
    std::fs::read_to_string(world.path().join("by-command.csv")).unwrap()
}

#[tokio::test]
async fn people_are_in_the_file_that_the_console_names() {
    let (world, mut console) = talk(120, 36).await;
    console.keys("<esc>").until("enter open").await;
    console.keys("5").until("Ana").await;
    console.keys("x").until("~/contacts-").await;
    // In a directory that is not there, first.
    console.keys("<ctrl-u>~/lists/people.csv<enter>").until("make it first").await;
    std::fs::create_dir(world.path().join("lists")).unwrap();
    console.keys("<enter>").until("1 person is in").await;
    let file = world.path().join("lists/people.csv");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), by_command(&world).await);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    // The same place again: asked, and enter keeps what is there.
    std::fs::write(&file, "mine").unwrap();
    console.keys("x").until("~/contacts-").await;
    console.keys("<ctrl-u>~/lists/people.csv<enter>").until("Write over people.csv?").await;
    console.keys("<enter>").gone("Write over").await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    console.keys("<enter>").until("Write over people.csv?").await;
    console.keys("y").gone("Write over").await.gone("File on this machine").await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), by_command(&world).await);
    assert_eq!(std::fs::read_dir(world.path().join("lists")).unwrap().count(), 1, "nothing unfinished is left");
}

#[tokio::test]
async fn quick_replies_are_in_the_file_that_the_console_names() {
    let (world, mut console) = talk(80, 24).await;
    world.done(&["quick-reply", "add", "hours", "Monday to Friday, 9 to 17"]).await;
    console.keys("<esc>").until("r write").await;
    console.keys("6").until("hours").await;
    console.keys("x").until("~/quick-replies-").await;
    console.keys("<ctrl-u>replies.md<enter>").until("3 quick replies are in").await.gone("File on this machine").await;
    let file = std::fs::read_to_string(world.path().join("replies.md")).unwrap();
    assert!(file.contains("hours") && file.contains("9 to 17"), "{file}");
}
