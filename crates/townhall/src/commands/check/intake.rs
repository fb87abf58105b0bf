//! What `townhall check` says about people who come by Kafka: whether a broker listens, and whether the users service knows
//! us. Neither keeps the house shut: messages wait.

use std::time::Duration;

use tokio::net::TcpStream;

use super::Finding;
use crate::config::Config;
use crate::segmentation::Users;

const CONNECT_MAX: Duration = Duration::from_secs(5);

pub(super) async fn findings(config: &Config) -> Vec<Finding> {
    if !config.has_intake() {
        return Vec::new();
    }
    vec![brokers(&config.intake.brokers).await, users(config).await]
}

/// One is enough: it knows the others.
async fn brokers(brokers: &[String]) -> Finding {
    let mut troubles = Vec::new();
    for broker in brokers {
        match tokio::time::timeout(CONNECT_MAX, TcpStream::connect(broker)).await {
            Ok(Ok(_)) => return Finding::good("Kafka", format!("{broker} answers")),
            Ok(Err(error)) => troubles.push(format!("{broker}: {error}")),
            Err(_) => troubles.push(format!("{broker} does not answer")),
        }
    }
    let advice = "Segments hear of nobody new until a broker answers; look at intake.brokers and the firewall between.";
    Finding::warning("Kafka", troubles.join("; "), advice)
}

async fn users(config: &Config) -> Finding {
    const WHAT: &str = "users service";
    let users = match Users::new(&config.intake) {
        Ok(users) => users,
        Err(error) => {
            return Finding::bad(
                WHAT,
                format!("{error:#}"),
                "The house does not open before this is put right.",
            );
        }
    };
    match users.prove(&[]).await {
        Ok(()) => Finding::good(WHAT, format!("{} answers", config.intake.users_url)),
        Err(fault) => Finding::warning(
            WHAT,
            fault.to_string(),
            "Messages wait until it answers; look at intake.users_url, intake.users_token and the firewall between.",
        ),
    }
}
