# Письма и страницы о них.

letter-instant = { $day }, { $time } ({ $zone })
letter-stop = Не присылать таких писем; остальные будут приходить

# Пояса, у которых есть имя. О прочих говорится: UTC+3.
zone-Europe-Kaliningrad = калининградское время
zone-Europe-Moscow = московское время
zone-Europe-Samara = самарское время
zone-Asia-Yekaterinburg = екатеринбургское время
zone-Asia-Omsk = омское время
zone-Asia-Novosibirsk = новосибирское время
zone-Asia-Krasnoyarsk = красноярское время
zone-Asia-Irkutsk = иркутское время
zone-Asia-Yakutsk = якутское время
zone-Asia-Vladivostok = владивостокское время
zone-Asia-Magadan = магаданское время
zone-Asia-Kamchatka = камчатское время
zone-Europe-London = лондонское время
