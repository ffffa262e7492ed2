//! Who writes to the demo's shop, what and when; and what the shop has told about itself.
//!
//! All numbers are from ranges that telephone authorities keep for fiction.

use std::time::Duration;

use crate::gemini::Language;
use crate::seed::Seed;
use crate::waha::{Content, Customer, Number, Presence};

/// The demo's shop.
pub const SHOP_NAME: &str = "Harbour Bakery";
/// A group that the shop is in, and where nobody wants to hear from an assistant.
pub const GROUP: &str = "120363000000000001@g.us";

/// What a shop tells its assistant.
#[derive(Clone, Debug, PartialEq)]
pub struct Shop {
    /// Its name.
    pub name: &'static str,
    /// What it is and sells.
    pub profile: &'static str,
    /// When it is open.
    pub hours: &'static str,
    /// Its IANA time zone.
    pub timezone: &'static str,
    /// Stored answers: label and text.
    pub quick_replies: &'static [(&'static str, &'static str)],
}

/// The demo's shop.
pub fn shop() -> Shop {
    Shop {
        name: SHOP_NAME,
        profile: "A small bakery by the old harbour: sourdough bread, croissants, cakes to order and good coffee.",
        hours: HOURS,
        timezone: "Europe/Berlin",
        quick_replies: QUICK_REPLIES,
    }
}

const HOURS: &str = "Monday to Saturday 7:00-18:00, Sunday 8:00-12:00";

const QUICK_REPLIES: &[(&str, &str)] = &[
    ("Address", ADDRESS),
    ("Delivery", DELIVERY),
    ("Bread prices", BREAD),
    ("Croissant prices", CROISSANT),
    ("Birthday cakes", CAKE),
    ("Coffee", COFFEE),
    ("Payment", PAYMENT),
    ("Returns", RETURNS),
    ("Vegan and gluten-free", ALLERGY),
    ("Parking", PARKING),
];

const ADDRESS: &str = "You find us at Quay Street 12, right by the old harbour.";
const DELIVERY: &str = "We deliver within 5 km for 3 €, and free of charge from 30 €.";
const BREAD: &str = "A loaf of sourdough is 4,20 €.";
const CROISSANT: &str = "A butter croissant is 1,90 €, a filled one 2,40 €. We bake them fresh until noon.";
const CAKE: &str = "A birthday cake for twelve people is 28 €. Please order it two days ahead.";
const COFFEE: &str = "An espresso is 2 €, a cappuccino 3,20 €.";
const PAYMENT: &str = "You can pay in cash, by card and by phone.";
const RETURNS: &str = "If something was not right, tell us on the same day and we bake it again.";
const ALLERGY: &str = "We always have vegan rolls. Gluten-free bread is baked on Thursdays.";
const PARKING: &str = "There are 20 free parking spaces behind the house.";

/// Each fact in German, Spanish, French, Portuguese and Italian.
const TRANSLATIONS: &[(&str, [&str; 5])] = &[
    (
        HOURS,
        [
            "Montag bis Samstag 7:00-18:00, Sonntag 8:00-12:00",
            "De lunes a sábado de 7:00-18:00, domingos de 8:00-12:00",
            "Du lundi au samedi 7:00-18:00, le dimanche 8:00-12:00",
            "De segunda a sábado 7:00-18:00, domingo 8:00-12:00",
            "Da lunedì a sabato 7:00-18:00, domenica 8:00-12:00",
        ],
    ),
    (
        ADDRESS,
        [
            "Sie finden uns in der Quay Street 12, direkt am alten Hafen.",
            "Estamos en Quay Street 12, junto al puerto viejo.",
            "Nous sommes au Quay Street 12, juste au vieux port.",
            "Estamos na Quay Street 12, junto ao porto antigo.",
            "Siamo in Quay Street 12, proprio al porto vecchio.",
        ],
    ),
    (
        DELIVERY,
        [
            "Wir liefern im Umkreis von 5 km für 3 €, ab 30 € kostenlos.",
            "Repartimos en un radio de 5 km por 3 €, y gratis a partir de 30 €.",
            "Nous livrons dans un rayon de 5 km pour 3 €, et gratuitement dès 30 €.",
            "Entregamos num raio de 5 km por 3 €, grátis a partir de 30 €.",
            "Consegniamo entro 5 km per 3 €, gratis da 30 €.",
        ],
    ),
    (
        BREAD,
        [
            "Ein Sauerteigbrot kostet 4,20 €.",
            "Un pan de masa madre cuesta 4,20 €.",
            "Un pain au levain coûte 4,20 €.",
            "Um pão de fermentação natural custa 4,20 €.",
            "Una pagnotta a lievito madre costa 4,20 €.",
        ],
    ),
    (
        CROISSANT,
        [
            "Ein Buttercroissant kostet 1,90 €, ein gefülltes 2,40 €. Wir backen sie frisch bis zum Mittag.",
            "Un cruasán de mantequilla cuesta 1,90 €, uno relleno 2,40 €. Los horneamos hasta el mediodía.",
            "Un croissant au beurre coûte 1,90 €, fourré 2,40 €. Nous les cuisons jusqu'à midi.",
            "Um croissant de manteiga custa 1,90 €, recheado 2,40 €. Assamos até ao meio-dia.",
            "Un cornetto al burro costa 1,90 €, ripieno 2,40 €. Li sforniamo fino a mezzogiorno.",
        ],
    ),
    (
        CAKE,
        [
            "Eine Geburtstagstorte für zwölf Personen kostet 28 €. Bitte zwei Tage vorher bestellen.",
            "Una tarta de cumpleaños para doce personas cuesta 28 €. Encárguela dos días antes, por favor.",
            "Un gâteau d'anniversaire pour douze personnes coûte 28 €. À commander deux jours avant, s'il vous plaît.",
            "Um bolo de aniversário para doze pessoas custa 28 €. Encomende dois dias antes, por favor.",
            "Una torta di compleanno per dodici persone costa 28 €. Da ordinare due giorni prima, per favore.",
        ],
    ),
    (
        COFFEE,
        [
            "Ein Espresso kostet 2 €, ein Cappuccino 3,20 €.",
            "Un café solo cuesta 2 €, un capuchino 3,20 €.",
            "Un espresso coûte 2 €, un cappuccino 3,20 €.",
            "Um café custa 2 €, um cappuccino 3,20 €.",
            "Un espresso costa 2 €, un cappuccino 3,20 €.",
        ],
    ),
    (
        PAYMENT,
        [
            "Sie können bar, mit Karte und mit dem Telefon bezahlen.",
            "Puede pagar en efectivo, con tarjeta y con el móvil.",
            "Vous pouvez payer en espèces, par carte et par téléphone.",
            "Pode pagar em dinheiro, com cartão e com o telemóvel.",
            "Può pagare in contanti, con carta e con il telefono.",
        ],
    ),
    (
        RETURNS,
        [
            "Wenn etwas nicht in Ordnung war, sagen Sie es uns am selben Tag, und wir backen es noch einmal.",
            "Si algo no estaba bien, díganoslo el mismo día y lo horneamos otra vez.",
            "Si quelque chose n'allait pas, dites-le-nous le jour même et nous le refaisons.",
            "Se algo não estava bem, diga-nos no mesmo dia e fazemos de novo.",
            "Se qualcosa non andava, ce lo dica il giorno stesso e lo rifacciamo.",
        ],
    ),
    (
        ALLERGY,
        [
            "Vegane Brötchen haben wir immer. Glutenfreies Brot backen wir donnerstags.",
            "Siempre tenemos panecillos veganos. El pan sin gluten lo horneamos los jueves.",
            "Nous avons toujours des petits pains végans. Le pain sans gluten se fait le jeudi.",
            "Temos sempre pãezinhos veganos. O pão sem glúten é feito à quinta-feira.",
            "Abbiamo sempre panini vegani. Il pane senza glutine si fa il giovedì.",
        ],
    ),
    (
        PARKING,
        [
            "Hinter dem Haus gibt es 20 kostenlose Parkplätze.",
            "Hay 20 plazas de aparcamiento gratuitas detrás de la casa.",
            "Il y a 20 places gratuites derrière la maison.",
            "Há 20 lugares de estacionamento gratuitos atrás da casa.",
            "Ci sono 20 parcheggi gratuiti dietro la casa.",
        ],
    ),
];

/// A fact of the demo's shop in another language.
pub(crate) fn translated(fact: &str, language: Language) -> Option<&'static str> {
    let nth = match language {
        Language::English => return None,
        Language::German => 0,
        Language::Spanish => 1,
        Language::French => 2,
        Language::Portuguese => 3,
        Language::Italian => 4,
    };
    TRANSLATIONS.iter().find(|(text, _)| *text == fact).map(|(_, others)| others[nth])
}

/// Something that happens on somebody's phone.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Writes to the shop.
    Says(Customer, String),
    /// Sends something that is not text.
    Sends(Customer, Content),
    /// Is seen typing, or not any more.
    Types(Customer, Presence),
    /// Writes into the group [`GROUP`].
    SaysInGroup(Customer, String),
    /// Reacts to the shop's last message in the chat; nothing happens while there is none.
    Reacts(Customer, &'static str),
    /// The owner answers this customer on the phone.
    OwnerWrites(Customer, String),
    /// WAHA delivers this customer's last message again, byte for byte.
    Redelivers(Customer),
}

/// What the shop should do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// An answer from the facts.
    Answer,
    /// A few polite words, and then a person.
    Handoff,
    /// Nothing: not a question, not for us, or part of something longer.
    Nothing,
}

/// One step of the demo.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    /// How long after the step before.
    pub after: Duration,
    /// What happens.
    pub act: Act,
    /// What should come of it.
    pub expect: Expect,
}

/// The demo, the same for the same seed. About a minute and a half; play it faster by dividing the pauses.
///
/// Everything that makes a chat hard is in it once: a burst, a hidden number, a group, a message delivered
/// twice, an owner who answers on the phone, and a question the facts don't answer.
pub fn script(seed: u64) -> Vec<Beat> {
    let dice = Seed::new(seed);
    let ana = Customer::new("+44 7700 900101", "Ana");
    let ben = Customer::new("+44 7700 900102", "Ben");
    let lucia = Customer::new("+44 7700 900103", "Lucía");
    let jonas = Customer::new("+44 7700 900104", "Jonas");
    let claire = Customer::new("+1 202 555 0105", "Claire 🌻");
    let rui = Customer::new("+1 202 555 0106", "Rui");
    let cleo = Customer::hidden("+44 7700 900107", "70000000000107", Number::Shown, "Cleo");
    let giulia = Customer::new("+1 202 555 0108", "Giulia");
    let tom = Customer::new("+44 7700 900109", "Tom");

    let opening = [
        "Hi! Are you open on Sunday?",
        "Good morning, are you open today?",
        "Hello, until when are you open on Saturday?",
    ];
    let unanswerable = [
        "Do you hire students for the summer?",
        "Could you sponsor our school's football shirts?",
        "Do you give baking classes for kids?",
    ];
    let pick = |lines: [&str; 3]| lines[dice.below(3) as usize].to_owned();
    let says = |who: &Customer, text: &str| Act::Says(who.clone(), text.to_owned());

    let mut beats: Vec<(u64, Act, Expect)> = vec![
        (1_000, Act::Types(ana.clone(), Presence::Typing), Expect::Nothing),
        (1_500, Act::Says(ana.clone(), pick(opening)), Expect::Answer),
        (4_000, says(&lucia, "Hola, ¿hacen envíos a domicilio?"), Expect::Answer),
        // A burst: three lines that want one answer.
        (3_000, says(&ben, "hey"), Expect::Nothing),
        (900, says(&ben, "how much is the sourdough"), Expect::Nothing),
        (1_200, says(&ben, "and can I pay by card?"), Expect::Answer),
        (4_000, says(&jonas, "Moin, was kostet eine Geburtstagstorte?"), Expect::Answer),
        (3_500, says(&claire, "Do you have croissants left? 🥐🙏🏽"), Expect::Answer),
        // The same delivery again: WAHA does that when an answer gets lost.
        (1_500, Act::Redelivers(claire.clone()), Expect::Nothing),
        (3_000, Act::SaysInGroup(tom.clone(), "Who brings cake on Friday?".to_owned()), Expect::Nothing),
        (3_500, says(&cleo, "Where are you exactly?"), Expect::Answer),
        (4_000, says(&rui, "Olá, vocês têm pão sem glúten?"), Expect::Answer),
        (4_000, Act::Says(tom.clone(), pick(unanswerable)), Expect::Handoff),
        (5_000, says(&giulia, "Buongiorno, ci sono parcheggi?"), Expect::Answer),
        // The owner takes over: the assistant has to keep out of this chat.
        (5_000, Act::OwnerWrites(tom.clone(), "Hi Tom, Marta here. Let me look into it!".to_owned()), Expect::Nothing),
        (3_000, says(&tom, "Thank you Marta, are you open today?"), Expect::Nothing),
        (3_000, says(&ana, "Perfect, thanks!"), Expect::Nothing),
        (2_000, Act::Reacts(lucia.clone(), "❤️"), Expect::Nothing),
        (
            3_000,
            Act::Sends(
                jonas.clone(),
                Content::Image { caption: Some("So etwas als Torte, was kostet das?".to_owned()) },
            ),
            Expect::Answer,
        ),
        (4_000, says(&ben, "I'd rather talk to a human about my order"), Expect::Handoff),
    ];
    // The same people, a little earlier or later each time.
    for (pause, _, _) in &mut beats {
        *pause = *pause * (85 + dice.below(31)) / 100;
    }
    beats.into_iter().map(|(pause, act, expect)| Beat { after: Duration::from_millis(pause), act, expect }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_its_translations() {
        for (label, text) in shop().quick_replies {
            assert!(translated(text, Language::Italian).is_some(), "{label}");
        }
        assert!(translated(shop().hours, Language::German).is_some());
    }

    #[test]
    fn the_script_is_the_same_for_the_same_seed() {
        assert_eq!(script(4), script(4));
        assert_ne!(script(4), script(5));
        let length: Duration = script(4).iter().map(|beat| beat.after).sum();
        assert!(length < Duration::from_secs(90), "{length:?}");
    }

    #[test]
    fn translations_change_no_number() {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        for (fact, others) in TRANSLATIONS {
            for other in others {
                assert_eq!(digits(fact), digits(other), "{other}");
            }
        }
    }
}
