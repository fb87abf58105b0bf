//! The words that properties and parameters choose from.
//!
//! Case makes no difference when they are read. A word that nobody knows reads as none, and whoever asks takes the default that
//! RFC 5545 gives for it; it stays in the text, so it comes back.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($variant),*
        }

        impl $name {
            pub fn read(word: &str) -> Option<$name> {
                let word = word.trim();
                $(if word.eq_ignore_ascii_case($word) {
                    return Some($name::$variant);
                })*
                None
            }

            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word),*
                }
            }
        }
    };
}

words! {
    /// What a component of a calendar is.
    Kind { Event = "VEVENT", Todo = "VTODO", Journal = "VJOURNAL", FreeBusy = "VFREEBUSY" }
}

words! {
    /// STATUS of events, tasks and journals.
    Status {
        Tentative = "TENTATIVE",
        Confirmed = "CONFIRMED",
        Cancelled = "CANCELLED",
        NeedsAction = "NEEDS-ACTION",
        InProcess = "IN-PROCESS",
        Completed = "COMPLETED",
        Draft = "DRAFT",
        Final = "FINAL",
    }
}

words! {
    /// CLASS: who may see it. What is none of these is private (RFC 5545 3.8.1.3).
    Class { Public = "PUBLIC", Private = "PRIVATE", Confidential = "CONFIDENTIAL" }
}

words! {
    /// CUTYPE: what a participant is.
    Sort {
        Individual = "INDIVIDUAL",
        Group = "GROUP",
        Resource = "RESOURCE",
        Room = "ROOM",
        Unknown = "UNKNOWN",
    }
}

words! {
    /// ROLE: what a participant is needed for.
    Role {
        Chair = "CHAIR",
        Required = "REQ-PARTICIPANT",
        Optional = "OPT-PARTICIPANT",
        Informed = "NON-PARTICIPANT",
    }
}

words! {
    /// PARTSTAT: what a participant answered.
    Answer {
        NeedsAction = "NEEDS-ACTION",
        Accepted = "ACCEPTED",
        Declined = "DECLINED",
        Tentative = "TENTATIVE",
        Delegated = "DELEGATED",
        Completed = "COMPLETED",
        InProcess = "IN-PROCESS",
    }
}

words! {
    /// SCHEDULE-AGENT: who sends messages to a participant (RFC 6638 7.1).
    Agent { Server = "SERVER", Client = "CLIENT", None = "NONE" }
}

words! {
    /// ACTION of an alarm. What is none of these rings nothing.
    Action { Display = "DISPLAY", Email = "EMAIL", Audio = "AUDIO" }
}

words! {
    /// METHOD of a message (RFC 5546 1.4).
    Method {
        Publish = "PUBLISH",
        Request = "REQUEST",
        Reply = "REPLY",
        Add = "ADD",
        Cancel = "CANCEL",
        Refresh = "REFRESH",
        Counter = "COUNTER",
        DeclineCounter = "DECLINECOUNTER",
    }
}
