//! Lists as the programs write them that people keep their customers in: who is on them, by which number.

use super::*;

/// Everybody on a list: number, name, tags, and the remarks; or why somebody is not.
fn people(text: &str, home: &str) -> Vec<String> {
    let mut list = List::new(Country::parse(home));
    list.push(text);
    list.finish();
    let mut people = Vec::new();
    while let Some(line) = list.read().unwrap() {
        let Content::Person(entry, _) = line.content else { panic!("{line:?}") };
        let tags: String = entry.tags.iter().map(|tag| format!(" #{tag}")).collect();
        let remarks: String = entry.remarks.iter().map(|remark| format!(" ({remark})")).collect();
        let name = entry.name.unwrap_or_default();
        people.push(match entry.number {
            Ok(number) => format!("{} {name}{tags}{remarks}", number.phone),
            Err(why) => format!("{name}: {why}"),
        });
    }
    people
}

macro_rules! list {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/lists/", $name))
    };
}

#[test]
fn lists_of_the_usual_programs_are_read_as_they_are() {
    let landline = |digits: &str| format!("{digits} is a landline: WhatsApp is seldom on one");
    let otto = "+4915122200002 Otto Brand".to_owned();
    for (name, text, home, expected) in [
        (
            "google",
            list!("google.csv"),
            "DE",
            vec![
                "+4915122200001 Rosa Lima".to_owned(),
                "+4915122200002 Otto Brand #VIP (several numbers: +4915122200002 was taken, and not +4915122200003)"
                    .to_owned(),
                "+4915122200004 Ines Maas".to_owned(),
            ],
        ),
        (
            "google with phonetic names",
            list!("google-phonetic.csv"),
            "",
            vec!["+4915122200001 Rosa Lima #VIP".to_owned()],
        ),
        (
            "google before 2024",
            list!("google-2015.csv"),
            "DE",
            vec![
                "+4915122200001 Rosa Lima #friends".to_owned(),
                format!("+49305550003 Otto Brand ({})", landline("+49305550003")),
            ],
        ),
        (
            "outlook",
            list!("outlook-en.csv"),
            "DE",
            vec![
                "+4915122200011 Rosa Lima".to_owned(),
                format!("+49305550012 Otto Brand ({})", landline("+49305550012")),
                "+4915122200013 Ines Maas".to_owned(),
            ],
        ),
        (
            "outlook in German",
            list!("outlook-de.csv"),
            "DE",
            vec![
                "+4915122200001 Jördis Groß #Kunden #VIP".to_owned(),
                otto.clone(),
                "Ines Maas: no phone number".to_owned(),
            ],
        ),
        (
            "outlook in French",
            list!("outlook-fr.csv"),
            "FR",
            vec!["+33612345678 Chloé Lefèvre #Clients".to_owned(), "+33712345679 Inès Moreau".to_owned()],
        ),
        (
            "outlook in Spanish",
            list!("outlook-es.csv"),
            "ES",
            vec!["+34612345678 Lucía Ruiz Gómez #Clientes".to_owned(), "+34623456789 Pablo Sanz".to_owned()],
        ),
        ("apple", list!("apple.csv"), "DE", vec!["+4915122200001 Rosa Lima".to_owned(), otto.clone()]),
        (
            "excel in German",
            list!("excel-de.csv"),
            "DE",
            vec!["+4915122200001 Jördis Groß".to_owned(), otto.clone(), "Ines Maas: no phone number".to_owned()],
        ),
        (
            "excel in French",
            list!("excel-fr.csv"),
            "FR",
            vec![
                "+33612345678 Chloé Lefèvre".to_owned(),
                format!("+33472550136 Inès Moreau ({})", landline("+33472550136")),
            ],
        ),
        (
            "excel in Spanish",
            list!("excel-es.csv"),
            "ES",
            vec!["+34612345678 Lucía Ruiz Gómez".to_owned(), "Pablo Sanz: no phone number".to_owned()],
        ),
        (
            "excel with its separator",
            list!("excel-sep.csv"),
            "",
            vec!["+4915122200081 Eva".to_owned(), "+4915122200082 Leo".to_owned()],
        ),
        (
            "libreoffice",
            list!("libreoffice.csv"),
            "DE",
            vec![
                "+4915122200001 Jördis Groß #VIP".to_owned(),
                format!("+49305550003 Otto Brand ({})", landline("+49305550003")),
            ],
        ),
        (
            "a list from whatsapp",
            list!("whatsapp-export.csv"),
            "",
            vec!["+4915122200001 Rosa Lima #New customer #VIP".to_owned(), "+4915122200002 Otto".to_owned()],
        ),
        (
            "a group from whatsapp",
            list!("whatsapp-group.csv"),
            "",
            vec!["+4915122200001 Rosa #Choir".to_owned(), "+34612345678 Lucía #Choir".to_owned()],
        ),
        (
            "a shop for phones",
            list!("phones-for-sale.csv"),
            "DE",
            vec!["+4915122200001 Rosa Lima".to_owned(), otto, "+4915122200004 Ines Maas".to_owned()],
        ),
        (
            "a title above",
            list!("title.csv"),
            "",
            vec!["+4915122200071 Eva".to_owned(), "+4915122200072 Leo".to_owned()],
        ),
        (
            "first and last names",
            list!("first-and-last.csv"),
            "DE",
            vec![
                "+4915122200041 Petra Sommer".to_owned(),
                "+4915122200042 Cher".to_owned(),
                "+4915122200043 Winter".to_owned(),
            ],
        ),
        (
            "russian",
            list!("russian.csv"),
            "RU",
            vec!["+79123456789 Иван Петров".to_owned(), "+79123456790 Анна".to_owned()],
        ),
        ("hindi", list!("hindi.csv"), "IN", vec!["+919876543210 आशा #VIP".to_owned(), "+919876543211 राम".to_owned()]),
        (
            "chinese",
            list!("chinese.csv"),
            "CN",
            vec!["+8613800138000 王芳 #老客户".to_owned(), "+8613800138001 李雷".to_owned()],
        ),
        ("turkish", list!("turkish.csv"), "TR", vec!["+905321234567 Ayşe Yılmaz".to_owned()]),
    ] {
        assert_eq!(people(text, home), expected, "{name}");
    }
}

#[test]
fn lists_of_shops_newsletters_and_address_books_are_read_as_they_are() {
    let rosa = |tags: &str| format!("+4915122200001 Rosa Lima{tags}");
    let otto = "+4915122200002 Otto Brand".to_owned();
    for (name, text, home, expected) in [
        (
            "shopify",
            list!("shopify.csv"),
            "DE",
            vec![rosa(" #VIP #newsletter"), otto.clone(), "Ines Maas: no phone number".to_owned()],
        ),
        ("woocommerce", list!("woocommerce.csv"), "DE", vec![rosa(""), otto.clone()]),
        ("hubspot", list!("hubspot.csv"), "DE", vec![rosa(""), otto.clone()]),
        ("mailchimp", list!("mailchimp.csv"), "DE", vec![rosa(" #VIP #Kunden"), otto.clone()]),
        ("brevo", list!("brevo.csv"), "DE", vec![rosa(""), otto.clone()]),
        (
            "square",
            list!("square.csv"),
            "US",
            vec!["+12125552368 Rosa Lima #Regulars".to_owned(), "+16465550145 Otto Brand".to_owned()],
        ),
        (
            "outlook on the web",
            list!("outlook-web.csv"),
            "DE",
            vec![rosa(" #VIP"), otto.clone(), "Faxe Nur: no phone number".to_owned()],
        ),
        ("numbers in German", list!("apple-numbers-de.csv"), "DE", vec![rosa(""), otto.clone()]),
        (
            "a tool for WhatsApp",
            list!("whatsapp-tool-numbers.csv"),
            "",
            vec![rosa(" #VIP"), "+34612345678 Lucía".to_owned()],
        ),
        ("WhatsApp chats", list!("whatsapp-business.csv"), "", vec![rosa(""), otto.clone()]),
        (
            "libreoffice with tabs",
            list!("libreoffice-tab.tsv"),
            "DE",
            vec!["+4915122200001 Jördis Groß".to_owned(), "+4915122200002 Otto \"Otti\" Brand".to_owned()],
        ),
        (
            "excel in Portuguese",
            list!("excel-pt.csv"),
            "BR",
            vec![
                "+5511987654321 Lúcia Gomes".to_owned(),
                "+551133335555 José Prado (+551133335555 is a landline: WhatsApp is seldom on one)".to_owned(),
            ],
        ),
        (
            "excel in Italian",
            list!("excel-it.csv"),
            "IT",
            vec!["+393471234567 Lucia Rossi".to_owned(), "+393481234568 Mario Bianchi".to_owned()],
        ),
        (
            "excel in Dutch",
            list!("excel-nl.csv"),
            "NL",
            vec!["+31612345678 Sanne de Vries".to_owned(), "+31612345679 Daan Bakker".to_owned()],
        ),
        (
            "excel in Polish",
            list!("excel-pl.csv"),
            "PL",
            vec!["+48512345678 Anna Nowak".to_owned(), "+48600100200 Jan Kowalski".to_owned()],
        ),
        ("pipedrive", list!("pipedrive.csv"), "DE", vec![rosa(" #Customer"), otto.clone()]),
        ("zoho", list!("zoho.csv"), "DE", vec![rosa(" #VIP"), otto.clone()]),
    ] {
        assert_eq!(people(text, home), expected, "{name}");
    }
    let cut = people(list!("sheets-cut.csv"), "DE");
    assert!(
        cut[0].contains("cut digits off") && cut[1] == "+4915122200002 Otto" && cut[2].starts_with("Ines: "),
        "{cut:?}"
    );
}

#[test]
fn extensions_are_told_and_words_beside_a_number_are_not_in_the_way() {
    let found = people(list!("extensions.csv"), "DE");
    for (person, place) in found.iter().zip(0..4) {
        assert!(person.contains("an extension of a switchboard has no WhatsApp"), "{place}: {person}");
    }
    assert_eq!(found[4..7], ["+4915122200061 E", "+4915122200062 F", "+4915122200063 G"]);
}

#[test]
fn digits_of_every_script_are_digits() {
    let found = people(list!("digits.csv"), "EG");
    assert_eq!(found, ["+201001234567 منى", "+989123456789 Reza", "+919876543210 Asha", "+201001234568 سامي"]);
    assert!(people(list!("digits.csv"), "")[0].contains("no country code"));
}

#[test]
fn somebody_can_say_which_column_is_which() {
    let text = "Who,Reach,Since\nRosa,15122200001,2019\n";
    let wish = |wishes: &[&str]| {
        let wishes = wishes.iter().map(|wish| ColumnWish::parse(wish).unwrap()).collect();
        let mut list = List::new(Country::parse("DE")).with_wishes(wishes);
        list.push(text);
        list.finish();
        list.read().map(|line| match line.unwrap().content {
            Content::Person(entry, _) => (entry.number.unwrap().phone.to_string(), entry.name),
            Content::Broken(..) => panic!(),
        })
    };
    let rosa = ("+4915122200001".to_owned(), Some("Rosa".to_owned()));
    assert_eq!(wish(&["phone=Reach", "name=who"]), Ok(rosa));
    assert_eq!(wish(&["phone=Mobile"]).unwrap_err(), "no column is called \"Mobile\"; the list has: who, reach, since");
    assert!(ColumnWish::parse("phone").unwrap_err().contains("phone=Contact number"));
    assert!(ColumnWish::parse("fax=Fax").unwrap_err().contains("nothing that a column can be"));
}

#[test]
fn nobody_in_a_list_without_headings_is_lost_for_headings() {
    let list = "Ana,0151 11111111,Bonn\nBen,+49 151 22222222,Koeln\nCleo,+49 151 33333333,Bonn\n";
    assert_eq!(people(list, "").len(), 3, "{:?}", people(list, ""));
    let late = "Ana,Bonn,\nBea,Koeln,\nBen,Bonn,+49 151 22222222\n";
    assert_eq!(people(late, "").len(), 3, "{:?}", people(late, ""));
}
