//! A shop to which everything happens at once, from a seed: nothing is lost, doubled or said against a person's will.
//! `mychatflow-bench torture` does the same for as long as one likes, and with what is not in the short run.

use std::path::PathBuf;
use std::time::Duration;

use mychatflow_bench::torture::{self, CI_ACTIONS, CI_SEED, IN_CI, Length, Settings};
use mychatflow_sandbox::waha::Engine;

#[tokio::test]
async fn every_law_holds_whatever_happens_to_the_shop() {
    let room = tempfile::Builder::new().prefix("mcf-").tempdir().unwrap();
    let settings = Settings {
        program: PathBuf::from(env!("CARGO_BIN_EXE_mychatflow")),
        engine: Engine::Noweb,
        seed: CI_SEED,
        length: Length::Actions(CI_ACTIONS),
        kinds: IN_CI.iter().copied().collect(),
        rest: Duration::from_secs(120),
        tell: |_| {},
    };
    let report = torture::run(&settings, room.path()).await.unwrap();
    println!("{}", report.table());
    for story in report.stories.iter().filter(|_| !report.breaches.is_empty()) {
        println!("\n{}", std::fs::read_to_string(story).unwrap());
    }
    assert!(report.breaches.is_empty(), "{:#?}", report.breaches);
}
