//! What a message holds, by engine, where WAHA's own fields are empty: the words stand in `_data` alone.

use mychatflow_daemon::waha::parse;
use mychatflow_data::model::delivery::{DeliveryEvent, Handling, MessageEvent};
use mychatflow_data::model::interaction::ContentKind::{self, *};
use serde_json::{Value, json};

const CARD: &str = "BEGIN:VCARD\nVERSION:3.0\nN:Example;Otto;;;\nFN:Otto Example\nitem1.TEL;waid=4915100000099:+49 151\n  00000099\nitem1.X-ABLabel:Mobile\nEND:VCARD";

fn event(event: &str, payload: &Value) -> DeliveryEvent {
    let mut payload = payload.clone();
    for (name, value) in [("id", json!("false_49151@c.us_3F")), ("timestamp", json!(1_795_393_677))] {
        if payload.get(name).is_none() {
            payload[name] = value;
        }
    }
    let body =
        json!({"id": "evt_1", "timestamp": 1_795_393_677_888_i64, "event": event, "session": "s", "payload": payload});
    parse(body.to_string().as_bytes()).unwrap().event
}

fn message(payload: &Value) -> MessageEvent {
    match event("message.any", payload) {
        DeliveryEvent::Message(message) => message,
        other => panic!("not a message: {other:?}"),
    }
}

/// Names as whatsmeow prints them.
fn capitals(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let name = |name: &str| match name.strip_suffix("Id") {
                Some(start) => format!("{start}ID"),
                None => name.replace("Json", "JSON"),
            };
            Value::Object(fields.iter().map(|(key, value)| (name(key), capitals(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(capitals).collect()),
        other => other.clone(),
    }
}

fn noweb(message: &Value) -> Value {
    json!({"body": null, "hasMedia": false, "_data": {"key": {"id": "3F"}, "pushName": "Ana", "message": message}})
}

fn gows(message: &Value) -> Value {
    let message = capitals(message);
    json!({"hasMedia": false, "_data": {"Info": {"PushName": "Ana"}, "Message": message, "RawMessage": message}})
}

fn webjs(fields: &Value) -> Value {
    json!({"body": "", "hasMedia": false, "vCards": [], "_data": fields})
}

#[track_caller]
fn holds(payload: &Value, kind: ContentKind, text: Option<&str>) {
    let message = message(payload);
    assert_eq!((message.kind, message.text.as_deref()), (kind, text), "{payload}");
    let human = match kind {
        Order => true,
        Other => !text.is_some_and(|text| text.starts_with("[album]")),
        _ => text.is_some_and(|text| text.starts_with("[vote]")),
    };
    assert_eq!(matches!(message.handling, Handling::Human(_)), human, "{payload} {:?}", message.handling);
    assert_eq!(message.handling == Handling::Answer, !human, "{payload} {:?}", message.handling);
}

#[test]
fn what_the_two_socket_engines_hold() {
    let text = json!({"extendedTextMessage": {"text": "do you deliver?"}});
    let wrapped = |name: &str, inner: &Value| json!({name: {"message": inner}});
    let deep = wrapped("ephemeralMessage", &wrapped("viewOnceMessageV2", &wrapped("deviceSentMessage", &text)));
    let order = json!({"orderId": "1", "itemCount": 2, "message": "2 sourdough, 1 rye", "orderTitle": "Harbour Bakery",
        "totalAmount1000": {"low": 12_000, "high": 0}, "totalCurrencyCode": "EUR"});
    let poll = json!({"name": "Which bread?", "options": [{"optionName": "Rye"}, {"optionName": "Spelt"}]});
    let place = json!({"degreesLatitude": 53.5436, "degreesLongitude": 9.9662, "name": "Harbour Café",
        "address": "3 Quay Street", "jpegThumbnail": "/9j/AA"});
    for (content, kind, words) in [
        (json!({"conversation": "hi"}), Text, Some("hi")),
        (text.clone(), Text, Some("do you deliver?")),
        (deep, Text, Some("do you deliver?")),
        (wrapped("aWrapperOfTomorrow", &text), Text, Some("do you deliver?")),
        (json!({"templateButtonReplyMessage": {"selectedId": "b1", "selectedDisplayText": "Yes"}}), Text, Some("Yes")),
        (json!({"buttonsResponseMessage": {"selectedButtonId": "yes", "type": 1}}), Text, Some("yes")),
        (
            json!({"listResponseMessage": {"title": "Rye", "description": "4 €", "singleSelectReply": {"selectedRowId": "r"}}}),
            Text,
            Some("Rye, 4 €"),
        ),
        (json!({"listResponseMessage": {"singleSelectReply": {"selectedRowId": "r"}}}), Text, Some("r")),
        (json!({"interactiveResponseMessage": {"body": {"text": "Tuesday"}}}), Text, Some("Tuesday")),
        (
            json!({"interactiveResponseMessage": {"nativeFlowResponseMessage": {"paramsJson": "{\"id\":\"x\",\"title\":\"Noon\"}"}}}),
            Text,
            Some("Noon"),
        ),
        (json!({"buttonsMessage": {"contentText": "Ready?", "footerText": "Bakery"}}), Text, Some("Ready?\nBakery")),
        (json!({"orderMessage": order}), Order, Some("2 sourdough, 1 rye (Harbour Bakery, 2 items, 12.00 EUR)")),
        (json!({"orderMessage": {"itemCount": 1}}), Order, Some("1 item")),
        (json!({"orderMessage": {}}), Order, None),
        (
            json!({"productMessage": {"product": {"title": "Rye", "description": "dark", "priceAmount1000": 4500, "currencyCode": "EUR"}, "body": "still there?"}}),
            Product,
            Some("Rye, 4.50 EUR, dark\nstill there?"),
        ),
        (json!({"locationMessage": place}), Location, Some("Harbour Café, 3 Quay Street (53.5436, 9.9662)")),
        (
            json!({"liveLocationMessage": {"degreesLatitude": 53.5, "degreesLongitude": 9.5, "caption": "on my way"}}),
            Location,
            Some("on my way (53.5, 9.5, live)"),
        ),
        (
            json!({"contactMessage": {"displayName": "Otto", "vcard": CARD}}),
            Contact,
            Some("Otto Example +49 151 00000099"),
        ),
        (
            json!({"contactsArrayMessage": {"displayName": "2 contacts", "contacts": [{"displayName": "Otto", "vcard": CARD}, {"displayName": "Mia"}]}}),
            Contact,
            Some("Otto Example +49 151 00000099; Mia"),
        ),
        (json!({"messageContextInfo": {}, "pollCreationMessageV3": poll}), Poll, Some("Which bread?: Rye · Spelt")),
        (
            wrapped("pollCreationMessageV4", &json!({"pollCreationMessage": poll})),
            Poll,
            Some("Which bread?: Rye · Spelt"),
        ),
        (json!({"pollUpdateMessage": {"vote": {"encPayload": "eA=="}}}), Poll, Some("[vote]")),
        (json!({"imageMessage": {"caption": "how much?"}}), Image, Some("how much?")),
        (json!({"ptvMessage": {}}), Video, None),
        (json!({"stickerMessage": {}, "messageContextInfo": {}}), Sticker, None),
        (wrapped("lottieStickerMessage", &json!({"stickerMessage": {}})), Sticker, None),
        (
            json!({"eventMessage": {"name": "Tasting", "description": "at noon"}}),
            Other,
            Some("[event] Tasting, at noon"),
        ),
        (json!({"groupInviteMessage": {"groupName": "Bakers"}}), Other, Some("[invitation to a group] Bakers")),
        (json!({"callLogMesssage": {"isVideo": false, "callOutcome": 1}}), Other, Some("[missed voice call]")),
        (
            json!({"requestPaymentMessage": {"amount1000": "5000", "currencyCodeIso4217": "EUR"}}),
            Other,
            Some("[request payment] 5.00 EUR"),
        ),
        (json!({"requestPhoneNumberMessage": {}}), Other, Some("[asks for your phone number]")),
        (json!({"albumMessage": {"expectedImageCount": 3}}), Other, Some("[album] 3 pictures")),
        (json!({"holoGramMessage": {"title": "Look", "bytes": [1]}}), Other, Some("[holo gram] Look")),
        (json!({"protocolMessage": {"type": 9}, "holoGramMessage": {"x": 1}}), Other, Some("[holo gram]")),
        (json!({"holoGramMessage": {"x": 1}, "conversation": "hi"}), Text, Some("hi")),
        (json!({"ephemeralMessage": {"message": {}}}), Other, Some("[ephemeral]")),
        // The engine is older than what was sent, and leaves it out.
        (json!({"messageContextInfo": {"messageSecret": "eA=="}}), Other, Some("[message without text]")),
        (json!({}), Other, Some("[message without text]")),
        (Value::Null, Other, Some("[message without text]")),
    ] {
        holds(&noweb(&content), kind, words);
        holds(&gows(&content), kind, words);
    }
}

#[test]
fn what_webjs_holds() {
    let order = json!({"type": "order", "body": "/9j/AAAA", "itemCount": 2, "orderTitle": "Harbour Bakery", "message": "2 rye",
        "totalAmount1000": 12_000, "totalCurrencyCode": "EUR"});
    for (data, kind, words) in [
        (json!({"type": "chat", "body": "do you deliver?"}), Text, Some("do you deliver?")),
        (json!({"type": "template_button_reply", "body": "Yes", "selectedId": "b1"}), Text, Some("Yes")),
        (json!({"type": "buttons_response", "selectedButtonId": "yes"}), Text, Some("yes")),
        (json!({"type": "list_response", "listResponse": {"title": "Rye"}}), Text, Some("Rye")),
        (order, Order, Some("2 rye (Harbour Bakery, 2 items, 12.00 EUR)")),
        (json!({"type": "product", "title": "Rye", "body": "/9j/AAAA"}), Product, Some("Rye")),
        (
            json!({"type": "location", "lat": 53.5436, "lng": 9.9662, "loc": "Harbour Café\n3 Quay Street", "body": "/9j/AA"}),
            Location,
            Some("Harbour Café, 3 Quay Street (53.5436, 9.9662)"),
        ),
        (json!({"type": "vcard", "body": CARD}), Contact, Some("Otto Example +49 151 00000099")),
        (
            json!({"type": "multi_vcard", "vcardList": [{"displayName": "Otto", "vcard": CARD}, {"displayName": "Mia"}]}),
            Contact,
            Some("Otto Example +49 151 00000099; Mia"),
        ),
        (
            json!({"type": "poll_creation", "pollName": "Which?", "pollOptions": [{"name": "a"}, {"name": "b"}]}),
            Poll,
            Some("Which?: a · b"),
        ),
        (json!({"type": "poll_update"}), Poll, Some("[vote]")),
        (json!({"type": "ciphertext"}), Waiting, None),
        (json!({"type": "groups_v4_invite", "inviteGrpName": "Bakers"}), Other, Some("[invitation to a group] Bakers")),
        (json!({"type": "call_log", "isVideoCall": true}), Other, Some("[video call]")),
        (json!({"type": "a_sort_of_tomorrow"}), Other, Some("[a sort of tomorrow]")),
        (json!({"type": "unknown"}), Other, Some("[message of an unknown sort]")),
        (json!({"type": "chat", "body": ""}), Other, Some("[message without text]")),
    ] {
        holds(&webjs(&data), kind, words);
    }
}

#[test]
fn a_file_is_known_by_its_name_on_every_engine() {
    let document =
        json!({"documentMessage": {"fileName": "menu.pdf", "mimetype": "application/pdf", "caption": "menu.pdf"}});
    let wrapped = json!({"documentWithCaptionMessage": {"message": document}});
    let of_webjs = json!({"type": "document", "filename": "menu.pdf", "mimetype": "application/pdf"});
    for payload in [noweb(&document), gows(&document), noweb(&wrapped), gows(&wrapped), webjs(&of_webjs)] {
        for media in [Value::Null, json!({"url": "http://localhost/f", "mimetype": null, "filename": null})] {
            let mut payload = payload.clone();
            payload["hasMedia"] = json!(true);
            payload["media"] = media;
            let message = message(&payload);
            assert_eq!((message.kind, message.text.as_deref()), (Document, None), "{payload}");
            let file = message.media.unwrap();
            assert_eq!(file.filename.as_deref(), Some("menu.pdf"), "{payload}");
            assert_eq!(file.mimetype.as_deref(), Some("application/pdf"), "{payload}");
        }
    }
}

#[test]
fn only_known_leftovers_are_no_messages() {
    let leftovers = [
        json!({"protocolMessage": {"type": 5}}),
        json!({"senderKeyDistributionMessage": {"groupId": "1@g.us"}}),
        json!({"messageContextInfo": {"deviceListMetadata": {}}}),
        json!({"reactionMessage": {"text": "👍"}}),
        json!({"encReactionMessage": {}}),
        json!({"keepInChatMessage": {}}),
        json!({"pinInChatMessage": {"type": 1}}),
        json!({"ephemeralMessage": {"message": {"protocolMessage": {"type": 3}}}}),
    ];
    let stub = |stub: Value| json!({"body": null, "_data": {"key": {"id": "3F"}, "messageStubType": stub}});
    let notices = [stub(json!(39)), stub(json!("39")), stub(json!("E2E_ENCRYPTED")), stub(json!(27)), stub(json!(1))];
    let types = ["e2e_notification", "notification_template", "gp2", "protocol", "revoked", "pinned_message"];
    let payloads = leftovers.iter().flat_map(|leftover| [noweb(leftover), gows(leftover)]);
    let of_webjs = types.map(|kind| webjs(&json!({"type": kind})));
    for payload in payloads.chain(notices).chain(of_webjs) {
        let message = message(&payload);
        assert!(matches!(message.handling, Handling::Leftover(_)), "{payload} {message:?}");
        // With words of WAHA's or a file it is a message all the same.
        for (field, value) in [("body", json!("hi")), ("hasMedia", json!(true))] {
            let mut payload = payload.clone();
            payload[field] = value;
            assert_eq!(self::message(&payload).handling, Handling::Answer, "{payload}");
        }
    }
    for (waiting, kind) in [(json!(2), Waiting), (json!("CIPHERTEXT"), Waiting), (json!(3), Other), (json!(999), Other)]
    {
        let message = message(&stub(waiting));
        assert_eq!((message.kind, matches!(message.handling, Handling::Leftover(_))), (kind, false));
    }
    holds(&stub(json!(40)), Other, Some("[missed voice call]"));
    holds(&json!({"body": null}), Other, Some("[message without text]"));
}

#[test]
fn whatever_the_owner_sends_from_the_phone_is_a_message_of_a_human() {
    let contents = [
        json!({"conversation": "hi"}),
        json!({"imageMessage": {}}),
        json!({"audioMessage": {"ptt": true}}),
        json!({"stickerMessage": {}}),
        json!({"documentMessage": {"fileName": "menu.pdf"}}),
        json!({"locationMessage": {"degreesLatitude": 53.5, "degreesLongitude": 9.9}}),
        json!({"liveLocationMessage": {}}),
        json!({"contactMessage": {"vcard": CARD}}),
        json!({"pollCreationMessageV3": {"name": "Which?"}}),
        json!({"pollUpdateMessage": {}}),
        json!({"orderMessage": {}}),
        json!({"eventMessage": {"name": "Tasting"}}),
        json!({"callLogMesssage": {"isVideo": false}}),
        json!({"buttonsMessage": {}}),
        json!({"listResponseMessage": {}}),
        json!({"viewOnceMessageV2": {"message": {"imageMessage": {}}}}),
        json!({"thingOfTomorrowMessage": {"x": 1}}),
        json!({"ephemeralMessage": {"message": {}}}),
        json!({}),
        Value::Null,
    ];
    let stub = json!({"body": null, "_data": {"messageStubType": 2}});
    let of_webjs = ["chat", "image", "ptt", "sticker", "call_log", "ciphertext", "of_tomorrow"];
    let of_webjs = of_webjs.map(|kind| webjs(&json!({"type": kind})));
    let nothing = [json!({"body": null}), json!({"body": "", "_data": {}}), json!({"body": null, "_data": null})];
    let of_sockets = contents.iter().flat_map(|content| [noweb(content), gows(content)]);
    for payload in of_sockets.chain(of_webjs).chain(nothing).chain([stub]) {
        let mut payload = payload;
        payload["id"] = json!("true_49151@c.us_3E");
        payload["fromMe"] = json!(true);
        let own = message(&payload);
        assert!(own.from_me && !matches!(own.handling, Handling::Leftover(_)), "{payload} {own:?}");
    }
}

#[test]
fn what_go_prints_inside_a_one_of_is_read() {
    let of_go =
        |message: &Value| json!({"hasMedia": false, "_data": {"Info": {"PushName": "Ana"}, "Message": message}});
    let flow = |params: &str| {
        json!({"interactiveResponseMessage": {"InteractiveResponseMessage": {"NativeFlowResponseMessage":
            {"name": "menu_options", "paramsJSON": params, "version": 3}}}})
    };
    let template = json!({"templateMessage": {"Format": {"HydratedFourRowTemplate": {
        "Title": {"HydratedTitleText": "Harbour Bakery"}, "hydratedContentText": "Your order is ready",
        "hydratedButtons": [{"HydratedButton": {"QuickReplyButton": {"displayText": "Thanks", "ID": "b1"}}}]}}}});
    let pictured = json!({"templateMessage": {"Format": {"HydratedFourRowTemplate": {
        "Title": {"ImageMessage": {"caption": "the cake", "mimetype": "image/jpeg"}}, "hydratedContentText": "Like this?"}}}});
    let filed = json!({"interactiveMessage": {"header": {"title": "Menu", "Media": {"DocumentMessage": {"fileName": "menu.pdf",
        "mimetype": "application/pdf"}}}, "body": {"text": "Have a look"}, "InteractiveMessage": {"NativeFlowMessage": {}}}});
    let nested =
        json!({"templateMessage": {"Format": {"InteractiveMessageTemplate": {"body": {"text": "Which day?"}}}}});
    let carousel = json!({"interactiveMessage": {"InteractiveMessage": {"CarouselMessage": {"cards": [
        {"body": {"text": "Rye"}}, {"body": {"text": "Spelt"}}]}}}});
    for (message, kind, words) in [
        (
            json!({"buttonsResponseMessage": {"selectedButtonID": "b1", "Response": {"SelectedDisplayText": "Yes, please"}, "type": 1}}),
            Text,
            "Yes, please",
        ),
        (json!({"ButtonsResponseMessage": {"Response": {"selecteddisplaytext": "Yes"}}}), Text, "Yes"),
        // What neither engine prints today.
        (json!({"buttonsResponseMessage": {"answer": {"more": 1, "displayText": "Yes"}}}), Text, "Yes"),
        (flow("{\"id\":\"r1\",\"title\":\"Tuesday\"}"), Text, "Tuesday"),
        (flow("{\"flow_token\":\"x\",\"people\":2,\"name\":\"Ana\"}"), Text, "people: 2, name: Ana"),
        (template, Text, "Harbour Bakery\nYour order is ready"),
        (nested, Text, "Which day?"),
        (carousel, Text, "Rye\nSpelt"),
        (pictured, Image, "the cake\nLike this?"),
        (filed, Document, "Menu\nHave a look"),
        (
            json!({"buttonsMessage": {"Header": {"Text": "Question"}, "contentText": "Ready?"}}),
            Text,
            "Question\nReady?",
        ),
        (
            json!({"buttonsMessage": {"Header": {"LocationMessage": {"name": "Quay", "degreesLatitude": 53.5, "degreesLongitude": 9.5}}, "contentText": "Here?"}}),
            Text,
            "Quay (53.5, 9.5)\nHere?",
        ),
        (json!({"ListResponseMessage": {"Title": "Rye", "SingleSelectReply": {"SelectedRowID": "r"}}}), Text, "Rye"),
    ] {
        holds(&of_go(&message), kind, Some(words));
    }
}

#[test]
fn words_in_a_sort_of_message_that_nobody_knows_are_read() {
    let hsm = json!({"highlyStructuredMessage": {"namespace": "n", "elementName": "order_ready", "hydratedHsm":
        {"hydratedTemplate": {"hydratedContentText": "Your order is ready"}}}});
    let rich = json!({"richResponseMessage": {"messageType": 1, "submessages": [{"messageText": "Hello."},
        {"messageType": 2, "messageText": "Do you deliver?"}], "contextInfo": {"quotedMessage": {"conversation": "no"}}}});
    for (message, kind, words) in [
        (json!({"futureThingMessage": {"nested": {"text": "do you deliver?"}}}), Text, "do you deliver?"),
        (json!({"messageContextInfo": {"x": {"text": "no"}}, "newMessage": {"a": {"b": {"body": "hi"}}}}), Text, "hi"),
        (json!({"viewOnceMessageV9": {"message": {"futureMessage": {"caption": "look"}}}}), Text, "look"),
        (json!({"futureText": "only a text"}), Text, "only a text"),
        (json!({"futureMessages": [{"text": "one"}, {"text": "two"}]}), Text, "one\ntwo"),
        (hsm, Text, "Your order is ready"),
        (rich, Text, "Hello.\nDo you deliver?"),
        (json!({"futureMessage": {"nested": {"title": "Look"}}}), Other, "[future] Look"),
        (json!({"futureMessage": {"id": "3EB0", "mediaKey": "QUJD"}}), Other, "[future]"),
    ] {
        holds(&noweb(&message), kind, Some(words));
        holds(&gows(&message), kind, Some(words));
    }
    holds(
        &webjs(&json!({"type": "of_tomorrow", "nested": {"text": "do you deliver?"}})),
        Text,
        Some("do you deliver?"),
    );
}

#[test]
fn what_webjs_says_beside_its_own_object_is_kept() {
    let beside = |body: &str, data: Value| {
        let mut payload = webjs(&data);
        payload["body"] = json!(body);
        payload
    };
    let order = json!({"type": "order", "body": "/9j/AAAA", "itemCount": 2, "orderTitle": "Bakery", "orderId": "1"});
    holds(&beside("2 rye, sliced", order.clone()), Order, Some("2 rye, sliced (Bakery, 2 items)"));
    holds(&beside("/9j/AAAA", order), Order, Some("Bakery, 2 items"));
    holds(&beside("2 rye", json!({"type": "order", "message": "2 rye"})), Order, Some("2 rye"));
    let product = json!({"type": "product", "title": "Rye", "body": "/9j/AAAA"});
    holds(&beside("still there?", product), Product, Some("Rye\nstill there?"));
    let invite = json!({"type": "groups_v4_invite", "inviteGrpName": "Bakers"});
    holds(&beside("join us", invite), Other, Some("[invitation to a group] Bakers join us"));
    holds(&beside("for the bread", json!({"type": "payment"})), Other, Some("[payment] for the bread"));
    holds(&beside("Which?", json!({"type": "poll_creation", "pollOptions": [{"name": "a"}]})), Poll, Some("Which?: a"));
    holds(&beside("Which?", json!({"type": "poll_update"})), Poll, Some("[vote]"));
}

#[test]
fn a_name_in_quoted_printable_is_read_on_every_engine() {
    let card = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BC=\r\nller;J=C3=B6rg;;;\r\n\
        TEL;CELL:+49 151\r\n 00000099\r\nEND:VCARD";
    let words = Some("Jörg Müller +49 15100000099");
    let message = json!({"contactMessage": {"vcard": card}});
    holds(&noweb(&message), Contact, words);
    holds(&gows(&message), Contact, words);
    holds(&webjs(&json!({"type": "vcard", "body": card})), Contact, words);
    holds(&json!({"body": card, "vCards": [card]}), Contact, words);
}

#[test]
fn what_is_answered_stands_in_the_engines_own_object_too() {
    let button = json!({"buttonsResponseMessage": {"selectedDisplayText": "Yes", "contextInfo": {"stanzaId": "3EB0"}}});
    let vote = json!({"pollUpdateMessage": {"pollCreationMessageKey": {"id": "3EB0"}}});
    let quoting = json!({"type": "chat", "body": "Yes", "quotedStanzaID": "3EB0"});
    let voting =
        json!({"type": "poll_update", "pollUpdateParentKey": {"id": "3EB0", "_serialized": "true_1@c.us_3EB0"}});
    for payload in [noweb(&button), gows(&button), noweb(&vote), gows(&vote), webjs(&quoting), webjs(&voting)] {
        assert_eq!(message(&payload).reply_to.as_deref(), Some("3EB0"), "{payload}");
    }
}

#[test]
fn an_edit_without_a_body_keeps_its_words() {
    let edit =
        json!({"protocolMessage": {"type": 14, "key": {"id": "3A"}, "editedMessage": {"conversation": "corrected"}}});
    let wrapped = json!({"editedMessage": {"message": edit}});
    let caption = json!({"protocolMessage": {"editedMessage": {"imageMessage": {"caption": "corrected"}}}});
    let read = json!({"conversation": "corrected"});
    for payload in [
        noweb(&edit),
        gows(&edit),
        noweb(&wrapped),
        gows(&caption),
        gows(&read),
        webjs(&json!({"type": "chat", "body": "corrected"})),
    ] {
        let DeliveryEvent::Edited(edited) = event("message.edited", &payload) else { panic!() };
        assert_eq!(edited.text, "corrected", "{payload}");
    }
}

#[test]
fn an_edit_tells_the_message_as_it_stands_since() {
    let edit = json!({"protocolMessage": {"type": 14, "key": {"id": "3A"}, "editedMessage": {"imageMessage": {"caption": "two of these?"}}}});
    for payload in [noweb(&edit), gows(&edit)] {
        let mut payload = payload;
        payload["editedMessageId"] = json!("3A");
        let DeliveryEvent::Edited(edited) = event("message.edited", &payload) else { panic!() };
        let told = edited.message.unwrap();
        assert_eq!((told.bare_id.as_str(), told.wa_id.as_str()), ("3A", "false_49151@c.us_3A"));
        assert_eq!((told.kind, told.text.as_deref(), told.handling), (Image, Some("two of these?"), Handling::Answer));
        assert_eq!(told.at, edited.at, "nobody knows when it was written");
    }
    let leftover = json!({"protocolMessage": {"type": 5}});
    let DeliveryEvent::Edited(edited) = event("message.edited", &noweb(&leftover)) else { panic!() };
    assert!(edited.message.is_none());
}

#[test]
fn a_message_that_waits_has_no_words_and_a_vote_names_its_poll() {
    let waiting = event("message.waiting", &json!({"body": null, "_data": {}}));
    let DeliveryEvent::Waiting(waiting) = waiting else { panic!() };
    assert_eq!((waiting.kind, waiting.text, waiting.handling), (Waiting, None, Handling::Answer));
    let vote = json!({"vote": {"id": "false_49151@c.us_3F", "selectedOptions": ["Rye"], "timestamp": 1_795_393_677},
        "poll": {"id": "true_49151@c.us_3EB0"}});
    let DeliveryEvent::PollVote(vote) = event("poll.vote", &vote) else { panic!() };
    assert_eq!((vote.poll.as_deref(), vote.options), (Some("3EB0"), vec!["Rye".to_owned()]));
}
