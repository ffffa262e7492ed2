//! What follows when a number connects, and what comes and goes on it.

use std::time::Duration;

use mychatflow_data::model::instance::{InstanceStatus, Me, Traffic, Verdict};
use mychatflow_data::model::job::{JobArgs, JobKind};
use mychatflow_data::phone::Address;
use mychatflow_data::store::instances::{Connected, Sighting};
use mychatflow_data::store::jobs::Ended;
use mychatflow_data::time::Timestamp;

use super::support::{NOON, World, world};

const MINUTE: Duration = Duration::from_secs(60);

async fn sees(world: &World, status: Option<InstanceStatus>, at: Timestamp) -> Connected {
    let works = status == Some(InstanceStatus::Working);
    let me = Me { id: Address::parse("447700900500@c.us").unwrap(), lid: None, name: None };
    let sighting = Sighting {
        status,
        verdict: if works { Verdict::Healthy } else { Verdict::Dead },
        reason: None,
        me: works.then_some(me),
        engine: None,
        version: None,
    };
    world.shop.see_instance(world.number, sighting, at).await.unwrap().connected
}

async fn takes(world: &World, kind: JobKind, at: Timestamp) -> Vec<JobArgs> {
    let jobs = world.claim(kind, at).await;
    for job in &jobs {
        world.shop.end_job(job.id, Ended::Done, at).await.unwrap();
    }
    jobs.into_iter().map(|job| job.args).collect()
}

#[tokio::test]
async fn a_connection_brings_its_jobs_in_the_same_commit() {
    use InstanceStatus::{ScanQrCode, Starting, Working};
    let world = world().await;
    let instance = world.number;
    let sync = JobArgs::SyncContacts { instance };
    let at = |minutes: u32| NOON + MINUTE * minutes;
    assert_eq!(sees(&world, Some(ScanQrCode), at(0)).await, Connected::AsBefore);
    assert_eq!(sees(&world, Some(Working), at(1)).await, Connected::Paired);
    assert_eq!(takes(&world, JobKind::SyncContacts, at(1)).await, std::slice::from_ref(&sync));
    assert_eq!(takes(&world, JobKind::RecoverHistory, at(1)).await, []);
    assert_eq!(sees(&world, Some(Working), at(2)).await, Connected::AsBefore);

    // Lost at minute 60, back at minute 90; what was heard in between is not the measure.
    sees(&world, Some(Starting), at(60)).await;
    sees(&world, None, at(70)).await;
    world.says("447700900001@c.us", "A", "hello", at(80)).await;
    assert_eq!(sees(&world, Some(Working), at(90)).await, Connected::Again);
    let missing = JobArgs::RecoverHistory { instance, since: at(50) };
    assert_eq!(takes(&world, JobKind::RecoverHistory, at(90)).await, [missing]);
    assert_eq!(takes(&world, JobKind::SyncContacts, at(90)).await, []);

    // WAHA itself away: the word stays WORKING, and yet there is a gap. Nothing was heard since minute 80.
    sees(&world, None, at(100)).await;
    assert_eq!(sees(&world, Some(Working), at(110)).await, Connected::Again);
    let missing = JobArgs::RecoverHistory { instance, since: at(70) };
    assert_eq!(takes(&world, JobKind::RecoverHistory, at(110)).await, [missing]);

    // Paired anew with the same account: its people are read again.
    sees(&world, Some(ScanQrCode), at(120)).await;
    assert_eq!(sees(&world, Some(Working), at(121)).await, Connected::Again);
    assert_eq!(takes(&world, JobKind::SyncContacts, at(121)).await, [sync]);
}

#[tokio::test]
async fn another_account_is_a_pairing_from_the_moment_it_shows() {
    use InstanceStatus::{Failed, ScanQrCode, Starting, Working};
    let world = world().await;
    let at = |minutes: u32| NOON + MINUTE * minutes;
    let sees = async |status: InstanceStatus, digits: Option<&str>, minutes: u32| {
        let me = digits.map(|digits| Me { id: format!("{digits}@c.us").parse().unwrap(), lid: None, name: None });
        let verdict = if status == Working { Verdict::Healthy } else { Verdict::Dead };
        let sighting = Sighting { status: Some(status), verdict, reason: None, me, engine: None, version: None };
        world.shop.see_instance(world.number, sighting, at(minutes)).await.unwrap().connected
    };
    let (one, two) = (Some("447700900500"), Some("447700900501"));
    let times = async || {
        let found = world.shop.instance(world.number).await.unwrap().unwrap();
        (found.paired_at, found.worked_at, found.list_read_at)
    };
    sees(ScanQrCode, None, 0).await;
    assert_eq!(sees(Starting, one, 1).await, Connected::AsBefore);
    assert_eq!(times().await, (Some(at(1)), None, None));
    assert_eq!(sees(Working, one, 2).await, Connected::Paired);
    world.shop.note_list_read(world.number, at(3)).await.unwrap();
    assert_eq!(times().await, (Some(at(1)), Some(at(2)), Some(at(3))));
    assert_eq!(takes(&world, JobKind::SyncContacts, at(3)).await.len(), 1);

    sees(Failed, one, 60).await;
    sees(ScanQrCode, None, 61).await;
    assert_eq!(sees(Starting, two, 62).await, Connected::AsBefore);
    assert_eq!(times().await, (Some(at(62)), None, None));
    assert_eq!(sees(Working, two, 63).await, Connected::Paired);
    // A reading of the people of the phone before says nothing.
    world.shop.note_list_read(world.number, at(4)).await.unwrap();
    assert_eq!(times().await, (Some(at(62)), Some(at(63)), None));
    assert_eq!(takes(&world, JobKind::SyncContacts, at(63)).await.len(), 1);
    assert_eq!(takes(&world, JobKind::RecoverHistory, at(63)).await, [], "nothing from before the scan");
    // WAHA tells the same account again whenever something about it changes: no pairing.
    assert_eq!(sees(Working, two, 70).await, Connected::AsBefore);

    // Nobody can say whose phone scanned the code: it is not taken for the known one.
    sees(ScanQrCode, None, 80).await;
    assert_eq!(sees(Working, None, 81).await, Connected::Paired);
    assert_eq!(times().await, (Some(at(81)), Some(at(81)), None));
    assert_eq!(sees(Working, one, 82).await, Connected::AsBefore, "its name was missing, and is filled in");
    assert_eq!(times().await, (Some(at(81)), Some(at(81)), None));
}

#[tokio::test]
async fn what_rested_and_then_waited_for_the_number_goes_on_when_it_works() {
    use InstanceStatus::{Starting, Working};
    for (reason, woken) in [
        ("waiting for the number: it is STARTING, since 12:00", true),
        ("WhatsApp slows this number down (rate-overlimit): nothing is sent until 12:01, since 12:00", true),
        ("countdown", false),
    ] {
        let world = world().await;
        sees(&world, Some(Working), NOON).await;
        world.says("447700900001@c.us", "A", "hello", NOON + MINUTE).await;
        let job = world.claim(JobKind::AnswerChat, NOON + MINUTE * 2).await.remove(0);
        sees(&world, Some(Starting), NOON + MINUTE * 2).await;
        let ended = Ended::Snooze { until: NOON + MINUTE * 9, reason: reason.to_owned() };
        world.shop.end_job(job.id, ended, NOON + MINUTE * 2).await.unwrap();
        sees(&world, Some(Working), NOON + MINUTE * 3).await;
        assert_eq!(world.claim(JobKind::AnswerChat, NOON + MINUTE * 3).await.len(), usize::from(woken), "{reason}");
    }
}

#[tokio::test]
async fn a_habit_is_the_longest_pause_between_messages() {
    let world = world().await;
    assert_eq!(world.shop.traffic(world.number, NOON).await.unwrap(), Traffic::default());
    for (bare_id, minutes) in [("A", 0), ("B", 5), ("C", 65), ("D", 70)] {
        world.says("447700900001@c.us", bare_id, "hello", NOON + MINUTE * minutes).await;
    }
    let traffic = world.shop.traffic(world.number, NOON + MINUTE * 90).await.unwrap();
    assert_eq!(traffic, Traffic { messages: 4, gap_longest: MINUTE * 60, undelivered_chats: 0 });
}

#[tokio::test]
async fn only_a_number_that_was_paired_is_in_trouble() {
    use InstanceStatus::{Failed, ScanQrCode, Starting, Working};
    let world = world().await;
    let at = |minutes: u32| NOON + MINUTE * minutes;
    for (minute, status) in [(0, Starting), (1, ScanQrCode), (2, Starting)] {
        sees(&world, Some(status), at(minute)).await;
    }
    sees(&world, Some(Working), at(3)).await;
    assert_eq!(world.shop.failures(10).await.unwrap(), [], "this is how every number begins");
    sees(&world, Some(Failed), at(4)).await;
    sees(&world, Some(Starting), at(5)).await;
    let failures = world.shop.failures(10).await.unwrap();
    assert_eq!(failures.iter().map(|failure| failure.at).collect::<Vec<_>>(), [at(4)]);
}
