//! What people follow.

use front::Problem;
use kernel::{Language, Moment};
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::subscriptions_server::Subscriptions;

use super::{Speaker, caller, id, read_as};
use crate::http::subscriptions::{SubscriptionChangeIn, SubscriptionIn};
use crate::http::visitor;
use crate::rules::holidays::COUNTRIES;
use crate::subscriptions::types::{Failing, Followed, HOLIDAYS, State};

#[tonic::async_trait]
impl Subscriptions for Speaker {
    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Result<Response<pb::ListSubscriptionsResponse>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let all = self
            .0
            .subscriptions_for_sure(visitor.id)
            .await
            .map_err(Problem::from)?;
        let told = all.iter().map(|one| subscription_out(one, visitor.language));
        Ok(Response::new(pb::ListSubscriptionsResponse {
            subscriptions: told.collect(),
        }))
    }

    async fn create_subscription(
        &self,
        request: Request<pb::CreateSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let given = request.into_inner();
        let asked = SubscriptionIn {
            source: given.source,
            title: given.title,
            color: given.color,
        };
        let made = asked.follow(&self.0, &visitor).await?;
        Ok(Response::new(subscription_out(&made, visitor.language)))
    }

    async fn get_subscription(
        &self,
        request: Request<pb::GetSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let found = self.0.subscription(visitor.id, id(&request.get_ref().id)?).await;
        let found = found.map_err(Problem::from)?;
        Ok(Response::new(subscription_out(&found, visitor.language)))
    }

    async fn change_subscription(
        &self,
        request: Request<pb::ChangeSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let given = request.into_inner();
        let read = read_as(given.version)?;
        let asked = SubscriptionChangeIn {
            title: given.title,
            color: given.color,
            daily: given.daily,
        };
        let changed = asked.put(&self.0, &visitor, id(&given.id)?, &read).await?;
        Ok(Response::new(subscription_out(&changed, visitor.language)))
    }

    async fn delete_subscription(
        &self,
        request: Request<pb::DeleteSubscriptionRequest>,
    ) -> Result<Response<pb::DeleteSubscriptionResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let ended = self.0.unsubscribe(by, id(&request.get_ref().id)?).await;
        ended.map_err(Problem::from)?;
        Ok(Response::new(pb::DeleteSubscriptionResponse {}))
    }

    async fn fetch_subscription(
        &self,
        request: Request<pb::FetchSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let found = self.0.fetch_anew(visitor.id, id(&request.get_ref().id)?).await;
        let found = found.map_err(Problem::from)?;
        Ok(Response::new(subscription_out(&found, visitor.language)))
    }

    async fn list_holiday_countries(
        &self,
        request: Request<pb::ListHolidayCountriesRequest>,
    ) -> Result<Response<pb::ListHolidayCountriesResponse>, Status> {
        let language = visitor(&caller(&request)?)?.language;
        let countries = COUNTRIES.iter().map(|country| pb::HolidayCountry {
            source: format!("{HOLIDAYS}{}", country.code),
            name: country.names.of(language).to_owned(),
        });
        Ok(Response::new(pb::ListHolidayCountriesResponse {
            countries: countries.collect(),
        }))
    }
}

fn subscription_out(followed: &Followed, language: Language) -> pb::Subscription {
    let subscription = &followed.subscription;
    let feed = followed.feed.as_ref();
    let got = feed.filter(|feed| feed.fetched.is_some());
    let state = match followed.state() {
        State::BuiltIn => pb::SubscriptionState::BuiltIn,
        State::Waiting => pb::SubscriptionState::Waiting,
        State::Fresh => pb::SubscriptionState::Fresh,
        State::Failing => pb::SubscriptionState::Failing,
    };
    pb::Subscription {
        id: subscription.id.to_string(),
        source: subscription.source.to_string(),
        title: followed.title(language),
        color: subscription.color.to_string(),
        version: subscription.version,
        state: state.into(),
        entries: got.map(|feed| feed.entries),
        unread: got.map(|feed| feed.unread),
        unread_why: got.map_or_else(Vec::new, |feed| {
            feed.unread_why.iter().map(|one| one.told(None)).collect()
        }),
        fetched_at_micros: feed.and_then(|feed| feed.fetched).map(Moment::as_micros),
        next_fetch_at_micros: feed.map(|feed| feed.due.as_micros()),
        failing: feed.and_then(|feed| feed.failing.as_ref()).map(failing_out),
        created_at_micros: subscription.created.as_micros(),
        daily: subscription.daily,
    }
}

fn failing_out(failing: &Failing) -> pb::SubscriptionFailing {
    pb::SubscriptionFailing {
        since_micros: failing.since.as_micros(),
        what: failing.trouble.what.as_str().to_owned(),
        why: failing.trouble.why.clone(),
    }
}
