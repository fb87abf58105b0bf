# Forms and pages of their own.

remind-calendar = as the calendar says
remind-calendar-so = as the calendar says ({ $what })
remind-eve = the day before at nine
remind-own = at times of its own
remind-once = no other time
both-yes = yes
both-no = no
event-organizer = { $name } organizes this event.
event-organizer-hint = You can answer, be reminded in your own way, and delete it, which declines it.
task-done = Done
task-open = To be done again
task-is-done = done
times-as-typed = Back to the event, as it was typed
done-task-done = It is done.
done-task-open = It is to be done.
done-event-not-yours = It was not moved: somebody else organizes it.

settings-heading = Letters and invitations
settings-daily = The letter about the day
settings-daily-wanted = Write me each day what is in my calendars
settings-daily-at = At
settings-daily-hint = A day on which nothing is on brings no letter.
settings-reminders-hint = How long before an event you are reminded of it is said on the page of each calendar.
done-settings-saved = Your choice is saved.
wrong-daily_at = Write a time such as 07:00.
wrong-whose = Choose whose invitations you want.
own-reminders = Reminders
own-reminders-hint = Of events that say nothing else, by letter. Of whole days at nine on the day before, if anything is ticked.
own-place = Place in the list
own-place-first = first
own-place-after = after “{ $title }”
own-back-heading = What was
wrong-reminders = Choose at most five.
deleted-heading = Deleted events
deleted-lead = What was deleted from “{ $title }” in the last thirty days.
deleted-none = Nothing was deleted lately.
deleted-put-back-of = Put back: { $title }
deleted-back = Back
return-heading = Put the calendar back
return-lead = All of “{ $title }” as it was at an instant of the last 180 days. First you see what would change.
return-date = Day
return-time = Time
return-look = See what would change
return-what = To { $when }
return-nothing = Nothing: it is as it was then.
return-comes-back = comes back
return-changes = changes
return-goes = goes
return-more = { $count ->
    [one] And { $count } more event; whoever takes part in it hears of it too.
   *[other] And { $count } more events; whoever takes part in them hears of it too.
 }
return-left-out = { $count ->
    [one] One event of others changed since; it stays as they have it.
   *[other] { $count } events of others changed since; they stay as they have them.
}
return-do = Put back
wrong-at = Choose a day and a time of the last 180 days; the nearer, the less changes: 2,000 events at most.
done-calendar-returned = The calendar is as it was then.

holidays-of = Holidays: { $country }
holiday-instead = { $name } (day off instead)
first-calendar = My calendar

import-line = Line { $line }:
import-more = And more, as many as:
import-wrong-uid-twice = the file has it twice
import-wrong-kind = this calendar does not take entries of its kind
import-wrong-full = the calendar is full: begin another one

listed-heading = On the list of public calendars
listed-hint = Give it a name, and anybody may find it: on the list, by an address that can be read out, and with a search engine. The link stays as it is.
listed-as = It is public as
listed-name = Name in the address
listed-name-hint = Letters a to z, digits and hyphens, such as summer-concerts.
listed-list = Put it on the list
listed-rename = Change the name
listed-unlist = Take it off the list
wrong-public-name = Write 3 to 60 letters a to z, digits, and hyphens between them.
wrong-public-taken = Another calendar has this name.
done-listed = Anybody may find the calendar now.
done-unlisted = The calendar is not on the list any more. Its link stays.
public-list-heading = Public calendars
public-list-lead = What is on in the city. Look at a calendar here, or follow it in your own.
public-list-find = Public calendars of the city
public-list-words = Title
public-list-search = Search
public-list-none = Nobody has made a calendar public yet.
public-list-nothing = No public calendar is called so.
public-list-busy = free and busy only
public-list-more = More calendars
public-list-take-down = Take it off the list
public-list-take-down-of = Take { $title } off the list
done-taken-down = The calendar is not on the list any more.

ical-text-too-long = it is too long: leave out attachments, or split it
ical-line-too-long = a line of it is too long: link to attachments instead of putting them in
ical-too-many-properties = it has too many lines: split it
ical-too-many-components = it has too many parts: split it
ical-too-deep = its parts are nested too deep
ical-too-much-copied = what it says of all its events is too much: split it
ical-not-utf8 = it is not UTF-8: save it as UTF-8
ical-not-calendar = this is no calendar: the first line has to be BEGIN:VCALENDAR
ical-nothing-to-continue = the line begins with a space, and there is none before it that it continues
ical-no-property = { $about } is no property: a line is NAME:value
ical-open-quote = a quotation mark in { $about } is never closed
ical-value = the value of { $about } cannot be read
ical-not-closed = { $about } begins and has no end
ical-not-opened = { $about } ends and has no beginning
ical-outside = { $about } stands outside of the calendar
ical-second-calendar = there is more than one calendar in it
ical-version = it is of version { $about }: export it anew as iCalendar 2.0
ical-scale = its dates are not Gregorian: { $about }
ical-method = it is a message: METHOD has to be left out
ical-no-method = it is no message: METHOD is missing
ical-no-entry = there is no event or task in it
ical-unsupported = { $about } cannot be put into a calendar
ical-two-kinds = { $about } cannot be one thing
ical-no-uid = it has no UID
ical-uid-too-long = its UID is too long
ical-too-many-attendees = too many people are asked to it: { $about } are allowed
ical-two-uids = it has two UIDs: { $about }
ical-two-organizers = it has two organizers: { $about }
ical-two-masters = the series itself is there twice
ical-moved-twice = the instance of { $about } is there twice
ical-twice = { $about } is there twice
ical-missing = { $about } is missing
ical-together = { $about } cannot stand together
ical-different-kinds = { $about } have to be both days, or both times
ical-end-before-start = it ends before it starts
ical-negative-duration = it takes less than no time
ical-recurs = how it repeats cannot be read: { $about }
