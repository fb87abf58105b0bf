//! Reports about people: who is found by what, and properties behind links (RFC 3744 9, RFC 3253 3.8).
//!
//! For now everybody finds themselves only: whom else one may know of is for those to say who share something.

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
const SEARCHABLE: [(Name, &str); 3] = [
    (Name::new(DAV, "displayname"), "Name"),
    (Name::new(CALENDARSERVER, "email-address-set"), "E-mail address"),
    (Name::new(CALDAV, "calendar-user-address-set"), "Calendar address"),
];

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
        let principal = self.principal().await?;
        let place = Place::Principal(self.who.id);
        let mut fits = searches.iter().map(|search| is_found(search, &principal, &place));
        // Whoever names nothing looks for all that they may know of.
        let found = searches.is_empty()
            || if any {
                fits.any(|fits| fits)
            } else {
                fits.all(|fits| fits)
            };
        let mut out = Multistatus::new();
        if found {
            let here = Here::of(self.who);
            out.response(&place.href(), |answer| {
                question.answer(Resource::Principal(&principal), &here, answer);
            });
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

fn is_found(search: &PropSearch, principal: &Principal, place: &Place) -> bool {
    let in_property = |name: &Name| match Live::of(name) {
        Some(Live::DisplayName) => contains_in_any_case(&principal.name, &search.text),
        Some(Live::Addresses | Live::UserAddresses) => {
            let text = search.text.strip_prefix("mailto:").unwrap_or(&search.text);
            let mut addresses = principal.addresses.iter();
            addresses.any(|address| contains_in_any_case(address, text)) || place.href() == search.text
        }
        Some(Live::UserType) => contains_in_any_case("INDIVIDUAL", &search.text),
        _ => false,
    };
    search.names.iter().any(in_property)
}
