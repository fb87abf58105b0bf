//! What owners let others do, what others offered, and links.

use std::collections::{BTreeMap, HashMap};

use front::{Listing, Problem};
use kernel::{Id, PersonId};
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::sharing_server::Sharing;

use super::{Speaker, caller, id, paging, words};
use crate::directory::{Listed, PublicName};
use crate::http::directory::{CalendarNameIn, PublicCalendarsIn};
use crate::http::managed_by;
use crate::http::sharing::{CalendarOfferIn, CalendarShareIn, Shared};
use crate::people::Card;
use crate::publishing::{Link, Shows};
use crate::sharing::groups::GroupShare;
use crate::sharing::{Held, Offer, Share};
use crate::types::Reason;

#[tonic::async_trait]
impl Sharing for Speaker {
    async fn list_shares(
        &self,
        request: Request<pb::ListSharesRequest>,
    ) -> Result<Response<pb::ListSharesResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let calendar = id(&request.get_ref().calendar)?;
        let all = self.0.shares(by, calendar).await.map_err(Problem::from)?;
        let groups = self.0.group_shares(by, calendar).await.map_err(Problem::from)?;
        let mut shares = self.shares_out(&all).await?;
        shares.extend(self.group_shares_out(&groups).await?);
        Ok(Response::new(pb::ListSharesResponse { shares }))
    }

    async fn share_calendar(
        &self,
        request: Request<pb::ShareCalendarRequest>,
    ) -> Result<Response<pb::Share>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let calendar = id(&given.calendar)?;
        let asked = CalendarShareIn {
            with: given.with,
            rights: words::must("rights", given.rights)?,
        };
        let told = match asked.share(&self.0, &by, calendar).await? {
            Shared::Person(share) => self.shares_out(&[share]).await?,
            Shared::Group(share) => self.group_shares_out(&[share]).await?,
        };
        let told = told.into_iter().next().ok_or_else(Problem::not_found)?;
        Ok(Response::new(told))
    }

    async fn end_share(
        &self,
        request: Request<pb::EndShareRequest>,
    ) -> Result<Response<pb::EndShareResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let asked = request.get_ref();
        let (calendar, with) = (id(&asked.calendar)?, id(&asked.with)?);
        let ended = self.0.unshare(by, calendar, with).await;
        ended.map_err(Problem::from)?;
        Ok(Response::new(pb::EndShareResponse {}))
    }

    async fn list_offers(
        &self,
        request: Request<pb::ListOffersRequest>,
    ) -> Result<Response<pb::ListOffersResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let all = self.0.offered(by).await.map_err(Problem::from)?;
        let offers = self.offers_out(&all).await?;
        Ok(Response::new(pb::ListOffersResponse { offers }))
    }

    async fn answer_offer(
        &self,
        request: Request<pb::AnswerOfferRequest>,
    ) -> Result<Response<pb::Offer>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let calendar = id(&given.calendar)?;
        let asked = CalendarOfferIn {
            reply: words::read("reply", given.reply)?,
            color: given.color,
        };
        let offer = asked.put(&self.0, &by, calendar).await?;
        let told = self.offers_out(&[offer]).await?.pop();
        Ok(Response::new(told.ok_or_else(Problem::not_found)?))
    }

    async fn get_link(&self, request: Request<pb::GetLinkRequest>) -> Result<Response<pb::Link>, Status> {
        let by = caller(&request)?;
        let calendar = id(&request.get_ref().calendar)?;
        let owner = managed_by(&self.0, &by, calendar).await?;
        let link = self.0.link(owner, calendar).await.map_err(Problem::from)?;
        let link = link.ok_or(Reason::NotPublished).map_err(Problem::from)?;
        Ok(Response::new(link_out(&link, owner)))
    }

    async fn publish_calendar(
        &self,
        request: Request<pb::PublishCalendarRequest>,
    ) -> Result<Response<pb::Link>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        let calendar = id(&asked.calendar)?;
        let shows: Shows = words::must("shows", asked.shows)?;
        let owner = managed_by(&self.0, &by, calendar).await?;
        let link = self.0.publish(owner, calendar, Some(shows), false).await;
        Ok(Response::new(link_out(&link.map_err(Problem::from)?, owner)))
    }

    async fn renew_link(&self, request: Request<pb::RenewLinkRequest>) -> Result<Response<pb::Link>, Status> {
        let by = caller(&request)?;
        let calendar = id(&request.get_ref().calendar)?;
        let owner = managed_by(&self.0, &by, calendar).await?;
        let link = self.0.publish(owner, calendar, None, true).await;
        Ok(Response::new(link_out(&link.map_err(Problem::from)?, owner)))
    }

    async fn withdraw_link(
        &self,
        request: Request<pb::WithdrawLinkRequest>,
    ) -> Result<Response<pb::WithdrawLinkResponse>, Status> {
        let by = caller(&request)?;
        let calendar = id(&request.get_ref().calendar)?;
        let owner = managed_by(&self.0, &by, calendar).await?;
        let withdrawn = self.0.withdraw(owner, calendar).await;
        withdrawn.map_err(Problem::from)?;
        Ok(Response::new(pb::WithdrawLinkResponse {}))
    }

    async fn make_public(
        &self,
        request: Request<pb::MakePublicRequest>,
    ) -> Result<Response<pb::Link>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let calendar = id(&given.calendar)?;
        let asked = CalendarNameIn { name: given.name };
        let (link, owner) = asked.give(&self.0, &by, calendar).await?;
        Ok(Response::new(link_out(&link, owner)))
    }

    async fn make_unlisted(
        &self,
        request: Request<pb::MakeUnlistedRequest>,
    ) -> Result<Response<pb::Link>, Status> {
        let by = caller(&request)?;
        let calendar = id(&request.get_ref().calendar)?;
        let owner = managed_by(&self.0, &by, calendar).await?;
        let link = self.0.make_unlisted(owner, calendar).await;
        Ok(Response::new(link_out(&link.map_err(Problem::from)?, owner)))
    }

    async fn list_public_calendars(
        &self,
        request: Request<pb::ListPublicCalendarsRequest>,
    ) -> Result<Response<pb::ListPublicCalendarsResponse>, Status> {
        let given = request.into_inner();
        let asked = PublicCalendarsIn { words: given.words };
        let paging = paging(&given.cursor, given.limit)?;
        let page = asked.listed(&self.0, &paging).await?;
        let listed = Listing::of(page, public_out);
        Ok(Response::new(pb::ListPublicCalendarsResponse {
            calendars: listed.items,
            next: listed.next.unwrap_or_default(),
        }))
    }

    async fn take_down_public_calendar(
        &self,
        request: Request<pb::TakeDownPublicCalendarRequest>,
    ) -> Result<Response<pb::TakeDownPublicCalendarResponse>, Status> {
        let name = PublicName::parse(&request.get_ref().name);
        let name = name.map_err(|_| Problem::not_found())?;
        self.0.take_down(&name).await.map_err(Problem::from)?;
        Ok(Response::new(pb::TakeDownPublicCalendarResponse {}))
    }
}

impl Speaker {
    async fn shares_out(&self, shares: &[Share]) -> Result<Vec<pb::Share>, Problem> {
        let people = shares.iter().map(|share| share.person);
        let mut cards = self.0.cards(people.collect()).await?;
        let told = shares.iter().map(|share| pb::Share {
            person: Some(share.person.to_string()),
            group: None,
            name: cards.remove(&share.person).map(|card| card.name),
            rights: words::tell(share.rights),
            reply: Some(words::tell(share.reply)),
            made_at_micros: share.made.as_micros(),
        });
        Ok(told.collect())
    }

    async fn group_shares_out(&self, shares: &[GroupShare]) -> Result<Vec<pb::Share>, Problem> {
        let groups: Vec<Id> = shares.iter().map(|share| share.group).collect();
        let mut names = self.0.group_names(&groups).await?;
        let told = shares.iter().map(|share| pb::Share {
            person: None,
            group: Some(share.group.to_string()),
            name: names.remove(&share.group),
            rights: words::tell(share.rights),
            reply: None,
            made_at_micros: share.made.as_micros(),
        });
        Ok(told.collect())
    }

    async fn offers_out(&self, offers: &[(Offer, Held)]) -> Result<Vec<pb::Offer>, Problem> {
        let owners = offers.iter().map(|(offer, _)| offer.held_by);
        let cards = self.0.cards(owners.collect()).await?;
        let names = self.0.names_of_groups(offers).await?;
        let told = offers.iter();
        Ok(told
            .map(|(offer, held)| offer_out((offer, held), &cards, &names))
            .collect())
    }
}

fn offer_out(
    (offer, held): (&Offer, &Held),
    cards: &HashMap<PersonId, Card>,
    names: &BTreeMap<Id, String>,
) -> pb::Offer {
    let about = &held.calendar.about;
    let group = |id: &Id| {
        let name = names.get(id)?.clone();
        let id = id.to_string();
        Some(pb::OfferGroup { id, name })
    };
    pb::Offer {
        calendar: offer.calendar.to_string(),
        title: about.title.to_string(),
        owner: offer.held_by.to_string(),
        owner_name: cards.get(&offer.held_by).map(|card| card.name.clone()),
        color: about.color.to_string(),
        rights: words::tell(held.rights),
        reply: words::tell(offer.reply),
        offered_at_micros: offer.offered.as_micros(),
        groups: held.groups.iter().filter_map(group).collect(),
    }
}

fn link_out(link: &Link, owner: PersonId) -> pb::Link {
    pb::Link {
        path: link.path(owner),
        page: link.page(owner),
        shows: words::tell(link.shows),
        made_at_micros: link.made.as_micros(),
        name: link.public.as_ref().map(ToString::to_string),
    }
}

fn public_out(listed: Listed) -> pb::PublicCalendar {
    let about = listed.calendar.about;
    pb::PublicCalendar {
        path: listed.name.path(),
        page: listed.name.page(),
        name: listed.name.to_string(),
        title: about.title.to_string(),
        description: about.description.to_string(),
        color: about.color.to_string(),
        zone: about.zone,
        shows: words::tell(listed.shows),
    }
}
