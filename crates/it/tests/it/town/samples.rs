//! One call of each route that succeeds when its caller may: what the walk and the OpenAPI tests call, so that a new
//! route needs one entry here and nothing else.

mod access;
mod apart;
mod archive;
mod bell;
mod caldav;
mod calendars;
mod directory;
mod feedback;
mod groups;
mod invitations;
mod letters;
mod pages;
mod people;
mod post;
mod rooms;
mod segments;
mod sharing;
mod wires;

pub use self::apart::invitation;
pub use self::bell::parked_timer;
pub use self::post::a_parked_letter;

use std::pin::Pin;
use std::sync::OnceLock;

use front::RouteEntry;

use super::{Actor, Call, Role, Town};

/// What a sample is made from.
#[derive(Clone)]
pub struct Ctx {
    pub town: Town,
    /// Whose object the call is about: the caller, somebody else, or (with an id that nobody has and without a token)
    /// nobody.
    pub owner: Actor,
}

impl Ctx {
    /// Whether the object must be one that does not exist.
    pub fn unknown(&self) -> bool {
        self.owner.token.is_none()
    }
}

/// Who is shown an object that is not theirs, among those whom the gate lets in. Keys see what their scope says.
#[derive(Clone, Copy)]
pub enum Shows {
    /// There is no object, or it is the same for all.
    Everyone,
    /// Whoever may call may call about anybody.
    Whoever,
    /// Nobody but the owner: others are told that it does not exist.
    Owner,
    /// The owner and `served`. `forbidden` may know that it exists, others not even that.
    OwnerAnd {
        served: &'static [Role],
        forbidden: &'static [Role],
    },
}

type Making = Pin<Box<dyn Future<Output = Call> + Send>>;

pub struct Sample {
    method: &'static str,
    path: &'static str,
    pub shows: Shows,
    pub call: Box<dyn Fn(Ctx) -> Making + Send + Sync>,
}

pub fn of(route: &RouteEntry) -> Option<&'static Sample> {
    all()
        .iter()
        .find(|sample| sample.method == route.method.as_str() && sample.path == route.path)
}

/// Method and path of each sample.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    all().iter().map(|sample| (sample.method, sample.path))
}

fn all() -> &'static [Sample] {
    static ALL: OnceLock<Vec<Sample>> = OnceLock::new();
    ALL.get_or_init(|| {
        let parts = [
            people::samples(),
            access::samples(),
            archive::samples(),
            bell::samples(),
            caldav::samples(),
            calendars::samples(),
            directory::samples(),
            rooms::samples(),
            sharing::samples(),
            apart::samples(),
            groups::samples(),
            invitations::samples(),
            letters::samples(),
            pages::samples(),
            post::samples(),
            segments::samples(),
            feedback::samples(),
            wires::samples(),
        ];
        parts.into_iter().flatten().collect()
    })
}

fn sample<F>(
    method: &'static str,
    path: &'static str,
    shows: Shows,
    call: impl Fn(Ctx) -> F + Send + Sync + 'static,
) -> Sample
where
    F: Future<Output = Call> + Send + 'static,
{
    Sample {
        method,
        path,
        shows,
        call: Box::new(move |ctx| Box::pin(call(ctx))),
    }
}
