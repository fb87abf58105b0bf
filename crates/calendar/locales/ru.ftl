# Письма календарей.

# Что читатель может остановить, каждое по отдельности.
stream-reminders = Напоминания
stream-reminders-about = Перед тем, как начнётся событие из ваших календарей.
stream-notices = Приглашения и ответы
stream-notices-about = Когда вас приглашают, меняют или отменяют событие или отвечают вам.
stream-daily = Календарь дня
stream-daily-about = Каждый день в выбранное вами время, если в календарях что-то есть.

letter-untitled = Событие без названия
letter-link = Открыть ссылку
fact-when = Когда
fact-where = Где
fact-organizer = Организатор
fact-guests = Участники
fact-calendar = Календарь

when-time = { $day }, { $from } ({ $zone })
when-hours = { $day }, { $from }–{ $to } ({ $zone })
when-long = { $day }, { $from } – { $last }, { $to } ({ $zone })
when-day = { $day }, весь день
when-days = { $first } – { $last }, целыми днями

# Как скоро это будет.
soon-begun = Событие уже началось.
soon-now = Событие начинается.
soon-minutes = { $count ->
    [one] Начало через { $count } минуту.
    [few] Начало через { $count } минуты.
   *[many] Начало через { $count } минут.
 }
soon-hours = { $count ->
    [one] Начало через { $count } час.
    [few] Начало через { $count } часа.
   *[many] Начало через { $count } часов.
 }
soon-today = Это сегодня.
soon-tomorrow = Это завтра.
soon-days = { $count ->
    [one] Это через { $count } день.
    [few] Это через { $count } дня.
   *[many] Это через { $count } дней.
 }

reminder-subject = Напоминание: { $title }
reminder-preview = { $soon } { $when }
reminder-why = Вы получили это письмо, потому что об этом событии напоминает ваш календарь.

# Что сделали другие.
invitation-subject = Приглашение: { $title }
invitation-lead = Вас приглашает { $by }.
change-subject = Изменено: { $title }
change-lead = Событие изменено. Организатор: { $by }.
cancellation-subject = Отменено: { $title }
cancellation-lead = Событие отменено. Организатор: { $by }.
answer-subject-yes = { $by } отвечает «да»: { $title }
answer-lead-yes = { $by }: участие подтверждено.
answer-subject-maybe = { $by } отвечает «возможно»: { $title }
answer-lead-maybe = { $by }: участие под вопросом.
answer-subject-no = { $by } отвечает «нет»: { $title }
answer-lead-no = { $by }: участия не будет.
notice-comment = Комментарий: { $comment }
notice-repeats = { $when }, с повторением
notice-guests = { $count ->
    [one] { $count } участник
    [few] { $count } участника
   *[many] { $count } участников
 }
notice-guests-more = { $count ->
    [one] { $named } и ещё { $count } участник
    [few] { $named } и ещё { $count } участника
   *[many] { $named } и ещё { $count } участников
 }
notice-why = Вы получили это письмо, потому что участвуете в этом событии или приглашены на него.
changed-title = Раньше событие называлось «{ $before }».
changed-when = Раньше было другое время: { $before }.
changed-place = Раньше было другое место: { $before }.
changed-place-new = Теперь указано место.
changed-description = Изменилось описание.
changed-guests = Изменился состав участников.
changed-recurrence = Изменилось повторение.
link-accept = Приду
link-maybe = Возможно, приду
link-decline = Не приду
link-open = Посмотреть событие

# Что принесёт день.
daily-subject = { $count ->
    [one] { $day }: { $count } событие
    [few] { $day }: { $count } события
   *[many] { $day }: { $count } событий
 }
daily-lead = { $count ->
    [one] В ваших календарях { $count } событие.
    [few] В ваших календарях { $count } события.
   *[many] В ваших календарях { $count } событий.
 }
daily-place = { $title }, { $place }
daily-all-day = Весь день: { $what }
daily-at = { $from } { $what }
daily-hours = { $from }–{ $to } { $what }
daily-from = С { $from }: { $what }
daily-until = До { $to }: { $what }
daily-more = { $count ->
    [one] и ещё { $count } событие
    [few] и ещё { $count } события
   *[many] и ещё { $count } событий
 }
daily-why = Вы получили это письмо, потому что попросили писать вам в дни, когда в календарях что-то есть.
