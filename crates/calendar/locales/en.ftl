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
rule-on-date = { $every } { $date }
rule-on-nth = { $every } { $nths }
rule-in-month = { $on } { $month }
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
nth-weekday = on the { $nth ->
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
month-of = { $month ->
    [1] of January
    [2] of February
    [3] of March
    [4] of April
    [5] of May
    [6] of June
    [7] of July
    [8] of August
    [9] of September
    [10] of October
    [11] of November
   *[12] of December
  }
day-month = on { $day } { $month ->
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
why-clock-twice = Clocks show this time twice that night: it takes place the first time.
why-clock-skips = Clocks skip this time that night: it takes place at { $at }.
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
daily-holidays = Public holiday: { $names }
daily-why = You get this letter because you asked for one each day that has something in your calendars.

# The pages.

calendar-title = Calendar
calendar-go = Time
calendar-views = View
calendar-zone = Times are those of { $zone }.
today = Today
earlier = Earlier
later = Later
view-day = Day
view-week = Week
view-month = Month
view-agenda = Agenda
undo = Undo
quick = Quick entry
quick-hint = Such as: tomorrow 15:00 dentist 30m; every Monday 10:00 rounds
quick-add = Add
search = Search
ticks-show = Show
more = { $count } more
agenda-empty = Nothing is planned for these thirty days.
search-empty = Nothing from the last month and the coming year says “{ $search }”.
whole-day = all day
untitled = (no title)
cancel = Cancel
weekday-short = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
  }
which-title = Which ones of the series?
which-this = This one
which-following = This and following
which-all = All
keys-button = Keys
keys-title = Keys
keys-views = Day, week, month, agenda
keys-events = The event before, the next event

event-new = New event
event-title = Title
event-whole = All day
event-starts = Starts
event-starts-at = At
event-ends = Ends
event-ends-at = Until
event-zone = Time zone
event-calendar = Calendar
event-place = Place
event-link = Link
event-description = Description
event-repeat = Repeats
event-rule = Rule (RFC 5545)
event-every = Every
event-unit = Of what
event-on = On
event-until = Last day
event-times = Or so many times
event-remind = Remind
event-remind-again = And again
event-guests = People
event-guests-hint = One in a line: anna@example.org, or Anna <anna@example.org>
event-else = People, link, time zone
event-free = I am free meanwhile
event-private = Private
event-create = Create
event-more = More
event-save = Save
event-duplicate = Duplicate
event-delete = Delete
event-history = Earlier versions
event-current = so it is
event-return = Put back
repeat-never = never
repeat-custom = every so many…
repeat-own = by a rule of its own
unit-days = days
unit-weeks = weeks
unit-months = months, on the same day
unit-months-nth = months, on the same weekday
unit-years = years
remind-never = not at all
remind-start = when it starts
remind-minutes = { $count ->
    [one] { $count } minute before
   *[other] { $count } minutes before
  }
remind-hours = { $count ->
    [one] { $count } hour before
   *[other] { $count } hours before
  }
remind-days = { $count ->
    [one] { $count } day before
   *[other] { $count } days before
  }
answer-needsaction = has not answered
answer-accepted = comes
answer-declined = does not come
answer-tentative = perhaps
answer-delegated = sends somebody else
answer-completed = done
answer-inprocess = in progress
both-title = Somebody changed this event meanwhile
both-advice = Nothing was saved yet. Below is what you typed; saving it now replaces what they wrote.
both-theirs = it is: { $value }
both-yours = you typed: { $value }

wrong-title = Give it a title.
wrong-link = Write an address such as https://example.org.
wrong-starts = Write a day and a time that exist. A series may need a new rule for this move: choose under Repeats.
wrong-ends = It must not end before it starts.
wrong-zone = Write a time zone such as Europe/Moscow.
wrong-recurrence = This cannot repeat so. Of a series, change all, or this and following; a rule looks like FREQ=MONTHLY;BYDAY=-1FR.
wrong-every = Write a number from 1 to 1000.
wrong-until = Write a day such as 2027-06-30.
wrong-times = Write a number from 1 to 10000.
wrong-ends-twice = Name the last day or a number of times, not both.
wrong-instance = This one cannot be separated from its series: change this one alone, or all.
wrong-calendar = Choose another calendar of the same owner.
wrong-which = Only this one can be changed here.
wrong-guests = Write one e-mail address in each line.
wrong-quick = Say what it is, and when: tomorrow 15:00 dentist.
wrong-no-calendar = There is no calendar that takes events: make one first.
wrong-source = Write an address that begins with https:// or webcal://, without a password in it.
wrong-followed = You follow this already.
wrong-color = Choose a colour.
wrong-description = Write at most 2,000 characters.

done-event-created = The event is in the calendar.
done-event-saved = The event is saved.
done-event-deleted = The event is deleted.
done-event-duplicated = There is one more of it.
done-event-moved = The event is moved.
done-event-not-moved = It was not moved: it is another one by now, or cannot go there. This is what it is.
done-event-returned = The event is as it was.
done-followed = You follow it from here on.
done-unfollowed = You follow it no longer.
done-fetching = It is asked for within seconds, or as soon as five minutes have passed since the last time.
done-calendar-created = The calendar is there.
done-calendar-saved = The calendar is saved.
done-calendar-deleted = The calendar is in the bin.
done-calendar-restored = The calendar is back, with all that is in it.

own-heading = Calendars
own-manage = Calendars…
own-none = You have no calendar. Make one below, or take one out of the bin.
own-back = To the calendar
own-new = A new calendar
own-title = Name
own-description = Description
own-color = Colour
own-zone = Time zone
own-busy = What is in it makes me busy
own-create = Create
own-delete = Put into the bin
own-delete-hint = For thirty days it can be taken out of the bin, with all that is in it.
own-bin = Bin
own-bin-hint = Deleted calendars are kept for thirty days.
own-restore = Take out
own-stale = Somebody changed this calendar meanwhile. Look at what you typed and save again.

# Calendars that are shared.
shared-subject = { $by } shares a calendar with you: { $title }
shared-lead = { $by } shares the calendar “{ $title }” with you.
shared-may-busy = You will see when its owner is busy.
shared-may-read = You will see what is in it, but for what is private.
shared-may-edit = You will see what is in it, and can change that.
shared-may-manage = You can change what is in it, and share it with others.
shared-look = Take it or not
shared-why = You get this letter because somebody shares a calendar with you.

busy = Busy
offers-heading = Shared with me
offers-new = New
offers-of = Of { $owner }.
offers-through = Through: { $groups }.
offers-take = Take
offers-refuse = No, thank you
offers-leave = Let go
done-offer-taken = The calendar is among yours.
done-offer-refused = The calendar is not among yours.
share-heading = Sharing
share-with = E-mail address
share-with-hint = Of somebody who signs in here. Others can be given the link.
share-rights = What they may do
share-button = Share
share-end = Stop sharing
share-end-of = Stop sharing with { $name }
share-group-heading = With a group
share-group = Group
share-group-button = Share with the group
share-may-busy = See when I am busy
share-may-read = See what is not private
share-may-edit = See and change everything in it
share-may-manage = Change it, and share it with others
share-reply-waiting = has not answered yet
share-reply-taken = has it among their own
share-reply-refused = does not show it
share-reply-group = everybody in the group answers for themselves
done-shared = The calendar is shared. They get a letter.
done-share-ended = The calendar is not shared with them any more.
wrong-with = This is nobody of this house, or yourself. Give others the link.
wrong-group = You are not in this group, or it is no more.
wrong-rights = Choose what they may do.
link-heading = Link
link-hint = Whoever has the link can look at the calendar, or subscribe to it with a calendar program, without signing in. What is private is told as “busy”, and nobody who takes part is named.
link-copy = Copy
link-copied = Copied
link-page = As a page:
link-programs = For calendar programs:
link-tells-all = The link shows what is in the calendar.
link-tells-busy = The link shows when you are busy, and nothing else.
link-only-busy = Show only when I am busy
link-all = Show what is in it
link-renew = Another link
link-withdraw = Withdraw the link
link-publish = Make a link
link-publish-busy = Make a link that shows only when I am busy
done-published = The link is there.
done-link-renewed = There is another link. The one of before leads nowhere.
done-link-withdrawn = The link leads nowhere any more.
import-heading = Bring in a file
import-hint = A file that another calendar program made (.ics). You see what is in it before anything is done, and nobody is invited by it.
import-file = File
import-new = New
import-changed = Newer than here
import-known = Here already
import-refused = Cannot be taken
import-do = Bring in
import-done = It is in the calendar.
import-wrong = The file could not be read.

answer-ask = You are invited. Will you come?
done-answer-yes = You come. Whoever invited you hears of it.
done-answer-maybe = Perhaps you come. Whoever invited you hears of it.
done-answer-no = You do not come. Whoever invited you hears of it.
answer-again = You can answer otherwise.
answer-for = Who is asked
answer-cancelled = This event was cancelled. There is nothing to answer.
answer-over = This event is over. There is nothing to answer.
follow-heading = Calendars that you follow
follow-none = You follow no calendar elsewhere, and no holidays.
follow-source = Address of a calendar (.ics)
follow-source-hint = As another calendar gives it out: https:// or webcal://
follow-add = Follow
follow-country = Public holidays
follow-add-country = Show the holidays
follow-built-in = Known here, without asking anybody
calendar-partial = Some of what you follow cannot be shown now. Look again in a while.
follow-away = It cannot be looked up now. Look again in a while.
follow-waiting = It is being asked for; look again in a moment.
follow-fresh = { $count ->
    [one] One entry
   *[other] { $count } entries
 }
follow-failing = It cannot be got since { $since }: { $why } What was got before is shown.
follow-fetched = Got: { $at }
follow-due = Next time: { $at }
follow-unread = { $count ->
    [one] One entry cannot be read:
   *[other] { $count } entries cannot be read, some of them because:
 }
follow-title-hint = Empty: as it calls itself
follow-daily = What it brings is in the letter about the day, if I asked for one
follow-fetch = Get it now
follow-end = Follow no longer
follow-from = From
follow-trouble-private = the address is on a private network, and those are not asked.
follow-trouble-name = nobody knows its machine. Check the address.
follow-trouble-unreachable = its machine does not answer.
follow-trouble-certificate = its machine cannot show that it is the one: nobody whom this house trusts vouches for its certificate.
follow-trouble-slow = the answer takes too long.
follow-trouble-large = it is too large.
follow-trouble-redirects = its machine leads nowhere.
follow-trouble-status = its machine refuses. Perhaps the address is a secret one that was renewed.
follow-trouble-gone = it is not there any more.
follow-trouble-page = the address is that of a web page. Look there for a link to the calendar itself.
follow-trouble-unreadable = what comes is no calendar that can be read.
follow-trouble-too-many = it has too many entries.
