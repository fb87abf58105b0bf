//! The providers over HTTP against servers that ask what their documentation asks, and against everything that can go
//! wrong on the way.

use std::sync::Arc;
use std::time::Duration;

use kernel::{Id, Secret};
use testkit::mail_api::{self, Fault, MailApi};

use super::{
    Class, Found, Mailgun, MailgunOptions, Mandrill, MandrillOptions, Provider, Ready, Refusal, Verdict,
};

const KEY: &str = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0";
const DOMAIN: &str = "mg.town.example";

fn mailgun(base: String, key: &str) -> Mailgun {
    Mailgun::new(MailgunOptions {
        name: "mailgun".to_owned(),
        domain: DOMAIN.to_owned(),
        api_key: Secret::new(key),
        base,
        connect_timeout: Duration::from_secs(5),
        answer_timeout: Duration::from_millis(500),
        concurrency: 4,
    })
    .unwrap()
}

fn mandrill(base: String, key: &str) -> Mandrill {
    Mandrill::new(MandrillOptions {
        name: "mandrill".to_owned(),
        api_key: Secret::new(key),
        base,
        connect_timeout: Duration::from_secs(5),
        answer_timeout: Duration::from_millis(500),
        concurrency: 4,
    })
    .unwrap()
}

/// Each with a server that knows it.
async fn both() -> Vec<(Box<dyn Provider>, MailApi)> {
    let at_mailgun = mail_api::mailgun(DOMAIN, KEY).await.unwrap();
    let at_mandrill = mail_api::mandrill(KEY).await.unwrap();
    vec![
        (Box::new(mailgun(at_mailgun.base(), KEY)), at_mailgun),
        (Box::new(mandrill(at_mandrill.base(), KEY)), at_mandrill),
    ]
}

fn letter(number: u32, to: &str) -> Ready {
    let letter = Id::named("letter", &number.to_string());
    let message_id = format!("{letter}@town.example");
    let mime = format!(
        "Message-ID: <{message_id}>\r\nFrom: Town <post@town.example>\r\nTo: {to}\r\nSubject: =?utf-8?B?0K8=?=\r\n\r\nYour \
         class begins at nine.\r\n--not-a-boundary\r\n"
    );
    Ready {
        letter,
        kind: "calendar.reminder",
        message_id,
        from: "post@town.example".to_owned(),
        to: to.to_owned(),
        mime: Arc::from(mime.into_bytes()),
    }
}

fn refusal(verdict: &Verdict) -> &Refusal {
    match verdict {
        Verdict::Refused(refusal) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

#[tokio::test]
async fn a_letter_arrives_whole_and_is_found_again() {
    for (provider, server) in both().await {
        let ready = letter(1, "anna@example.org");
        let verdict = provider.hand_over(ready.clone()).await;
        let accepted = server.accepted();
        let name = Some(accepted[0].id.clone());
        assert_eq!(verdict, Verdict::HandedOver { name: name.clone() });
        assert_eq!(accepted[0].to, "anna@example.org");
        let given = std::str::from_utf8(&ready.mime).unwrap();
        assert!(accepted[0].mime.ends_with(given), "{}", accepted[0].mime);
        let fields = accepted[0].fields.to_string();
        assert!(
            fields.contains(&ready.letter.to_string()) && fields.contains("calendar.reminder"),
            "{fields}"
        );
        let found = provider.look_up(ready.letter, &ready.message_id).await.unwrap();
        assert_eq!(found, Found::Here { name });
        let other = letter(2, "anna@example.org");
        let found = provider.look_up(other.letter, &other.message_id).await.unwrap();
        assert!(!matches!(found, Found::Here { .. }), "{found:?}");
        assert!(!provider.has_idempotency_keys(), "neither documents any");
    }
}

#[tokio::test]
async fn a_connection_is_used_for_one_letter_after_another() {
    for (provider, server) in both().await {
        for number in 0..20 {
            let verdict = provider.hand_over(letter(number, "anna@example.org")).await;
            assert!(matches!(verdict, Verdict::HandedOver { .. }), "{verdict:?}");
        }
        assert_eq!((server.requests(), server.connections()), (20, 1));
        let at_once = (20..24).map(|number| provider.hand_over(letter(number, "anna@example.org")));
        futures_util::future::join_all(at_once).await;
        assert_eq!(server.accepted().len(), 24);
        assert!(server.connections() <= 4);
    }
}

#[tokio::test]
async fn a_wrong_key_stops_the_provider_and_is_nobodys_fault() {
    let at_mailgun = mail_api::mailgun(DOMAIN, KEY).await.unwrap();
    let at_mandrill = mail_api::mandrill(KEY).await.unwrap();
    let providers: [Box<dyn Provider>; 2] = [
        Box::new(mailgun(at_mailgun.base(), "wrong")),
        Box::new(mandrill(at_mandrill.base(), "wrong")),
    ];
    for provider in providers {
        let verdict = provider.hand_over(letter(1, "anna@example.org")).await;
        let refused = refusal(&verdict);
        assert_eq!(
            (refused.class, refused.is_final),
            (Class::Authentication, false),
            "{refused:?}"
        );
        assert!(
            !format!("{refused:?}").contains("wrong\""),
            "a key is never repeated"
        );
    }
}

#[tokio::test]
async fn a_rate_answer_says_when_to_come_back() {
    for (provider, server) in both().await {
        server.fail([Fault::Answer {
            status: 429,
            retry_after: Some(17),
            body: "{\"message\":\"Too many\"}",
        }]);
        let verdict = provider.hand_over(letter(1, "anna@example.org")).await;
        let refused = refusal(&verdict);
        assert_eq!((refused.class, refused.is_final), (Class::Quota, false));
        assert_eq!(refused.retry_after, Some(Duration::from_secs(17)));
        let verdict = provider.hand_over(letter(1, "anna@example.org")).await;
        assert!(matches!(verdict, Verdict::HandedOver { .. }), "{verdict:?}");
    }
}

#[tokio::test]
async fn what_breaks_after_the_letter_was_given_leaves_it_unsure_and_it_is_given_once() {
    let after = [
        Fault::CutAfter,
        Fault::Slow(Duration::from_secs(5)),
        Fault::Garbage("<html>Welcome to our network</html>"),
        Fault::Answer {
            status: 500,
            retry_after: None,
            body: "oh",
        },
        Fault::Answer {
            status: 502,
            retry_after: None,
            body: "<html>Bad gateway</html>",
        },
        Fault::Answer {
            status: 504,
            retry_after: None,
            body: "",
        },
    ];
    for fault in after {
        for (provider, server) in both().await {
            // On a fresh connection and on a kept one.
            for kept in [false, true] {
                if kept {
                    provider.hand_over(letter(0, "anna@example.org")).await;
                }
                let before = server.requests();
                server.fail([fault.clone()]);
                let verdict = provider.hand_over(letter(1, "anna@example.org")).await;
                assert!(
                    matches!(verdict, Verdict::Unsure { .. }),
                    "{fault:?}: {verdict:?}"
                );
                assert_eq!(
                    server.requests(),
                    before + 1,
                    "{fault:?}: nothing is tried twice by itself"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_reached_was_certainly_not_given_the_letter() {
    let base = mail_api::mailgun(DOMAIN, KEY).await.unwrap().base();
    let gone: [Box<dyn Provider>; 2] = [
        Box::new(mailgun(base.clone(), KEY)),
        Box::new(mandrill(base.clone(), KEY)),
    ];
    let nobody_answers = base.replace("http:", "https:");
    let not_tls: [Box<dyn Provider>; 2] = [
        Box::new(mailgun(nobody_answers.clone(), KEY)),
        Box::new(mandrill(nobody_answers, KEY)),
    ];
    for provider in gone.into_iter().chain(not_tls) {
        let verdict = provider.hand_over(letter(1, "anna@example.org")).await;
        let refused = refusal(&verdict);
        assert_eq!(
            (refused.class, refused.is_final),
            (Class::Network, false),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_is_down_for_repair_is_asked_again_later() {
    for (provider, server) in both().await {
        server.fail([Fault::Answer {
            status: 503,
            retry_after: Some(60),
            body: "",
        }]);
        let verdict = provider.hand_over(letter(1, "anna@example.org")).await;
        let refused = refusal(&verdict);
        assert_eq!((refused.class, refused.is_final), (Class::Network, false));
        assert_eq!(refused.retry_after, Some(Duration::from_secs(60)));
        assert!(server.accepted().is_empty());
    }
}

#[tokio::test]
async fn a_look_up_that_fails_says_nothing_of_the_letter() {
    let faults = [
        Fault::CutAfter,
        Fault::Garbage("{}"),
        Fault::Answer {
            status: 500,
            retry_after: None,
            body: "",
        },
    ];
    for (provider, server) in both().await {
        let ready = letter(1, "anna@example.org");
        for fault in &faults {
            server.fail([fault.clone()]);
            let found = provider.look_up(ready.letter, &ready.message_id).await;
            assert!(found.is_err(), "{fault:?}: {found:?}");
        }
    }
}

#[tokio::test]
async fn mailgun_says_which_address_and_which_letter_it_does_not_take() {
    let server = mail_api::mailgun(DOMAIN, KEY).await.unwrap();
    let provider = mailgun(server.base(), KEY);
    let verdict = provider.hand_over(letter(1, "nobody")).await;
    assert_eq!(
        (refusal(&verdict).class, refusal(&verdict).is_final),
        (Class::Mailbox, true)
    );
    server.fail([Fault::Answer {
        status: 413,
        retry_after: None,
        body: "",
    }]);
    let verdict = provider.hand_over(letter(1, "anna@example.org")).await;
    assert_eq!(
        (refusal(&verdict).class, refusal(&verdict).is_final),
        (Class::Letter, true)
    );
}

#[tokio::test]
async fn each_reject_reason_of_mailchimp_has_its_class() {
    let server = mail_api::mandrill(KEY).await.unwrap();
    let provider = mandrill(server.base(), KEY);
    let check = async |reason: &str, expected: (Class, bool)| {
        let verdict = provider
            .hand_over(letter(1, &format!("{reason}@example.org")))
            .await;
        let refused = refusal(&verdict);
        assert_eq!(
            (refused.class, refused.is_final),
            expected,
            "{reason}: {refused:?}"
        );
    };
    check("hard-bounce", (Class::Mailbox, true)).await;
    check("invalid", (Class::Mailbox, true)).await;
    check("spam", (Class::Unwanted, true)).await;
    check("unsub", (Class::Unwanted, true)).await;
    check("soft-bounce", (Class::Unwanted, true)).await;
    check("unsigned", (Class::Authentication, false)).await;
    check("test-mode-limit", (Class::Quota, false)).await;
    check("rule", (Class::Policy, true)).await;
    assert!(server.accepted().is_empty());
    server.fail([Fault::Answer {
        status: 500,
        retry_after: None,
        body: r#"{"status":"error","code":-2,"name":"ValidationError","message":"no"}"#,
    }]);
    check("anna", (Class::Letter, true)).await;
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_costs_no_letter() {
    for (provider, server) in both().await {
        provider.hand_over(letter(1, "anna@example.org")).await;
        // The answer to this one cuts the kept connection.
        server.fail([Fault::CutAfter]);
        provider.hand_over(letter(2, "anna@example.org")).await;
        let verdict = provider.hand_over(letter(3, "anna@example.org")).await;
        assert!(matches!(verdict, Verdict::HandedOver { .. }), "{verdict:?}");
    }
}

#[tokio::test]
async fn mailchimp_finds_a_letter_only_where_the_account_indexes_what_it_carries() {
    for (server, is_indexed) in [
        (mail_api::mandrill(KEY).await.unwrap(), true),
        (mail_api::mandrill_without_index(KEY).await.unwrap(), false),
    ] {
        let provider = mandrill(server.base(), KEY);
        assert_eq!(provider.indexes_letters().await, Ok(is_indexed));
        let ready = letter(1, "anna@example.org");
        provider.hand_over(ready.clone()).await;
        let found = provider.look_up(ready.letter, &ready.message_id).await.unwrap();
        assert_eq!(matches!(found, Found::Here { .. }), is_indexed, "{found:?}");
        assert_eq!(
            found == Found::NobodyKnows,
            !is_indexed,
            "what is not found may be there"
        );
        let stranger = mandrill(server.base(), "wrong");
        let refused = stranger.indexes_letters().await.unwrap_err();
        assert_eq!(refused.class, Class::Authentication);
    }
}
