# Letters and the pages about them.

letter-instant = { $day }, { $time } ({ $zone })
letter-stop = Stop these letters; all others still come

# Zones that people call by a name. Others are told as UTC+3.
zone-Europe-Kaliningrad = Kaliningrad time
zone-Europe-Moscow = Moscow time
zone-Europe-Samara = Samara time
zone-Asia-Yekaterinburg = Yekaterinburg time
zone-Asia-Omsk = Omsk time
zone-Asia-Novosibirsk = Novosibirsk time
zone-Asia-Krasnoyarsk = Krasnoyarsk time
zone-Asia-Irkutsk = Irkutsk time
zone-Asia-Yakutsk = Yakutsk time
zone-Asia-Vladivostok = Vladivostok time
zone-Asia-Magadan = Magadan time
zone-Asia-Kamchatka = Kamchatka time
zone-Europe-London = London time

# Stopping letters from a letter.
stop-title = Stop these letters?
stop-ask-of = You will get no more letters “{ $called }”.
stop-ask-any = You will get no more letters of this kind.
stop-others = All other letters still come.
stop-act = Stop them
stop-keep = Keep them
stop-done = They are stopped
stop-done-of = You get no more letters “{ $called }”.
stop-done-any = You get no more letters of this kind.
stop-again = Get them again

# One's own letters.
mine-title = Letters to you
mine-lead = What you asked for yourself, such as a new password, always reaches you.
mine-streams = These come by themselves
mine-none = Nothing comes to you by itself yet. What does will be listed here, and can be stopped one by one.
mine-save = Save
quiet-title = Quiet hours
quiet-lead = What can wait arrives after them, by the clock in your time zone. Leave both empty to get it at any hour.
quiet-from = From
quiet-until = Until
quiet-not-a-time = Enter both times, such as 22:00 and 07:00.
quiet-empty = The quiet hours must end at another time than they begin.
done-letters-saved = Saved

# What administrators see.
letters-title = Letters
letters-state = State
letters-kind = Kind
letters-provider = Provider
letters-day = Asked for on
letters-day-wrong = Enter a day, such as 2026-11-21.
letters-any = Any
letters-whom = To
letters-whom-wrong = Enter an e-mail address, or the id of a person.
letters-show = Show
letters-none = No letter was asked for yet. Letters appear here as soon as somebody is invited or asks for a new password.
letters-none-fits = No letter fits what you look for.
letters-all = Show all letters
letters-wrong = Nothing was looked for: correct what is marked above.
letters-person = A person of the house
letters-pages = Pages
letters-first = Newest
letters-next = Older
letter-state-waiting = waiting
letter-state-rendering = being written
letter-state-sending = being handed over
letter-state-handed-over = handed over
letter-state-delivered = delivered
letter-state-bounced = given back
letter-state-complained = called spam
letter-state-suppressed = not sent
letter-state-expired = too late
letter-state-parked = parked
letter-state-unsure = unsure
letter-state-withdrawn = taken back
letter-whom = To
letter-asked = Asked for
letter-wanted-until = Wanted until
letter-due = Next look
letter-attempts = Attempts
letter-message-id = Message-ID
letter-provider-name = At the provider
letter-parked = It cannot go on by itself. Mend what the last step says, then try again.
letter-unsure = Nobody can tell whether it was handed over. Decide what it is taken for.
letter-again = Send it again
letter-handed-over = Take it for handed over
letter-story = What happened
done-letter-decided = Done
providers-title = Providers
providers-lead = How they are, as this process knows them, since it began.
providers-until = until
providers-trouble = Last trouble,
providers-limits = Order { $order }, weight { $weight }, { $concurrency } at once, { $rate ->
    [0] no limit of rate
   *[other] at most { $rate } each second
  }
providers-counts = On their way { $out }, handed over { $handed }, refused { $refused }, unsure { $unsure }
breaker-closed = well
breaker-open = left alone
breaker-half-open = being tried
looks-title = How letters look
looks-lead = Each letter with sample data. Nothing is sent.
looks-language = Language
looks-light = Light
looks-day = Day
looks-night = Night
looks-reader = As your system says
looks-text = As plain text

# The mailbox of a demo.
mailbox-title = Mailbox
mailbox-lead = Every letter that went out, as its reader sees it. Only a demo has this page: nobody gets mail from it.
mailbox-none = Nothing went out yet.
mailbox-invite = Invite somebody
mailbox-trial = Send a letter on trial
mailbox-none-fits = Nothing went out to them.
mailbox-no-subject = Without a subject
mail-from = From
mail-files = Files beside it
mail-headers = Headers
mail-source = Download as a file

# The letter itself, beside its story.
letter-stopped = what does not go there
letter-itself = The letter itself
letter-would-be = As it would be written now. Links that only its reader may have are left out.
letter-not-kept = It is written when it is sent and not kept afterwards.
letter-in-mailbox = See it as its reader sees it
letter-nothing = Nothing would be written now:

# Letters on trial.
trial-title = Try them out
trial-lead = A letter that says nothing but that letters arrive, in the language of its reader.
trial-act = Send a letter on trial
trial-subject = A letter on trial from { $house }
trial-preview = Letters of { $house } arrive.
trial-body = Somebody wanted to know whether letters of { $house } arrive. This one did, and there is nothing to do about it.
trial-written = Written
trial-why = You get this letter because an administrator of { $house } tried out whether letters reach you.
done-trial-asked = It is asked for. Its story is told here; look again in a moment.

# Addresses that letters do not go to.
suppressions-title = Suppressions
suppressions-lead = Addresses that letters do not go to, and why. The list is asked right before each letter is handed over.
suppressions-address = E-mail
suppressions-address-wrong = Enter an e-mail address, such as anna@example.org.
suppressions-none = Every address gets its letters.
suppressions-none-fits = Nothing is stopped there: letters go to this address.
suppressions-add = Stop letters by hand
suppressions-add-act = Stop them
suppressions-scope = Which letters
suppressions-note = Why
suppressions-note-hint = For whoever asks later.
scope-everything = all letters
scope-bulk = letters that go to many
scope-stream = letters “{ $name }”
suppression-hard-bounce = There is no such mailbox
suppression-complaint = Its reader called a letter spam
suppression-unsubscribed = Its reader asked for no more
suppression-by-hand = By hand
suppression-soft-bounces = Too many letters came back
suppression-begun = Stopped
suppression-cleared = Cleared
suppression-clear = Let them go again
suppression-over = Nothing is stopped here any more: letters go to this address.
suppression-ask = Let letters go there again?
suppression-ask-all = All letters go to { $email } again.
suppression-ask-only = This goes to { $email } again: { $scope }.
stop-back = Cancel
done-suppressed = Letters do not go there any more
done-suppressed-before = That was stopped already: the first reason stays
done-suppression-cleared = Letters go there again
