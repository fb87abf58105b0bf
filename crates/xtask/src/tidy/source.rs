//! A source file as the rules see it: its text, and for Rust its tokens with their lines.
//!
//! Tokens come from `proc_macro2`, so a word in a comment or in a string is never mistaken for code, and what stands
//! inside a macro is seen. Tokens of tests are marked: most rules speak of the product only.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

const READ: &[&str] = &["rs", "html", "css", "js", "ftl", "proto", "sql", "py"];
const GENERATED: &[&str] = &["crates/wire/src/"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Word,
    Punct,
    Text,
    Open,
    Close,
}

#[derive(Debug, Clone)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    pub line: usize,
    pub last_line: usize,
    /// For `Open`: the index of its `Close`. For all others their own index.
    pub end: usize,
    pub in_test: bool,
}

#[derive(Debug)]
pub struct Source {
    /// From the workspace's folder, with `/`.
    pub path: String,
    pub text: String,
    pub tokens: Vec<Token>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Result<Source> {
        let mut tokens = Vec::new();
        if path.ends_with(".rs") {
            let stream: TokenStream = text
                .parse()
                .map_err(|error| anyhow::anyhow!("{path} is not Rust: {error}"))?;
            flatten(stream, &mut tokens);
            mark_tests(&mut tokens);
        }
        Ok(Source {
            path: path.to_owned(),
            text: text.to_owned(),
            tokens,
        })
    }

    /// `crates/NAME/…` or `bench/NAME/…`.
    pub fn member(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file belongs to the product, and not to its tests and measurements.
    pub fn is_product(&self) -> bool {
        self.is_rust()
            && self.path.starts_with("crates/")
            && self.path.contains("/src/")
            && !matches!(self.member(), "testkit" | "it" | "xtask")
            && !matches!(self.stem(), "tests")
            && !self.path.contains("/tests/")
    }

    fn stem(&self) -> &str {
        self.path
            .rsplit('/')
            .next()
            .and_then(|file| file.strip_suffix(".rs"))
            .unwrap_or_default()
    }

    /// Whether this is the `name` of its crate: `name.rs`, `name_more.rs`, or a file in a folder `name/`.
    pub fn plays(&self, name: &str) -> bool {
        let Some((_, inside)) = self.path.split_once("/src/") else {
            return false;
        };
        inside.split('/').any(|part| {
            let part = part.strip_suffix(".rs").unwrap_or(part);
            part == name || part.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'))
        })
    }

    /// Tokens of the product's own code: without those under `#[cfg(test)]` and `#[test]`.
    pub fn product_tokens(&self) -> impl Iterator<Item = (usize, &Token)> {
        self.tokens.iter().enumerate().filter(|(_, token)| !token.in_test)
    }

    pub fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text.as_str())
    }

    /// Whether the tokens from `index` read as `words`.
    pub fn reads(&self, index: usize, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.word(index + ahead) == *word)
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let span = tree.span();
        let (line, last_line) = (span.start().line, span.end().line);
        let token = |kind, text: String, end| Token {
            kind,
            text,
            line,
            last_line,
            end,
            in_test: false,
        };
        let here = tokens.len();
        match tree {
            TokenTree::Ident(word) => tokens.push(token(Kind::Word, word.to_string(), here)),
            TokenTree::Literal(literal) => tokens.push(token(Kind::Text, literal.to_string(), here)),
            TokenTree::Punct(punct) => {
                let bang = matches!(trees.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '!');
                if punct.as_char() == '#' && skip_doc(&mut trees, bang) {
                    continue;
                }
                tokens.push(token(Kind::Punct, punct.as_char().to_string(), here));
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                let opened = group.span_open().start().line;
                let closed = group.span_close().end().line;
                tokens.push(Token {
                    kind: Kind::Open,
                    text: open.into(),
                    line: opened,
                    last_line: opened,
                    end: here,
                    in_test: false,
                });
                flatten(group.stream(), tokens);
                let end = tokens.len();
                tokens[here].end = end;
                tokens.push(Token {
                    kind: Kind::Close,
                    text: close.into(),
                    line: closed,
                    last_line: closed,
                    end,
                    in_test: false,
                });
            }
        }
    }
}

/// A doc comment arrives as `#[doc = "…"]`: prose, not code. True when one was stepped over.
fn skip_doc(trees: &mut std::iter::Peekable<proc_macro2::token_stream::IntoIter>, inner: bool) -> bool {
    let mut ahead = trees.clone();
    if inner {
        ahead.next();
    }
    let Some(TokenTree::Group(group)) = ahead.next() else {
        return false;
    };
    let is_doc = matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc");
    if is_doc {
        *trees = ahead;
    }
    is_doc
}

/// Marks what stands under `#[cfg(test)]`, `#[test]` and `#[tokio::test]`, up to the end of that item.
fn mark_tests(tokens: &mut [Token]) {
    let mut index = 0;
    while index + 1 < tokens.len() {
        let attribute = tokens[index].text == "#" && tokens[index + 1].text == "[";
        if !attribute {
            index += 1;
            continue;
        }
        let close = tokens[index + 1].end;
        let about_tests = tokens[index + 1..close].iter().any(|token| token.text == "test")
            && !tokens[index + 1..close].iter().any(|token| token.text == "not");
        if !about_tests {
            index = close + 1;
            continue;
        }
        let end = end_of_item(tokens, close + 1);
        for token in &mut tokens[index..=end] {
            token.in_test = true;
        }
        index = end + 1;
    }
}

/// The item that starts at `index` ends with its first `{…}` at the same depth, or with a `;`.
fn end_of_item(tokens: &[Token], mut index: usize) -> usize {
    let last = tokens.len().saturating_sub(1);
    while index < tokens.len() {
        match (&tokens[index].kind, tokens[index].text.as_str()) {
            (Kind::Open, "{") => return tokens[index].end.min(last),
            (Kind::Open, _) => index = tokens[index].end + 1,
            (Kind::Punct, ";") => return index,
            _ => index += 1,
        }
    }
    last
}

/// Each source of the workspace's members, in the order of their paths.
pub fn all(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for folder in ["crates", "bench"] {
        collect(root, &root.join(folder), &mut sources)?;
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            if !name.ends_with("/target") {
                collect(root, &path, sources)?;
            }
            continue;
        }
        let wanted = path
            .extension()
            .and_then(|end| end.to_str())
            .is_some_and(|end| READ.contains(&end));
        if !wanted || GENERATED.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
        sources.push(Source::new(&name, &text)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_comments_are_told_from_code() {
        let text =
            "/// SELECT in prose\nfn a() { \"x\"; }\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}\n";
        let source = Source::new("crates/x/src/lib.rs", text).unwrap();
        let words: Vec<&str> = source
            .product_tokens()
            .map(|(_, token)| token.text.as_str())
            .collect();
        assert!(words.contains(&"a") && words.contains(&"c"));
        assert!(!words.contains(&"b") && !words.iter().any(|word| word.contains("prose")));
        assert_eq!(source.tokens.last().unwrap().line, 5);
    }

    #[test]
    fn a_file_plays_its_part_under_several_names() {
        for path in [
            "crates/x/src/rows.rs",
            "crates/x/src/rows/people.rs",
            "crates/x/src/rows_keys.rs",
        ] {
            assert!(Source::new(path, "").unwrap().plays("rows"), "{path}");
        }
        assert!(!Source::new("crates/x/src/arrows.rs", "").unwrap().plays("rows"));
    }
}
