//! Switches of a command: `true` or absent on the wire, a named choice in code.

macro_rules! flag {
    ($(#[$doc:meta])* $name:ident { $(#[$off_doc:meta])* $off:ident, $(#[$on_doc:meta])* $on:ident }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(from = "bool", into = "bool")]
        pub enum $name {
            $(#[$off_doc])*
            #[default]
            $off,
            $(#[$on_doc])*
            $on,
        }

        impl $name {
            /// Is it the choice that an absent switch makes?
            #[allow(dead_code, reason = "only optional switches ask")]
            pub(crate) const fn is_default(&self) -> bool {
                matches!(self, Self::$off)
            }
        }

        impl From<bool> for $name {
            fn from(on: bool) -> Self {
                if on { Self::$on } else { Self::$off }
            }
        }

        impl From<$name> for bool {
            fn from(flag: $name) -> Self {
                flag == $name::$on
            }
        }
    };
}
pub(crate) use flag;
