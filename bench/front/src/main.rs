//! What a signed-in request costs through the whole house, and what is left of it while others sign in.
//!
//! The real binary runs with its demo city in a folder of its own; a small client of ours asks it over kept-open
//! connections. Client and server share this machine, so a server alone would answer more. Each case prints one line
//! of JSON; a ratio above 1 means that ours is better. `--quick` ends within a minute.

mod city;
mod load;
mod peer;

use std::io::Write as _;
use std::time::Duration;

use city::City;
use load::{Load, Measured, Request};

/// How long each case is measured.
const LONG: Duration = Duration::from_secs(10);
const QUICK: Duration = Duration::from_secs(2);
/// The first part of each measurement fills caches and opens connections, and is not counted.
const WARM_UP: Duration = Duration::from_millis(500);

const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// How many keep signing in beside them.
const SIGNING_IN: usize = 16;

/// What the issue asks for: the slowest of a hundred answers, and what an idle house may hold.
const P99_MILLISECONDS_MAX: f64 = 100.0;
const IDLE_MEGABYTES_MAX: f64 = 80.0;

fn main() -> anyhow::Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let time = if quick { QUICK } else { LONG };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(time))
}

async fn measure(time: Duration) -> anyhow::Result<()> {
    let city = City::open().await?;
    say(
        "idle memory",
        city.idle_megabytes,
        IDLE_MEGABYTES_MAX,
        "most that is asked for",
        "MB",
        Better::Less,
    )?;
    let me = Load::of(city.address, Request::get("/api/v1/me", Some(&city.tokens)));
    let alive = Load::of(city.address, Request::get("/healthz", None));
    let profile_bytes = me.body_bytes().await?;
    let nginx = peer::Nginx::start(profile_bytes).await?;
    let mut undisturbed = None;
    for connections in CONNECTIONS {
        let ours = me.run(connections, WARM_UP, time).await?;
        let case = |what: &str| format!("own profile, {connections} connections, {what}");
        let health = alive.run(connections, WARM_UP, time / 2).await?;
        let (peer, name) = match &nginx {
            Some(nginx) => (
                nginx.load().run(connections, WARM_UP, time / 2).await?,
                peer::NAME,
            ),
            None => (health.clone(), "/healthz of the same server"),
        };
        say(
            &case("rate"),
            ours.per_second,
            peer.per_second,
            name,
            "requests/s",
            Better::More,
        )?;
        say(
            &case("p99"),
            ours.p99_milliseconds,
            peer.p99_milliseconds,
            name,
            "ms",
            Better::Less,
        )?;
        if nginx.is_some() {
            let name = "/healthz of the same server";
            say(
                &case("rate"),
                ours.per_second,
                health.per_second,
                name,
                "requests/s",
                Better::More,
            )?;
        }
        if connections == SIGNING_IN {
            undisturbed = Some(ours);
        }
    }
    if let Some(undisturbed) = undisturbed {
        while_others_sign_in(&city, &me, &undisturbed, time).await?;
    }
    Ok(())
}

async fn while_others_sign_in(
    city: &City,
    me: &Load,
    undisturbed: &Measured,
    time: Duration,
) -> anyhow::Result<()> {
    let sign_in = Load::of(city.address, Request::sign_in(&city.people));
    let alone = sign_in.run(SIGNING_IN, WARM_UP, time).await?;
    // They begin before and end after what is measured, so that it is disturbed for all of its time.
    let flood =
        tokio::spawn(async move { sign_in.run(SIGNING_IN, Duration::ZERO, time + WARM_UP * 4).await });
    tokio::time::sleep(WARM_UP).await;
    let ours = me.run(SIGNING_IN, WARM_UP, time).await?;
    let flood = flood.await??;
    let case =
        |what: &str| format!("own profile, {SIGNING_IN} connections while {SIGNING_IN} sign in, {what}");
    let name = "undisturbed";
    say(
        &case("rate"),
        ours.per_second,
        undisturbed.per_second,
        name,
        "requests/s",
        Better::More,
    )?;
    let name = "most that is asked for";
    say(
        &case("p99"),
        ours.p99_milliseconds,
        P99_MILLISECONDS_MAX,
        name,
        "ms",
        Better::Less,
    )?;
    let case = format!("sign-ins, {SIGNING_IN} connections beside the profiles");
    let name = "sign-ins with nothing beside them";
    say(
        &case,
        flood.per_second,
        alone.per_second,
        name,
        "sign-ins/s",
        Better::More,
    )
}

#[derive(Clone, Copy)]
enum Better {
    More,
    Less,
}

fn say(case: &str, ours: f64, peer: f64, peer_name: &str, unit: &str, better: Better) -> anyhow::Result<()> {
    let ratio = match better {
        Better::More => ours / peer,
        Better::Less => peer / ours,
    };
    let rounded = |n: f64| (n * 100.0).round() / 100.0;
    let line = serde_json::json!({
        "bench": "front", "case": case, "ours": rounded(ours), "peer": rounded(peer), "peer_name": peer_name,
        "ratio": rounded(ratio), "unit": unit,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
