//! A campaign through kills, outages, pauses and people who write: everybody on the list gets the text once or stands
//! with a reason. `campaign-proof` does the same at full size.

use std::path::PathBuf;
use std::time::Duration;

use mychatflow_bench::trial::{self, Parcel, Plan};
use mychatflow_sandbox::waha::Engine;

#[tokio::test]
async fn everybody_gets_it_once_whatever_happens() {
    let room = tempfile::Builder::new().prefix("mcf-").tempdir().unwrap();
    let plan = Plan {
        parcel: Parcel::Text,
        program: PathBuf::from(env!("CARGO_BIN_EXE_mychatflow")),
        engine: Engine::Noweb,
        recipients: 600,
        // One of each sort: with messages out and untold, with messages claimed, and anywhere.
        kills: 3,
        seed: 1,
        deadline: Duration::from_secs(180),
        tell: |_| {},
    };
    let proof = trial::run(&plan, room.path()).await.unwrap();
    println!("{}", proof.table());
    assert!(proof.wrong.is_empty(), "{:#?}", proof.wrong);
}
