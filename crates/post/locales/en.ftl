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
