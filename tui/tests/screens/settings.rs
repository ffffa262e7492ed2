//! Settings.

use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::settings::SettingsSet;
use mychatflow_tui::msg::Question;
use serde_json::json;

use crate::console::Console;
use crate::shop::Shop;

fn both(name: &str, keys: &str, change: impl Fn(&mut Shop)) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut shop = Shop::usual();
        change(&mut shop);
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys(keys);
        insta::assert_snapshot!(format!("settings_{name}_{columns}"), console.picture());
    }
}

/// All keys, as the daemon tells them.
fn all(shop: &mut Shop) {
    let value = |key: SettingKey| match key {
        SettingKey::AssistantMode | SettingKey::ReplyMode => Some("countdown"),
        SettingKey::AssistantInstructions => {
            Some("Be friendly and short. Say du.\nNever promise a delivery on Sunday.")
        }
        SettingKey::BusinessProfile | SettingKey::OptOutConfirmation => None,
        SettingKey::BusinessName => Some("Corner Shop 東京 🍞"),
        SettingKey::BusinessHours => Some("Mon-Fri 08:00-18:00; Sat 09:00-13:00; Sun 10:00-16:00"),
        SettingKey::Timezone => Some("Europe/Berlin"),
        SettingKey::ReplyCountdown => Some("8"),
        SettingKey::ReplyBurstQuiet => Some("2500"),
        SettingKey::ReplyBurstMax => Some("25000"),
        SettingKey::ReplyPace => Some("human"),
        SettingKey::ReplyFreshness => Some("600"),
        SettingKey::ReplyTakeoverPause => Some("43200"),
        SettingKey::ReplyExistingContacts => Some("ask"),
        SettingKey::ChatsGroups => Some("ignore"),
        SettingKey::AssistantDisclosure => Some("first_answer"),
    };
    let source = |key: SettingKey| if key.word().starts_with("reply") { "config" } else { "tenant" };
    shop.settings = SettingKey::ALL
        .iter()
        .map(|key| json!({"key": key.word(), "value": value(*key), "source": source(*key)}))
        .collect();
}

fn set(console: &Console) -> Vec<SettingsSet> {
    let sets = console.asked.iter().filter_map(|question| match question {
        Question::SettingsSet(call) => Some(call.clone()),
        _ => None,
    });
    sets.collect()
}

#[test]
fn usual() {
    both("usual", "9", all);
    both("last", "9G", all);
    both("number", "9>>j", all);
    both("skeleton", "9", |shop| shop.silent = Some("settings.show"));
    both("failure", "9", |shop| shop.refuse = Some(("settings.show", "the store can't be read: disk full")));
    both("empty", "9", |shop| shop.settings = json!([]));
}

#[test]
fn forms_and_questions() {
    both("instructions", "9je", all);
    both("seconds", "9/countdown<enter>e<ctrl-u>soon", all);
    both("choices", "9e", all);
    both("inherit", "9D", all);
}

#[test]
fn a_value_is_checked_by_its_key_before_it_is_asked_for() {
    let mut console = Console::open(80, 24);
    all(&mut console.shop);
    console.keys("9/timezone<enter>e<ctrl-u>Europe/Atlantis<enter>");
    assert!(console.shows("this takes an IANA time zone"));
    assert!(set(&console).is_empty());
    console.keys("<ctrl-u>Europe/Paris<enter>");
    assert_eq!(set(&console)[0].value.as_deref(), Some("Europe/Paris"));
    assert!(console.shows("timezone is Europe/Paris now"));
}

#[test]
fn a_choice_is_picked_for_the_place_that_is_on() {
    let mut console = Console::open(80, 24);
    all(&mut console.shop);
    console.keys("9>e");
    assert!(console.shows("assistant.mode for Main"));
    console.keys("<down><enter>");
    let asked = &set(&console)[0];
    assert_eq!((asked.key, asked.value.as_deref()), (SettingKey::AssistantMode, Some("auto")));
    assert_eq!(asked.instance.as_ref().map(|name| name.as_str().to_owned()), Some(crate::shop::id(20)));
}

#[test]
fn what_is_not_set_here_is_not_taken_away() {
    let mut console = Console::open(80, 24);
    all(&mut console.shop);
    console.keys("9GkkkD");
    assert!(console.state.overlays.is_empty());
    assert!(console.shows("nothing is set here"));
    console.keys("gDy");
    assert_eq!(set(&console)[0].value, None);
    assert!(console.shows("is inherited"));
}

#[test]
fn values_of_another_place_never_stand_here() {
    let mut console = Console::open(80, 24);
    all(&mut console.shop);
    console.keys("9");
    console.shop.silent = Some("settings.show");
    console.keys(">");
    assert!(console.state.settings.rows.is_skeleton());
}
