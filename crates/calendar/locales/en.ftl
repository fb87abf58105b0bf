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
event-until = Until and with
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
repeat-own = by a rule of its own
remind-never = not
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
wrong-instance = This one cannot be separated from its series: change this one alone, or all.
wrong-which = Only this one can be changed here.
wrong-guests = Write one e-mail address in each line.
wrong-quick = Say what it is, and when: tomorrow 15:00 dentist.
wrong-no-calendar = There is no calendar that takes events: make one first.
wrong-color = Choose a colour.
wrong-description = Write at most 2,000 characters.

done-event-created = The event is in the calendar.
done-event-saved = The event is saved.
done-event-deleted = The event is deleted.
done-event-duplicated = There is one more of it.
done-event-moved = The event is moved.
done-event-not-moved = It was not moved: it is another one by now, or cannot go there. This is what it is.
done-event-returned = The event is as it was.
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
