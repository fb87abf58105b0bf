//! The tree of an iCalendar text: components that hold properties and components, in the order in which they were written.
//!
//! What is kept true: what was read is written again, known or not. Names are compared without regard to case and written as
//! they were spelled. A tree that was written reads as the same tree.

use std::borrow::Cow;

use crate::property::Property;
use crate::text;

/// Something between `BEGIN:name` and `END:name`.
#[derive(Debug, Clone)]
pub struct Component<'a> {
    pub name: Cow<'a, str>,
    pub properties: Vec<Property<'a>>,
    pub components: Vec<Component<'a>>,
    line: usize,
}

/// Two components are the same if they are spelled the same; where they stood makes no difference.
impl PartialEq for Component<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.properties == other.properties && self.components == other.components
    }
}

impl Eq for Component<'_> {}

impl<'a> Component<'a> {
    pub fn new(name: impl Into<Cow<'a, str>>) -> Component<'a> {
        Component::begun(name.into(), 0)
    }

    pub(crate) fn begun(name: Cow<'a, str>, line: usize) -> Component<'a> {
        Component {
            name,
            // Most have so many.
            properties: Vec::with_capacity(if line == 0 { 0 } else { 12 }),
            components: Vec::new(),
            line,
        }
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The physical line of `BEGIN`; 0 for one that was made.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The first property of this name.
    pub fn get(&self, name: &str) -> Option<&Property<'a>> {
        self.properties.iter().find(|property| property.is(name))
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Property<'a>> {
        self.properties.iter_mut().find(|property| property.is(name))
    }

    /// All properties of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Property<'a>> {
        self.properties.iter().filter(move |property| property.is(name))
    }

    /// The value of the first property of this name, as written.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).map(Property::value)
    }

    pub fn add(&mut self, property: Property<'a>) {
        self.properties.push(property);
    }

    /// Puts the property in the place of the first of its name, or at the end; others of its name go.
    pub fn set(&mut self, property: Property<'a>) {
        let Some(at) = self.properties.iter().position(|old| old.is(property.name())) else {
            return self.add(property);
        };
        let mut index = 0;
        self.properties.retain(|old| {
            index += 1;
            index <= at + 1 || !old.is(property.name())
        });
        self.properties[at] = property;
    }

    /// Takes away all properties of this name.
    pub fn remove(&mut self, name: &str) {
        self.properties.retain(|property| !property.is(name));
    }

    /// The first component of this name directly inside.
    pub fn child(&self, name: &str) -> Option<&Component<'a>> {
        self.components.iter().find(|child| child.is(name))
    }

    /// All components of this name directly inside.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Component<'a>> {
        self.components.iter().filter(move |child| child.is(name))
    }

    /// The text, folded at 75 bytes, lines ended by CRLF.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_into(&mut out);
        out
    }

    pub fn write_into(&self, out: &mut String) {
        out.push_str("BEGIN:");
        text::fold_into(out, &self.name);
        for property in &self.properties {
            text::fold_into(out, property.raw());
        }
        for component in &self.components {
            component.write_into(out);
        }
        out.push_str("END:");
        text::fold_into(out, &self.name);
    }

    pub fn into_owned(self) -> Component<'static> {
        Component {
            name: Cow::Owned(self.name.into_owned()),
            properties: self.properties.into_iter().map(Property::into_owned).collect(),
            components: self.components.into_iter().map(Component::into_owned).collect(),
            line: self.line,
        }
    }
}
