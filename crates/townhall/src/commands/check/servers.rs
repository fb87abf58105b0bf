//! What is looked at on each PostgreSQL server.

use store::inspect::{Facts, Inspected, Way};

use super::Finding;
use crate::config::Config;

/// The oldest version that is still maintained and that the tests run on the successors of.
const VERSION_LEAST: i32 = 140_000;
/// Two-phase commits at one time: a few for tables that are everywhere, a few for a move, and as many left by a crash.
const PREPARED_TRANSACTIONS_LEAST: i32 = 20;
/// For migrations, `townhall` commands and a person with psql.
const CONNECTIONS_TO_SPARE: i32 = 5;
/// Leases and tokens allow for less.
const CLOCK_APART_MICROS_MAX: i64 = 1_000_000;

pub(super) fn findings(config: &Config, server: &Inspected) -> Vec<Finding> {
    let name = &server.name;
    match &server.facts {
        Err(why) => {
            let advice =
                "Start it, or correct its url in store.servers; the user must be allowed to sign in there.";
            vec![Finding::bad(
                format!("server {name}"),
                format!("cannot be reached: {why}"),
                advice,
            )]
        }
        Ok(facts) => vec![
            version(name, facts),
            encoding(name, facts),
            durability(name, facts),
            encryption(name, facts),
            prepared_transactions(config, server, facts),
            connections(config, server, facts),
            clock(name, facts),
            standby(server, facts),
        ],
    }
}

fn version(name: &str, facts: &Facts) -> Finding {
    let what = format!("server {name}: version");
    let found = format!("PostgreSQL {}.{}", facts.version / 10_000, facts.version % 10_000);
    if facts.version < VERSION_LEAST {
        return Finding::bad(
            what,
            found,
            format!("Upgrade to {} or newer.", VERSION_LEAST / 10_000),
        );
    }
    Finding::good(what, found)
}

fn encoding(name: &str, facts: &Facts) -> Finding {
    let what = format!("server {name}: collation");
    let found = format!("{} in {}", facts.collation, facts.encoding);
    let anew = "Make the database anew: CREATE DATABASE … ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0.";
    if facts.encoding != "UTF8" {
        return Finding::bad(what, found, anew);
    }
    if !["C", "POSIX", "C.UTF-8", "C.utf8"].contains(&facts.collation.as_str()) {
        let why = "Lists would be sorted by this database's own rules, which differ between servers and change with the \
                   system's libraries.";
        return Finding::warning(what, found, format!("{why} {anew}"));
    }
    Finding::good(what, found)
}

fn durability(name: &str, facts: &Facts) -> Finding {
    let what = format!("server {name}: durability");
    if facts.is_durable {
        return Finding::good(what, "a commit waits for the disk");
    }
    let advice = "Set fsync = on and synchronous_commit = on: an answer of 2xx promises that it is on disk.";
    Finding::warning(what, "a commit does not wait for the disk", advice)
}

fn encryption(name: &str, facts: &Facts) -> Finding {
    let what = format!("server {name}: encryption");
    match facts.way {
        _ if facts.is_local && facts.way != Way::Verified => {
            Finding::good(what, "not needed within this machine")
        }
        Way::Verified => Finding::good(what, "encrypted, and the server is the one that is meant"),
        Way::Clear => {
            let advice = "Set ssl = on there with a certificate, then name in root_cert who issued it; or make sure that \
                          nobody else is on the way there.";
            Finding::warning(what, "in the clear: others on the way can read along", advice)
        }
        Way::Encrypted => {
            let advice = "Name the certificate of the server, or of the authority that issued it, in root_cert; or write \
                          channel_binding=require in the url.";
            let found = "encrypted, but somebody on the way could pose as the server";
            Finding::warning(what, found, advice)
        }
    }
}

fn prepared_transactions(config: &Config, server: &Inspected, facts: &Facts) -> Finding {
    let what = format!("server {}: max_prepared_transactions", server.name);
    let found = facts.prepared_transactions_max.to_string();
    if config.store.servers.len() < 2 || server.is_replica {
        return Finding::good(what, format!("{found} (not needed here)"));
    }
    let advice =
        format!("Set max_prepared_transactions = {PREPARED_TRANSACTIONS_LEAST} and restart PostgreSQL.");
    match facts.prepared_transactions_max {
        0 => Finding::bad(what, found, advice),
        few if few < PREPARED_TRANSACTIONS_LEAST => Finding::warning(what, found, advice),
        _ => Finding::good(what, found),
    }
}

fn connections(config: &Config, server: &Inspected, facts: &Facts) -> Finding {
    let what = format!("server {}: max_connections", server.name);
    let store = &config.store;
    // As many again change the tables that are the same on all servers.
    let writes = if server.is_replica {
        0
    } else {
        2 * i32::from(store.write_connections) + i32::from(store::HOUSEKEEPING_CONNECTIONS_MAX)
    };
    let wanted = writes + i32::from(store.read_connections) + CONNECTIONS_TO_SPARE;
    let found = format!("{}, and one process wants {wanted}", facts.connections_max);
    if facts.connections_max >= wanted {
        return Finding::good(what, found);
    }
    let advice = "Raise max_connections, or lower store.write_connections and store.read_connections.";
    Finding::bad(what, found, advice)
}

fn clock(name: &str, facts: &Facts) -> Finding {
    let what = format!("server {name}: clock");
    let millis = facts.clock_ahead_micros / 1000;
    if facts.clock_ahead_micros.abs() <= CLOCK_APART_MICROS_MAX {
        return Finding::good(what, format!("{} ms from ours", millis.abs()));
    }
    let direction = if millis > 0 { "ahead of" } else { "behind" };
    let found = format!("{} ms {direction} ours", millis.abs());
    Finding::warning(what, found, "Let NTP keep both clocks.")
}

fn standby(server: &Inspected, facts: &Facts) -> Finding {
    let what = format!("server {}: role", server.name);
    match (server.is_replica, facts.is_standby) {
        (false, false) => Finding::good(what, "takes writes"),
        (true, true) => Finding::good(what, "follows its primary"),
        (false, true) => Finding::bad(
            what,
            "is a standby and takes no writes",
            "Set its url to the primary, or promote it.",
        ),
        (true, false) => {
            let advice = "Set replica_url to a standby of this server, or leave it empty.";
            Finding::bad(what, "is no standby, so it does not follow the server", advice)
        }
    }
}
