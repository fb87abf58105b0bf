//! Everything that pages say exists in English and in Russian, is used, and stands nowhere but in the words.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Resource, Variant, VariantKey,
};

type Texts = BTreeMap<String, Text>;

/// What one message is made of.
#[derive(Default)]
struct Text {
    shown: String,
    variables: BTreeSet<String>,
    messages: BTreeSet<String>,
    /// The categories of each choice that is made by a plural.
    plurals: Vec<BTreeSet<String>>,
}

struct Room {
    name: String,
    english: Texts,
    russian: Texts,
    /// Path and content of each template.
    templates: Vec<(PathBuf, String)>,
    code: Vec<(PathBuf, String)>,
}

#[test]
fn each_text_exists_in_both_languages_with_the_same_arguments() {
    for room in rooms() {
        let keys = |texts: &Texts| texts.keys().cloned().collect::<BTreeSet<_>>();
        let (english, russian) = (keys(&room.english), keys(&room.russian));
        let one_only: Vec<_> = english.symmetric_difference(&russian).collect();
        assert!(
            one_only.is_empty(),
            "{}: in one language only: {one_only:?}",
            room.name
        );
        for (key, text) in &room.english {
            assert_eq!(
                text.variables, room.russian[key].variables,
                "{}: arguments of {key}",
                room.name
            );
        }
    }
}

#[test]
fn each_text_is_in_its_own_language() {
    let is_cyrillic = |c: char| ('\u{400}'..='\u{4ff}').contains(&c);
    for room in rooms() {
        for (key, text) in &room.english {
            assert!(
                !text.shown.chars().any(is_cyrillic),
                "{}: {key} is not English",
                room.name
            );
            let russian = &room.russian[key].shown;
            let says_something = text.shown.chars().any(char::is_alphabetic);
            assert!(
                !says_something || russian.chars().any(is_cyrillic),
                "{}: {key} is not Russian: {russian}",
                room.name
            );
        }
    }
}

/// English has two forms, Russian three (and a fourth for fractions, which nothing here counts).
#[test]
fn plurals_have_all_the_forms_of_their_language() {
    for room in rooms() {
        for (texts, forms) in [
            (&room.english, &["one", "other"][..]),
            (&room.russian, &["one", "few", "many"]),
        ] {
            for (key, text) in texts {
                for found in &text.plurals {
                    let expected = forms
                        .iter()
                        .map(|form| (*form).to_owned())
                        .collect::<BTreeSet<_>>();
                    assert_eq!(*found, expected, "{}: plural forms of {key}", room.name);
                }
            }
        }
    }
}

#[test]
fn what_pages_say_exists_and_what_exists_is_said() {
    let rooms = rooms();
    let frame = rooms
        .iter()
        .find(|room| room.name == "front")
        .expect("front has words");
    for room in &rooms {
        let mut used = BTreeSet::new();
        let mut families = BTreeSet::new();
        for (path, text) in room.templates.iter().chain(&room.code).chain(&frame.templates) {
            // What else is said, such as by a mail server in a test, is no key.
            let keys = arguments_of(text, "say(").into_iter();
            for key in keys.filter(|key| !key.contains(' ')) {
                let known = room.english.contains_key(&key) || frame.english.contains_key(&key);
                let of_others = path.starts_with(root().join("crates/front")) && room.name != "front";
                assert!(
                    known || of_others,
                    "{}: there are no words for {key}",
                    path.display()
                );
                used.insert(key);
            }
            families.extend(arguments_of(text, "say_of("));
            families.extend(arguments_of(text, "say_about("));
            used.extend(literals(text).filter(|literal| room.english.contains_key(literal)));
        }
        // A stream of letters says under its key what it is called, and what comes by it.
        let about: Vec<String> = used.iter().map(|key| format!("{key}-about")).collect();
        used.extend(about);
        for text in room.english.values() {
            used.extend(text.messages.iter().cloned());
        }
        let unused: Vec<&String> = room
            .english
            .keys()
            .filter(|key| !used.contains(*key))
            .filter(|key| {
                !families
                    .iter()
                    .any(|family| key.starts_with(&format!("{family}-")))
            })
            .collect();
        assert!(unused.is_empty(), "{}: never said: {unused:?}", room.name);
    }
}

#[test]
fn no_template_says_anything_by_itself() {
    for room in rooms() {
        for (path, text) in &room.templates {
            let said = text_of(text);
            let letters: String = said.chars().filter(|c| c.is_alphabetic()).collect();
            assert!(
                letters.is_empty(),
                "{}: not from the words: {}",
                path.display(),
                said.trim()
            );
        }
    }
}

/// The crates that have words.
fn rooms() -> Vec<Room> {
    let mut rooms = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("locales").is_dir() {
            assert!(
                !folder.join("templates").is_dir(),
                "{} has pages without words",
                folder.display()
            );
            continue;
        }
        rooms.push(Room {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            english: texts(&folder.join("locales"), "en."),
            russian: texts(&folder.join("locales"), "ru."),
            templates: files(&folder.join("templates"), "html"),
            code: files(&folder.join("src"), "rs"),
        });
    }
    assert!(rooms.len() >= 2, "the frame and the registry have words");
    rooms
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            let text = fs::read_to_string(&path).unwrap();
            // What only tests say is not for readers.
            let said = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.push((path, said));
        }
    }
    found
}

/// The texts of one language, in however many files they stand.
fn texts(folder: &Path, language: &str) -> Texts {
    let mut texts = Texts::new();
    for (path, source) in files(folder, "ftl") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(language) {
            read_texts(&path, &source, &mut texts);
        }
    }
    texts
}

fn read_texts(path: &Path, source: &str, texts: &mut Texts) {
    let resource: Resource<String> = fluent_syntax::parser::parse(source.to_owned())
        .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", path.display()));
    for entry in resource.body {
        if let Entry::Message(Message {
            id,
            value: Some(pattern),
            ..
        }) = entry
        {
            let mut text = Text::default();
            read(&pattern, &mut text);
            let twice = texts.insert(id.name.clone(), text).is_some();
            assert!(!twice, "{}: {} stands twice", path.display(), id.name);
        }
    }
}

fn read(pattern: &Pattern<String>, text: &mut Text) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text.shown.push_str(value),
            PatternElement::Placeable {
                expression: Expression::Inline(inline),
            } => read_inline(inline, text),
            PatternElement::Placeable {
                expression: Expression::Select { selector, variants },
            } => {
                read_inline(selector, text);
                let categories: BTreeSet<String> = variants.iter().filter_map(category).collect();
                let by_number = variants
                    .iter()
                    .all(|variant| !is_plural(variant) || variant.default);
                if !by_number {
                    text.plurals.push(categories);
                }
                for variant in variants {
                    read(&variant.value, text);
                }
            }
        }
    }
}

fn category(variant: &Variant<String>) -> Option<String> {
    match &variant.key {
        VariantKey::Identifier { name } => Some(name.clone()),
        VariantKey::NumberLiteral { .. } => None,
    }
}

fn is_plural(variant: &Variant<String>) -> bool {
    category(variant).is_some_and(|name| ["zero", "one", "two", "few", "many", "other"].contains(&&*name))
}

fn read_inline(inline: &InlineExpression<String>, text: &mut Text) {
    match inline {
        InlineExpression::VariableReference { id } => {
            text.variables.insert(id.name.clone());
        }
        InlineExpression::MessageReference { id, .. } => {
            text.messages.insert(id.name.clone());
        }
        _ => {}
    }
}

/// The string literals that directly follow `call`.
fn arguments_of(text: &str, call: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(call) {
        let rest = text[at + call.len()..].trim_start();
        if let Some((literal, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            found.push(literal.to_owned());
        }
    }
    found
}

fn literals(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).map(str::to_owned)
}

/// What a reader would see or hear of a template besides its expressions: text, and attributes that are read aloud.
fn text_of(template: &str) -> String {
    let mut plain = template.to_owned();
    for (open, close) in [("{#", "#}"), ("{%", "%}"), ("{{", "}}")] {
        plain = without(&plain, open, close);
    }
    // What others put into a tag of theirs.
    if plain.trim_start().starts_with("data-") {
        plain = format!("<{plain}>");
    }
    let mut said = String::new();
    for (at, _) in plain.match_indices('<') {
        let tag = plain[at..].split('>').next().unwrap_or_default();
        for attribute in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\""] {
            for (at, _) in tag.match_indices(attribute) {
                said.push_str(tag[at + attribute.len()..].split('"').next().unwrap_or_default());
            }
        }
    }
    said + &without(&plain, "<", ">")
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once(open) {
        kept.push_str(before);
        rest = inside.split_once(close).map_or("", |(_, after)| after);
    }
    kept + rest
}
