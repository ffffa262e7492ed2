//! Which language a text is in, by its script, its letters and its everyday words: enough for short messages of customers.
//!
//! What is known of each language stands in `language.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Language {
    /// Words by which it is known.
    words: Vec<String>,
    /// Letters by which it differs from its neighbours.
    #[serde(default)]
    letters: String,
}

static LANGUAGES: LazyLock<BTreeMap<String, Language>> =
    LazyLock::new(|| toml::from_str(include_str!("language.toml")).expect("a test reads the file"));

/// So many votes the letters of a text have at most.
const LETTER_VOTES_MAX: usize = 2;

/// The language of a text by its script or its words, if they speak for one more than for any other. In more than two words
/// a single one proves nothing: short words are words of several languages.
#[must_use]
pub fn language_of(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase().replace('’', "'");
    let script = by_script(&text);
    if let Some([language]) = script {
        return Some(language);
    }
    if let Some(language) = script.filter(|of| of.contains(&"ar")).and_then(|_| by_arabic_letters(&text)) {
        return Some(language).filter(|language| !language.is_empty());
    }
    let words: Vec<&str> = text.split(|c| !is_of_word(c)).filter(|word| !word.is_empty()).collect();
    let candidates = LANGUAGES.iter().filter(|(code, _)| script.is_none_or(|of| of.contains(&code.as_str())));
    let mut counted: Vec<(usize, &'static str)> =
        candidates.map(|(code, language)| (votes(language, &text, &words), code.as_str())).collect();
    counted.sort_by(|one, other| other.cmp(one));
    match (counted.as_slice(), script) {
        ([(most, code), (second, _), ..], _) if most > second && (*most > 1 || words.len() <= 2) => Some(code),
        // No word of it is known: it is the language that most people write in this script.
        ([(most, _), (second, _), ..], Some([usual, ..])) if *most == 0 || most > second => Some(usual),
        _ => None,
    }
}

/// Is a language known by this code? Languages without a sentence of ours are.
#[must_use]
pub fn is_known(code: &str) -> bool {
    LANGUAGES.contains_key(code)
}

fn votes(language: &Language, text: &str, words: &[&str]) -> usize {
    let of_words = words.iter().filter(|word| language.words.iter().any(|own| own == *word)).count();
    let of_letters = language.letters.chars().filter(|letter| text.contains(*letter)).count();
    of_words + of_letters.min(LETTER_VOTES_MAX)
}

/// Marks that stand on letters of Indian scripts are parts of words.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '\'' || matches!(c, '\u{900}'..='\u{963}')
}

/// The languages of a script that few are written in, the most usual one first.
fn by_script(text: &str) -> Option<&'static [&'static str]> {
    let count = |of: fn(char) -> bool| text.chars().filter(|c| of(*c)).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let kana = count(|c| matches!(c, '\u{3040}'..='\u{30ff}'));
    let han = count(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    let scripts: [(usize, &[&str]); 9] = [
        (if kana > 0 { kana + han } else { 0 }, &["ja"]),
        (han, &["zh"]),
        (count(|c| matches!(c, '\u{ac00}'..='\u{d7a3}')), &["ko"]),
        (count(|c| matches!(c, '\u{0590}'..='\u{05ff}')), &["he"]),
        (count(|c| matches!(c, '\u{0370}'..='\u{03ff}' | '\u{1f00}'..='\u{1fff}')), &["el"]),
        (count(|c| matches!(c, '\u{0e00}'..='\u{0e7f}')), &["th"]),
        (count(|c| matches!(c, '\u{0980}'..='\u{09ff}')), &["bn"]),
        (count(|c| matches!(c, '\u{0900}'..='\u{097f}')), &["hi", "mr", "ne"]),
        (count(|c| matches!(c, '\u{0600}'..='\u{06ff}')), &["ar", "fa", "ur"]),
    ];
    scripts.into_iter().find(|(found, _)| *found > 0 && found * 2 > letters).map(|(_, languages)| languages)
}

/// The language of a text in Arabic script by letters that Arabic has not; empty for one that we do not know.
fn by_arabic_letters(text: &str) -> Option<&'static str> {
    let has = |letters: &str| text.contains(|c| letters.contains(c));
    if has("ٹڈڑںے") {
        return Some("ur");
    }
    if has("ێۆڵڕەښځڅۍېډړګ") {
        return Some("");
    }
    has("پچژگکی").then_some("fa")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_can_be_read() {
        for (code, language) in LANGUAGES.iter() {
            assert!(language.words.iter().all(|word| *word == word.to_lowercase()), "{code}");
        }
    }

    #[test]
    fn short_texts_tell_their_language_and_never_a_neighbours() {
        for (text, expected) in [
            ("hola", Some("es")),
            ("Hola!", Some("es")),
            ("Guten Tag", Some("de")),
            ("moin", Some("de")),
            ("Wann haben Sie heute geöffnet?", Some("de")),
            ("Was kostet ein Brot?", Some("de")),
            ("¿Cuánto cuesta?", Some("es")),
            ("Buenas tardes, tienen pan sin gluten?", Some("es")),
            ("When are you open?", Some("en")),
            ("hello", Some("en")),
            ("Do you deliver to the harbour?", Some("en")),
            ("bonjour", Some("fr")),
            ("Bonjour, quels sont vos horaires ?", Some("fr")),
            ("C’est combien ?", Some("fr")),
            ("Quanto costa il pane?", Some("it")),
            ("Siete aperti domani?", Some("it")),
            ("olá", Some("pt")),
            ("Bom dia, qual o preço do pão?", Some("pt")),
            ("Vocês estão abertos hoje?", Some("pt")),
            ("Dzień dobry", Some("pl")),
            ("O której otwieracie? Czy jest chleb?", Some("pl")),
            ("dzien dobry, ile kosztuje chleb", Some("pl")),
            ("Dobrý den, kolik stojí chleba?", Some("cs")),
            ("Máte zítra otevřeno?", Some("cs")),
            ("dobry den, mate dnes otevreno?", Some("cs")),
            ("děkuji", Some("cs")),
            ("Dobrý deň, koľko stojí chlieb?", Some("sk")),
            ("Máte zajtra otvorené?", Some("sk")),
            ("ďakujem", Some("sk")),
            ("Ahoj", None),
            ("Dober dan, koliko stane kruh?", Some("sl")),
            ("Ali ste danes odprti?", Some("sl")),
            ("Dobar dan, koliko košta kruh?", Some("hr")),
            ("Radite li sutra?", Some("hr")),
            ("Da li radite danas?", Some("hr")),
            ("Jó napot, mennyibe kerül a kenyér?", Some("hu")),
            ("szia", Some("hu")),
            ("Meddig vannak nyitva?", Some("hu")),
            ("Bună ziua, cât costă o pâine?", Some("ro")),
            ("Buna ziua, la ce ora deschideti maine?", Some("ro")),
            ("Sunteți deschiși astăzi?", Some("ro")),
            ("Hej, hvornår har I åbent i dag?", Some("da")),
            ("Hvad koster et brød?", Some("da")),
            ("tak for hjælpen, det vil jeg gerne", Some("da")),
            ("hej", None),
            ("Hei, når har dere åpent i dag?", Some("no")),
            ("Hva koster et brød?", Some("no")),
            ("takk, det er fint for dere", Some("no")),
            ("Hej, när har ni öppet idag?", Some("sv")),
            ("Vad kostar ett bröd?", Some("sv")),
            ("tack", Some("sv")),
            ("hejsan", Some("sv")),
            ("Hei, milloin olette auki tänään?", Some("fi")),
            ("Paljonko leipä maksaa?", Some("fi")),
            ("kiitos", Some("fi")),
            ("Tere, kui palju leib maksab?", Some("et")),
            ("Laba diena, kiek kainuoja duona?", Some("lt")),
            ("Labdien, cik maksā maize?", Some("lv")),
            ("Góðan daginn, hvað kostar brauð?", Some("is")),
            ("Goedemorgen, hoe laat zijn jullie open?", Some("nl")),
            ("Wat kost een brood?", Some("nl")),
            ("hallo", None),
            ("Hallo, hoeveel kos die brood vandag?", Some("af")),
            ("merhaba", Some("tr")),
            ("Bugün açık mısınız?", Some("tr")),
            ("iyi gunler, ekmek ne kadar", Some("tr")),
            ("Salam, bu gün açıqsınız?", Some("az")),
            ("Bon dia, quant costa el pa?", Some("ca")),
            ("Moltes gràcies, esteu oberts avui?", Some("ca")),
            ("Bos días, canto custa o pan?", Some("gl")),
            ("Boas tardes, teñen pan hoxe?", Some("gl")),
            ("Xin chào, bánh mì bao nhiêu tiền?", Some("vi")),
            ("Hôm nay shop có mở cửa không?", Some("vi")),
            ("chào shop", Some("vi")),
            ("Selamat pagi kak, harganya berapa?", Some("id")),
            ("Buka jam berapa hari ini?", Some("id")),
            ("Hai, kedai buka pukul berapa esok?", Some("ms")),
            ("Boleh saya tahu harga?", Some("ms")),
            ("Magandang umaga po, magkano po?", Some("tl")),
            ("Bukas po ba kayo ngayon?", Some("tl")),
            ("Habari, bei gani?", Some("sw")),
            ("Sawubona, malini?", Some("zu")),
            ("Γεια σας", Some("el")),
            ("Τι ώρα ανοίγετε;", Some("el")),
            ("สวัสดีครับ", Some("th")),
            ("เปิดกี่โมง", Some("th")),
            ("Здравствуйте", Some("ru")),
            ("Сколько стоит хлеб?", Some("ru")),
            ("вы сегодня открыты?", Some("ru")),
            ("Добрый день, до скольки работаете?", Some("ru")),
            ("скільки коштує?", Some("uk")),
            ("Добрий день, ви працюєте завтра?", Some("uk")),
            ("Доброго дня, чи є хліб?", Some("uk")),
            ("Добры дзень, колькі каштуе хлеб?", Some("be")),
            ("Здравейте, колко струва хлябът?", Some("bg")),
            ("Добър ден, кога работите днес?", Some("bg")),
            ("до колко часа сте отворени?", Some("bg")),
            ("Добар ден, колку чини лебот?", Some("mk")),
            ("Добар дан, колико кошта хлеб?", Some("sr")),
            ("Да ли радите данас?", Some("sr")),
            ("Сәлем, нан қанша тұрады?", Some("kk")),
            ("营业时间?", Some("zh")),
            ("何時に開きますか", Some("ja")),
            ("안녕하세요", Some("ko")),
            ("مرحبا", Some("ar")),
            ("كم سعر الخبز؟", Some("ar")),
            ("السلام عليكم", Some("ar")),
            ("سلام، قیمت نان چنده؟", Some("fa")),
            ("امروز باز هستید؟", Some("fa")),
            ("السلام علیکم، آپ کی دکان کب کھلتی ہے؟", Some("ur")),
            ("روٹی کتنے کی ہے؟", Some("ur")),
            ("سلام", None),
            ("שלום", Some("he")),
            ("नमस्ते, ब्रेड कितने का है?", Some("hi")),
            ("आज दुकान खुली है क्या?", Some("hi")),
            ("नमस्कार, ब्रेड किती आहे?", Some("mr")),
            ("नमस्ते, रोटी कति हो?", Some("ne")),
            ("আজ কি খোলা আছে?", Some("bn")),
            ("ok", None),
            ("👍", None),
            ("12:30", None),
            ("", None),
            ("???", None),
            ("taxi", None),
            ("OK, super", None),
            ("Pizza Margherita", None),
            ("no", None),
            ("IBAN DE02120300000000202051", None),
            ("iPhone 15 Pro Max", None),
            ("Moi aussi", Some("fr")),
            ("god morgen", None),
            ("god morgon", Some("sv")),
            ("tak", None),
            ("da", None),
            ("salam", None),
            ("cam on shop", Some("vi")),
            ("Danke!", Some("de")),
            ("merci beaucoup", Some("fr")),
            ("Sì, grazie", Some("it")),
            ("Sí, gracias", Some("es")),
            ("Da, mulțumesc", Some("ro")),
            ("Ano, děkuji", Some("cs")),
            ("Tak, poproszę", Some("pl")),
            ("Nie, dziękuję", Some("pl")),
            ("Tusen takk", Some("no")),
            ("terima kasih", None),
            ("terima kasih kak", Some("id")),
            ("what is the price of rye bread", Some("en")),
            ("ok thanks", Some("en")),
            ("boas, qual é o preço?", Some("pt")),
            ("dobar dan", Some("hr")),
            ("moikka", Some("fi")),
            ("hei", None),
            ("ciao bella roma", None),
            ("ciao", Some("it")),
            ("Grüß Gott, gibt es noch Brot?", Some("de")),
            ("menu", None),
        ] {
            assert_eq!(language_of(text), expected, "{text}");
        }
    }
}
