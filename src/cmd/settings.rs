//! `settings …`

use mychatflow_data::protocol::calls::settings::{SettingLine, SettingsSet, SettingsShow};
use mychatflow_data::protocol::name::{ChatName, InstanceName};

use super::{Cx, text_or_stdin};
use crate::cli::{Limit, SettingPlace, SettingsVerb};
use crate::output::{Table, clean};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: SettingsVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        SettingsVerb::Show { place } => {
            let (instance, chat) = names(place);
            // All keys fit a page.
            let params = |_, _| SettingsShow { tenant: tenant.clone(), instance: instance.clone(), chat: chat.clone() };
            cx.list(Limit { limit: None }, params, table).await
        }
        SettingsVerb::Set { key, value, unset: _, place } => {
            let (instance, chat) = names(place);
            let value = value.map(text_or_stdin).transpose()?;
            cx.show(&SettingsSet { tenant, key, value, instance, chat }, |line| {
                let value = line.value.as_deref().unwrap_or("not set");
                let set = format!("{} = {value} (from {})", line.key, line.source);
                let lines = std::iter::once(set).chain(read_as(line)).chain(warning(line));
                lines.map(|line| clean(&line)).collect::<Vec<_>>().join("\n")
            })
            .await
        }
    }
}

fn names(place: SettingPlace) -> (Option<InstanceName>, Option<ChatName>) {
    (place.instance.map(InstanceName::from), place.chat.map(ChatName::from))
}

fn table(lines: &[SettingLine]) -> Table {
    let mut table = Table::new(["KEY", "FROM", "VALUE"], "no settings");
    for line in lines {
        table.row([line.key.to_string(), line.source.to_string(), line.value.clone().unwrap_or_default()]);
        for more in read_as(line).into_iter().chain(warning(line)) {
            table.row([String::new(), String::new(), more]);
        }
    }
    table
}

/// What opening hours were read as, where that is not how they stand there.
fn read_as(line: &SettingLine) -> Option<String> {
    let read_as = line.read_as.as_ref().filter(|read_as| line.value.as_ref() != Some(*read_as))?;
    Some(format!("read as: {read_as}"))
}

fn warning(line: &SettingLine) -> Option<String> {
    line.warning.as_ref().map(|warning| format!("warning: {warning}"))
}
