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
