//! The demo's shop: what it has told about itself, and the same in the languages of its customers.

use crate::gemini::Language;

/// The demo's shop.
pub const SHOP_NAME: &str = "Harbour Bakery";
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
    fn translations_change_no_number() {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        for (fact, others) in TRANSLATIONS {
            for other in others {
                assert_eq!(digits(fact), digits(other), "{other}");
            }
        }
    }
}
