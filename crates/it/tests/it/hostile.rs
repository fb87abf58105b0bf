//! The real binary killed, its databases restarted, its disk full: nothing acknowledged is lost.
