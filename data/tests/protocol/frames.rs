//! Every frame, and what a line has to be to be one.

use serde_json::{Value, json};

use mychatflow_data::protocol::calls::chat::ChatList;
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::event::{EVENT, Event, LAGGED, Lagged, Topic};
use mychatflow_data::protocol::frame::{ErrorObject, FrameId, NotificationFrame, RequestFrame, ResponseFrame};
use mychatflow_data::protocol::hello::{Hello, HelloReply};
use mychatflow_data::protocol::page::Page;
use mychatflow_data::protocol::{Answer, METHODS, Needs, Request, TenantRequest, VERSION};

use crate::samples::{AT, RUN, TENANT, chat};

#[test]
fn frames_are_written_as_agreed() {
    let hello = Hello { protocol: VERSION, version: "0.3.0".into(), build: "a1b2c3".into() };
    let welcome =
        HelloReply { protocol: VERSION, version: "0.3.0".into(), build: "a1b2c3".into(), seq: 8812, epoch: RUN };
    let event =
        Event { seq: 8813, prev: 8810, tenant: Some(TENANT), topic: Topic::ChatChanged, at: AT, data: json!(chat()) };
    let page = Answer::of::<ChatList>(&Page::whole(vec![chat()])).unwrap().into_raw();
    let id = |number| Some(FrameId::Number(number));
    insta::assert_json_snapshot!("request_hello", RequestFrame::new(1, "hello", json!(hello)));
    insta::assert_json_snapshot!("response_hello", json!({"jsonrpc": "2.0", "id": 1, "result": welcome}));
    insta::assert_json_snapshot!("response_list", line(&ResponseFrame::done(id(7), page)));
    let refusal = CallError::not_found("no chat is called \"Bob\"");
    insta::assert_json_snapshot!("response_refused", line(&ResponseFrame::refused(id(7), refusal.into())));
    insta::assert_json_snapshot!("notification_event", line(&NotificationFrame::new(EVENT, event)));
    let lagged = Lagged { seq: 9000, missed: 187 };
    insta::assert_json_snapshot!("notification_lagged", line(&NotificationFrame::new(LAGGED, lagged)));
}

#[test]
fn absent_parameters_read_as_none_given() {
    for line in [
        r#"{"jsonrpc":"2.0","id":1,"method":"chat.list"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"chat.list","params":null}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"chat.list","params":{}}"#,
    ] {
        let frame = RequestFrame::read(line).unwrap();
        let request = Request::read(&frame.method, frame.params).unwrap();
        assert_eq!(request, Request::Tenant(TenantRequest::ChatList(ChatList::default())), "{line}");
    }
}

#[test]
fn a_line_that_is_no_request_is_told_what_is_wrong_with_it() {
    for (line, id, code) in [
        ("hello", Value::Null, -32700),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"stats"}]"#, Value::Null, -32600),
        (r#"{"jsonrpc":"1.0","id":3,"method":"stats"}"#, json!(3), -32600),
        (r#"{"jsonrpc":"2.0","id":"a"}"#, json!("a"), -32600),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"stats"}"#, Value::Null, -32600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"stats"}"#, Value::Null, -32600),
        ("42", Value::Null, -32600),
    ] {
        let answer = self::line(&RequestFrame::read(line).unwrap_err());
        assert_eq!(answer["error"]["code"], code, "{line}");
        assert_eq!(answer["id"], id, "{line}");
    }
}

#[test]
fn a_request_that_asks_for_nothing_we_know_is_told_so() {
    for (method, params, code) in [
        ("chat.lst", json!({}), -32601),
        ("chat.send", json!({"chat": "Bob"}), -32602),
        ("chat.list", json!({"limmit": 5}), -32602),
        ("chat.list", json!({"state": "asleep"}), -32602),
        ("chat.list", json!([50]), -32602),
        ("chat.snooze", json!({"chat": "Bob", "for": "soon"}), -32602),
    ] {
        assert_eq!(Request::read(method, params).unwrap_err().code, code, "{method}");
    }
}

#[test]
fn every_code_has_a_number_of_its_own_and_survives_the_wire() {
    let mut numbers: Vec<i64> = Code::ALL.iter().map(|code| code.number()).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), Code::ALL.len());
    for &code in Code::ALL {
        let sent = ErrorObject::from(CallError::new(code, "because"));
        let got: ErrorObject = serde_json::from_value(json!(sent)).unwrap();
        assert_eq!(CallError::from(got), CallError::new(code, "because"));
    }
}

#[test]
fn the_table_says_who_may_call_what() {
    let lines: Vec<String> = METHODS
        .iter()
        .map(|method| {
            let needs = match method.needs {
                Needs::Anyone => "anyone".to_owned(),
                Needs::Member(role) => role.to_string(),
                Needs::Operator => "operator".to_owned(),
            };
            format!("{} {needs}", method.name)
        })
        .collect();
    insta::assert_json_snapshot!("methods", lines);
}

fn line(frame: &impl serde::Serialize) -> Value {
    serde_json::from_str(&serde_json::to_string(frame).unwrap()).unwrap()
}
