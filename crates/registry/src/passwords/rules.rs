//! Which passwords are accepted. Length carries the weight; the rest refuses what a guesser tries first: common
//! passwords with a few digits around them, the person's own name, keyboard rows and repetitions.

use std::collections::HashSet;

use super::types::{About, Password, TypedPassword, WeakPassword};

/// Letters and digits that must remain when the known words are taken out: a common word with a year is still one.
const OWN_CHARS_MIN: usize = 5;
/// A run along the keyboard, the alphabet or the digits counts when it is at least this long.
const RUN_CHARS_MIN: usize = 4;
/// A part of a name or address shorter than this is found in innocent passwords too.
const WORD_CHARS_MIN: usize = 3;

const ROWS: [&str; 10] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "!@#$%^&*()",
];

/// A new password, or why it will not do.
pub fn check(
    typed: TypedPassword,
    chars_min: usize,
    about: &About<'_>,
    common: &HashSet<&str>,
) -> Result<Password, WeakPassword> {
    let text = typed.secret().reveal();
    if text.chars().count() < chars_min {
        return Err(WeakPassword::TooShort { min: chars_min });
    }
    let lower = text.to_lowercase();
    if distinct_chars(&lower) < 4 || is_one_piece_repeated(&lower) {
        return Err(WeakPassword::Repetitive);
    }
    if chars_outside_runs(&lower) < OWN_CHARS_MIN {
        return Err(WeakPassword::Sequence);
    }
    if is_common(&lower, common) {
        return Err(WeakPassword::Common);
    }
    if is_about(&lower, about) {
        return Err(WeakPassword::AboutYou);
    }
    Ok(Password::accepted(typed))
}

fn distinct_chars(text: &str) -> usize {
    text.chars().collect::<HashSet<_>>().len()
}

/// `abcabcabc`: a piece of at most half the length, over and over.
fn is_one_piece_repeated(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=chars.len() / 2).any(|piece| chars.iter().zip(chars.iter().skip(piece)).all(|(a, b)| a == b))
}

/// How many characters do not belong to a run along a row, forwards or backwards.
fn chars_outside_runs(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let mut outside = 0;
    let mut at = 0;
    while at < chars.len() {
        let run = run_length(&chars[at..]);
        if run >= RUN_CHARS_MIN {
            at += run;
        } else {
            outside += 1;
            at += 1;
        }
    }
    outside
}

/// The length of the longest run that starts here; at least one.
fn run_length(chars: &[char]) -> usize {
    let follows = |row: &str, a: char, b: char, forwards: bool| {
        let (first, second) = if forwards { (a, b) } else { (b, a) };
        row.chars()
            .zip(row.chars().skip(1))
            .any(|(x, y)| x == first && y == second)
    };
    let run = |row: &str, forwards: bool| {
        1 + chars
            .iter()
            .zip(chars.iter().skip(1))
            .take_while(|(a, b)| follows(row, **a, **b, forwards))
            .count()
    };
    ROWS.iter()
        .flat_map(|row| [run(row, true), run(row, false)])
        .max()
        .unwrap_or(1)
}

/// A common password as it stands, or one that was only dressed: digits and signs around it, 0 for o, the same word
/// twice, two common words together.
fn is_common(lower: &str, common: &HashSet<&str>) -> bool {
    let letters_kept = bare(lower, false);
    let undressed = bare(lower, true);
    [lower, &letters_kept, &undressed]
        .into_iter()
        .any(|form| common.contains(form) || is_two_of(form, common))
        || undressed.chars().count() < OWN_CHARS_MIN
}

fn is_two_of(text: &str, words: &HashSet<&str>) -> bool {
    text.char_indices().skip(1).any(|(at, _)| {
        let (left, right) = text.split_at(at);
        left.chars().count() >= WORD_CHARS_MIN && words.contains(left) && words.contains(right)
    })
}

/// Without digits and signs at the ends and signs between; with `letters_for_digits`, the digits inside that stand
/// for letters become those letters.
fn bare(lower: &str, letters_for_digits: bool) -> String {
    let stands_for_a_letter = |c: char| letters_for_digits && matches!(c, '@' | '$');
    let core = lower.trim_matches(|c: char| !(c.is_alphabetic() || stands_for_a_letter(c)));
    core.chars()
        .filter_map(|c| match c {
            c if c.is_alphabetic() => Some(c),
            '0' if letters_for_digits => Some('o'),
            '1' | '!' if letters_for_digits => Some('i'),
            '3' if letters_for_digits => Some('e'),
            '4' | '@' if letters_for_digits => Some('a'),
            '5' | '$' if letters_for_digits => Some('s'),
            '7' if letters_for_digits => Some('t'),
            c if c.is_numeric() => Some(c),
            _ => None,
        })
        .collect()
}

/// Made of the person's own words: what is left beside them says too little.
fn is_about(lower: &str, about: &About<'_>) -> bool {
    let mut words: Vec<String> = [about.email, about.name, about.house]
        .iter()
        .flat_map(|text| {
            let text = text.to_lowercase();
            let parts: Vec<String> = text
                .split(|c: char| !c.is_alphanumeric())
                .map(str::to_owned)
                .collect();
            parts
        })
        .filter(|word| word.chars().count() >= WORD_CHARS_MIN)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = lower.to_owned();
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    rest.len() < lower.len() && rest.chars().filter(|c| c.is_alphabetic()).count() < OWN_CHARS_MIN
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, accept};
    use super::*;

    const ANNA: About<'_> = About {
        email: "anna.petrova@example.org",
        name: "Анна Петрова",
        house: "Townhall Northfield",
    };

    #[test]
    fn passwords_that_a_guesser_tries_first_are_refused() {
        use WeakPassword::{AboutYou, Common, Control, Repetitive, Sequence, TooLong, TooShort};
        let check = |text: &str, expected: WeakPassword| {
            let refused = accept(text, PASSWORD_CHARS_MIN, &ANNA).map(|_| ());
            assert_eq!(refused, Err(expected), "{text:?}");
        };
        check("", TooShort { min: 10 });
        check("seven gre", TooShort { min: 10 });
        check(&"длинно ".repeat(20), TooLong);
        check("seven\0green lamps", Control);
        check("seven\ngreen lamps", Control);
        check("aaaaaaaaaaaa", Repetitive);
        check("abababababab", Repetitive);
        check("lamplamplamp", Repetitive);
        check("1234567890", Sequence);
        check("qwertyuiop12345", Sequence);
        check("йцукенгшщз", Sequence);
        check("poiuytrewq", Sequence);
        check("abcd1234efgh", Sequence);
        check("Password2026!", Common);
        check("p@ssw0rd1999", Common);
        check("!!iloveyou!!", Common);
        check("sunshine-dragon", Common);
        check("Пароль2026!", Common);
        check("q1w2e3r4t5", Common);
        check("20111984-99", Common);
        check("correct horse battery staple", Common);
        check("Петрова-1984", AboutYou);
        check("anna.petrova@example.org", AboutYou);
        check("NorthfieldTownhall1", AboutYou);
    }

    #[test]
    fn what_only_its_owner_would_think_of_is_accepted() {
        for text in [
            "seven green lamps",
            "семь зелёных ламп",
            "Tr0ub4dor&3xq",
            "jR7#kq02Lm",
            "мой кот ест 3 рыбы",
            "anna paints seven lamps",
            "🦉 knows the way",
        ] {
            assert_eq!(
                accept(text, PASSWORD_CHARS_MIN, &ANNA).map(|_| ()),
                Ok(()),
                "{text:?}"
            );
        }
        let longer = accept("seven lamps", 12, &ANNA).map(|_| ());
        assert_eq!(
            longer,
            Err(WeakPassword::TooShort { min: 12 }),
            "a house may ask for more"
        );
    }

    #[test]
    fn the_same_keys_on_another_device_are_the_same_password() {
        let composed = accept("caf\u{e9} seven lamps", PASSWORD_CHARS_MIN, &ANNA).unwrap();
        let apart = TypedPassword::new("cafe\u{301} seven lamps").unwrap();
        assert_eq!(composed.secret(), apart.secret());
    }

    #[test]
    fn a_sign_in_takes_old_passwords_but_not_endless_ones() {
        assert!(TypedPassword::new("short").is_ok());
        assert_eq!(
            TypedPassword::new(&"a".repeat(129)).map(|_| ()),
            Err(WeakPassword::TooLong)
        );
        assert_eq!(TypedPassword::new("a\0b").map(|_| ()), Err(WeakPassword::Control));
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,200}") {
            if let Ok(password) = accept(&text, PASSWORD_CHARS_MIN, &ANNA) {
                let chars = password.secret().reveal().chars().count();
                prop_assert!((PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars));
                let typed = TypedPassword::new(&text).unwrap();
                prop_assert_eq!(typed.secret(), password.secret());
            }
        }
    }
}
