//! Lines as people type them, on Sunday, 22 November 2026, at noon.

use super::read;
use crate::rules::edits::times::Times;

/// The title, when, and the rule.
fn said(line: &str) -> String {
    let quick = read(line, "2026-11-22T12:00:00".parse().unwrap(), "Europe/Berlin").unwrap();
    let when = match quick.times {
        Times::Days { first, last } => {
            assert_eq!(first, last);
            first.to_string()
        }
        Times::Hours { starts, ends, .. } => {
            format!("{} {}", starts.strftime("%Y-%m-%d %H:%M"), ends.strftime("%H:%M"))
        }
    };
    let rule = quick.rule.map(|rule| format!(" {rule}")).unwrap_or_default();
    let place = if quick.place.is_empty() {
        String::new()
    } else {
        format!(" @{}", quick.place)
    };
    format!("{}{place} | {when}{rule}", quick.title)
}

#[test]
fn a_line_is_read_in_both_languages() {
    for (line, expected) in [
        ("tomorrow 15:00 dentist 30m", "dentist | 2026-11-23 15:00 15:30"),
        ("завтра 15:00 зубной 30м", "зубной | 2026-11-23 15:00 15:30"),
        (
            "Lunch with Anna on Friday at 1pm",
            "Lunch with Anna | 2026-11-27 13:00 14:00",
        ),
        (
            "Обед с Анной в пятницу в 13",
            "Обед с Анной | 2026-11-27 13:00 14:00",
        ),
        (
            "dentist next monday 9:30-10:15",
            "dentist | 2026-11-23 09:30 10:15",
        ),
        ("Review 24 December", "Review | 2026-12-24"),
        ("Отпуск 24 декабря", "Отпуск | 2026-12-24"),
        (
            "Dec 24 2027 party from 18 to 23",
            "party | 2027-12-24 18:00 23:00",
        ),
        ("24.12 ёлка с 18 до 20", "ёлка | 2026-12-24 18:00 20:00"),
        (
            "Call Boris in 3 days for 1.5 hours at 8:15",
            "Call Boris | 2026-11-25 08:15 09:45",
        ),
        (
            "Позвонить Борису через неделю в 8:15 на 2 часа",
            "Позвонить Борису | 2026-11-29 08:15 10:15",
        ),
        (
            "night shift 22:00-06:00 tomorrow",
            "night shift | 2026-11-23 22:00 06:00",
        ),
        ("послезавтра йога 19:00 1ч30м", "йога | 2026-11-24 19:00 20:30"),
        ("2026-12-01 Audit", "Audit | 2026-12-01"),
    ] {
        assert_eq!(said(line), expected, "{line}");
    }
}

#[test]
fn a_time_without_a_day_is_the_next_one() {
    assert_eq!(said("tea 16:00"), "tea | 2026-11-22 16:00 17:00");
    assert_eq!(said("breakfast 8:00"), "breakfast | 2026-11-23 08:00 09:00");
    assert_eq!(said("День рождения"), "День рождения | 2026-11-22");
}

#[test]
fn a_line_says_how_often() {
    for (line, expected) in [
        (
            "Rounds every Monday and Thursday 10:00 30min",
            "Rounds | 2026-11-23 10:00 10:30 FREQ=WEEKLY;BYDAY=MO,TH",
        ),
        (
            "Планёрка по понедельникам 10:00 30 минут",
            "Планёрка | 2026-11-23 10:00 10:30 FREQ=WEEKLY;BYDAY=MO",
        ),
        (
            "standup every weekday at 9",
            "standup | 2026-11-23 09:00 10:00 FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        ),
        (
            "зарядка по будням в 7",
            "зарядка | 2026-11-23 07:00 08:00 FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        ),
        (
            "каждую среду бассейн 19:00",
            "бассейн | 2026-11-25 19:00 20:00 FREQ=WEEKLY;BYDAY=WE",
        ),
        ("vitamins daily", "vitamins | 2026-11-22 FREQ=DAILY"),
        (
            "retro every 2 weeks friday 16:00",
            "retro | 2026-11-27 16:00 17:00 FREQ=WEEKLY;INTERVAL=2",
        ),
        (
            "отчёт каждые 3 месяца 1 декабря",
            "отчёт | 2026-12-01 FREQ=MONTHLY;INTERVAL=3",
        ),
        (
            "Anna's birthday 3 March every year",
            "Anna's birthday | 2027-03-03 FREQ=YEARLY",
        ),
    ] {
        assert_eq!(said(line), expected, "{line}");
    }
}

#[test]
fn what_is_no_time_stays_in_the_title_as_it_was_typed() {
    for (line, expected) in [
        ("Plan 2030 with Max", "Plan 2030 with Max | 2026-11-22"),
        ("Buy 5 apples", "Buy 5 apples | 2026-11-22"),
        ("May I help? tomorrow", "May I help? | 2026-11-23"),
        (
            "Письмо anna@example.org завтра",
            "Письмо anna@example.org | 2026-11-23",
        ),
        (
            "Concert tomorrow 19:00 @ City Hall",
            "Concert @City Hall | 2026-11-23 19:00 20:00",
        ),
        ("99:99 bottles", "99:99 bottles | 2026-11-22"),
    ] {
        assert_eq!(said(line), expected, "{line}");
    }
    let at = "2026-11-22T12:00:00".parse().unwrap();
    assert_eq!(read("tomorrow 15:00", at, "UTC"), None, "it has no name");
    assert_eq!(read("  ", at, "UTC"), None);
}

proptest::proptest! {
    #[test]
    fn whatever_is_typed_is_read_without_a_panic(line in "\\PC{0,40}", more in "(tomorrow|в|at|every|через|[0-9]{1,5}|:|30m| ){0,8}") {
        let at = "2026-11-22T12:00:00".parse().unwrap();
        let _ = read(&format!("{line} {more}"), at, "UTC");
    }
}
