//! The few words a shop assistant needs in six languages: which topic they are about, and which language they are.

/// A language the sandbox can say a polite sentence in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Spanish,
    French,
    Portuguese,
    Italian,
}

/// What a word is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Hours,
    Address,
    Delivery,
    Returns,
    Payment,
    Price,
    Order,
    Parking,
    Allergy,
    Bread,
    Croissant,
    Cake,
    Coffee,
    Person,
    Greeting,
    Thanks,
    /// Only shows the language.
    Filler,
}

use Language::{English, French, German, Italian, Portuguese, Spanish};
use Topic as T;

/// A word that ends in `*` stands for all that begin like it.
const WORDS: &[(Topic, Language, &str)] = &[
    (T::Hours, English, "open opening opens hours close closes closed closing sunday saturday monday today tonight"),
    (T::Hours, German, "geöffnet offen öffnet öffnungszeiten auf zu geschlossen sonntag* samstag* montag* heute"),
    (T::Hours, Spanish, "abierto abiertos abren abrís abre horario* cerrado cierran domingo* sábado* hoy"),
    (T::Hours, French, "ouvert ouverts ouvrez horaires fermé fermez dimanche samedi aujourd'hui"),
    (T::Hours, Portuguese, "aberto abertos abrem horário fechado fecham domingo sábado hoje"),
    (T::Hours, Italian, "aperto aperti aprite orari orario chiuso chiudete domenica sabato oggi"),
    (T::Address, English, "where address located location directions street find"),
    (T::Address, German, "wo adresse finde straße standort"),
    (T::Address, Spanish, "dónde donde dirección ubicación calle"),
    (T::Address, French, "où adresse trouvez situé rue"),
    (T::Address, Portuguese, "onde endereço morada fica rua"),
    (T::Address, Italian, "dove indirizzo trovate via"),
    (T::Delivery, English, "deliver* ship* postage"),
    (T::Delivery, German, "liefer* versand* verschick*"),
    (T::Delivery, Spanish, "envío* envían entrega* domicilio reparto"),
    (T::Delivery, French, "livr* envoyez"),
    (T::Delivery, Portuguese, "entregam entregas entrega enviam"),
    (T::Delivery, Italian, "consegn* spedi*"),
    (T::Returns, English, "return* refund* exchange* complain* wrong"),
    (T::Returns, German, "rückgabe umtausch* zurückgeben erstattung* reklam*"),
    (T::Returns, Spanish, "devolv* devolución* reembolso* reclam*"),
    (T::Returns, French, "retour* rembours* échang* réclam*"),
    (T::Returns, Portuguese, "devolver devolução reembolso trocar"),
    (T::Returns, Italian, "reso rimborso restituire reclamo"),
    (T::Payment, English, "pay payment* card* cash paypal"),
    (T::Payment, German, "zahl* bezahl* karte bar bargeld"),
    (T::Payment, Spanish, "pagar pago* tarjeta* efectivo bizum"),
    (T::Payment, French, "payer paiement carte espèces"),
    (T::Payment, Portuguese, "pagar pagamento cartão dinheiro"),
    (T::Payment, Italian, "pagare pagamento carta contanti"),
    (T::Price, English, "price* cost* much expensive cheap"),
    (T::Price, German, "preis* kostet kosten teuer"),
    (T::Price, Spanish, "precio* cuesta* cuánto cuanto vale"),
    (T::Price, French, "prix coûte* combien"),
    (T::Price, Portuguese, "preço* custa* quanto"),
    (T::Price, Italian, "prezzo prezzi costa costano"),
    (T::Order, English, "order* reserve preorder book"),
    (T::Order, German, "bestell* vorbestell* reservier*"),
    (T::Order, Spanish, "encarg* pedido* pedir reserv*"),
    (T::Order, French, "command* réserv*"),
    (T::Order, Portuguese, "encomend* reserv* pedido"),
    (T::Order, Italian, "ordin* prenot*"),
    (T::Parking, English, "park parking"),
    (T::Parking, German, "parken parkplatz parkplätze"),
    (T::Parking, Spanish, "aparcar aparcamiento estacionar"),
    (T::Parking, French, "garer stationner"),
    (T::Parking, Portuguese, "estacionar estacionamento"),
    (T::Parking, Italian, "parcheggi*"),
    (T::Allergy, English, "vegan* gluten* allerg* lactose nuts"),
    (T::Allergy, German, "vegan* glutenfrei* laktose* nüsse"),
    (T::Allergy, Spanish, "vegan* gluten alérg* alergia* lactosa"),
    (T::Allergy, French, "végan* gluten allergie* lactose"),
    (T::Allergy, Portuguese, "vegan* glúten alergia* lactose"),
    (T::Allergy, Italian, "vegan* glutine allergi* lattosio"),
    (T::Bread, English, "bread* sourdough loaf loaves"),
    (T::Bread, German, "brot* sauerteig*"),
    (T::Bread, Spanish, "pan panes"),
    (T::Bread, French, "pain pains"),
    (T::Bread, Portuguese, "pão pães"),
    (T::Bread, Italian, "pane"),
    (T::Croissant, English, "croissant*"),
    (T::Croissant, Spanish, "cruasán* cruasan*"),
    (T::Croissant, Italian, "cornett*"),
    (T::Cake, English, "cake* birthday"),
    (T::Cake, German, "kuchen torte* geburtstag*"),
    (T::Cake, Spanish, "tarta* pastel* cumpleaños"),
    (T::Cake, French, "gâteau* anniversaire"),
    (T::Cake, Portuguese, "bolo* aniversário"),
    (T::Cake, Italian, "torta torte compleanno"),
    (T::Coffee, English, "coffee espresso cappuccino"),
    (T::Coffee, German, "kaffee"),
    (T::Coffee, Spanish, "café cafés"),
    (T::Coffee, Italian, "caffè"),
    (T::Person, English, "human person somebody someone manager agent owner"),
    (T::Person, German, "mensch* mitarbeiter* chef person"),
    (T::Person, Spanish, "persona encargad* humano agente"),
    (T::Person, French, "humain conseiller responsable quelqu'un"),
    (T::Person, Portuguese, "pessoa atendente humano gerente"),
    (T::Person, Italian, "persona operatore responsabile umano"),
    (T::Greeting, English, "hi hello hey morning evening afternoon good"),
    (T::Greeting, German, "hallo moin servus guten tag morgen abend"),
    (T::Greeting, Spanish, "hola buenas buenos días tardes"),
    (T::Greeting, French, "bonjour bonsoir salut"),
    (T::Greeting, Portuguese, "olá oi boa bom dia tarde"),
    (T::Greeting, Italian, "ciao buongiorno salve buonasera"),
    (T::Thanks, English, "thanks thank you thx ok okay great perfect cheers bye"),
    (T::Thanks, German, "danke dank vielen super tschüss"),
    (T::Thanks, Spanish, "gracias muchas vale perfecto adiós"),
    (T::Thanks, French, "merci beaucoup parfait"),
    (T::Thanks, Portuguese, "obrigado obrigada perfeito"),
    (T::Thanks, Italian, "grazie mille perfetto"),
    (T::Filler, English, "the is are do does you your can i have what how my and for please"),
    (T::Filler, German, "der die das ist sind und ich ihr sie haben habt kann bitte ein eine wie mit am auch gibt es"),
    (T::Filler, Spanish, "el los las una un tienen tenéis puedo por favor está están qué para con y hay una al"),
    (T::Filler, French, "le les la une est vous avez je puis s'il plaît et pour avec du des êtes c'est quel"),
    (T::Filler, Portuguese, "o os as um uma vocês você tem posso por favor está para com e não são"),
    (T::Filler, Italian, "il gli la un una siete avete posso per favore è con e ci sono"),
];

/// The words of a text, lower case, without punctuation.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace('’', "'")
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_matches('\'').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The topics of a word, over all languages.
pub(crate) fn topics(word: &str) -> Vec<Topic> {
    let entries = WORDS.iter().filter(|(_, _, words)| holds(words, word));
    entries.map(|(topic, _, _)| *topic).collect()
}

/// The language most of the words belong to; English when nothing speaks for another one.
pub(crate) fn language(words: &[String]) -> Language {
    let votes = |language: Language| {
        let own: Vec<&str> = WORDS.iter().filter(|entry| entry.1 == language).map(|entry| entry.2).collect();
        words.iter().filter(|word| own.iter().any(|list| holds(list, word))).count()
    };
    let mut best = (English, votes(English));
    for language in [German, Spanish, French, Portuguese, Italian] {
        let count = votes(language);
        if count > best.1 {
            best = (language, count);
        }
    }
    best.0
}

fn holds(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| match known.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => known == word,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        let rows = [
            ("Are you open on Sunday?", English),
            ("Habt ihr sonntags geöffnet?", German),
            ("Hola, ¿a qué hora abren hoy?", Spanish),
            ("Bonjour, vous livrez à domicile ?", French),
            ("Olá, vocês fazem entregas?", Portuguese),
            ("Ciao, siete aperti domenica?", Italian),
            ("🥐", English),
        ];
        for (text, language) in rows {
            assert_eq!(super::language(&words(text)), language, "{text}");
        }
    }
}
