//! The words of opening hours in the languages of the product. They are compared without accents and in small letters;
//! `*` at the end of a word stands for any ending.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::scan::{Lexeme, lex};

/// What a word means in opening hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Days of the week, a bit for each, Monday first.
    Days(u8),
    /// `to`: between two days or two times.
    To,
    /// `and`
    And,
    /// Not open.
    Closed,
    /// All day long.
    AllDay,
    /// All day long, every day.
    Always,
    /// `except`
    Except,
    /// Public holidays.
    Holiday,
    /// A time of its own.
    Clock(u16),
    /// `Uhr`, `h`: a time stands before it. Of those who count to 24 where `true`.
    Unit(bool),
    /// `am`, `evening`: which half of the day is meant by the time before it.
    After(Half),
    /// The same before its time, as in Hindi and Chinese.
    Before(Half),
    /// `half past`, behind the unit.
    HalfPast,
    /// Says nothing about hours.
    Filler,
    /// Says something about hours that a week can't hold: `not`, `appointment`.
    Beyond,
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// Before noon.
    Morning,
    /// Around noon.
    Noon,
    /// After noon, and in the evening.
    Evening,
    /// The night, which has two sides.
    Night,
}

/// Every day.
pub(super) const DAILY: u8 = 0b111_1111;
const WEEKDAYS: u8 = 0b001_1111;
const WEEKEND: u8 = 0b110_0000;

/// Monday to Sunday: names, their abbreviations and their other forms.
#[rustfmt::skip]
const DAYS: [&str; 7] = [
    "mo|pn|mon|monday|mondays|montag*|lun|lunes|lu|lundi*|seg|segunda*|2ª|lunedi|pzt|pts|pazartesi*|пн|пон|понедельн*|понеділ*|الاثنين|اثنين|الاتنين|सोमवार*|सोम|周一|週一|星期一|礼拜一|禮拜一|maandag*|maa|pon|poniedzial*|יום שני|שני|senin|isnin|月曜日|月曜|월요일|måndag*|mån",
    "tu|tue|tues|tuesday|tuesdays|dienstag*|mar|martes|mardi*|ter|terca*|3ª|martedi|sal|sali*|вт|вторн*|вівтор*|الثلاثاء|ثلاثاء|الثلاثا|मंगलवार*|मंगल|周二|週二|星期二|礼拜二|禮拜二|dinsdag*|wt|wtorek|wtorku|wtorki|יום שלישי|שלישי|selasa|火曜日|火曜|화요일|tisdag*|tis",
    "wed|weds|wednesday|wednesdays|mi|mittwoch*|mie|mier|miercoles|mer|mercr*|mercredi*|qua|quarta*|4ª|mercoledi|car|crs|carsamba*|ср|сред*|серед*|الاربعاء|اربعاء|बुधवार*|बुध|周三|週三|星期三|礼拜三|禮拜三|woensdag*|woe|sr|sro|sroda*|srody|srode|יום רביעי|רביעי|rabu|水曜日|水曜|수요일|onsdag*|ons",
    "th|thu|thur|thurs|thursday|thursdays|donnerstag*|jue|juev|jueves|ju|jeu|jeudi*|qui|quinta*|5ª|gio|giov|giovedi|gi|per|prs|persembe*|чт|чет|четверг*|четвер*|الخميس|خميس|गुरुवार*|गुरूवार*|बृहस्पतिवार*|वीरवार|गुरु|周四|週四|星期四|礼拜四|禮拜四|donderdag*|czw|czwart*|יום חמישי|חמישי|kamis|khamis|木曜日|木曜|목요일|torsdag*|tor|tors",
    "fr|fri|friday|fridays|freitag*|vie|vier|viernes|vi|ven|vend|vendredi*|sex|sexta*|6ª|venerdi|cum|cuma|cumalari|пт|пят|пятниц*|п ятниця|п ятницю|п ятниці|الجمعه|جمعه|शुक्रवार*|शुक्र|周五|週五|星期五|礼拜五|禮拜五|vrijdag*|vrij|vr|piat*|pt|יום שישי|שישי|jumat|jumaat|金曜日|金曜|금요일|fredag*|fre",
    "sa|sat|saturday|saturdays|samstag*|sonnabend*|sam|sab|sabado*|samedi*|sabato*|cmt|cts|cumartesi*|сб|суб|суббот*|субот*|السبت|سبت|शनिवार*|शनि|周六|週六|星期六|礼拜六|禮拜六|zaterdag*|zat|za|sob|sb|sobot*|שבת|יום שבת|sabtu|土曜日|土曜|토요일|lordag*|lor",
    "so|su|sun|sunday|sundays|sonntag*|dom|domingo*|dim|dimanche*|domenica|domeniche|paz|pzr|pazar*|вс|вск|воскресен*|нд|недiл*|неділ*|الاحد|احد|रविवार*|इतवार|रवि|周日|周天|週日|星期日|星期天|礼拜天|禮拜天|礼拜日|zondag*|zon|zo|nd|ndz|niedz*|יום ראשון|ראשון|minggu|ahad|日曜日|日曜|일요일|sondag*",
];

#[rustfmt::skip]
const OTHERS: &[(Meaning, &str)] = &[
    (Meaning::Days(DAILY), "daily|other days|all other days|the other days|rest of the week|ubrige tage|an den ubrigen tagen|sonst|demas dias|los demas dias|resto de la semana|autres jours|les autres jours|altri giorni|outros dias|demais dias|остальные дни|в остальные дни|diger gunler|बाकी दिन|बाकी दिनों|باقي الايام|其他日子|其余时间|every day|everyday|each day|all week|7 days|7 days a week|seven days a week|taglich|jeden tag|alle tage|die ganze woche|7 tage|7 tage die woche|todos los dias|cada dia|a diario|diario|diariamente|toda la semana|los 7 dias|tous les jours|tlj|chaque jour|7j/7|7j sur 7|7/7|7 jours sur 7|todos os dias|diario|a semana toda|ogni giorno|tutti i giorni|7 giorni su 7|her gun|haftanin 7 gunu|haftanin her gunu|ежедневн*|каждый день|без выходных|щодня|кожен день|كل يوم|كل الايام|يوميا|طوال الاسبوع|طوال ايام الاسبوع|جميع ايام الاسبوع|كل ايام الاسبوع|हर दिन|हर रोज|रोज|रोजाना|प्रतिदिन|每天|每日|天天|全年无休|全年無休|dagelijks|elke dag|iedere dag|7 dagen|7 dagen per week|codziennie|כל יום|כל השבוע|setiap hari|tiap hari|毎日|年中無休|매일|dagligen|varje dag|alla dagar"),
    (Meaning::Days(WEEKDAYS), "weekdays|weekday|on weekdays|wochentags|unter der woche|entre semana|dias laborables|dias de semana|en semaine|la semaine|dias uteis|durante a semana|giorni lavorativi|hafta ici|haftaici|по будням|будни|будням|в будние дни|будние дни|по буднях|будні|平日|工作日|周中|doordeweeks|op werkdagen|dni robocze|평일|vardagar|सप्ताह के दिन"),
    (Meaning::Days(WEEKEND), "weekend|weekends|week-end|week-ends|wochenende*|fin de semana|fines de semana|fim de semana|fins de semana|fine settimana|hafta sonu|haftasonu|hafta sonlari|по выходным|выходным|в выходные дни|вихідним|周末|週末|weekenden|w weekendy|עטלת סוף שבוע|akhir pekan|土日|주말|helger|sabados e domingos"),
    (Meaning::To, "-|to|till|til|until|through|thru|thro|bis|a|al|hasta|as|au|aux|jusqu a|ao|ate|ad|alle|all|ai|fino a|fino alle|ile|до|по|الى|حتى|لغايه|से|至|到|tot|t/m|tot en met|do|עד|sampai|hingga|s/d|sd|から|부터|till och med|den|tan|ten"),
    (Meaning::And, ",|/|+|&|and|und|u|y|e|et|i|ve|и|та|و|और|व|एवं|तथा|和|及|与|en|oraz|sowie|ed|as well as|plus|och|と"),
    (Meaning::Closed, "closed|close|shut|day off|geschlossen*|zu|ruhetag*|cerrad*|cierra|cerramos|ferme|fermes|fermee|fermees|repos|fechad*|folga|encerrad*|chius*|riposo|kapali*|kapaliyiz|закрыт*|выходной|выходные|не работаем|не работает|зачинен*|вихідний|вихідні|مغلق*|مقفل|اجازه|عطله|بند|बंद|अवकाश|छुट्टी|休息|休|关闭|關閉|关门|公休|定休|定休日|休业|休業|休み|不营业|gesloten|dicht|nieczynn*|zamkniet*|סגור|tutup|libur|휴무|휴무일|stangt"),
    (Meaning::AllDay, "24h|24 h|24 hours|24 hour|24 hrs|24 stunden|24 std|24 horas|24 heures|24h/24|24h sur 24|24 heures sur 24|24/24|24 ore|24 ore su 24|24 saat|24 часа|24 годин*|24 ساعه|24 घंटे|24 घंटा|24小时|24小時|24 小时|24 uur|24 godzin*|24 timmar|24時間|24시간|24 jam|all day|all day long|round the clock|around the clock|rund um die uhr|ganztags|ganztagig|toda la noche y el dia|las 24 horas|todo el dia|toute la journee|o dia todo|dia inteiro|tutto il giorno|круглосуточно|цілодобово|على مدار الساعه|على مدار 24 ساعه|طوال اليوم|全天|通宵|calodobowo|24u|gun boyu"),
    (Meaning::Always, "24/7|24x7|7/24|24h/24 7j/7|24h/24 et 7j/7|24/7 365|24 horas 7 dias|always open|always|immer geoffnet|immer|siempre abierto|siempre|toujours ouvert|sempre aberto|sempre aperto|sempre|her zaman acik|всегда|دائما|全年无休24小时|全天候"),
    (Meaning::Except, "except|excluding|apart from|but not|other than|ausser|bis auf|ohne|excepto|salvo|menos|sauf|excepte|exceto|tranne|eccetto|escluso|haric|disinda|кроме|крім|ما عدا|عدا|باستثناء|除|除了|behalve|oprocz|kecuali"),
    (Meaning::Holiday, "holiday|holidays|public holiday|public holidays|bank holidays|bank holiday|feiertag*|an feiertagen|gesetzliche feiertage|festivos|festivo|feriados|feriado|dias festivos|jours feries|jour ferie|feries|festivi|giorni festivi|resmi tatil*|tatil gunleri|праздник*|праздничные дни|في العطل الرسميه|العطل الرسميه|节假日|法定节假日|feestdagen|swieta|dni swiateczne|hari libur nasional|祝日|공휴일"),
    (Meaning::Clock(12 * 60), "noon|12 noon|midday|12 midday|mittag|mediodia|mediodía|12 del mediodia|midi|meio-dia|meio dia|do meio-dia|mezzogiorno|полдень|полудня|الظهر"),
    (Meaning::Clock(24 * 60), "midnight|12 midnight|mitternacht|medianoche|minuit|meia-noite|meia noite|mezzanotte|gece yarisi|полночь|полуночи|منتصف الليل|12 منتصف الليل|आधी रात|午夜|middernacht|polnoc"),
    (Meaning::Unit(true), "uhr|h|hs|u|uur|heures|ч|kl|klockan|godz|horas"),
    (Meaning::Unit(false), "o clock|oclock|hrs|hr|hours|hour|heure|hora|ora|ore|час|часов|часа|год|годин|ساعه|बजे|点|點|点钟|時|时|시|saat"),
    (Meaning::HalfPast, "半|半点"),
    (Meaning::After(Half::Morning), "am|a m|morgens|fruh|vormittags|de la manana|por la manana|du matin|da manha|di mattina|del mattino|утра|ранку|صباحا|ص|الصبح|in the morning|pagi|rano|s morgens"),
    (Meaning::After(Half::Evening), "pm|p m|nachmittags|abends|de la tarde|por la tarde|de l apres-midi|de l apres midi|du soir|da tarde|di sera|del pomeriggio|di pomeriggio|вечера|вечора|дня|مساء|م|المساء|عصرا|in the evening|in the afternoon|sore|petang"),
    (Meaning::After(Half::Noon), "mittags|del mediodia|ظهرا|siang"),
    (Meaning::After(Half::Night), "nachts|de la noche|da noite|di notte|ночи|ночі|ليلا|at night|malam"),
    (Meaning::Before(Half::Morning), "सुबह|प्रातः|प्रात|早上|上午|早晨|凌晨|早|sabah|午前|오전"),
    (Meaning::Before(Half::Noon), "दोपहर|中午|ogle|ogleden sonra"),
    (Meaning::Before(Half::Evening), "शाम|下午|晚上|晚|傍晚|aksam|午後|오후"),
    (Meaning::Before(Half::Night), "रात|深夜|gece"),
    (Meaning::Beyond, "not|never|no|nicht|nur|only|nie|solo|seulement|somente|apenas|только|первый|first|second|third|last|every other|jeden ersten|jeden zweiten|by appointment|appointment|appointments|vereinbarung|nach vereinbarung|termin|cita|rendez-vous|rdv|marcacao|appuntamento|randevu|записи|موعد|预约|予約|afspraak|break|lunch|pause|mittagspause|pausa|almuerzo|almoco|dejeuner|перерыв|обед|午休|summer|winter|sommer|verano|invierno|ete|hiver|verao|inverno|estate|ab|after|before|desde las|late|dusk|dawn|sunset|sunrise|ungerade|gerade|odd|even|alternate|except when"),
    (Meaning::Filler, "we|our|are|is|re|the|open|opens|opening|times|time|hours are|from|between|on|at|of|for|business|shop|store|office|please|note|days|day|week|also|then|all|usually|wir|haben|sind|geoffnet|offen|offnungszeiten|geschaftszeiten|auf|von|vom|zwischen|am|an|im|der|die|das|dem|des|unser*|laden|durchgehend|jeweils|tag|tage|tags|sowie|uhrzeit|sprechzeiten|stunden|horario|horarios|abierto|abierta|abiertos|abrimos|abre|abren|estamos|atencion|atendemos|de|del|desde|los|las|el|la|lo|con|en|dia|dias|para|por|nuestro|ouvert*|ouvre|ouvrons|horaire|horaires|heures d ouverture|d|du|le|les|l|des|nous|sommes|non-stop|non stop|sans interruption|jour|jours|aberto|aberta|abertos|abrimos|das|dos|da|o|os|ao publico|funcionamento|atendimento|funcionamos|nosso|e feira|feira|feiras|aperto|aperta|aperti|apertura|siamo|orario|orari|orario continuato|dal|dalle|dalla|dai|della|il|gli|lunedi mattina|giorno|giorni|acik|acigiz|calisma|saatleri|saatlerimiz|arasi|arasinda|kadar|gunleri|gunler|gunu|gun|nin|ya|ye|ta|te|с|со|работаем|работает|режим работы|без перерыва|без обеда|без перерывов|график|время работы|часы работы|открыт*|мы|в|во|дни|день|з|із|від|працюємо|відчинено|من|مفتوح*|نفتح|مواعيد العمل|اوقات العمل|ساعات العمل|الدوام|يوم|ايام|الساعه|नमस्ते|खुला|खुली|खुले|रहता|रहती|रहते|है|हैं|हम|समय|तक|दुकान|का|के|को|में|कार्य समय|营业时间|营业|開放|开放|开门|开店|时间|時間|店|分|分钟|每|open van|openingstijden|geopend|van|wij|zijn|op|tussen|czynne|otwarte|godziny otwarcia|w|od|godziny|פתוח|שעות פתיחה|ימים|יום|מ|בשעות|buka|jam|jam buka|pukul|dari|営業時間|営業|まで|영업시간|영업|까지|oppet|fran|oppettider|om|s|ist|uns|bei uns|immer von"),
];

/// The meanings of words that begin alike, the longest first.
type Phrases = HashMap<Lexeme, Vec<(Vec<Lexeme>, Meaning)>>;

/// All words, by their first piece; and those of which only the beginning counts.
pub(super) struct Lexicon {
    phrases: Phrases,
    stems: Vec<(String, Meaning)>,
}

/// Made once, at the first question.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon { phrases: HashMap::new(), stems: Vec::new() };
    for (day, words) in DAYS.iter().enumerate() {
        lexicon.add(words, Meaning::Days(1 << day));
    }
    for (meaning, words) in OTHERS {
        // Commas and slashes are words of their own here.
        lexicon.add(words, *meaning);
    }
    for phrases in lexicon.phrases.values_mut() {
        phrases.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
    }
    lexicon.stems.sort_by_key(|(stem, _)| std::cmp::Reverse(stem.len()));
    lexicon
});

impl Lexicon {
    fn add(&mut self, words: &str, meaning: Meaning) {
        for word in words.split('|') {
            let (word, is_stem) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
            let pieces: Vec<Lexeme> = lex(word).into_iter().map(|piece| piece.lexeme).collect();
            match (&pieces[..], is_stem) {
                ([Lexeme::Word(stem)], true) => self.stems.push((stem.clone(), meaning)),
                ([], _) => {}
                ([first, ..], _) => {
                    self.phrases.entry(first.clone()).or_default().push((pieces, meaning));
                }
            }
        }
    }

    /// Every meaning that fits what begins here, the longest first, with the number of pieces that it takes.
    pub(super) fn at<'l>(&'l self, pieces: &'l [super::scan::Piece]) -> impl Iterator<Item = (usize, Meaning)> + 'l {
        let first = pieces.first().map(|piece| &piece.lexeme);
        let phrases = first.and_then(|first| self.phrases.get(first)).into_iter().flatten();
        let fitting = phrases.filter_map(move |(phrase, meaning)| {
            let fits =
                phrase.len() <= pieces.len() && phrase.iter().zip(pieces).all(|(word, piece)| *word == piece.lexeme);
            fits.then_some((phrase.len(), *meaning))
        });
        let stems = self.stems.iter().filter_map(move |(stem, meaning)| match first {
            Some(Lexeme::Word(word)) if word.starts_with(stem.as_str()) => Some((1, *meaning)),
            _ => None,
        });
        fitting.chain(stems)
    }
}
