//! Statements. Each stands once in the program as a constant with a name (that of the function around it), so that a
//! test can prepare all of them on both engines and a metric can say which one is slow.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::meter::StatementMeter;

/// One statement of the program. Made by [`sql!`](crate::sql!) only.
pub struct Sql {
    text: &'static str,
    /// Where PostgreSQL needs another text: for the store's own statements only.
    on_postgres: Option<&'static str>,
    module: &'static str,
    line: u32,
    here: fn() -> &'static str,
    numbered: OnceLock<Cow<'static, str>>,
    meter: OnceLock<StatementMeter>,
}

/// A statement, written once for both engines, with `$1`, `$2`, … for its parameters.
#[macro_export]
macro_rules! sql {
    ($text:expr) => {{
        fn here() -> &'static str {
            ::std::any::type_name_of_val(&here)
        }
        static STATEMENT: $crate::Sql = $crate::Sql::new($text, ::std::module_path!(), ::std::line!(), here);
        &STATEMENT
    }};
}

/// A statement that the engines cannot say alike, with the same parameters and columns in both. It stays in the store:
/// nobody else can tell which engine runs.
macro_rules! engine_sql {
    (sqlite: $sqlite:expr, postgres: $postgres:expr $(,)?) => {{
        fn here() -> &'static str {
            ::std::any::type_name_of_val(&here)
        }
        static STATEMENT: $crate::Sql =
            $crate::Sql::new($sqlite, ::std::module_path!(), ::std::line!(), here).on_postgres($postgres);
        &STATEMENT
    }};
}
pub(crate) use engine_sql;

impl Sql {
    #[doc(hidden)]
    pub const fn new(text: &'static str, module: &'static str, line: u32, here: fn() -> &'static str) -> Sql {
        Sql {
            text,
            on_postgres: None,
            module,
            line,
            here,
            numbered: OnceLock::new(),
            meter: OnceLock::new(),
        }
    }

    pub(crate) const fn on_postgres(mut self, text: &'static str) -> Sql {
        self.on_postgres = Some(text);
        self
    }

    /// Certainly changes nothing. Others may not, either.
    pub(crate) fn only_reads(&self) -> bool {
        self.text.trim_start().starts_with("SELECT")
    }

    pub(crate) fn for_postgres(&self) -> &'static str {
        self.on_postgres.unwrap_or(self.text)
    }

    /// Where it stands, for people: `registry::rows:42`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.module, self.line)
    }

    /// The function that holds it, as the metrics call it: `registry::rows::person`.
    pub fn label(&self) -> String {
        let path = (self.here)();
        let path = path.strip_suffix("::here").unwrap_or(path);
        path.replace("::{{closure}}", "")
    }

    /// For SQLite, to which `$3` would be a *named* parameter that is numbered by its first appearance.
    pub(crate) fn numbered(&self) -> &str {
        self.numbered.get_or_init(|| question_marks(self.text))
    }

    pub(crate) fn meter(&self) -> &StatementMeter {
        self.meter.get_or_init(|| StatementMeter::new(&self.label()))
    }
}

impl std::fmt::Debug for Sql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}:{})", self.label(), self.module, self.line)
    }
}

/// Turns each `$n` into `?n`, but not inside quotes.
pub(crate) fn question_marks(text: &str) -> Cow<'_, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, '$') if characters.peek().is_some_and(char::is_ascii_digit) => {
                result.push('?');
                continue;
            }
            _ => {}
        }
        result.push(character);
    }
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outer() -> &'static Sql {
        sql!("SELECT $1")
    }

    #[test]
    fn a_statement_is_called_after_the_function_around_it() {
        assert_eq!(outer().label(), "store::sql::tests::outer");
        let inner = || sql!("SELECT $1");
        assert_eq!(
            inner().label(),
            "store::sql::tests::a_statement_is_called_after_the_function_around_it"
        );
    }

    #[test]
    fn parameters_keep_their_numbers_and_quoted_text_stays() {
        let check = |text, expected| assert_eq!(question_marks(text), expected);
        check("SELECT 1", "SELECT 1");
        check("SELECT $2, $10, $1", "SELECT ?2, ?10, ?1");
        check(
            "SELECT '$1', \"$2\", $3, 'it''s $4', $5",
            "SELECT '$1', \"$2\", ?3, 'it''s $4', ?5",
        );
    }
}
