# Letters of calendars.

# What a reader can stop, each for itself.
stream-reminders = Reminders
stream-reminders-about = Before what is in your calendars begins.
stream-notices = Invitations and answers
stream-notices-about = When somebody invites you, changes or cancels an event, or answers you.
stream-daily = The day’s calendar
stream-daily-about = Each day at the time you chose, if there is something in your calendars.

letter-untitled = Untitled event
letter-link = Open the link
fact-when = When
fact-where = Where
fact-organizer = Organizer
fact-guests = Guests
fact-calendar = Calendar

when-time = { $day }, { $from } ({ $zone })
when-hours = { $day }, { $from }–{ $to } ({ $zone })
when-long = { $day }, { $from } – { $last }, { $to } ({ $zone })
when-day = { $day }, all day
when-days = { $first } – { $last }, all day

# How soon it is.
soon-begun = It has begun.
soon-now = It begins now.
soon-minutes = { $count ->
    [one] It begins in { $count } minute.
   *[other] It begins in { $count } minutes.
 }
soon-hours = { $count ->
    [one] It begins in { $count } hour.
   *[other] It begins in { $count } hours.
 }
soon-today = It is today.
soon-tomorrow = It is tomorrow.
soon-days = { $count ->
    [one] It is in { $count } day.
   *[other] It is in { $count } days.
 }

reminder-subject = Reminder: { $title }
reminder-preview = { $soon } { $when }
reminder-why = You get this letter because your calendar reminds you of this event.

# What others did.
invitation-subject = Invitation: { $title }
invitation-lead = { $by } invites you.
change-subject = Changed: { $title }
change-lead = { $by } changed this event.
cancellation-subject = Cancelled: { $title }
cancellation-lead = { $by } cancelled this event.
answer-subject-yes = { $by } comes: { $title }
answer-lead-yes = { $by } comes.
answer-subject-maybe = { $by } may come: { $title }
answer-lead-maybe = { $by } may come and does not know yet.
answer-subject-no = { $by } does not come: { $title }
answer-lead-no = { $by } does not come.
notice-comment = They write: { $comment }
notice-repeats = { $when }, and again
notice-guests = { $count ->
    [one] { $count } guest
   *[other] { $count } guests
 }
notice-guests-more = { $count ->
    [one] { $named } and { $count } more
   *[other] { $named } and { $count } more
 }
notice-why = You get this letter because you take part in this event or are invited to it.
changed-title = It was called “{ $before }”.
changed-when = It was at another time: { $before }.
changed-place = It was at another place: { $before }.
changed-place-new = It has a place now.
changed-description = Its description is another one.
changed-guests = Other people take part.
changed-recurrence = It comes again at other times.
link-accept = I come
link-maybe = I may come
link-decline = I do not come
link-open = See the event

# What a day brings.
daily-subject = { $count ->
    [one] { $day }: { $count } event
   *[other] { $day }: { $count } events
 }
daily-lead = { $count ->
    [one] There is { $count } event in your calendars.
   *[other] There are { $count } events in your calendars.
 }
daily-place = { $title }, { $place }
daily-all-day = All day: { $what }
daily-at = { $from } { $what }
daily-hours = { $from }–{ $to } { $what }
daily-from = From { $from }: { $what }
daily-until = Until { $to }: { $what }
daily-more = { $count ->
    [one] and { $count } more
   *[other] and { $count } more
 }
daily-why = You get this letter because you asked for one each day that has something in your calendars.
