//! Says what a polite shop assistant would say who knows nothing but the facts.

use serde_json::{Map, Value, json};

use super::check::field;
use super::facts::{self, Fact};
use super::lexicon::{self, Language, Topic};
use super::phrases::phrase;
use super::schema;
use crate::shop;

/// Below this a fact has nothing to do with the question.
const SCORE_MIN: u32 = 3;
/// Shorter words prove nothing.
const WORD_LETTERS_MIN: usize = 4;
const FACTS_MAX: usize = 3;

/// What the assistant decided.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decision {
    pub(crate) action: &'static str,
    pub(crate) reply: String,
    pub(crate) reason: Option<&'static str>,
}

/// The text of the candidate: JSON where a schema asks for it.
pub(crate) fn text(request: &Value) -> String {
    let system = texts(field(request, "systemInstruction")).join("\n");
    let empty = Vec::new();
    let turns = request["contents"].as_array().unwrap_or(&empty);
    let last = turns.last().map(texts).unwrap_or_default();
    let decision = decide(&facts::read(&system), &last, turns.len());
    let schema = field(field(request, "generationConfig"), "responseSchema");
    let schema =
        if schema.is_null() { field(field(request, "generationConfig"), "responseJsonSchema") } else { schema };
    if schema.is_null() { decision.reply } else { fill(schema, &decision).to_string() }
}

/// A customer's word that makes an answer of [`super::Answers::Marks`] too long for one message of WhatsApp.
pub const TAIL_WORD: &str = "everything";
/// A customer's word that makes it a hand-off to a person.
pub const PERSON_WORD: &str = "human";

/// The same, made of nothing but the words of the last turn that begin like this.
pub(crate) fn marks(request: &Value, beginning: &str) -> String {
    // Counted in UTF-16, as WhatsApp does, this is more than one message holds, and fewer characters than an answer may.
    const LEAVES: usize = 2_200;
    let last = request["contents"].as_array().and_then(|turns| turns.last()).map(texts).unwrap_or_default();
    let last = last.join("\n");
    let words: Vec<&str> = last.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let marks: Vec<&str> = words.iter().copied().filter(|word| word.starts_with(beginning)).collect();
    let about = if marks.is_empty() { String::new() } else { format!(" about {}", marks.join(" and ")) };
    let (action, reason, then) = if words.contains(&PERSON_WORD) {
        ("handoff", Some("the customer asks for a person"), "Somebody from the shop will get in touch.")
    } else {
        ("reply", None, "We are here for you.")
    };
    let mut reply = format!("Thank you for your message{about}. {then}");
    if words.contains(&TAIL_WORD) {
        reply.push_str(&format!(" {} That is all{}.", "🌿".repeat(LEAVES), about.replace(beginning, "end")));
    }
    json!({"action": action, "reply": reply, "handoff_reason": reason}).to_string()
}

/// Decides from the facts and the lines of the customer's last turn.
pub(crate) fn decide(facts: &[Fact], lines: &[String], turns: usize) -> Decision {
    let words = lexicon::words(&lines.join("\n"));
    let language = lexicon::language(&words);
    let all: Vec<Topic> = words.iter().flat_map(|word| lexicon::topics(word)).collect();
    if all.contains(&Topic::Person) {
        return Decision {
            action: "handoff",
            reply: phrase(language).person.to_owned(),
            reason: Some("the customer asks for a person"),
        };
    }
    let mut found: Vec<&Fact> = Vec::new();
    for line in lines.iter().flat_map(|line| line.lines()) {
        if let Some(fact) = best(facts, line).filter(|fact| !found.contains(fact)) {
            found.push(fact);
        }
    }
    if found.is_empty() {
        // Each line may be too little by itself.
        found.extend(best(facts, &lines.join(" ")));
    }
    found.truncate(FACTS_MAX);
    let greets = all.contains(&Topic::Greeting) && turns <= 1;
    if !found.is_empty() {
        let lead = if greets { phrase(language).hello } else { phrase(language).sure };
        let told: Vec<String> = found.iter().map(|fact| tell(fact, language)).collect();
        return Decision { action: "reply", reply: format!("{lead} {}", told.join(" ")), reason: None };
    }
    if cant_read(lines) {
        return Decision { action: "reply", reply: phrase(language).words.to_owned(), reason: None };
    }
    let only = |topic: Topic| words.iter().all(|word| lexicon::topics(word).contains(&topic));
    if words.is_empty() || only(Topic::Thanks) {
        return Decision { action: "ignore", reply: String::new(), reason: None };
    }
    let small_talk = |word: &String| {
        lexicon::topics(word).iter().any(|topic| matches!(topic, Topic::Greeting | Topic::Thanks | Topic::Filler))
    };
    if all.contains(&Topic::Greeting) && words.iter().all(small_talk) {
        return Decision { action: "reply", reply: phrase(language).welcome.to_owned(), reason: None };
    }
    Decision {
        action: "handoff",
        reply: phrase(language).unknown.to_owned(),
        reason: Some("the shop's facts do not answer this question"),
    }
}

/// The fact that has most in common with a line.
fn best<'a>(facts: &'a [Fact], line: &str) -> Option<&'a Fact> {
    let asked = Marks::of(line);
    let mut best: Option<(u32, &Fact)> = None;
    for fact in facts {
        let score = asked.score(&Marks::of(&fact.label), 2) + asked.score(&Marks::of(&fact.text), 1);
        if score >= SCORE_MIN && best.is_none_or(|(most, _)| score > most) {
            best = Some((score, fact));
        }
    }
    best.map(|(_, fact)| fact)
}

/// What a text is about.
struct Marks {
    topics: Vec<Topic>,
    words: Vec<String>,
}

impl Marks {
    fn of(text: &str) -> Marks {
        let mut marks = Marks { topics: Vec::new(), words: Vec::new() };
        for word in lexicon::words(text) {
            let topics = lexicon::topics(&word);
            if topics.is_empty() && word.chars().count() >= WORD_LETTERS_MIN && word.chars().all(char::is_alphabetic) {
                marks.words.push(word.trim_end_matches('s').to_owned());
            }
            marks
                .topics
                .extend(topics.into_iter().filter(|topic| !marks.topics.contains(topic)).collect::<Vec<Topic>>());
        }
        marks
    }

    fn score(&self, other: &Marks, weight: u32) -> u32 {
        let topics: u32 =
            self.topics.iter().filter(|topic| other.topics.contains(topic)).map(|topic| worth(*topic)).sum();
        let words = self.words.iter().filter(|word| other.words.contains(word)).count();
        weight * (topics + 2 * u32::try_from(words).unwrap_or_default())
    }
}

/// How much it says when question and fact share a topic.
fn worth(topic: Topic) -> u32 {
    match topic {
        Topic::Person | Topic::Greeting | Topic::Thanks | Topic::Filler => 0,
        // Prices and orders are about something; the something has to fit as well.
        Topic::Price | Topic::Order => 1,
        Topic::Bread | Topic::Croissant | Topic::Cake | Topic::Coffee => 4,
        _ => 3,
    }
}

fn tell(fact: &Fact, language: Language) -> String {
    let text = shop::translated(&fact.text, language).unwrap_or(&fact.text);
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// A picture or a voice note without a word beside it.
fn cant_read(lines: &[String]) -> bool {
    let placeholder = |line: &String| line.trim().starts_with('[') && line.trim().ends_with(']');
    lines.iter().all(placeholder)
}

/// An object of this schema that holds the decision.
fn fill(schema: &Value, decision: &Decision) -> Value {
    let mut out = Map::new();
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let value = match name.as_str() {
            "action" => allowed(property, decision.action),
            "reply" | "text" | "message" | "answer" => decision.reply.as_str().into(),
            "handoff_reason" | "reason" => json!(decision.reason),
            "confidence" => json!(0.9),
            _ if required.contains(&name.as_str()) => schema::filler(property),
            _ => continue,
        };
        out.insert(name.clone(), value);
    }
    Value::Object(out)
}

/// The action, or `reply` where the schema does not know it.
fn allowed(property: &Value, action: &str) -> Value {
    match property["enum"].as_array() {
        Some(known) if !known.iter().any(|name| name == action) => "reply".into(),
        _ => action.into(),
    }
}

fn texts(content: &Value) -> Vec<String> {
    let parts = content["parts"].as_array().into_iter().flatten();
    parts.filter_map(|part| part["text"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Decision {
        let shop = shop::shop();
        let replies: String = shop.quick_replies.iter().map(|(label, text)| format!("- {label}: {text}\n")).collect();
        let system = format!(
            "Rules:\n1. Be kind.\n<business>\nName:\n{}\nAbout:\n{}\nOpening times:\n{}\nStored answers:\n{replies}</business>",
            shop.name, shop.profile, shop.hours
        );
        decide(&facts::read(&system), &[text.to_owned()], 1)
    }

    #[test]
    fn questions_find_their_fact_in_any_of_the_languages() {
        let rows = [
            ("Hi, are you open on Sunday?", "8:00"),
            ("Habt ihr am Sonntag geöffnet?", "8:00"),
            ("Hola, ¿hacen envíos a domicilio?", "5 km"),
            ("Bonjour, c'est combien un gâteau d'anniversaire ?", "28 €"),
            ("Onde fica a loja?", "Quay Street 12"),
            ("Do you have croissants left? 🥐🙏", "1,90 €"),
            ("How much is the sourdough?", "4,20 €"),
            ("Can I pay by card?", "card"),
            ("Avete qualcosa senza glutine?", "glutine"),
            ("Something was wrong with my order, can I return it?", "same day"),
            ("Gibt es Parkplätze?", "20"),
        ];
        for (question, words) in rows {
            let decision = asked(question);
            assert_eq!(decision.action, "reply", "{question}: {decision:?}");
            assert!(decision.reply.contains(words), "{question}: {decision:?}");
        }
    }

    #[test]
    fn what_the_facts_do_not_say_goes_to_a_person() {
        for question in [
            "Do you hire students for the summer?",
            "Können Sie meinen alten Toaster reparieren?",
            "I want to talk to a human",
        ] {
            let decision = asked(question);
            assert_eq!(decision.action, "handoff", "{question}: {decision:?}");
            assert!(decision.reason.is_some() && !decision.reply.is_empty());
        }
    }

    #[test]
    fn marks_of_the_last_turn_are_repeated_and_no_others() {
        let said = |last: &str| {
            let request = json!({"contents": [
                {"role": "user", "parts": [{"text": "xqold please"}]}, {"role": "model", "parts": [{"text": "Yes."}]},
                {"role": "user", "parts": [{"text": last}, {"text": "and (xqtwo)?"}]},
            ]});
            serde_json::from_str::<Value>(&marks(&request, "xq")).unwrap()
        };
        let plain = "Thank you for your message about xqone and xqtwo. We are here for you.";
        assert_eq!(said("Hi, xqone!"), json!({"action": "reply", "reply": plain, "handoff_reason": null}));
        assert_eq!(said("a human for xqone")["action"], "handoff");
        let long = said("everything about xqone");
        let long = long["reply"].as_str().unwrap();
        assert!(long.encode_utf16().count() > 4096 && long.chars().count() < 4000 && long.starts_with(&plain[..40]));
        assert!(long.ends_with("That is all about endone and endtwo."), "{}", &long[long.len() - 60..]);
    }

    #[test]
    fn small_talk_is_met_with_small_talk() {
        assert_eq!((asked("hello").action, asked("Guten Tag").action), ("reply", "reply"));
        assert_eq!(asked("Hallo").reply, "Hallo und willkommen! Wie kann ich helfen?");
        assert_eq!((asked("ok thanks").action, asked("👍").action), ("ignore", "ignore"));
    }

    #[test]
    fn what_has_no_words_is_asked_for_in_words() {
        assert!(asked("[voice message]").reply.contains("in a few words"));
        assert_eq!(decide(&[], &[], 1).action, "reply");
    }

    #[test]
    fn a_burst_is_answered_as_one() {
        let decision = asked("hi\nare you open on sunday\nand do you deliver?");
        assert!(decision.reply.contains("8:00") && decision.reply.contains("5 km"), "{decision:?}");
    }

    #[test]
    fn the_schema_decides_the_form() {
        let schema = json!({"type": "OBJECT", "properties": {
            "action": {"type": "STRING", "enum": ["reply", "handoff"]}, "reply": {"type": "STRING"},
            "handoff_reason": {"type": "STRING", "nullable": true}, "language": {"type": "STRING"}, "sources": {"type": "ARRAY", "items": {"type": "STRING"}},
        }, "required": ["action", "reply", "sources"]});
        let decision = Decision { action: "ignore", reply: "x".into(), reason: None };
        assert_eq!(
            fill(&schema, &decision),
            json!({"action": "reply", "reply": "x", "handoff_reason": null, "sources": []})
        );
    }
}
