//! Letters and providers over HTTP, for administrators.

use axum::extract::State;
use front::{
    Access, Body, Caller, Code, InPath, Listing, Paging, PagingIn, Problem, Query, Role, Routes, Who, routes,
};
use http::StatusCode;
use kernel::{Id, Moment, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Post, Refused, Settle};
use crate::book::{Difference, Sum};
use crate::letters::{Filter, Letter, Outsider, State as LetterState, Step};
use crate::providers::{LineStatus, is_name};
use crate::suppressions::Address;

const ADMIN: Access = Access::role(&[Role::on("admin", "house")]);
/// Days that the book is shown for when nobody says.
const BOOK_DAYS: u16 = 7;
const BOOK_DAYS_MAX: u16 = 92;
/// Letters on trial of one request: it is answered when all of them are on disk.
const TRIAL_LETTERS_MAX: u32 = 1_000;

impl Post {
    /// All routes of the post office, with their state.
    pub fn routes(&self) -> Routes {
        Routes::new("post")
            .api(ADMIN, routes!(list_letters))
            .api(ADMIN, routes!(try_out_letters))
            .api(ADMIN, routes!(get_letter))
            .api(ADMIN, routes!(retry_letter))
            .api(ADMIN, routes!(settle_letter))
            .api(ADMIN, routes!(list_providers))
            .api(ADMIN, routes!(get_plan))
            .api(ADMIN, routes!(get_book))
            .with_state(self.clone())
    }
}

/// A letter.
#[derive(Serialize, ToSchema)]
struct LetterOut {
    #[schema(format = "uuid")]
    id: String,
    /// `registry.invitation`; a number for a kind that this program does not know.
    kind: String,
    /// `waiting`, `sending`, `handed_over`, `delivered`, `bounced`, `complained`, `suppressed`, `expired`, `parked`,
    /// `unsure` or `withdrawn`.
    state: &'static str,
    /// The person it goes to. Absent for somebody outside the house.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    person: Option<String>,
    /// The address of somebody outside the house.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// As it stands in the letter, without brackets.
    message_id: String,
    #[schema(format = DateTime)]
    asked_at: String,
    #[schema(format = DateTime)]
    not_before: String,
    #[schema(format = DateTime)]
    wanted_until: String,
    /// When somebody looks at it next. Absent when nobody has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    due_at: Option<String>,
    attempts: u32,
    /// The last provider that was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// What the provider calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_name: Option<String>,
    /// Everything that happened to it, the first first.
    story: Vec<StepOut>,
}

/// A step of a letter's story.
#[derive(Serialize, ToSchema)]
struct StepOut {
    #[schema(format = DateTime)]
    at: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// Why, in the words of whoever said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

impl From<Step> for StepOut {
    fn from(step: Step) -> StepOut {
        StepOut {
            at: step.at.to_string(),
            state: step.state.name(),
            provider: said(step.provider),
            reason: said(step.reason),
        }
    }
}

fn letter_out(post: &Post, letter: Letter) -> LetterOut {
    LetterOut {
        id: letter.id.to_string(),
        kind: post.kind_name(letter.kind),
        state: letter.state.name(),
        person: letter.outside.is_none().then(|| letter.owner.to_string()),
        email: letter.outside.map(|outsider| outsider.email),
        message_id: post.message_id(letter.id),
        asked_at: letter.asked.to_string(),
        not_before: letter.not_before.to_string(),
        wanted_until: letter.wanted_until.to_string(),
        due_at: letter.due.map(|at| at.to_string()),
        attempts: letter.attempts,
        provider: said(letter.provider),
        provider_name: letter.provider_name,
        story: letter.story.into_iter().map(StepOut::from).collect(),
    }
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FilterIn {
    /// Only letters of this kind, such as `registry.invitation`.
    kind: Option<String>,
    /// Only letters in this state.
    state: Option<String>,
    /// Only letters that this provider was called for last.
    provider: Option<String>,
    /// Only letters to this person.
    #[param(format = "uuid")]
    person: Option<String>,
}

impl FilterIn {
    fn check(self, post: &Post) -> Result<Filter, Problem> {
        let bad = |field, message| Problem::new(Code::Malformed).field(field, "parameter", message);
        let kind = |name: String| {
            post.kind_named(&name)
                .map(|kind| kind.code)
                .ok_or_else(|| bad("kind", "is no kind of letters of this house"))
        };
        let state = |name: String| {
            name.parse::<LetterState>()
                .map_err(|_| bad("state", "is no state of a letter"))
        };
        let provider = |name: String| match is_name(&name) {
            true => Ok(name),
            false => Err(bad("provider", "is no name of a provider")),
        };
        let person = |id: String| id.parse::<Id>().map_err(|_| bad("person", "must be an id"));
        Ok(Filter {
            kind: self.kind.map(kind).transpose()?,
            state: self.state.map(state).transpose()?,
            provider: self.provider.map(provider).transpose()?,
            owners: self.person.map(person).transpose()?.into_iter().collect(),
            ..Filter::default()
        })
    }
}

/// Letters, the newest first
#[utoipa::path(get, path = "/api/v1/letters", operation_id = "list_letters", params(PagingIn, FilterIn),
    responses((status = OK, body = Listing<LetterOut>)))]
async fn list_letters(
    State(post): State<Post>,
    paging: Paging,
    Query(filter): Query<FilterIn>,
) -> Result<Listing<LetterOut>, Problem> {
    let filter = filter.check(&post)?;
    let page = post
        .letters(filter, paging.after.as_ref(), paging.size)
        .await
        .map_err(refused)?;
    Ok(Listing::of(page, |letter| letter_out(&post, letter)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrialIn {
    #[schema(max_length = 254, example = "anna@example.org")]
    email: String,
    /// How many. 1 when it is not given; more go to name+1@host, name+2@host and so on.
    #[schema(minimum = 1, maximum = 1000)]
    letters: Option<u32>,
}

/// Letters that were asked for on trial.
#[derive(Serialize, ToSchema)]
struct TrialOut {
    /// Their ids.
    letters: Vec<String>,
}

/// Asks for letters on trial, to find out whether letters arrive
#[utoipa::path(post, path = "/api/v1/letters/trial", operation_id = "try_out_letters", request_body = TrialIn,
    responses((status = CREATED, body = TrialOut)))]
async fn try_out_letters(
    State(post): State<Post>,
    Body(given): Body<TrialIn>,
) -> Result<(StatusCode, axum::Json<TrialOut>), Problem> {
    let letters = given.letters.unwrap_or(1);
    if !(1..=TRIAL_LETTERS_MAX).contains(&letters) {
        let what = format!("must be from 1 to {TRIAL_LETTERS_MAX}");
        return Err(Problem::invalid("letters", "bounds", what));
    }
    let address =
        Address::parse(&given.email).map_err(|bad| Problem::invalid("email", "email", bad.to_string()))?;
    let asked = post.try_out(&Outsider::at(address.as_str()), letters).await?;
    let letters = asked.into_iter().map(|id| id.to_string()).collect();
    Ok((StatusCode::CREATED, axum::Json(TrialOut { letters })))
}

/// One letter with its story
#[utoipa::path(get, path = "/api/v1/letters/{id}", operation_id = "get_letter",
    params(("id" = String, Path, format = "uuid", description = "The letter")),
    responses((status = OK, body = LetterOut)))]
async fn get_letter(State(post): State<Post>, InPath(id): InPath<Id>) -> Result<Body<LetterOut>, Problem> {
    let letter = post.letter(id).await.map_err(refused)?;
    Ok(Body(letter_out(&post, letter)))
}

/// Tries a parked letter again
#[utoipa::path(post, path = "/api/v1/letters/{id}/retry", operation_id = "retry_letter",
    params(("id" = String, Path, format = "uuid", description = "The letter")),
    responses((status = OK, body = LetterOut)))]
async fn retry_letter(
    State(post): State<Post>,
    caller: Caller,
    InPath(id): InPath<Id>,
) -> Result<Body<LetterOut>, Problem> {
    let letter = post.try_again(id, &by(&caller)).await.map_err(refused)?;
    Ok(Body(letter_out(&post, letter)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettleIn {
    how: SettleAs,
}

/// What is decided about a letter of which nobody knows whether it was handed over.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SettleAs {
    /// Take it for handed over.
    HandedOver,
    /// Send it, perhaps for the second time.
    SendAgain,
}

/// Settles a letter of which nobody knows whether it was handed over
#[utoipa::path(post, path = "/api/v1/letters/{id}/settle", operation_id = "settle_letter", request_body = SettleIn,
    params(("id" = String, Path, format = "uuid", description = "The letter")),
    responses((status = OK, body = LetterOut)))]
async fn settle_letter(
    State(post): State<Post>,
    caller: Caller,
    InPath(id): InPath<Id>,
    Body(given): Body<SettleIn>,
) -> Result<Body<LetterOut>, Problem> {
    let how = match given.how {
        SettleAs::HandedOver => Settle::HandedOver,
        SettleAs::SendAgain => Settle::SendAgain,
    };
    let letter = post.settle(id, how, &by(&caller)).await.map_err(refused)?;
    Ok(Body(letter_out(&post, letter)))
}

/// A provider, as the process that answers knows it.
#[derive(Serialize, ToSchema)]
struct ProviderOut {
    name: String,
    /// Lower ones are asked first.
    order: u32,
    /// Its share among those of the same order.
    weight: u32,
    /// Letters it may have in its hands at once, and how many it has.
    concurrency: u32,
    out: u32,
    /// 0: as fast as it takes them.
    rate_per_second: u32,
    /// Whether giving it a letter twice hands it over once.
    has_idempotency_keys: bool,
    /// `closed`: it is called. `open`: it is left alone. `half_open`: one letter finds out.
    breaker: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    open_until: Option<String>,
    /// Since this process began.
    handed_over: u64,
    refused: u64,
    unsure: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_trouble_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_trouble: Option<String>,
}

impl From<LineStatus> for ProviderOut {
    fn from(line: LineStatus) -> ProviderOut {
        let text = |at: Moment| at.to_string();
        let (last_trouble_at, last_trouble) = line.last_trouble.unzip();
        ProviderOut {
            name: line.name,
            order: line.order,
            weight: line.weight,
            concurrency: line.concurrency,
            out: line.out,
            rate_per_second: line.rate_per_second,
            has_idempotency_keys: line.has_idempotency_keys,
            breaker: line.breaker,
            open_until: line.open_until.map(text),
            handed_over: line.handed_over,
            refused: line.refused,
            unsure: line.unsure,
            last_trouble_at: last_trouble_at.map(text),
            last_trouble,
        }
    }
}

/// Providers, with their breakers
#[utoipa::path(get, path = "/api/v1/post/providers", operation_id = "list_post_providers",
    responses((status = OK, body = Listing<ProviderOut>)))]
async fn list_providers(State(post): State<Post>) -> Listing<ProviderOut> {
    let items = post.providers();
    Listing::of(Page { items, next: None }, ProviderOut::from)
}

/// The plan of this minute for what goes to many.
#[derive(Serialize, ToSchema)]
struct PlanOut {
    /// Letters that wait.
    waiting: u64,
    /// The lowest flat rate at which everybody's letter leaves inside its window.
    per_minute: u64,
    /// Why it cannot be lower. Absent when nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<ProofOut>,
    /// Letters whose window is over.
    too_late: u64,
}

/// So many letters have to leave between both instants, whatever the order.
#[derive(Serialize, ToSchema)]
struct ProofOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    until: String,
    letters: u64,
}

/// The plan of this minute for what goes to many, with its proof
#[utoipa::path(get, path = "/api/v1/post/plan", operation_id = "get_post_plan",
    responses((status = OK, body = PlanOut)))]
async fn get_plan(State(post): State<Post>) -> Result<Body<PlanOut>, Problem> {
    let (plan, waiting) = post.plan().await?;
    let at = |minute: i64| Moment::from_seconds(minute.saturating_mul(60)).to_string();
    Ok(Body(PlanOut {
        waiting,
        per_minute: plan.per_minute,
        proof: plan.proof.map(|proof| ProofOut {
            from: at(proof.from),
            until: at(proof.until),
            letters: proof.letters,
        }),
        too_late: plan.too_late,
    }))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BookIn {
    /// How many days, today included. 7 when it is not given.
    #[param(minimum = 1, maximum = 92)]
    days: Option<u16>,
}

/// The book of letters, and whether it agrees with the rows.
#[derive(Serialize, ToSchema)]
struct BookOut {
    /// Whether book and rows say the same. Anything else is a fault of ours.
    balances: bool,
    lines: Vec<LineOut>,
    differences: Vec<DifferenceOut>,
}

/// How many letters of a kind, asked for on a day, are in a state with a provider.
#[derive(Serialize, ToSchema)]
struct LineOut {
    /// The day of asking, UTC.
    #[schema(format = Date)]
    day: String,
    kind: String,
    /// `asked_for` counts all of them.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    letters: i64,
}

/// Where book and rows do not agree.
#[derive(Serialize, ToSchema)]
struct DifferenceOut {
    #[schema(format = Date)]
    day: String,
    kind: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    in_book: i64,
    in_rows: i64,
}

fn day(day: i64) -> String {
    let text = Moment::from_seconds(day.saturating_mul(24 * 3600)).to_string();
    text.chars().take(10).collect()
}

fn state(state: Option<LetterState>) -> &'static str {
    state.map_or("asked_for", LetterState::name)
}

/// What was asked for and what became of it, by day, kind and provider
#[utoipa::path(get, path = "/api/v1/post/book", operation_id = "get_post_book", params(BookIn),
    responses((status = OK, body = BookOut)))]
async fn get_book(State(post): State<Post>, Query(given): Query<BookIn>) -> Result<Body<BookOut>, Problem> {
    let days = given.days.unwrap_or(BOOK_DAYS);
    if !(1..=BOOK_DAYS_MAX).contains(&days) {
        let what = format!("must be from 1 to {BOOK_DAYS_MAX}");
        return Err(Problem::invalid("days", "bounds", what));
    }
    let (lines, differences) = (post.book(days).await?, post.audit(days).await?);
    let line = |sum: Sum| LineOut {
        day: day(sum.day),
        kind: post.kind_name(sum.kind),
        state: state(sum.state),
        provider: said(sum.provider),
        letters: sum.letters,
    };
    let difference = |one: Difference| DifferenceOut {
        day: day(one.day),
        kind: post.kind_name(one.kind),
        state: state(one.state),
        provider: said(one.provider),
        in_book: one.in_book,
        in_rows: one.in_rows,
    };
    Ok(Body(BookOut {
        balances: differences.is_empty(),
        lines: lines.into_iter().map(line).collect(),
        differences: differences.into_iter().map(difference).collect(),
    }))
}

/// Who acts, as a word of the story.
fn by(caller: &Caller) -> String {
    match &caller.who {
        Who::Person(person) => format!("person:{}", person.id),
        Who::Key(key) => format!("key:{}", key.id),
        Who::Nobody => "nobody".to_owned(),
    }
}

impl From<Refused> for Problem {
    fn from(why: Refused) -> Problem {
        refused(why)
    }
}

fn refused(why: Refused) -> Problem {
    match why {
        Refused::NotFound => Problem::not_found(),
        Refused::NotNow(_) => Problem::new(Code::Conflict).detail(format!("{why}.")),
        Refused::BadCursor(error) => front::bad_cursor(error),
        Refused::Store(error) => Problem::from(error),
    }
}
