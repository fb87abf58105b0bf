//! Fields as in the head of a message: `Name: value`, folded lines, groups with an empty line between.

/// The fields of one group.
#[derive(Debug)]
pub(super) struct Fields<'a>(Vec<&'a str>);

impl<'a> Fields<'a> {
    /// Groups that have any field.
    pub fn groups(text: &'a str) -> impl Iterator<Item = Fields<'a>> {
        let mut lines = text.lines().peekable();
        std::iter::from_fn(move || {
            while lines.next_if(|line| line.trim().is_empty()).is_some() {}
            let mut group = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
                group.push(line);
            }
            (!group.is_empty()).then_some(Fields(group))
        })
    }

    /// The value of the first field of that name, unfolded.
    pub fn get(&self, name: &str) -> Option<String> {
        let named = |line: &&str| {
            let found = line.split_once(':').map(|(known, _)| known.trim_end());
            found.is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        let at = self.0.iter().position(named)?;
        let mut value = self.0[at].split_once(':')?.1.trim().to_owned();
        for more in self.0[at + 1..]
            .iter()
            .take_while(|line| line.starts_with([' ', '\t']))
        {
            value.push(' ');
            value.push_str(more.trim());
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_unfolded_and_found_in_their_group_only() {
        let text = "\r\nA: one\r\nB: two\r\n\tand more\r\n  of it\r\n\r\n\r\nb : three\r\n";
        let groups: Vec<_> = Fields::groups(text).collect();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].get("b").as_deref(), Some("two and more of it"));
        assert_eq!(groups[1].get("B").as_deref(), Some("three"));
        assert_eq!(groups[1].get("a"), None);
        assert_eq!(Fields::groups("").count(), 0);
    }
}
