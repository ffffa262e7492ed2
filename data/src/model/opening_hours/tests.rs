use super::*;

/// What a text is read as, or why it is not.
fn short(text: &str) -> String {
    match OpeningHours::read(text) {
        Ok(hours) => hours.to_string(),
        Err(error) => format!("! {}", error.why),
    }
}

fn all_are(expected: &str, texts: &[&str]) {
    let wrong: Vec<_> = texts.iter().map(|text| (text, short(text))).filter(|(_, found)| found != expected).collect();
    assert!(wrong.is_empty(), "not {expected}: {wrong:#?}");
}

#[test]
fn shops_type_their_hours_in_their_own_language() {
    for (text, expected) in [
        ("Mo-Sa 7-18 Uhr, So 8-12 Uhr", "Mon-Sat 07:00-18:00; Sun 08:00-12:00"),
        ("We open Monday to Saturday 7am to 6pm, Sunday 8am to noon", "Mon-Sat 07:00-18:00; Sun 08:00-12:00"),
        (
            "Mar-Ven 9h-19h, Sam 9h-17h, fermé dimanche et lundi",
            "Mon closed; Tue-Fri 09:00-19:00; Sat 09:00-17:00; Sun closed",
        ),
        (
            "L-V 8:30-14:00 y 16:00-19:30, sábados 9:00-13:00, domingos cerrado",
            "Mon-Fri 08:30-14:00, 16:00-19:30; Sat 09:00-13:00; Sun closed",
        ),
        ("Seg a Sex das 8h às 18h, Sáb das 8h às 12h", "Mon-Fri 08:00-18:00; Sat 08:00-12:00; Sun closed"),
        ("Reception aperta ogni giorno 7-23", "daily 07:00-23:00"),
        ("Pzt-Cmt 10:00-20:00, Pazar kapalı", "Mon-Sat 10:00-20:00; Sun closed"),
        ("الاستقبال مفتوح 24 ساعة كل يوم", "daily 00:00-24:00"),
        ("सोमवार से शनिवार 10 बजे से 8 बजे तक, रविवार बंद", "Mon-Sat 10:00-20:00; Sun closed"),
        ("每天8:00-20:00", "daily 08:00-20:00"),
        ("Пн-Пт 9:00-19:00, Сб 10:00-16:00, Вс выходной", "Mon-Fri 09:00-19:00; Sat 10:00-16:00; Sun closed"),
        ("Monday to Saturday 7:00-18:00, Sunday 8:00-12:00", "Mon-Sat 07:00-18:00; Sun 08:00-12:00"),
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
}

#[test]
fn one_week_has_many_spellings() {
    all_are(
        "Mon-Fri 09:00-18:00; Sat 10:00-14:00; Sun closed",
        &[
            "Mon-Fri 09:00-18:00; Sat 10:00-14:00; Sun closed",
            "Mo-Fr 09:00-18:00; Sa 10:00-14:00",
            "MO–FR 9–18 UHR, SA 10–14 UHR, SO RUHETAG",
            "Mo. - Fr.: 9.00 - 18.00 Uhr\nSa.: 10.00 - 14.00 Uhr\nSo.: geschlossen",
            "Montag bis Freitag von 9 bis 18 Uhr und am Samstag von 10 bis 14 Uhr, sonntags geschlossen",
            "Mo, Di, Mi, Do, Fr 9-18, Sa 10-14",
            "Mo/Di/Mi/Do/Fr 9-18 Uhr; Sa 10-14 Uhr",
            "9-18 Uhr Mo-Fr, 10-14 Uhr Sa",
            "Weekdays 9am-6pm, Saturdays 10am-2pm, closed on Sundays",
            "Mon - Fri: 9:00 AM - 6:00 PM, Sat: 10:00 AM - 2:00 PM, Sun: Closed",
            "Monday through Friday 9 a.m. to 6 p.m., Saturday 10 a.m. to 2 p.m.",
            "We're open from 9am until 6pm on weekdays and 10am till 2pm on Saturday",
            "Monday 9-18\nTuesday 9-18\nWednesday 9-18\nThursday 9-18\nFriday 9-18\nSaturday 10-14\nSunday closed",
            "Mon-Fri 0900-1800, Sat 1000-1400",
            "Monday\n09:00-18:00\nTuesday\n09:00-18:00\nWednesday\n09:00-18:00\nThursday\n09:00-18:00\nFriday\n09:00-18:00\nSaturday\n10:00-14:00\nSunday\nClosed",
            "De lunes a viernes de 9:00 a 18:00, sábado de 10:00 a 14:00, domingo cerrado",
            "Lunes a viernes de 9 de la mañana a 6 de la tarde; sábados de 10 de la mañana a 2 de la tarde",
            "Du lundi au vendredi de 9h à 18h, le samedi de 10h à 14h, fermé le dimanche",
            "Lun-Ven : 9h00-18h00 / Sam : 10h00-14h00 / Dim : fermé",
            "lundi-vendredi 9h00 - 18h00 et samedi 10h - 14h",
            "Segunda a sexta-feira das 9h às 18h, sábado das 10h às 14h, domingo fechado",
            "segunda-feira a sexta-feira 9h-18h; sábado 10h-14h",
            "2ª a 6ª das 9h às 18h, sábados das 10h às 14h",
            "Da lunedì a venerdì dalle 9 alle 18, sabato dalle 10 alle 14, domenica chiuso",
            "Lun-Ven 9.00-18.00, Sab 10.00-14.00, Dom chiuso",
            "Pazartesi - Cuma 09:00 - 18:00, Cumartesi 10:00 - 14:00, Pazar kapalı",
            "Hafta içi 09:00-18:00, Cumartesi 10:00-14:00",
            "Pazartesi'den Cuma'ya 09:00-18:00 arası, cumartesi 10.00-14.00",
            "С понедельника по пятницу с 9:00 до 18:00, суббота с 10 до 14, воскресенье выходной",
            "пн-пт 9.00-18.00, сб 10.00-14.00, вс закрыто",
            "Пн–Пт с 9 утра до 6 вечера, Сб с 10 утра до 2 дня",
            "По будням 9:00–18:00, в субботу 10:00–14:00",
            "Пн-Пт 9:00-18:00, Сб 10:00-14:00, Нд вихідний",
            "من الاثنين إلى الجمعة من 9 صباحاً إلى 6 مساءً، السبت من 10 صباحاً إلى 2 ظهراً، الأحد مغلق",
            "الاثنين - الجمعة ٩:٠٠ - ١٨:٠٠، السبت ١٠:٠٠ - ١٤:٠٠",
            "सोमवार से शुक्रवार सुबह 9 बजे से शाम 6 बजे तक, शनिवार सुबह 10 बजे से दोपहर 2 बजे तक, रविवार बंद",
            "सोम-शुक्र ९:०० से १८:००, शनि १०:०० से १४:००",
            "周一至周五 9:00-18:00，周六 10:00-14:00，周日休息",
            "星期一到星期五上午9点到下午6点，星期六上午10点至下午2点",
            "周一～周五：09:00～18:00；周六：10:00～14:00",
            "maandag t/m vrijdag 9.00-18.00 uur, zaterdag 10.00-14.00 uur, zondag gesloten",
            "ma-vr 9-18u, za 10-14u",
            "pon.-pt. 9:00-18:00, sob. 10:00-14:00, niedz. nieczynne",
            "Senin - Jumat 09.00 - 18.00, Sabtu 10.00 - 14.00, Minggu tutup",
            "月曜日〜金曜日 9:00〜18:00、土曜日 10時〜14時、日曜日 定休日",
        ],
    );
    all_are(
        "daily 08:00-20:00",
        &[
            "8:00-20:00",
            "daily 8-20",
            "täglich 8-20 Uhr",
            "Every day 8am-8pm",
            "open 8-8, 7 days a week",
            "Mon-Sun 8am - 8pm",
            "todos los días de 8 a 20 h",
            "tous les jours 8h-20h",
            "7j/7 de 8h à 20h",
            "todos os dias, das 8h às 20h",
            "tutti i giorni dalle 8 alle 20",
            "her gün 08:00-20:00",
            "ежедневно с 8 до 20",
            "يوميا من 8 صباحا حتى 8 مساء",
            "रोज़ सुबह 8 बजे से रात 8 बजे तक",
            "每天早上8点到晚上8点",
            "営業時間：毎日8時から20時まで",
        ],
    );
    all_are(
        "daily 00:00-24:00",
        &[
            "24/7",
            "24h",
            "open 24 hours",
            "0-24",
            "täglich 0-24 Uhr",
            "rund um die Uhr",
            "24h/24, 7j/7",
            "круглосуточно",
            "24小时",
            "24 horas",
            "daily 00:00-24:00",
            "7/24 açık",
            "Always open",
        ],
    );
}

#[test]
fn every_usual_spelling_is_read_as_its_language_means_it_or_refused() {
    let rows: Vec<(String, &str)> = include_str!("spellings.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(" => ").unwrap_or_else(|| panic!("{line}")))
        .map(|(text, right)| (text.replace("\\n", "\n"), right))
        .collect();
    assert!(rows.len() > 200, "{}", rows.len());
    let wrong: Vec<_> = rows
        .iter()
        .map(|(text, right)| (text, right, check(text).map(|()| short(text))))
        .filter(|(_, right, found)| match (right.strip_prefix("refused"), found) {
            (Some(why), Err(error)) => !error.why.contains(why.trim_start_matches(": ")),
            (None, Ok(hours)) => hours != *right,
            _ => true,
        })
        .collect();
    assert!(wrong.is_empty(), "{} are wrong: {wrong:#?}", wrong.len());
}

#[test]
fn two_spans_past_midnight_and_exceptions() {
    for (text, expected) in [
        ("Mo-Fr 8-12 und 14-18 Uhr", "Mon-Fri 08:00-12:00, 14:00-18:00; Sat-Sun closed"),
        ("Mon-Fri 8-12, 1-5", "Mon-Fri 08:00-12:00, 13:00-17:00; Sat-Sun closed"),
        ("Mon-Fri 9-1 and 2-6", "! 9:00-1:00 has two readings: write it on the clock of 24 hours"),
        ("Lun-Ven 9h-12h30 / 14h-19h", "Mon-Fri 09:00-12:30, 14:00-19:00; Sat-Sun closed"),
        ("Fri-Sat 20:00-02:00", "Mon-Thu closed; Fri-Sat 20:00-02:00; Sun closed"),
        ("Fr, Sa 20-2 Uhr", "Mon-Thu closed; Fri-Sat 20:00-02:00; Sun closed"),
        ("Thu-Sat 6pm-2am", "Mon-Wed closed; Thu-Sat 18:00-02:00; Sun closed"),
        ("Sa-Mo 10-17 Uhr", "Mon 10:00-17:00; Tue-Fri closed; Sat-Sun 10:00-17:00"),
        ("täglich außer Sonntag 9-18 Uhr", "Mon-Sat 09:00-18:00; Sun closed"),
        ("Daily 9am-6pm except Tuesday", "Mon 09:00-18:00; Tue closed; Wed-Sun 09:00-18:00"),
        ("tous les jours sauf le lundi de 9h à 18h", "Mon closed; Tue-Sun 09:00-18:00"),
        ("Daily 9-18, Sun 10-16", "Mon-Sat 09:00-18:00; Sun 10:00-16:00"),
        ("Mon-Sun 9-17, Wed closed", "Mon-Tue 09:00-17:00; Wed closed; Thu-Sun 09:00-17:00"),
        ("Mo-Fr 8-12, Di 14-18", "Mon 08:00-12:00; Tue 08:00-12:00, 14:00-18:00; Wed-Fri 08:00-12:00; Sat-Sun closed"),
        (
            "Mo, Di, Do 8-12 + 14-18, Mi+Fr 8-12",
            "Mon-Tue 08:00-12:00, 14:00-18:00; Wed 08:00-12:00; Thu 08:00-12:00, 14:00-18:00; Fri 08:00-12:00; Sat-Sun closed",
        ),
        ("Mon-Fri 9-5", "Mon-Fri 09:00-17:00; Sat-Sun closed"),
        ("9-5pm Mon-Fri", "Mon-Fri 09:00-17:00; Sat-Sun closed"),
        ("closed Monday, Tue-Sun 11:00-22:00", "Mon closed; Tue-Sun 11:00-22:00"),
        ("Mon-Sat 9-18, Sun and public holidays closed", "Mon-Sat 09:00-18:00; Sun closed"),
        ("weekends 10:00-16:00", "Mon-Fri closed; Sat-Sun 10:00-16:00"),
        ("Mo-Fr 8:30-17:00 Uhr, samstags und sonntags 9-12 Uhr", "Mon-Fri 08:30-17:00; Sat-Sun 09:00-12:00"),
        ("每周一至周五9:00-18:00", "Mon-Fri 09:00-18:00; Sat-Sun closed"),
        ("L-S 10-14 / 17-21", "Mon-Sat 10:00-14:00, 17:00-21:00; Sun closed"),
        ("M-F 9-5", "Mon-Fri 09:00-17:00; Sat-Sun closed"),
        ("Tue–Sun noon–midnight", "Mon closed; Tue-Sun 12:00-24:00"),
        ("De mardi à samedi, 9 h 30 - 19 h", "Mon closed; Tue-Sat 09:30-19:00; Sun closed"),
        ("Hafta içi her gün 9-18", "Mon-Fri 09:00-18:00; Sat-Sun closed"),
        (
            "Mo-Fr 8-18 Uhr (außer Mi: 8-13 Uhr)",
            "Mon-Tue 08:00-18:00; Wed 08:00-13:00; Thu-Fri 08:00-18:00; Sat-Sun closed",
        ),
        ("Our shop is open Mon-Sat from 9 to 6. Sundays we are closed.", "Mon-Sat 09:00-18:00; Sun closed"),
        ("السبت - الخميس 10 ص - 10 م، والجمعة مغلق", "Mon-Thu 10:00-22:00; Fri closed; Sat-Sun 10:00-22:00"),
        ("Mo - Do 8 bis 17 Uhr, Fr 8 bis 15 Uhr", "Mon-Thu 08:00-17:00; Fri 08:00-15:00; Sat-Sun closed"),
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
    assert!(remark("Mon-Sat 9-18, Sun and public holidays closed").is_some());
    assert_eq!(remark("Mon-Sat 9-18"), None);
}

#[test]
fn what_a_week_can_not_hold_is_refused_with_an_example() {
    for (text, why) in [
        ("whenever we feel like it", "the word \"whenever\""),
        ("", "no time is in it"),
        ("Mon-Fri", "not clear which times"),
        ("closed on Sundays", "when nobody is there"),
        ("Mon-Fri 9-18 by appointment", "can't be kept"),
        ("Mo-Fr ab 9 Uhr", "can't be kept"),
        ("Mo-Fr 9 Uhr", "has no end"),
        ("Mon 25:00-26:00", "no time of the day"),
        ("10-2", "two readings"),
        ("2-6", "two readings"),
        ("Mon-Fri 9-18, Mon-Fri 10-16", "overlap"),
        ("Mon-Fri 9-18, bananas 9-12", "the word \"bananas\""),
        ("first Saturday of the month 9-12", "can't be kept"),
        ("01.12.2026 9-18", "no time of the day"),
        ("ma 9-18", "can be read as"),
        ("Mon-Fri 9-18, xyz", "the word \"xyz\""),
    ] {
        let error = OpeningHours::read(text).map(|hours| hours.to_string()).unwrap_err();
        assert!(error.why.contains(why), "{text}: {error}");
        assert!(error.to_string().ends_with(EXAMPLE));
    }
}

#[test]
fn the_shop_is_open_when_its_hours_say_so() {
    let usual = "Mon-Fri 08:00-12:00, 13:00-18:00; Sat 09:00-13:00; Sun closed";
    let bar = "Fri-Sat 20:00-02:00";
    for (hours, at, expected) in [
        (usual, "2026-11-23T08:00[Europe/Berlin]", Open::Yes),
        (usual, "2026-11-23T12:30[Europe/Berlin]", Open::No),
        (usual, "2026-11-23T18:00[Europe/Berlin]", Open::No),
        (usual, "2026-11-28T10:00[Europe/Berlin]", Open::Yes),
        (usual, "2026-11-29T10:00[Europe/Berlin]", Open::No),
        (bar, "2026-11-28T01:00[UTC]", Open::Yes),
        (bar, "2026-11-29T01:59[UTC]", Open::Yes),
        (bar, "2026-11-27T01:00[UTC]", Open::No),
        ("daily 00:00-24:00", "2026-11-27T23:59[UTC]", Open::Yes),
        ("Mo-Sa 7-18 Uhr, So 8-12 Uhr", "2026-11-29T13:00[Europe/Berlin]", Open::No),
        // Stored by an earlier version, and understood by none: it closes nothing.
        ("whenever we feel like it", "2026-11-27T23:59[UTC]", Open::Yes),
        ("", "2026-11-27T23:59[UTC]", Open::Yes),
    ] {
        assert_eq!(open(Some(hours), &at.parse().unwrap()), expected, "{hours} at {at}");
    }
}

#[test]
fn what_is_shown_is_read_as_the_same() {
    for text in ["Fr, Sa 20-2 Uhr", "24/7", "Mon-Sun 9-17, Wed closed", "Mo-Fr 8-12 und 14-18 Uhr"] {
        let hours = OpeningHours::read(text).unwrap();
        assert_eq!(OpeningHours::read(&hours.to_string()), Ok(hours), "{text}");
    }
    let typed = OpeningHours::read("Sat 9-13, 20:00-02:00").unwrap().typed();
    assert_eq!((typed.sat, typed.sun), (vec![(540, 780), (1200, 1560)], vec![]));
}

/// Words that are in no list.
const UNKNOWN: [&str; 6] = ["xqz", "blörf", "жщъ", "謎", "ฮฮ", "§"];

proptest::proptest! {
    #[test]
    fn an_unknown_word_is_never_passed_over(row in 0usize..300, place in 0usize..40, which in 0usize..UNKNOWN.len()) {
        let lines = include_str!("spellings.txt").lines();
        let texts: Vec<&str> = lines.filter_map(|line| Some(line.split_once(" => ")?.0)).collect();
        let mut words: Vec<&str> = texts[row % texts.len()].split(' ').collect();
        words.insert(place % (words.len() + 1), UNKNOWN[which]);
        let text = words.join(" ");
        proptest::prop_assert!(OpeningHours::read(&text).is_err(), "{}", text);
    }

    #[test]
    fn a_week_is_shown_as_it_is_read(spans in proptest::collection::vec((0u8..127, 0u16..96, 1u16..96), 1..5)) {
        let hours = spans.iter().try_fold(OpeningHours::default(), |mut hours, (days, from, length)| {
            for (_, open) in hours.days.iter_mut().enumerate().filter(|(day, _)| days & 1 << day != 0) {
                let span = (from * 15, from * 15 + length * 15);
                if open.iter().any(|known: &(u16, u16)| span.0 <= known.1 && known.0 <= span.1) {
                    return None;
                }
                open.push(span);
                open.sort_unstable();
            }
            Some(hours)
        });
        if let Some(hours) = hours.filter(|hours| hours.days.iter().any(|day| !day.is_empty())) {
            proptest::prop_assert_eq!(OpeningHours::read(&hours.to_string()), Ok(hours));
        }
    }

    #[test]
    fn whatever_is_typed_is_read_or_refused(text in "([A-Za-zäéа-яا-ي周一०-९0-9:.,;/–-]{0,6} ?){0,12}") {
        if let Ok(hours) = OpeningHours::read(&text) {
            proptest::prop_assert_eq!(OpeningHours::read(&hours.to_string()), Ok(hours));
        }
    }
}
