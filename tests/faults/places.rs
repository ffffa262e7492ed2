//! Every place that shows health, and whether they say the same.

use std::time::Duration;

use mychatflow_data::model::fault::FaultCode;
use mychatflow_data::model::finding::{FindingCode, FindingLevel, FindingSubject, HealthFinding};
use serde_json::Value;

use crate::Fault;
use crate::acts::Waits;
use crate::support::{NUMBER, World};

/// What the places say, read one after the other. A shop without a number has not all of them.
#[derive(Debug)]
pub struct Places {
    pub status: Value,
    pub ready: Value,
    metrics: String,
    overview: Value,
    number: Value,
    why: Value,
    pub doctor: Value,
    queue: Vec<Value>,
    chat: Vec<Value>,
}

impl Places {
    pub async fn read(world: &World) -> Self {
        let first = async |line: &[&str]| world.run(line).await.lines.into_iter().next().unwrap_or_default();
        let status = world.done(&["daemon", "status"]).await.remove(0);
        let metrics = status["metrics"].as_str().unwrap().to_owned();
        let client =
            mychatflow_daemon::http_client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self {
            ready: client.get(metrics.replace("/metrics", "/readyz")).send().await.unwrap().json().await.unwrap(),
            metrics: client.get(&metrics).send().await.unwrap().text().await.unwrap(),
            overview: world.done(&["overview"]).await.remove(0),
            number: first(&["instance", "show", NUMBER]).await,
            why: first(&["why", &world.ana.phone]).await,
            doctor: first(&["doctor"]).await,
            queue: world.done(&["queue", "list"]).await,
            chat: world.run(&["chat", "show", &world.ana.phone]).await.lines,
            status,
        }
    }

    /// Tells every place that something of this fault's code is wrong, and nothing else of its subject?
    pub fn tell(&self, fault: &Fault) -> Result<(), String> {
        let code = fault.code;
        let found = find(&self.status["findings"], code).ok_or("daemon status does not tell it")?;
        let aged = found.since.is_some() || found.seen_at.is_some();
        truly(aged && !found.remedy.is_empty() && !found.evidence.is_empty(), || format!("no age: {found:?}"))?;
        let is_of_number = matches!(found.subject, FindingSubject::Number { .. });
        let number = if is_of_number { &self.number["findings"] } else { &self.status["findings"] };
        let lists =
            [("/readyz", &self.ready["findings"]), ("overview", &self.overview["findings"]), ("instance show", number)];
        for (place, list) in lists {
            let other = find(list, code).ok_or_else(|| format!("{place} does not tell it"))?;
            let words = |one: &HealthFinding| (one.level, one.summary.clone(), one.remedy.clone(), one.since);
            truly(words(&other) == words(&found), || format!("{place} says it otherwise: {other:?}, not {found:?}"))?;
        }
        let gauge = format!("mychatflow_findings{{code=\"{code}\",level=\"{}\"}} ", found.level);
        let counted = self.metrics.lines().find_map(|line| line.strip_prefix(&gauge));
        truly(counted.is_some_and(|count| count != "0"), || format!("/metrics counts {counted:?}"))?;
        self.doctor_tells(&found)?;
        self.why_tells(&found)?;
        self.queue_and_chat_tell(fault, &found)?;
        self.healths_agree(&found)
    }

    /// What waits says for what, since when or how often, and what a person can do.
    fn queue_and_chat_tell(&self, fault: &Fault, found: &HealthFinding) -> Result<(), String> {
        let Some(kind) = fault.waits.kind() else { return Ok(()) };
        let cause = cause(found);
        let helps = FaultCode::ALL.iter().filter_map(|code| code.remedy()).find(|remedy| *remedy == found.remedy);
        let says = |reason: &Value| {
            let reason = reason.as_str().unwrap_or_default();
            let is_aged = kind == "send_message" || ["since ", "tried "].iter().any(|word| reason.contains(word));
            reason.contains(&cause) && is_aged && helps.is_none_or(|helps| reason.contains(helps))
        };
        let told = self.queue.iter().any(|line| line["kind"] == kind && says(&line["reason"]));
        let aged = self.queue.iter().all(|line| line["age_s"].is_number());
        truly(told && aged, || format!("the queue does not tell {cause:?}: {:#?}", self.queue))?;
        // The questions of these tests are other customers'.
        let in_chat = fault.waits == Waits::Question || self.chat.iter().any(|line| says(&line["reason"]));
        truly(in_chat, || format!("the chat does not tell {cause:?}: {:#?}", self.chat))
    }

    fn doctor_tells(&self, found: &HealthFinding) -> Result<(), String> {
        let name = found.subject.to_string();
        let checks = self.doctor["checks"].as_array().unwrap();
        let of_it: Vec<&Value> = checks.iter().filter(|check| check["name"] == name.as_str()).collect();
        let says = |check: &&&Value| {
            let contains = |field: &str, words: &str| check[field].as_str().is_some_and(|told| told.contains(words));
            check["state"] == found.level.to_string()
                && contains("detail", &found.summary)
                && contains("remedy", &found.remedy)
        };
        truly(of_it.iter().any(|check| says(&check)), || format!("the doctor says it otherwise: {of_it:#?}"))?;
        let calls_it_ok = of_it.iter().any(|check| check["state"] == "ok");
        truly(!calls_it_ok, || format!("the doctor calls {name} ok: {of_it:#?}"))?;
        let is_failed = found.level == FindingLevel::Failed;
        truly(!is_failed || self.doctor["ok"] == false, || "the doctor finds everything in order".to_owned())
    }

    /// A chat tells what keeps its messages from coming or its answers from going.
    fn why_tells(&self, found: &HealthFinding) -> Result<(), String> {
        if found.level != FindingLevel::Failed || found.code.is_of_state() {
            return Ok(());
        }
        let told = self.why["lines"].as_array().unwrap().iter().any(|line| {
            let contains = |field: &str, words: &str| line[field].as_str().is_some_and(|told| told.contains(words));
            contains("what", &found.summary) && contains("detail", &found.remedy)
        });
        truly(told, || format!("why does not tell it: {:#}", self.why))
    }

    /// No place has another word for a subject of which something has failed.
    fn healths_agree(&self, found: &HealthFinding) -> Result<(), String> {
        let (status, ready) = (&self.status, &self.ready);
        if found.level != FindingLevel::Failed {
            return Ok(());
        }
        let is_ready = !found.code.stops_deliveries();
        truly(ready["ready"] == is_ready, || format!("/readyz says ready: {}", ready["ready"]))?;
        let (health, up) = match found.subject {
            FindingSubject::Store => (&status["store"]["health"], &Value::Bool(false)),
            FindingSubject::Waha { .. } => (&status["waha"][0]["health"], &ready["waha"][0]["up"]),
            FindingSubject::Gemini => (&status["gemini"]["health"], &ready["gemini"]["up"]),
            FindingSubject::Number { .. } if found.code.is_of_state() => {
                let verdict = &self.number["verdict"];
                return truly(verdict != "healthy", || format!("the number is called {verdict}"));
            }
            _ => return Ok(()),
        };
        truly(health == "down", || format!("daemon status calls it {health}"))?;
        truly(up == false, || format!("/readyz says up: {up}"))?;
        let is_waha = matches!(found.subject, FindingSubject::Waha { .. });
        let down = self.metrics.contains("mychatflow_waha_up{name=\"main\"} 0\n");
        truly(!is_waha || down, || "/metrics says that WAHA is up".to_owned())
    }

    /// Does no place tell it?
    pub fn are_silent(&self, fault: &Fault) -> Result<(), String> {
        let code = fault.code;
        let lists = [
            ("daemon status", &self.status["findings"]),
            ("/readyz", &self.ready["findings"]),
            ("overview", &self.overview["findings"]),
            ("instance show", &self.number["findings"]),
        ];
        for (place, list) in lists {
            truly(find(list, code).is_none(), || format!("{place} still tells it: {list:#}"))?;
        }
        let gauge = format!("mychatflow_findings{{code=\"{code}\",level=\"{}\"}} 0\n", code.level());
        truly(self.metrics.contains(&gauge), || "/metrics still counts it".to_owned())?;
        // What waited for its end has gone its way.
        let left: Vec<&Value> = fault
            .waits
            .kind()
            .map_or_else(Vec::new, |kind| self.queue.iter().filter(|line| line["kind"] == kind).collect());
        truly(left.is_empty(), || format!("it still waits: {left:#?}"))?;
        let checks = self.doctor["checks"].as_array().unwrap();
        let told = checks.iter().find(|check| check["finding"]["code"] == code.word());
        truly(told.is_none(), || format!("the doctor still tells it: {told:?}"))?;
        truly(self.doctor["ok"] == true, || format!("the doctor still finds something: {:#}", self.doctor))
    }
}

pub fn truly(is_so: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(complaint()) }
}

pub fn find(findings: &Value, code: FindingCode) -> Option<HealthFinding> {
    let findings: Vec<HealthFinding> = serde_json::from_value(findings.clone()).unwrap_or_default();
    findings.into_iter().find(|found| found.code == code)
}

/// What stands in the way in the words of what waits for it: without whose it is and where.
fn cause(found: &HealthFinding) -> String {
    let summary = found.summary.as_str();
    let cause = match &found.subject {
        FindingSubject::Waha { .. } => summary.rsplit_once(" at http").map(|(cause, _)| cause),
        FindingSubject::Gemini => summary.split_once(": ").map(|(_, cause)| cause),
        FindingSubject::Number { name, .. } => {
            let state = summary.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix(" is "));
            state.and_then(|state| state.split([',', ':']).next())
        }
        _ => None,
    };
    cause.unwrap_or(summary).to_owned()
}
