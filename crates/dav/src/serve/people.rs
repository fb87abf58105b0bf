//! Reports about people: who is found by what, and properties behind links (RFC 3744 9, RFC 3253 3.8).
//!
//! Everybody finds themselves, the rooms and things of the house, and whoever's address they know as a whole: nobody leafs through the
//! people of a city.

use axum::response::Response;
use http::StatusCode;

use super::props::{Here, Live, Question, Resource};
use super::stop::Stop;
use super::{Call, xml};
use crate::answer::{Multistatus, response};
use crate::filter::contains_in_any_case;
use crate::library::Principal;
use crate::place::Place;
use crate::report::{Expansion, PropSearch};
use crate::request::{CalendarData, PropRequest};
use crate::xml::{CALDAV, CALENDARSERVER, DAV, Name, Writer};

/// By what people are found, with words for those who search.
const SEARCHABLE: [(Name, &str); 4] = [
    (Name::new(DAV, "displayname"), "Name"),
    (Name::new(CALENDARSERVER, "email-address-set"), "E-mail address"),
    (Name::new(CALDAV, "calendar-user-address-set"), "Calendar address"),
    (Name::new(CALDAV, "calendar-user-type"), "Person, room or thing"),
];

/// Words that one request looks for.
const SEARCHES_MAX: usize = 8;
/// Links within links are followed so far.
const EXPANDED_DEEP_MAX: usize = 4;
/// Properties with links in one request.
const EXPANDED_MAX: usize = 100;

pub(super) fn searchable() -> Response {
    let mut writer = Writer::new();
    writer.element(DAV, "principal-search-property-set", |set| {
        for (name, words) in &SEARCHABLE {
            set.element(DAV, "principal-search-property", |one| {
                one.element(DAV, "prop", |prop| prop.empty(name));
                one.element_with(DAV, "description", &[("xml:lang", "en")], |text| text.text(words));
            });
        }
    });
    xml(StatusCode::OK, writer.finish())
}

impl Call<'_> {
    pub(super) async fn search_people(
        &self,
        searches: &[PropSearch],
        any: bool,
        question: &Question,
    ) -> Result<Response, Stop> {
        let own = self.principal().await?;
        // Whoever names nothing looks for all that they may know of, and so does whoever looks for all of a kind.
        let words = |search: &PropSearch| match search.names.iter().any(is_words) {
            true => search.text.clone(),
            false => String::new(),
        };
        let mut words: Vec<String> = searches.iter().map(words).collect();
        if words.is_empty() {
            words.push(String::new());
        }
        words.truncate(SEARCHES_MAX);
        let mut others: Vec<Principal> = Vec::new();
        for words in &words {
            for other in self.library.others(self.who, words).await? {
                if other.id != own.id && others.iter().all(|known| known.id != other.id) {
                    others.push(other);
                }
            }
        }
        let is_found = |principal: &Principal| {
            let mut fits = searches.iter().map(|search| is_found(search, principal));
            searches.is_empty()
                || match any {
                    true => fits.any(|fits| fits),
                    false => fits.all(|fits| fits),
                }
        };
        let here = Here::of(self.who);
        let mut out = Multistatus::new();
        let all = std::iter::once(Resource::Principal(&own)).chain(others.iter().map(Resource::Other));
        for resource in all {
            let (Resource::Principal(one) | Resource::Other(one)) = resource else {
                continue;
            };
            if is_found(one) {
                out.response(&Place::Principal(one.id).href(), |answer| {
                    question.answer(resource, &here, answer);
                });
            }
        }
        Ok(self.multistatus(out))
    }

    pub(super) async fn expand(&self, wanted: &[Expansion]) -> Result<Response, Stop> {
        let mut count = 0;
        let inside = self.expanded(&self.place, wanted, 0, &mut count).await?;
        let mut out = Multistatus::new();
        out.response(&self.place.href(), |answer| {
            answer.props(200, |writer| writer.raw(&inside.found));
            answer.names(404, &inside.missing);
        });
        Ok(self.multistatus(out))
    }

    /// The properties of one place, those with links with the properties of what they lead to.
    async fn expanded(
        &self,
        place: &Place,
        wanted: &[Expansion],
        deep: usize,
        count: &mut usize,
    ) -> Result<Expanded, Stop> {
        let plain = wanted
            .iter()
            .filter(|one| links(&one.name, self).is_none() || one.inside.is_empty());
        let names = plain.map(|one| one.name.clone()).collect();
        let calendar_data = Box::<CalendarData>::default();
        let question = Question::new(PropRequest::Named { names, calendar_data }, false);
        let mut expanded = Expanded::default();
        let mut writer = Writer::within(String::new());
        let mut shown: Vec<Live> = Vec::new();
        self.describe(place, &question, &mut |resource, here| {
            expanded.missing = question.write_found(resource, here, &mut writer);
            let links = wanted.iter().filter_map(|one| Live::of(&one.name));
            shown = links.filter(|live| live.is_shown(resource)).collect();
        })
        .await?;
        for one in wanted.iter().filter(|one| !one.inside.is_empty()) {
            let Some(target) = links(&one.name, self) else {
                continue;
            };
            *count += 1;
            let there = Live::of(&one.name).is_some_and(|live| shown.contains(&live));
            if !there || deep >= EXPANDED_DEEP_MAX || *count > EXPANDED_MAX {
                expanded.missing.push(one.name.clone());
                continue;
            }
            let inside = Box::pin(self.expanded(&target, &one.inside, deep + 1, count)).await?;
            writer.element(&one.name.space, &one.name.local, |property| {
                response(property, &target.href(), |answer| {
                    answer.props(200, |writer| writer.raw(&inside.found));
                    answer.names(404, &inside.missing);
                });
            });
        }
        expanded.found = writer.finish();
        Ok(expanded)
    }
}

#[derive(Default)]
struct Expanded {
    found: String,
    missing: Vec<Name>,
}

/// Where a property leads, if it is one that leads somewhere.
fn links(name: &Name, call: &Call<'_>) -> Option<Place> {
    let person = call.who.id;
    match Live::of(name)? {
        Live::CurrentPrincipal | Live::PrincipalUrl | Live::Owner => Some(Place::Principal(person)),
        Live::HomeSet => Some(Place::Home(person)),
        Live::PrincipalSets => Some(Place::Principals),
        _ => None,
    }
}

/// Whether somebody is looked for in it by words, and not by what they are.
fn is_words(name: &Name) -> bool {
    matches!(
        Live::of(name),
        Some(Live::DisplayName | Live::Addresses | Live::UserAddresses)
    )
}

fn is_found(search: &PropSearch, principal: &Principal) -> bool {
    let in_property = |name: &Name| match Live::of(name) {
        Some(Live::DisplayName) => contains_in_any_case(&principal.name, &search.text),
        Some(Live::Addresses | Live::UserAddresses) => {
            let text = search.text.strip_prefix("mailto:").unwrap_or(&search.text);
            let mut addresses = principal.addresses.iter();
            addresses.any(|address| contains_in_any_case(address, text))
                || Place::Principal(principal.id).href() == search.text
        }
        Some(Live::UserType) => contains_in_any_case(principal.sort.as_str(), &search.text),
        _ => false,
    };
    search.names.iter().any(in_property)
}
