//! Where messages about people come from, and who is asked then.

use std::path::PathBuf;

use kernel::Secret;
use serde::Deserialize;

use super::{Config, Trouble, checks};
use crate::segmentation;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    pub brokers: Vec<String>,
    pub group: String,
    pub topics: Vec<String>,
    pub users_url: String,
    #[serde(deserialize_with = "super::secret")]
    pub users_token: Secret,
    pub users_token_file: PathBuf,
    pub users_header: String,
    pub users_root_cert: PathBuf,
    pub users_seconds_max: u32,
    pub users_at_once: u32,
}

/// Kafka's own bound, less the four characters of the dead topic.
const TOPIC_CHARS_MAX: usize = 249 - ::intake::DEAD.len();

pub(super) fn check(config: &Config, troubles: &mut Vec<Trouble>) {
    let intake = &config.intake;
    // A batch must end within a minute, and asks a service that is down twice.
    checks::within(
        troubles,
        "intake.users_seconds_max",
        intake.users_seconds_max,
        1..=20,
    );
    checks::within(troubles, "intake.users_at_once", intake.users_at_once, 1..=256);
    let mut say = |key: &str, what: String| troubles.push(Trouble::new(format!("intake.{key}"), what));
    if http::HeaderName::try_from(&intake.users_header).is_err() {
        say(
            "users_header",
            format!("{:?} is not the name of a header", intake.users_header),
        );
    }
    for broker in &intake.brokers {
        let is_address = broker
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !is_address || broker.contains([',', '/', ' ']) {
            say(
                "brokers",
                format!("must be host:port each, and one is {broker:?}"),
            );
        }
    }
    for topic in &intake.topics {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if topic.is_empty() || topic.len() > TOPIC_CHARS_MAX || !topic.chars().all(plain) {
            say(
                "topics",
                format!("{topic:?} is not the name of a topic, or too long for one"),
            );
        }
    }
    if !config.has_intake() {
        if !intake.users_url.is_empty() {
            say(
                "brokers",
                "is empty, but intake.users_url is set; set both".into(),
            );
        }
        return;
    }
    if intake.group.is_empty() {
        say("group", "is needed beside intake.brokers".into());
    }
    if intake.topics.is_empty() {
        say("topics", "is needed beside intake.brokers".into());
    }
    let url = &intake.users_url;
    let is_address = url.starts_with("http://") || url.starts_with("https://");
    if !is_address || !url.contains(segmentation::ID) || !is_with_id(url) {
        say(
            "users_url",
            format!(
                "must be an address with {{id}} in it, such as https://users.example.org/api/v1/people/{{id}}, and is {url:?}"
            ),
        );
    }
    if checks::is_set(&intake.users_root_cert) {
        troubles.extend(checks::readable(
            "intake.users_root_cert",
            &intake.users_root_cert,
        ));
    }
}

/// An address once there is an id in it: braces are none of an address.
fn is_with_id(url: &str) -> bool {
    url.replace(segmentation::ID, "0").parse::<http::Uri>().is_ok()
}
