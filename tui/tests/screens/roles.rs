//! Roles: nobody is offered what the daemon would refuse them, and no key asks for it.

use std::time::Duration;

use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::{METHODS, Needs};
use mychatflow_tui::action::Action;
use mychatflow_tui::key;
use mychatflow_tui::msg::{Mouse, MouseDeed, Msg};
use mychatflow_tui::permission::gate;
use mychatflow_tui::state::overlay::{Overlay, Pick};
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, id};

/// Every place in which a key may mean something of its own, and how one gets there with nothing but looking.
const PLACES: [&str; 26] = [
    "1",
    "1<tab><tab>",
    "2",
    "2j",
    "2jj<enter>",
    "2jjj<enter>",
    "2>",
    "2G<enter>",
    "3",
    "3j",
    "3<enter>",
    "3r",
    "3jr",
    "4",
    "4j",
    "4<enter>",
    "5",
    "5j",
    "5<enter>",
    "5s",
    "6",
    "7",
    "8",
    "8j",
    "9",
    "2jj<enter><tab>",
];

fn console(role: &str, columns: u16, rows: u16) -> Console {
    let mut shop = Shop::usual();
    shop.tenants[0]["role"] = json!(role);
    for (at, line) in shop.report.iter_mut().enumerate() {
        line["chat"] = json!(id(30 + at as u8));
    }
    Console::with(columns, rows, shop, |_| {})
}

/// What a question needs, by the daemon's own table.
fn needs(method: &str) -> Needs {
    METHODS.iter().find(|of| of.name == method).unwrap_or_else(|| panic!("{method} is no method")).needs
}

fn may(role: Role, needs: Needs) -> bool {
    match needs {
        Needs::Anyone => true,
        Needs::Member(needed) => role.covers(needed),
        // An owner may be an operator as well.
        Needs::Operator => role == Role::Owner,
    }
}

fn refused(console: &Console, role: Role) -> Vec<&'static str> {
    let asked = console.asked.iter().map(|question| question.method());
    asked.filter(|method| !may(role, needs(method))).collect()
}

const ROLES: [(&str, Role); 3] = [("viewer", Role::Viewer), ("agent", Role::Agent), ("owner", Role::Owner)];

#[test]
fn no_key_asks_for_what_its_role_may_not() {
    for (word, role) in &ROLES[..2] {
        let role = *role;
        for place in PLACES {
            let mut console = console(word, 120, 36);
            console.keys(place);
            let scopes = console.state.scopes();
            for action in Action::ALL {
                let Some(pressed) = console.state.keymap.key_of(&scopes, *action) else { continue };
                let pressed = if pressed.chars().count() == 1 { pressed } else { format!("<{pressed}>") };
                let Ok(pressed) = key::sequence(&pressed) else { continue };
                // With what may follow: something typed, a yes, an Enter.
                for then in ["y", "hello<enter>", "<enter>y"] {
                    let wrong = console.trial(|console| {
                        for key in &pressed {
                            console.take(Msg::Key(*key));
                        }
                        console.keys(then);
                        console.pass(Duration::from_secs(2));
                        console.keys("<ctrl-c>");
                        refused(console, role)
                    });
                    assert_eq!(wrong, Vec::<&str>::new(), "{word} at {place}: {}, then {then}", action.name());
                }
            }
            // Nor does a click on anything, twice, with words behind it.
            let hits = console.layout().hits.clone();
            for (area, hit) in hits {
                let (column, row) = (area.x + area.width / 2, area.y);
                let wrong = console.trial(|console| {
                    for _ in 0..2 {
                        console.take(Msg::Mouse(Mouse { deed: MouseDeed::Click, column, row }));
                    }
                    console.keys("hi").pass(Duration::from_secs(2));
                    refused(console, role)
                });
                assert_eq!(wrong, Vec::<&str>::new(), "{word} at {place}: a click on {hit:?}");
            }
        }
    }
}

#[test]
fn whoever_may_not_is_told_who_can_and_is_not_offered_it() {
    for (word, role) in ROLES {
        for place in PLACES {
            let mut console = console(word, 120, 36);
            console.keys(place);
            let (screen, scopes) = (console.state.screen, console.state.scopes());
            let help = console.trial(|console| {
                console.keys("?");
                console.lines().join("\n")
            });
            let hints = console.lines().pop().unwrap();
            for action in Action::ALL {
                let Some(gate) = gate(screen, *action) else { continue };
                let (Some(pressed), true) =
                    (console.state.keymap.key_of(&scopes, *action), console.state.overlays.is_empty())
                else {
                    continue;
                };
                if may(role, gate.needs) {
                    continue;
                }
                let spelled = if pressed.chars().count() == 1 { pressed.clone() } else { format!("<{pressed}>") };
                let said = console.trial(|console| {
                    console.keys(&spelled);
                    console.state.toasts.log().next().map(|toast| toast.text.as_str().to_owned())
                });
                // Some keys mean two things, of which the first one is for everybody.
                let first = console.state.keymap.meaning(&scopes, key::sequence(&spelled).unwrap()[0]);
                if first == Some(*action) {
                    let said = said.unwrap_or_default();
                    assert!(
                        said.contains("can't ") && said.contains(gate.deed),
                        "{word} at {place}: {}: {said}",
                        action.name()
                    );
                    assert!(!help.contains(action.what()), "{word} at {place}: the help has {}", action.name());
                    let palette = console.trial(|console| {
                        console.keys(":");
                        let Some(Overlay::Picker(picker)) = console.state.overlays.last() else { return false };
                        picker.items.iter().any(|item| {
                            item.pick == Pick::Action(*action) || item.pick == Pick::Elsewhere(screen, *action)
                        })
                    });
                    assert!(!palette, "{word} at {place}: the palette has {}", action.name());
                }
                assert!(
                    !hints.contains(&format!(" {pressed} ")) || first != Some(*action),
                    "{word} at {place}: {pressed} in {hints}"
                );
            }
        }
    }
}

#[test]
fn a_viewer_reads_nowhere_how_to_do_what_only_others_may() {
    for (keys, words) in [
        ("2<enter>", "i write"),
        ("2<enter>", "quick reply"),
        ("5<enter>", "e edit"),
        ("5<enter>", "merge"),
        ("5<enter>", "opt out"),
        ("5<enter>", "erase"),
        ("5s", "removes"),
        ("4j", "p shows the code"),
        ("4", "p pair"),
    ] {
        for (columns, rows) in [(80, 24), (120, 36)] {
            let mut console = console("viewer", columns, rows);
            console.keys(keys);
            assert!(!console.shows(words), "{keys}: {words}\n{}", console.picture());
            // Others are told it, where there is room.
            let mut console = self::console("owner", 120, 36);
            console.keys(keys);
            assert!(console.shows(words), "{keys}: {words}\n{}", console.picture());
        }
    }
}
