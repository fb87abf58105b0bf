# Как часто что-то происходит, словами.

rule-daily = { $interval ->
    [1] каждый день
    [one] каждый { $interval } день
    [few] каждые { $interval } дня
   *[many] каждые { $interval } дней
  }
rule-weekly = { $interval ->
    [1] каждую неделю
    [one] каждую { $interval } неделю
    [few] каждые { $interval } недели
   *[many] каждые { $interval } недель
  }
rule-monthly = { $interval ->
    [1] каждый месяц
    [one] каждый { $interval } месяц
    [few] каждые { $interval } месяца
   *[many] каждые { $interval } месяцев
  }
rule-yearly = { $interval ->
    [1] каждый год
    [one] каждый { $interval } год
    [few] каждые { $interval } года
   *[many] каждые { $interval } лет
  }
rule-hourly = { $interval ->
    [1] каждый час
    [one] каждый { $interval } час
    [few] каждые { $interval } часа
   *[many] каждые { $interval } часов
  }
rule-minutely = { $interval ->
    [1] каждую минуту
    [one] каждую { $interval } минуту
    [few] каждые { $interval } минуты
   *[many] каждые { $interval } минут
  }
rule-working-days = по будням
rule-on-weekdays = { $every } по { $weekdays }
rule-on-days = { $every }, число: { $days }
rule-on-last-day = { $every } в последний день
rule-on-date = { $every } { $date }
rule-on-nth = { $every } { $nths }
rule-in-month = { $on }, { $month }
rule-times = { $count ->
    [one] { $rule }, { $count } раз
    [few] { $rule }, { $count } раза
   *[many] { $rule }, { $count } раз
  }
rule-until = { $rule }, до { $date }
rule-as-written = по своему правилу, { $rule }
list-and = { $first } и { $last }
on-weekday = { $weekday ->
    [1] понедельникам
    [2] вторникам
    [3] средам
    [4] четвергам
    [5] пятницам
    [6] субботам
   *[7] воскресеньям
  }
nth-weekday = { $weekday ->
    [1] { $nth ->
        [1] в первый
        [2] во второй
        [3] в третий
        [4] в четвёртый
        [5] в пятый
        [-2] в предпоследний
       *[-1] в последний
      } понедельник
    [2] { $nth ->
        [1] в первый
        [2] во второй
        [3] в третий
        [4] в четвёртый
        [5] в пятый
        [-2] в предпоследний
       *[-1] в последний
      } вторник
    [3] { $nth ->
        [1] в первую
        [2] во вторую
        [3] в третью
        [4] в четвёртую
        [5] в пятую
        [-2] в предпоследнюю
       *[-1] в последнюю
      } среду
    [4] { $nth ->
        [1] в первый
        [2] во второй
        [3] в третий
        [4] в четвёртый
        [5] в пятый
        [-2] в предпоследний
       *[-1] в последний
      } четверг
    [5] { $nth ->
        [1] в первую
        [2] во вторую
        [3] в третью
        [4] в четвёртую
        [5] в пятую
        [-2] в предпоследнюю
       *[-1] в последнюю
      } пятницу
    [6] { $nth ->
        [1] в первую
        [2] во вторую
        [3] в третью
        [4] в четвёртую
        [5] в пятую
        [-2] в предпоследнюю
       *[-1] в последнюю
      } субботу
   *[7] { $nth ->
        [1] в первое
        [2] во второе
        [3] в третье
        [4] в четвёртое
        [5] в пятое
        [-2] в предпоследнее
       *[-1] в последнее
      } воскресенье
  }
month-name = { $month ->
    [1] январь
    [2] февраль
    [3] март
    [4] апрель
    [5] май
    [6] июнь
    [7] июль
    [8] август
    [9] сентябрь
    [10] октябрь
    [11] ноябрь
   *[12] декабрь
  }
day-month = { $day } { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[12] декабря
  }

# Почему что-то происходит в это время или не происходит.

why-once = Происходит один раз, в это время.
why-once-elsewhere = Происходит один раз, в другое время: { $at }.
why-start = С этого начинается повторение.
why-rule = По правилу: { $rule }.
why-addition = Отдельная дата, помимо правила.
why-changed = Есть и изменено отдельно от остальных.
why-moved-here = Перенесено сюда с { $at }.
why-moved-away = Перенесено отсюда на { $at }.
why-excepted = Исключено из повторения.
why-excepted-rule = Исключает правило исключений: { $rule }.
why-no-rule = Правила нет, и такой даты тоже.
why-before-start = Повторение начинается позже.
why-after-count = Повторение заканчивается раньше: число повторов — { $count }.
why-after-until = Повторение заканчивается раньше: до { $date }.
why-after-end = Повторение заканчивается раньше.
why-interval = Попадает в пропускаемый промежуток: правило — { $rule }.
why-part = Не подходит под { $part } правила { $rule }.
why-like-weekday = День недели не тот, с которого началось повторение.
why-like-day = День не тот, с которого началось повторение.
why-like-time = Время не то, с которого началось повторение.
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
