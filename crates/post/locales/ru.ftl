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

# Что видят администраторы.
letters-title = Письма
letters-state = Состояние
letters-kind = Вид
letters-provider = Провайдер
letters-day = Заказано в день
letters-day-wrong = Введите день, например 2026-11-21.
letters-any = Любое
letters-whom = Кому
letters-whom-wrong = Введите адрес электронной почты или id человека.
letters-show = Показать
letters-none = Писем ещё не заказывали. Они появятся, как только кого-нибудь пригласят или кто-нибудь попросит новый пароль.
letters-none-fits = Таких писем нет.
letters-all = Показать все письма
letters-wrong = Поиска не было: исправьте то, что отмечено выше.
letters-person = Человек из дома
letters-pages = Страницы
letters-first = Новые
letters-next = Старее
letter-state-waiting = ждёт
letter-state-rendering = пишется
letter-state-sending = передаётся
letter-state-handed-over = передано
letter-state-delivered = доставлено
letter-state-bounced = возвращено
letter-state-complained = названо спамом
letter-state-suppressed = не отправлено
letter-state-expired = опоздало
letter-state-parked = отложено
letter-state-unsure = неизвестно
letter-state-withdrawn = отозвано
letter-whom = Кому
letter-asked = Заказано
letter-wanted-until = Нужно до
letter-due = Следующий шаг
letter-attempts = Попыток
letter-message-id = Номер (Message-ID)
letter-provider-name = У провайдера
letter-parked = Дальше оно само не пойдёт. Исправьте то, о чём говорит последний шаг, и отправьте снова.
letter-unsure = Неизвестно, передано ли оно. Решите, чем его считать.
letter-again = Отправить снова
letter-handed-over = Считать переданным
letter-story = Что с ним было
done-letter-decided = Сделано
providers-title = Провайдеры
providers-lead = Как они работают, насколько знает этот процесс с его запуска.
providers-until = до
providers-trouble = Последний сбой,
providers-limits = Очередь { $order }, вес { $weight }, одновременно { $concurrency }, { $rate ->
    [0] скорость не ограничена
   *[other] в секунду не больше { $rate }
  }
providers-counts = В пути { $out }, передано { $handed }, отказов { $refused }, неизвестно { $unsure }
breaker-closed = работает
breaker-open = на паузе
breaker-half-open = проверяется
looks-title = Как выглядят письма
looks-lead = Каждое письмо с примерными данными. Ничего не отправляется.
looks-language = Язык
looks-light = Свет
looks-day = День
looks-night = Ночь
looks-reader = Как в вашей системе
looks-text = Простым текстом

# Почтовый ящик пробного города.
mailbox-title = Почта
mailbox-lead = Все письма, которые ушли, какими их видят получатели. Эта страница есть только в пробном городе: почту из него никто не получает.
mailbox-none = Пока ничего не ушло.
mailbox-invite = Пригласить кого-нибудь
mailbox-trial = Послать пробное письмо
mailbox-none-fits = Им ничего не уходило.
mailbox-no-subject = Без темы
mail-from = От кого
mail-files = Файлы при нём
mail-headers = Заголовки
mail-source = Скачать файлом

# Само письмо, рядом с его историей.
letter-stopped = что туда не уходит
letter-itself = Само письмо
letter-would-be = Каким его написали бы сейчас. Ссылок, которые может видеть только получатель, здесь нет.
letter-not-kept = Его пишут перед отправкой и потом не хранят.
letter-in-mailbox = Посмотреть, каким его видит получатель
letter-nothing = Сейчас ничего бы не написали:

# Пробные письма.
trial-title = Проверить
trial-lead = Письмо, которое говорит только о том, что письма доходят, на языке получателя.
trial-act = Послать пробное письмо
trial-subject = Пробное письмо: { $house }
trial-preview = Письма доходят: { $house }.
trial-body = Кто-то проверял, доходят ли письма ({ $house }). Это дошло, и делать с ним ничего не надо.
trial-written = Написано
trial-why = Это письмо пришло, потому что администратор ({ $house }) проверял, доходят ли до вас письма.
done-trial-asked = Письмо заказано. Что с ним было, видно здесь; загляните через минуту ещё раз.

# Адреса, на которые письма не уходят.
suppressions-title = Запреты
suppressions-lead = Адреса, на которые письма не уходят, и почему. Со списком сверяются перед отправкой каждого письма.
suppressions-address = Почта
suppressions-address-wrong = Введите адрес электронной почты, например anna@example.org.
suppressions-none = Письма уходят на все адреса.
suppressions-none-fits = Здесь ничего не запрещено: письма на этот адрес уходят.
suppressions-add = Запретить вручную
suppressions-add-act = Запретить
suppressions-scope = Какие письма
suppressions-note = Почему
suppressions-note-hint = Для того, кто спросит потом.
scope-everything = все письма
scope-bulk = рассылки
scope-stream = письма «{ $name }»
suppression-hard-bounce = Такого ящика нет
suppression-complaint = Получатель назвал письмо спамом
suppression-unsubscribed = Получатель отказался
suppression-by-hand = Вручную
suppression-soft-bounces = Слишком много писем вернулось
suppression-begun = Запрещено
suppression-cleared = Разрешено
suppression-clear = Разрешить снова
suppression-over = Здесь больше ничего не запрещено: письма на этот адрес уходят.
suppression-ask = Разрешить письма на этот адрес?
suppression-ask-all = Все письма снова будут уходить на { $email }.
suppression-ask-only = На { $email } снова будет уходить вот это: { $scope }.
stop-back = Отмена
done-suppressed = Письма туда больше не уходят
done-suppressed-before = Это уже было запрещено: остаётся первая причина
done-suppression-cleared = Письма туда снова уходят
