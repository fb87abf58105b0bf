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

# Отказ от писем по ссылке из письма.
stop-title = Не присылать таких писем?
stop-ask-of = Письма «{ $called }» больше не будут приходить.
stop-ask-any = Такие письма больше не будут приходить.
stop-others = Остальные письма будут приходить по-прежнему.
stop-act = Не присылать
stop-keep = Оставить
stop-done = Больше не пришлём
stop-done-of = Письма «{ $called }» больше не приходят.
stop-done-any = Такие письма больше не приходят.
stop-again = Присылать снова

# Свои письма.
mine-title = Письма вам
mine-lead = То, о чём вы просили сами, например новый пароль, приходит всегда.
mine-streams = Приходят сами
mine-none = Сами по себе письма вам пока не приходят. Когда начнут, они появятся здесь, и от каждого вида можно будет отказаться.
mine-save = Сохранить
quiet-title = Тихие часы
quiet-lead = Что может подождать, придёт после них, по часам вашего пояса. Оставьте оба поля пустыми, чтобы получать письма в любое время.
quiet-from = С
quiet-until = До
quiet-not-a-time = Введите оба времени, например 22:00 и 07:00.
quiet-empty = Тихие часы должны кончаться не тогда, когда начинаются.
done-letters-saved = Сохранено
