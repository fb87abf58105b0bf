# Finding a time, and rooms.

times-heading = Find a time
times-lead = Say who is to come, and see when all of them are free.
times-people = Who comes, beside you
times-length = How long
times-minutes = { $count ->
    [60] an hour
    [90] an hour and a half
    [120] two hours
    [180] three hours
    [240] four hours
   *[other] { $count } minutes
  }
times-within = Within
times-days = { $count ->
    [7] a week
    [14] two weeks
    [31] a month
   *[other] { $count } days
  }
times-from = From this day on
times-hours-from = Not before
times-hours-to = Not after
times-weekends = At weekends, too
times-everyones = Between these hours by everybody's own clock
times-room = Room
times-no-room = no room
times-seats = { $count ->
    [one] for one
   *[other] for { $count }
  }
times-find = Find
times-again = Look again
times-none = There is no such time: look over more days or hours, or for less time.
times-missing = Busy then: { $people }
times-you = you
times-unknown = Nothing is known of when they are busy: { $people }
times-rooms = With a room:
times-lacks-room = No such room is free then.
rooms-heading = Rooms
rooms-lead = Invite a room like anybody else, by its address. It comes if it is free.
rooms-none = There are no rooms yet.
rooms-room = Room
rooms-thing = Thing
rooms-free = free for the next hour
rooms-taken = taken within the hour
rooms-invite = Invite
rooms-more = More rooms
rooms-new = A new room
rooms-with-hint = Of somebody in the registry who is to be a room. From then on they answer invitations by themselves.
rooms-sort = What it is
rooms-seats = Seats
rooms-make = Make it a room
rooms-end = No room any more
rooms-end-of = No room any more: { $name }
done-room-made = The room can be invited.
done-room-ended = It is no room any more, and answers nobody by itself.
wrong-minutes = Choose how long it takes.
wrong-to = Look over at most 62 days, and not into the past.
wrong-from = Write a day that exists.
wrong-hours = Write a time such as 09:00.
wrong-people = Write at most 500 addresses.
wrong-place = Write at most 200 characters.
wrong-seats = Write a number from 0 to 100,000.

# Invitations.

invitations-heading = Invitations
invitations-count = Invitations ({ $count })
invitations-none = Nothing waits for your answer.
invitations-by = From { $by }
invitations-apart = From people you do not know
invitations-apart-hint = None of this is in your calendar, and none of it reminds you. Whoever you let in, or answer with yes or maybe, you know from then on.
invitations-let-in = Let in
invitations-remove = Remove
invitations-block = Block the sender
invitations-who = Whose invitations you want
invitations-whose = They come into the calendar at once
invitations-whose-hint = You know whom you invited or answered, and with whom one of you shares a calendar. Everybody else waits here.
invitations-of-everybody = Of everybody
invitations-of-house = Of people of the house, and of those outside whom I know
invitations-of-known = Only of those whom I know
invitations-blocked = Blocked
invitations-unblock = Hear them again
done-let-in = It is in the calendar, and waits for your answer.
done-dismissed = The invitation is gone. Nobody hears of it.
done-blocked = You hear nothing more of them. They do not learn it.
done-unblocked = What they send from now on comes again.
done-whose-saved = Your choice is saved.

# The page of a published calendar.
public-busy = This calendar shows when its owner is busy, and nothing else.
public-zone = Show in this zone
public-heading = In your own calendar
public-hint = A calendar program that follows it stays up to date by itself.
public-follow = Follow it here
public-webcal = Follow it in my calendar program
public-file = As a file (.ics)

# Before people are written to.
tells-heading = These people hear of it
tells-save = { $count ->
    [one] Save and tell one person
   *[other] Save and tell { $count } people
}
tells-move = { $count ->
    [one] Move and tell one person
   *[other] Move and tell { $count } people
}
tells-delete = { $count ->
    [one] Delete and tell one person
   *[other] Delete and tell { $count } people
}
tells-what-invitation = Invitation
tells-what-change = Change
tells-what-cancellation = Cancellation
tells-what-answer = Answer
tells-by-house = in their calendar here
tells-by-mail = by mail
