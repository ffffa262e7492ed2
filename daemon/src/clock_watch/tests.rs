//! A machine whose clock is set by hand, beside servers that tell the time.

use super::*;

const NOON: Timestamp = Timestamp::from_seconds(1_795_392_000);
const YEAR: Duration = Duration::from_secs(400 * 86_400);

/// A machine whose clock is set by hand, and servers that tell the true time or the machine's.
struct Machine {
    looks: Looks,
    began: Instant,
    passed: u64,
    /// Milliseconds that our clock is ahead of the true time.
    ahead: i64,
    words: BTreeMap<&'static str, ServerWord>,
}

impl Machine {
    fn start(ahead: i64) -> Self {
        let began = Instant::now();
        let wall = Timestamp::from_millis(NOON.millis() + ahead);
        Self { looks: Looks::new(wall, None, wall, began), began, passed: 0, ahead, words: BTreeMap::new() }
    }

    fn steady(&self) -> Instant {
        self.began + Duration::from_secs(self.passed)
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(NOON.millis() + self.ahead) + Duration::from_secs(self.passed)
    }

    /// A second passes, then a server says what time it is by a clock that is ahead by so much.
    fn says(&mut self, name: &'static str, ahead: i64) -> Vec<Finding> {
        self.passed += 1;
        let at = self.steady();
        let time = Timestamp::from_millis(NOON.millis() + ahead) + Duration::from_secs(self.passed);
        let heard = Some(Heard { time, asked_at: at, at });
        let word = ServerWord { name: name.to_owned(), elsewhere: name == "Gemini", heard };
        self.words.insert(name, word);
        self.look()
    }

    fn look(&mut self) -> Vec<Finding> {
        let words = self.words.values().cloned().collect();
        self.looks.look(self.wall(), self.steady(), words)
    }

    /// A second passes; somebody has set the clock.
    fn set(&mut self, ahead: i64) -> Vec<Finding> {
        self.passed += 1;
        self.ahead = ahead;
        self.look()
    }
}

fn year() -> i64 {
    i64::try_from(YEAR.as_millis()).unwrap()
}

fn mended(findings: &[Finding]) -> Vec<AheadSpan> {
    let span = |finding: &Finding| match finding {
        Finding::WasAhead(span) => Some(*span),
        _ => None,
    };
    findings.iter().filter_map(span).collect()
}

#[test]
fn the_stamps_of_the_wrong_time_are_moved_back_once_the_server_that_told_of_it_is_content() {
    let mut machine = Machine::start(0);
    assert_eq!(machine.says("WAHA main", 0), [Finding::NoDoubt]);
    let moved = Difference { by: YEAR, direction: Direction::Ahead };
    assert_eq!(machine.set(year()), [Finding::WasSet { moved, unexplained: false }]);
    assert_eq!(machine.says("WAHA main", 0), [Finding::Differs("WAHA main".into(), moved)]);
    assert_eq!(machine.says("WAHA main", 0), [], "told once");
    assert!(machine.looks.is_wrong());
    let moved = Difference { by: YEAR, direction: Direction::Behind };
    let found = machine.set(0);
    assert_eq!(found, [Finding::WasSet { moved, unexplained: false }, Finding::Agrees]);
    let found = mended(&machine.says("WAHA main", 0));
    let at = |seconds: u64| NOON + YEAR + Duration::from_secs(seconds);
    assert_eq!(found, [AheadSpan { from: at(1), to: at(5), by: YEAR }]);
    assert_eq!(mended(&machine.says("WAHA main", 0)), [], "once");
}

#[test]
fn a_clock_that_is_behind_moves_nothing_back_though_the_server_beside_it_agrees() {
    // A boot without a battery: WAHA on this machine says the same.
    let mut machine = Machine::start(-year());
    assert_eq!(mended(&machine.says("WAHA main", -year())), []);
    assert_eq!(mended(&machine.says("Gemini", 0)), []);
    assert!(machine.looks.is_wrong());
    assert_eq!(machine.says("WAHA main", -year()), [], "one that agrees ends nobody's doubt");
    assert!(machine.looks.is_wrong());
    // The network sets it right, and later somebody sets it wrong again.
    assert_eq!(mended(&machine.set(0)), []);
    assert_eq!(mended(&machine.says("WAHA main", 0)), []);
    assert_eq!(mended(&machine.set(-year())), []);
    assert_eq!(mended(&machine.says("WAHA main", -year())), []);
    assert_eq!(mended(&machine.says("WAHA main", -year())), []);
}

#[test]
fn a_clock_that_is_set_wrong_moves_nothing_back() {
    let mut machine = Machine::start(0);
    machine.says("WAHA main", 0);
    machine.says("Gemini", 0);
    let moved = Difference { by: YEAR, direction: Direction::Behind };
    assert_eq!(machine.set(-year()), [Finding::WasSet { moved, unexplained: true }]);
    assert_eq!(mended(&machine.says("WAHA main", -year())), []);
    assert_eq!(mended(&machine.says("Gemini", 0)), []);
}

#[test]
fn a_correction_by_a_few_seconds_is_no_alarm() {
    let mut machine = Machine::start(3_000);
    assert_eq!(machine.says("WAHA main", 0), [Finding::NoDoubt]);
    assert_eq!(machine.looks.ahead(), Duration::from_secs(3), "known, and too little to be told");
    let moved = Difference { by: Duration::from_secs(3), direction: Direction::Behind };
    assert_eq!(machine.set(0), [Finding::WasSet { moved, unexplained: false }]);
    assert_eq!(machine.looks.ahead(), Duration::ZERO);
    machine.says("WAHA main", 40_000);
    machine.says("Gemini", -5_000);
    assert_eq!(machine.looks.ahead(), Duration::from_secs(5));
    machine.says("Gemini", -year());
    assert_eq!(machine.looks.ahead(), AHEAD_MAX);
}

#[test]
fn a_server_whose_own_clock_was_wrong_moves_nothing_back() {
    let mut machine = Machine::start(0);
    machine.says("WAHA other", -year());
    assert!(machine.looks.is_wrong());
    // It is set right; ours was never set.
    assert_eq!(mended(&machine.says("WAHA other", 0)), []);
    // It was wrong, then both are set wrong in the other direction.
    machine.says("WAHA other", -year());
    machine.set(-2 * year());
    assert_eq!(mended(&machine.says("WAHA other", -2 * year())), []);
}

#[test]
fn a_clock_that_was_set_to_a_server_whose_clock_is_behind_moves_nothing_back() {
    let mut machine = Machine::start(0);
    machine.looks.floor = Some(NOON - Duration::from_secs(3600));
    machine.says("WAHA other", -year());
    machine.set(-year());
    assert_eq!(machine.says("WAHA other", -year()), [Finding::NoDoubt, Finding::TooEarly]);
}

#[test]
fn while_any_server_contradicts_nothing_is_moved_back() {
    let mut machine = Machine::start(year());
    machine.says("WAHA main", 0);
    machine.says("Gemini", 2 * year());
    machine.set(0);
    assert_eq!(mended(&machine.says("WAHA main", 0)), []);
    machine.says("Gemini", 0);
    assert_eq!(mended(&machine.says("WAHA main", 0)).len(), 1);
}

#[test]
fn an_answer_that_was_asked_for_before_the_clock_was_set_says_nothing() {
    let mut machine = Machine::start(0);
    machine.says("WAHA main", 0);
    machine.passed += 1;
    let asked_at = machine.steady();
    machine.set(year());
    let heard = Some(Heard { time: NOON, asked_at, at: machine.steady() });
    machine.words.insert("WAHA main", ServerWord { name: "WAHA main".into(), elsewhere: false, heard });
    assert_eq!(machine.look(), []);
    assert!(!machine.looks.is_wrong());
}

#[test]
fn nothing_is_forgotten_by_the_word_of_a_clock_that_only_its_own_machine_vouches_for() {
    let mut machine = Machine::start(year());
    machine.says("WAHA main", year());
    assert!(!machine.looks.is_wrong() && !machine.looks.is_proven(machine.steady()));
    machine.says("Gemini", year());
    assert!(machine.looks.is_proven(machine.steady()));
    machine.set(0);
    assert!(!machine.looks.is_proven(machine.steady()), "since it was set nobody has said anything");
    assert!(machine.looks.is_proven(machine.steady() + KEEP), "it has run for as long as things are kept");
}
