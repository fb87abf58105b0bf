# How often something happens, in words.

rule-daily = { $interval ->
    [one] every day
   *[other] every { $interval } days
  }
rule-weekly = { $interval ->
    [one] every week
   *[other] every { $interval } weeks
  }
rule-monthly = { $interval ->
    [one] every month
   *[other] every { $interval } months
  }
rule-yearly = { $interval ->
    [one] every year
   *[other] every { $interval } years
  }
rule-hourly = { $interval ->
    [one] every hour
   *[other] every { $interval } hours
  }
rule-minutely = { $interval ->
    [one] every minute
   *[other] every { $interval } minutes
  }
rule-working-days = every working day
rule-on-weekdays = { $every } on { $weekdays }
rule-on-days = { $every } on day { $days }
rule-on-last-day = { $every } on the last day
rule-on-date = { $every } on { $date }
rule-on-nth = { $every } on { $nths }
rule-in-month = { $on } of { $month }
rule-times = { $count ->
    [one] { $rule }, once
   *[other] { $rule }, { $count } times
  }
rule-until = { $rule }, until { $date }
rule-as-written = by its own rule, { $rule }
list-and = { $first } and { $last }
on-weekday = { $weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
  }
nth-weekday = the { $nth ->
    [1] first
    [2] second
    [3] third
    [4] fourth
    [5] fifth
    [-2] second to last
   *[-1] last
  } { $weekday ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
  }
month-name = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
  }
day-month = { $day } { month-name }

# Why something happens at a time, or does not.

why-once = It happens once, at this time.
why-once-elsewhere = It happens once, at another time: { $at }.
why-start = The series starts with it.
why-rule = The rule gives it: { $rule }.
why-addition = It is a date of its own, beside the rule.
why-changed = It is there, and was changed for itself.
why-moved-here = It was moved here from { $at }.
why-moved-away = It was moved from here to { $at }.
why-excepted = It was taken out of the series.
why-excepted-rule = A rule of exceptions takes it out: { $rule }.
why-no-rule = The series has no rule, and no such date.
why-before-start = The series begins later.
why-after-count = The series ends after { $count } times, before it.
why-after-until = The series ends before it: until { $date }.
why-after-end = The series ends before it.
why-interval = It falls into a period that is left out: the rule comes { $rule }.
why-part = It does not fit { $part } of the rule { $rule }.
why-like-weekday = Its weekday is not that of the start of the series.
why-like-day = Its day is not that of the start of the series.
why-like-time = Its time is not that of the start of the series.
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
