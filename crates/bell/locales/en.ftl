# The operator's view of the bell: what is due, late and parked.

bell-title = Timers
bell-lead = What happens later: timers that wait, and what failed too often and waits for you. Mend the cause first, then try again.
bell-waiting = { $count ->
    [0] None waits
    [one] { $count } waits
   *[other] { $count } wait
  }
bell-late = { $count } late
bell-parked = { $count } parked
bell-first = the first at
bell-timers = Parked timers
bell-timers-none = No timer is parked.
bell-changes = Changes for other services
bell-changes-waiting = { $count ->
    [0] No change waits
    [one] { $count } change waits
   *[other] { $count } changes wait
  }
bell-changes-kept = No service here listens to changes; { $count ->
    [0] none is kept
    [one] { $count } is kept
   *[other] { $count } are kept
  } for those that will
bell-changes-none = No change is parked.
bell-owner = Of
bell-was-due = was due
bell-parked-at = parked
bell-attempts = { $count ->
    [one] { $count } attempt
   *[other] { $count } attempts
  }
bell-behind = { $count ->
    [one] { $count } more waits behind it
   *[other] { $count } more wait behind it
  }
bell-retry = Try again
done-retried = It is tried again.
