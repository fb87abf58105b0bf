//! What waits for an answer, what waits apart, and who may invite.

use front::Problem;
use front::frame::Tongue;
use kernel::Id;
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::invitations_server::Invitations;

use super::shapes::{days_out, span_out};
use super::{Speaker, caller, id, words};
use crate::agenda::Lasting;
use crate::http::events::{AnswerWord, tongue};
use crate::http::invitations::{called, invitation_out};
use crate::http::visitor;
use crate::invitations::Invited;
use crate::rules::inviting::Standing;

#[tonic::async_trait]
impl Invitations for Speaker {
    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Result<Response<pb::ListInvitationsResponse>, Status> {
        let by = caller(&request)?;
        let tongue = tongue(&by)?;
        let all = self.0.invitations(&visitor(&by)?).await.map_err(Problem::from)?;
        Ok(Response::new(pb::ListInvitationsResponse {
            invitations: all.iter().map(|one| invited_out(&tongue, one)).collect(),
        }))
    }

    async fn answer_invitation(
        &self,
        request: Request<pb::AnswerInvitationRequest>,
    ) -> Result<Response<pb::TakenInvitation>, Status> {
        let by = caller(&request)?.person()?.id;
        let given = request.get_ref();
        let answer = words::must::<AnswerWord>("answer", given.answer)?.answer();
        let place = self.0.answer_invitation(by, id(&given.id)?, answer).await;
        Ok(Response::new(taken_out(place.map_err(Problem::from)?)))
    }

    async fn let_in_invitation(
        &self,
        request: Request<pb::LetInInvitationRequest>,
    ) -> Result<Response<pb::TakenInvitation>, Status> {
        let by = caller(&request)?.person()?.id;
        let place = self.0.let_in(by, id(&request.get_ref().id)?).await;
        Ok(Response::new(taken_out(Some(place.map_err(Problem::from)?))))
    }

    async fn dismiss_invitation(
        &self,
        request: Request<pb::DismissInvitationRequest>,
    ) -> Result<Response<pb::DismissInvitationResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let dismissed = self.0.dismiss(by, id(&request.get_ref().id)?).await;
        dismissed.map_err(Problem::from)?;
        Ok(Response::new(pb::DismissInvitationResponse {}))
    }

    async fn block_inviter(
        &self,
        request: Request<pb::BlockInviterRequest>,
    ) -> Result<Response<pb::BlockInviterResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let blocked = self.0.block_inviter(by, id(&request.get_ref().id)?).await;
        blocked.map_err(Problem::from)?;
        Ok(Response::new(pb::BlockInviterResponse {}))
    }

    async fn list_organizers(
        &self,
        request: Request<pb::ListOrganizersRequest>,
    ) -> Result<Response<pb::ListOrganizersResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let all = self.0.organizers(by).await.map_err(Problem::from)?;
        let called = called(&self.0, &all).await?;
        let told = all
            .iter()
            .zip(called)
            .map(|(known, (organizer, name))| pb::Organizer {
                organizer,
                name,
                standing: words::tell(known.standing),
                since_micros: known.since.as_micros(),
            });
        Ok(Response::new(pb::ListOrganizersResponse {
            organizers: told.collect(),
        }))
    }

    async fn put_organizer(
        &self,
        request: Request<pb::PutOrganizerRequest>,
    ) -> Result<Response<pb::PutOrganizerResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let given = request.get_ref();
        let standing = words::must::<Standing>("standing", given.standing)?;
        let called = self.0.organizer_called(&given.organizer).await;
        let called = called.map_err(Problem::from)?;
        let put = self.0.set_standing(by, called, Some(standing)).await;
        put.map_err(Problem::from)?;
        Ok(Response::new(pb::PutOrganizerResponse {}))
    }

    async fn end_organizer(
        &self,
        request: Request<pb::EndOrganizerRequest>,
    ) -> Result<Response<pb::EndOrganizerResponse>, Status> {
        let by = caller(&request)?.person()?.id;
        let called = self.0.organizer_called(&request.get_ref().organizer).await;
        let called = called.map_err(Problem::from)?;
        let ended = self.0.set_standing(by, called, None).await;
        ended.map_err(Problem::from)?;
        Ok(Response::new(pb::EndOrganizerResponse {}))
    }
}

fn invited_out(tongue: &Tongue, invited: &Invited) -> pb::Invitation {
    use pb::invitation::When;
    let told = invitation_out(tongue, invited);
    pb::Invitation {
        id: told.id,
        calendar: told.calendar,
        by: told.by,
        address: told.address,
        title: told.title,
        place: told.place,
        when: invited.when.map(|when| match when {
            Lasting::Days { first, last } => When::Days(days_out(first, last)),
            Lasting::Time { starts, ends } => When::Span(span_out(starts, ends)),
        }),
        repeats: told.repeats,
        arrived_at_micros: invited.arrived.as_micros(),
    }
}

fn taken_out(place: Option<(Id, Id)>) -> pb::TakenInvitation {
    pb::TakenInvitation {
        calendar: place.map(|(calendar, _)| calendar.to_string()),
        event: place.map(|(_, event)| event.to_string()),
    }
}
