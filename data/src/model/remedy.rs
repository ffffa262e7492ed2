//! What helps a number that is not well: one table for every command, every notice and the console. Restarting comes first;
//! logging out only after WAHA has shown that a restart does not help, since it ends the pairing.

use super::fault::SLOWED;
use super::instance::{InstanceStatus, Verdict};

/// How the reason of a number begins while its server can't be reached.
pub const UNREACHED: &str = "WAHA can't be reached";
/// How it begins while its server refuses our key.
pub const KEY_REFUSED: &str = "WAHA refuses the api key";
/// How it begins while the config does not know its server.
pub const NO_SERVER: &str = "the config has no [[waha]]";
/// The reason of a number whose session WAHA does not know.
pub const MISSING: &str = "WAHA has no such session: it is being made anew";

/// How the reason of a number begins whose deliveries get lost between WAHA and us.
pub const UNDELIVERED: &str = "WAHA's deliveries do not arrive";
/// How the reason of a number begins whose messages WAHA does not take.
pub const SENDS_FAIL: &str = "what it sends fails";

/// Why a session is `FAILED`, as far as WAHA shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedCause {
    /// The codes to scan ran out.
    Unscanned,
    /// It failed while it worked, or nobody knows when. Nothing says that the phone unlinked it.
    AtWork,
    /// It failed, was started again, and failed once more.
    AfterRestart,
}

impl FailedCause {
    const ALL: [Self; 3] = [Self::Unscanned, Self::AtWork, Self::AfterRestart];

    /// The reason of the number.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unscanned => "nobody scanned the QR code in time",
            Self::AtWork => "it failed at WAHA",
            Self::AfterRestart => "it failed again after a restart: the phone may have unlinked it",
        }
    }

    fn read(reason: Option<&str>) -> Self {
        let known = Self::ALL.into_iter().find(|cause| reason == Some(cause.words()));
        // Whatever else stands there, a restart harms nothing.
        known.unwrap_or(Self::AtWork)
    }
}

/// A command about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemedyVerb {
    /// `instance restart`
    Restart,
    /// `instance pair`
    Pair,
    /// `instance logout`, and then `instance pair`
    Logout,
}

/// What helps a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedy {
    /// The command that helps, where one does.
    pub verb: Option<RemedyVerb>,
    /// What that does, or what somebody has to do elsewhere; a sentence that goes on after the command.
    pub words: &'static str,
}

impl Remedy {
    /// The remedy as it is typed: `command` makes a whole command of a verb of `instance`.
    #[must_use]
    pub fn told(&self, command: impl Fn(&str) -> String) -> String {
        match self.verb {
            Some(RemedyVerb::Restart) => command("restart"),
            Some(RemedyVerb::Pair) => command("pair"),
            Some(RemedyVerb::Logout) => format!("{}, then: {}", command("logout"), command("pair")),
            None => self.words.to_owned(),
        }
    }

    /// The remedy as it is typed for a number of this name, where nothing else needs to be said.
    #[must_use]
    pub fn told_of(&self, name: &str) -> String {
        self.told(|verb| format!("mychatflow instance {verb} {}", typed(name)))
    }
}

/// A name as a shell takes it.
#[must_use]
pub fn typed(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.chars().all(plain) && !name.starts_with('-') {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', "'\\''"))
}

/// What helps a number, by what WAHA says, what we think and why; `None` where all is well.
#[must_use]
pub fn remedy(status: Option<&InstanceStatus>, verdict: Verdict, reason: Option<&str>) -> Option<Remedy> {
    use InstanceStatus as S;
    let helps = |verb, words| Some(Remedy { verb: Some(verb), words });
    let tells = |words| Some(Remedy { verb: None, words });
    let because = |begin: &str| reason.is_some_and(|reason| reason.starts_with(begin));
    // A server that can't be asked can't be told anything either.
    if because(KEY_REFUSED) {
        return tells("Set api_key of [[waha]] to the server's WAHA_API_KEY, then: mychatflow daemon reload");
    }
    if because(NO_SERVER) {
        return tells("Add that [[waha]] to the config, then: mychatflow daemon reload");
    }
    let Some(status) = status.filter(|_| !because(UNREACHED)) else {
        return tells(
            "Start WAHA (docker ps -a shows it, docker start NAME starts it), or correct url of [[waha]]; it is tried again by itself.",
        );
    };
    match (status, verdict) {
        (S::Working, Verdict::Healthy) => None,
        (S::Working, Verdict::Quiet) => {
            tells("Nothing, most likely: it may be a calm hour. A message from another phone tells for sure.")
        }
        (S::Working, Verdict::Restricted) if because(SLOWED) => {
            tells("Nothing is sent until then; what waits goes out by itself. Send less at once from then on.")
        }
        (S::Working, Verdict::Restricted) => {
            tells("Answers to people who write go on. Let campaigns rest until then: more of them make it last longer.")
        }
        (S::Working, Verdict::Suspect) if because(UNDELIVERED) => tells(
            "Can WAHA's machine or container reach the webhook's address (`mychatflow instance webhook` tells it)? Set \
             webhook.public_url to one that it can, then: mychatflow daemon reload",
        ),
        (S::Working, Verdict::Suspect | Verdict::Dead) => {
            helps(RemedyVerb::Restart, "connects it anew. What came meanwhile is read from the phone's history.")
        }
        (S::Stopped, _) if reason == Some(MISSING) => tells("Wait a minute: the session is made anew."),
        (S::Stopped, _) => helps(RemedyVerb::Restart, "starts the session."),
        (S::Starting, _) => tells("Wait a few seconds: WAHA is connecting it."),
        (S::ScanQrCode, _) => helps(RemedyVerb::Pair, "shows the code to scan with the phone."),
        (S::Failed, _) => match FailedCause::read(reason) {
            FailedCause::Unscanned => helps(RemedyVerb::Pair, "shows a new code to scan with the phone."),
            FailedCause::AtWork => helps(
                RemedyVerb::Restart,
                "starts the session again. Its pairing stays, and if the phone has ended that, a code to scan shows.",
            ),
            FailedCause::AfterRestart => {
                helps(RemedyVerb::Logout, "ends the old pairing, since a restart did not help; then pair it anew.")
            }
        },
        (S::PasskeyRequired, _) => tells(
            "WhatsApp asks for the account's passkey. Unlock the phone, open WhatsApp and confirm with fingerprint, \
             face or screen lock; or finish the pairing on WAHA's dashboard.",
        ),
        (S::PasskeyConfirmationRequired, _) => tells(
            "WhatsApp asks whether it is you. Open WhatsApp on the phone and say yes there; or finish the pairing on \
             WAHA's dashboard.",
        ),
        (S::Other(_), _) => helps(RemedyVerb::Restart, "starts the session again, should it stay like this."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_is_a_command_that_can_work() {
        use InstanceStatus as S;
        let failed = |cause: FailedCause| (Some(S::Failed), Verdict::Dead, Some(cause.words()));
        let restart = "mychatflow instance restart 'Corner Shop'";
        let pair = "mychatflow instance pair 'Corner Shop'";
        for ((status, verdict, reason), expected) in [
            (failed(FailedCause::AtWork), restart),
            (failed(FailedCause::Unscanned), pair),
            (
                failed(FailedCause::AfterRestart),
                "mychatflow instance logout 'Corner Shop', then: mychatflow instance pair 'Corner Shop'",
            ),
            ((Some(S::Failed), Verdict::Dead, Some("words of an older version")), restart),
            ((Some(S::ScanQrCode), Verdict::Dead, Some("scan the QR code")), pair),
            ((Some(S::Stopped), Verdict::Dead, Some("stopped at WAHA")), restart),
            ((Some(S::Stopped), Verdict::Dead, Some(MISSING)), "Wait a minute: the session is made anew."),
            ((Some(S::Working), Verdict::Suspect, None), restart),
            ((Some(S::Working), Verdict::Suspect, Some("what it sends fails since 16:02: waha answered 500")), restart),
            (
                (Some(S::Working), Verdict::Suspect, Some("WAHA's deliveries do not arrive: none told of it")),
                "Can WAHA's machine or container reach the webhook's address (`mychatflow instance webhook` tells it)? \
                 Set webhook.public_url to one that it can, then: mychatflow daemon reload",
            ),
            (
                (Some(S::Working), Verdict::Dead, Some("WAHA can't be reached: refused")),
                "Start WAHA (docker ps -a shows it, docker start NAME starts it), or correct url of [[waha]]; it is tried again by itself.",
            ),
            (
                (Some(S::Failed), Verdict::Dead, Some("WAHA refuses the api key: set it")),
                "Set api_key of [[waha]] to the server's WAHA_API_KEY, then: mychatflow daemon reload",
            ),
        ] {
            let found = remedy(status.as_ref(), verdict, reason).unwrap();
            assert_eq!(found.told_of("Corner Shop"), expected, "{status:?} {verdict} {reason:?}");
        }
        assert_eq!(remedy(Some(&S::Working), Verdict::Healthy, None), None);
    }
}
