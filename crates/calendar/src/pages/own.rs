//! The calendars themselves: made, called, coloured, put into the bin and taken out again.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use front::frame::{Area, Choice, Field, Frame, When, done, shown};
use front::{Caller, Form, InPath, Problem, Query};
use ical::zones::Zone;
use kernel::{Id, Text};

use super::followed::{self, FollowForm};
use super::sharing::Sharing;
use super::{Faults, Guest, Typed, WORDS, fault, look, number, refused, reminding, typed_in};
use crate::reminders::types::Reminders;
use crate::service::{Calendars, Draft, Refused};
use crate::sharing::{Consent, Held, Offer, Rights};
use crate::types::{
    About, AboutChange, Calendar, Color, DESCRIPTION_CHARS_MAX, Kinds, Reason, TITLE_CHARS_MAX,
};

/// Colours to begin with: each can be told from the others, also by those who see fewer.
pub(super) const COLORS: [&str; 8] = [
    "#1e88e5", "#d81b60", "#43a047", "#fb8c00", "#8e24aa", "#00897b", "#6d4c41", "#546e7a",
];

/// Before the minutes of a reminder, in the name of its field.
const REMIND: &str = "remind-";

#[derive(Template)]
#[template(path = "calendars.html")]
pub(super) struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    offers: Vec<Offered>,
    bin: Vec<Binned>,
    title: Field,
    color: String,
    followed: Vec<Row>,
    follow: FollowForm,
    sheet: String,
}

pub(super) struct Row {
    pub href: String,
    pub title: String,
    pub class: String,
    pub description: String,
}

/// What somebody else offered.
struct Offered {
    id: String,
    href: Option<String>,
    title: String,
    class: String,
    owner: String,
    /// The groups through which it came; empty: through none.
    groups: String,
    rights: String,
    is_taken: bool,
    is_new: bool,
}

struct Binned {
    id: String,
    title: String,
    since: When,
}

#[derive(Template)]
#[template(path = "calendar_own.html")]
pub(super) struct EditPage {
    frame: Frame,
    action: String,
    version: i64,
    heading: String,
    title: Field,
    description: Area,
    zone: Field,
    color: String,
    busy: bool,
    /// Minutes before an event, in words, and whether the calendar reminds then.
    reminders: Vec<(u32, String, bool)>,
    wrong_reminders: Option<String>,
    /// Among the other calendars of its owner.
    place: Option<Choice>,
    /// Somebody else changed it meanwhile.
    stale: bool,
    sharing: Sharing,
    /// Only its owner does away with it.
    can_delete: bool,
    /// Where a file is sent.
    import: String,
    /// What can be wrong with a file, by its code; `{about}` stands for what it is about.
    import_words: String,
    sheet: String,
    script: String,
}

pub async fn list(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
) -> Result<Response, Problem> {
    Ok(shown(
        &list_page(&calendars, &caller, frame, &Typed::new(), Faults::new()).await?,
    ))
}

pub(super) async fn list_page(
    calendars: &Calendars,
    caller: &Caller,
    frame: Frame,
    typed: &Typed,
    mut faults: Faults,
) -> Result<ListPage, Problem> {
    let frame = frame.over(&WORDS);
    let guest = Guest::of(calendars, caller)?;
    let home = calendars.home(&guest.visitor).await?;
    let bin = calendars.bin(guest.visitor.id).await?;
    let followed = calendars.subscriptions(guest.visitor.id).await?;
    let offered = calendars.offered(guest.visitor.id).await?;
    let others = offered.iter().map(|(_, held)| &held.calendar);
    let all = home.iter().chain(others);
    let mut colors: Vec<Color> = all.map(|calendar| calendar.about.color).collect();
    colors.extend(followed.iter().map(|one| one.subscription.color));
    let offers = offers(calendars, &frame, &offered).await?;
    let free = COLORS
        .into_iter()
        .find(|color| !colors.iter().any(|taken| taken.to_string() == **color));
    let rows = home.iter().map(|calendar| Row {
        href: format!("/calendar/own/{}", calendar.id),
        title: calendar.about.title.to_string(),
        class: format!("c-{}", look::class(calendar.about.color)),
        description: calendar.about.description.to_string(),
    });
    let bin = bin.into_iter().filter_map(|calendar| {
        Some(Binned {
            id: calendar.id.to_string(),
            title: calendar.about.title.to_string(),
            since: frame.when(calendar.deleted?),
        })
    });
    Ok(ListPage {
        rows: rows.collect(),
        offers,
        bin: bin.collect(),
        title: Field::text("title", frame.say("own-title"))
            .holding(typed_in(typed, "title"))
            .wrong(faults.remove("title")),
        color: match typed_in(typed, "color") {
            "" => free.unwrap_or(COLORS[0]).to_owned(),
            color => color.to_owned(),
        },
        followed: followed.iter().map(|one| followed::row(&frame, one)).collect(),
        follow: FollowForm::new(&frame, &guest, typed, &mut faults),
        sheet: look::sheet(&colors),
        frame,
    })
}

async fn offers(
    calendars: &Calendars,
    frame: &Frame,
    offered: &[(Offer, Held)],
) -> Result<Vec<Offered>, Problem> {
    let owners = offered.iter().map(|(offer, _)| offer.held_by);
    let cards = calendars.cards(owners.collect()).await?;
    let names = calendars.names_of_groups(offered).await?;
    let offers = offered.iter().map(|(offer, held)| Offered {
        groups: {
            let groups = held.groups.iter().filter_map(|group| names.get(group));
            groups.cloned().collect::<Vec<_>>().join(", ")
        },
        id: offer.calendar.to_string(),
        href: (held.rights >= Rights::Manage).then(|| format!("/calendar/own/{}", offer.calendar)),
        title: held.calendar.about.title.to_string(),
        class: format!("c-{}", look::class(held.calendar.about.color)),
        owner: cards
            .get(&offer.held_by)
            .map(|card| card.name.clone())
            .unwrap_or_default(),
        rights: frame.say_of("shared-may", held.rights.word()).unwrap_or_default(),
        is_taken: held.is_taken,
        is_new: offer.reply == Consent::Waiting,
    });
    Ok(offers.collect())
}

pub async fn create(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let guest = Guest::of(&calendars, &caller)?;
    let frame = frame.over(&WORDS);
    let read = title(&typed).and_then(|title| Ok((title, color(&typed)?)));
    let made = match read {
        Ok((title, color)) => {
            let about = About {
                title,
                description: Text::stored(String::new()),
                color,
                zone: guest.zone_name.clone(),
                busy: true,
                position: 0,
                extra: String::new(),
                reminders: Reminders::default(),
            };
            let draft = Draft {
                name: None,
                about,
                kinds: Kinds::EVENTS_AND_TASKS,
            };
            calendars.create(guest.visitor.id, draft).await.map(|_| ())
        }
        Err(reason) => Err(reason.into()),
    };
    match made {
        Ok(()) => Ok(done("/calendar/own", "done-calendar-created")),
        Err(why) => {
            let faults = fault(&frame, why)?;
            Ok(refused(shown(
                &list_page(&calendars, &caller, frame, &typed, faults).await?,
            )))
        }
    }
}

fn title(typed: &Typed) -> Result<Text, Reason> {
    Text::required(typed_in(typed, "title"), TITLE_CHARS_MAX).map_err(|bad| Reason::field("title", bad))
}

fn color(typed: &Typed) -> Result<Color, Reason> {
    Color::parse(typed_in(typed, "color")).map_err(|bad| Reason::field("color", bad))
}

pub async fn edit(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
    Query(_): Query<Typed>,
) -> Result<Response, Problem> {
    let typed = (&Typed::new(), Faults::new());
    Ok(shown(&page_of(&calendars, &caller, frame, id, typed).await?))
}

/// The page of a calendar. What was typed into its own form is taken from there, if it was that form.
pub(super) async fn page_of(
    calendars: &Calendars,
    caller: &Caller,
    frame: Frame,
    id: Id,
    (typed, mut faults): (&Typed, Faults),
) -> Result<EditPage, Problem> {
    let by = caller.person()?.id;
    let frame = frame.over(&WORDS);
    let held = calendars.reach(by, id, Rights::Manage).await?;
    let sharing = Sharing::of(calendars, by, id, (&frame, typed, &mut faults)).await?;
    let others = match held.is_own() {
        true => others(&calendars.home(&Guest::of(calendars, caller)?.visitor).await?, id),
        false => None,
    };
    let was_filled = typed.contains_key("title");
    let filled = filled(&held.calendar);
    let typed = if was_filled { typed } else { &filled };
    Ok(edit_page(frame, (&held, sharing, others), typed, faults))
}

/// The names of the other calendars, and how many of them stand before this one; `None`: there is no other.
fn others(home: &[Calendar], id: Id) -> Option<(Vec<String>, usize)> {
    let place = home.iter().position(|one| one.id == id)?;
    let others = home.iter().filter(|one| one.id != id);
    let others: Vec<String> = others.map(|one| one.about.title.to_string()).collect();
    (!others.is_empty()).then_some((others, place))
}

fn place(frame: &Frame, (others, place): (Vec<String>, usize), typed: &Typed) -> Choice {
    let after = |(nth, title): (usize, &String)| {
        let called = frame.say("own-place-after").with("title", title.as_str());
        ((nth + 1).to_string(), called.to_string())
    };
    let first = ("0".to_owned(), frame.say("own-place-first").to_string());
    let all: Vec<_> = std::iter::once(first)
        .chain(others.iter().enumerate().map(after))
        .collect();
    let chosen = match typed_in(typed, "place") {
        "" => place.to_string(),
        chosen => chosen.to_owned(),
    };
    Choice::new("place", frame.say("own-place"), all, chosen)
}

fn filled(calendar: &Calendar) -> Typed {
    let about = &calendar.about;
    let mut typed = Typed::from([
        ("title".to_owned(), about.title.to_string()),
        ("description".to_owned(), about.description.to_string()),
        ("zone".to_owned(), about.zone.clone()),
        ("color".to_owned(), about.color.to_string()),
    ]);
    for minutes in about.reminders.minutes() {
        typed.insert(format!("{REMIND}{minutes}"), "on".to_owned());
    }
    if about.busy {
        typed.insert("busy".to_owned(), "on".to_owned());
    }
    typed
}

fn edit_page(
    frame: Frame,
    (held, sharing, others): (&Held, Sharing, Option<(Vec<String>, usize)>),
    typed: &Typed,
    mut faults: Faults,
) -> EditPage {
    let calendar = &held.calendar;
    EditPage {
        sharing,
        can_delete: held.is_own(),
        import: format!("/api/v1/calendars/{}/import", calendar.id),
        import_words: import_words(&frame),
        sheet: look::sheet(&[]),
        script: look::script(),
        action: format!("/calendar/own/{}", calendar.id),
        version: calendar.version,
        heading: calendar.about.title.to_string(),
        title: Field::text("title", frame.say("own-title"))
            .holding(typed_in(typed, "title"))
            .wrong(faults.remove("title"))
            .focused(),
        description: Area::new("description", frame.say("own-description"), 3)
            .holding(typed_in(typed, "description"))
            .wrong(faults.remove("description")),
        zone: Field::text("zone", frame.say("own-zone"))
            .holding(typed_in(typed, "zone"))
            .wrong(faults.remove("zone")),
        color: typed_in(typed, "color").to_owned(),
        busy: !typed_in(typed, "busy").is_empty(),
        reminders: reminding::of_calendar(&frame, &reminders(typed)),
        wrong_reminders: faults.remove("reminders"),
        place: others.map(|others| place(&frame, others, typed)),
        stale: false,
        frame,
    }
}

/// As JSON, for the script.
fn import_words(frame: &Frame) -> String {
    let own = ["uid-twice", "kind", "full"].map(|word| (word, frame.say_of("import-wrong", word)));
    let of_text = ical::Reason::WORDS.map(|word| (word, frame.say_about("ical", word, "{about}")));
    let said = own.into_iter().chain(of_text);
    let said = said.filter_map(|(word, said)| Some((word, serde_json::Value::from(said?))));
    serde_json::Value::from_iter(said).to_string()
}

pub async fn change(
    State(calendars): State<Calendars>,
    caller: Caller,
    frame: Frame,
    InPath(id): InPath<Id>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let person = caller.person()?.id;
    let frame = frame.over(&WORDS);
    let seen = Some(number(&typed, "version"));
    let (result, key) = if typed_in(&typed, "act") == "delete" {
        let owner = calendars.owner_of(person, id, Rights::Own).await?;
        (calendars.delete(owner, id, seen).await, "done-calendar-deleted")
    } else {
        let changed = match about(&typed) {
            Ok(change) => match calendars.manage(person, id, seen, change).await {
                Ok(held) => put_at(&calendars, &held, &typed).await,
                Err(why) => Err(why),
            },
            Err(reason) => Err(reason.into()),
        };
        (changed, "done-calendar-saved")
    };
    let (stale, faults) = match result {
        Ok(()) => return Ok(done("/calendar/own", key)),
        Err(Refused::Reason(Reason::Stale)) => (true, Faults::new()),
        Err(why) => (false, fault(&frame, why)?),
    };
    let page = page_of(&calendars, &caller, frame, id, (&typed, faults)).await?;
    Ok(refused(shown(&EditPage { stale, ..page })))
}

/// Puts a calendar where its owner wants it among the others.
async fn put_at(calendars: &Calendars, held: &Held, typed: &Typed) -> Result<(), Refused> {
    match typed_in(typed, "place").parse() {
        Ok(place) if held.is_own() => {
            calendars
                .put_at(held.calendar.owner, held.calendar.id, place)
                .await
        }
        _ => Ok(()),
    }
}

/// The minutes that are ticked.
fn reminders(typed: &Typed) -> Vec<u32> {
    let ticked = typed.keys().filter_map(|name| name.strip_prefix(REMIND));
    ticked.filter_map(|minutes| minutes.parse().ok()).collect()
}

fn about(typed: &Typed) -> Result<AboutChange, Reason> {
    let description = typed_in(typed, "description").replace("\r\n", "\n");
    let description = Text::new(&description, DESCRIPTION_CHARS_MAX);
    // What has no tick may be no field of the form either.
    let reminders = typed
        .contains_key("reminders")
        .then(|| Reminders::new(&reminders(typed)));
    let reminders = reminders
        .transpose()
        .map_err(|bad| Reason::field("reminders", bad))?;
    let zone = Zone::iana(typed_in(typed, "zone")).and_then(|zone| zone.id().map(str::to_owned));
    Ok(AboutChange {
        title: Some(title(typed)?),
        description: Some(description.map_err(|bad| Reason::field("description", bad))?),
        color: Some(color(typed)?),
        zone: Some(zone.ok_or_else(|| Reason::field("zone", "is none"))?),
        busy: Some(!typed_in(typed, "busy").is_empty()),
        position: None,
        extra: None,
        reminders,
    })
}

pub async fn restore(
    State(calendars): State<Calendars>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Response, Problem> {
    calendars.restore(caller.person()?.id, id).await?;
    Ok(done("/calendar/own", "done-calendar-restored"))
}
