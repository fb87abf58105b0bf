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
