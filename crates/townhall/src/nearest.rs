//! "Did you mean …?": a wrong name is answered with the one that was probably meant, or with nothing when none is close.

/// Below this likeness (Jaro-Winkler) a suggestion would confuse more than it helps.
const LIKENESS_MIN: f64 = 0.8;

pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// " Did you mean `x`?" or nothing.
pub fn hint<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, names).map_or(String::new(), |name| format!(" Did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_name_and_nonsense_finds_none() {
        let names = ["server.listen", "server.tls_cert", "store.engine"];
        assert_eq!(nearest("server.lissten", names), Some("server.listen"));
        assert_eq!(nearest("store.enigne", names), Some("store.engine"));
        assert_eq!(nearest("qqq", names), None);
    }
}
