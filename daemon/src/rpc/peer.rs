//! Who is at the other end of the socket: an account of this machine, as the kernel says.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::process::Command;

use tokio::net::UnixStream;

/// How far the caller's word goes before anybody asks about tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Everything.
    Operator,
    /// What a role in a tenant allows.
    Person,
}

/// The account at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its uid.
    pub uid: u32,
    /// Its name, or the uid where it has none.
    pub name: String,
    /// How far its word goes.
    pub standing: Standing,
}

/// The accounts that may do everything: root, the daemon's own, and those that the config names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operators {
    uids: HashSet<u32>,
}

impl Operators {
    /// Looks the names up, and says which of them this machine does not know. Reads files; not for a worker of the
    /// runtime with something urgent behind it.
    #[must_use]
    pub fn resolve(names: &[String]) -> (Self, Vec<String>) {
        let mut uids = HashSet::from([0, rustix::process::geteuid().as_raw()]);
        let mut unknown = Vec::new();
        for name in names {
            match uid_of(name) {
                Ok(Some(uid)) => {
                    uids.insert(uid);
                }
                Ok(None) | Err(_) => unknown.push(name.clone()),
            }
        }
        (Self { uids }, unknown)
    }

    /// Who connected.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn caller(&self, stream: &UnixStream) -> io::Result<Caller> {
        Ok(self.caller_with(stream.peer_cred()?.uid()))
    }

    fn caller_with(&self, uid: u32) -> Caller {
        let standing = if self.uids.contains(&uid) { Standing::Operator } else { Standing::Person };
        Caller { uid, name: name_of(uid), standing }
    }
}

/// The uid of an account, by name or by number. May run `getent`.
///
/// # Errors
/// When neither the file nor `getent` can be asked.
pub fn uid_of(name: &str) -> io::Result<Option<u32>> {
    number_of("passwd", name)
}

/// The gid of a group, by name or by number. May run `getent`.
///
/// # Errors
/// When neither the file nor `getent` can be asked.
pub fn gid_of(name: &str) -> io::Result<Option<u32>> {
    number_of("group", name)
}

/// The name of an account; the number where the machine's own file has none.
#[must_use]
pub fn name_of(uid: u32) -> String {
    let file = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = file.lines().find(|line| third_field(line) == Some(uid)).and_then(|line| line.split(':').next());
    name.map_or_else(|| uid.to_string(), str::to_owned)
}

fn number_of(database: &str, name: &str) -> io::Result<Option<u32>> {
    if let Ok(number) = name.parse() {
        return Ok(Some(number));
    }
    let find = |text: &str| text.lines().find(|line| line.split(':').next() == Some(name)).and_then(third_field);
    if let Some(number) = fs::read_to_string(format!("/etc/{database}")).ok().as_deref().and_then(find) {
        return Ok(Some(number));
    }
    // Accounts of a directory service are in no file.
    let answer = Command::new("getent").args([database, "--", name]).output()?;
    Ok(find(&String::from_utf8_lossy(&answer.stdout)))
}

fn third_field(line: &str) -> Option<u32> {
    line.split(':').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_name_and_number() {
        assert_eq!(uid_of("root").unwrap(), Some(0));
        assert_eq!(uid_of("1234").unwrap(), Some(1234));
        assert_eq!(name_of(0), "root");
        assert_eq!(name_of(3_999_999_999), "3999999999");
    }

    #[test]
    fn root_and_the_own_account_are_operators_and_strangers_are_not() {
        let (operators, unknown) = Operators::resolve(&["4242".to_owned(), "no-such-account".to_owned()]);
        assert_eq!(unknown, ["no-such-account"]);
        for (uid, standing) in [
            (0, Standing::Operator),
            (rustix::process::geteuid().as_raw(), Standing::Operator),
            (4242, Standing::Operator),
            (3_999_999_999, Standing::Person),
        ] {
            assert_eq!(operators.caller_with(uid).standing, standing, "{uid}");
        }
    }
}
