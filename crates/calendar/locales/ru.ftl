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
rule-in-month = { $on } { $month }
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
month-of = { $month ->
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
why-clock-twice = Этой ночью часы показывают это время дважды: событие начинается в первый раз.
why-clock-skips = Этой ночью часы перескакивают через это время: событие начинается { $at }.
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
daily-holidays = Праздник: { $names }
daily-why = Вы получили это письмо, потому что попросили писать вам в дни, когда в календарях что-то есть.

# Страницы.

calendar-title = Календарь
calendar-go = Время
calendar-views = Вид
calendar-zone = Время показано для зоны { $zone }.
today = Сегодня
earlier = Раньше
later = Позже
view-day = День
view-week = Неделя
view-month = Месяц
view-agenda = Список
undo = Отменить
quick = Быстрый ввод
quick-hint = Например: завтра 15:00 зубной 30м; каждый понедельник 10:00 планёрка
quick-add = Добавить
search = Поиск
ticks-show = Показать
more = ещё { $count }
agenda-empty = На эти тридцать дней ничего не запланировано.
search-empty = За последний месяц и на год вперёд ничего не найдено: «{ $search }».
whole-day = весь день
untitled = (без названия)
cancel = Отмена
weekday-short = { $weekday ->
    [1] Пн
    [2] Вт
    [3] Ср
    [4] Чт
    [5] Пт
    [6] Сб
   *[7] Вс
  }
which-title = Какие из повторений?
which-this = Только это
which-following = Это и следующие
which-all = Все
keys-button = Клавиши
keys-title = Клавиши
keys-views = День, неделя, месяц, список
keys-events = Предыдущее и следующее событие

event-new = Новое событие
event-title = Название
event-whole = Весь день
event-starts = Начало
event-starts-at = Во сколько
event-ends = Конец
event-ends-at = До скольки
event-zone = Часовой пояс
event-calendar = Календарь
event-place = Место
event-link = Ссылка
event-description = Описание
event-repeat = Повторять
event-rule = Правило (RFC 5545)
event-every = Каждые
event-unit = Чего
event-on = По дням
event-until = Последний день
event-times = Или столько раз
event-remind = Напомнить
event-remind-again = И ещё раз
event-guests = Участники
event-guests-hint = По одному в строке: anna@example.org или Анна <anna@example.org>
event-else = Участники, ссылка, часовой пояс
event-free = В это время я свободен
event-private = Личное
event-create = Создать
event-more = Подробнее
event-save = Сохранить
event-duplicate = Дублировать
event-delete = Удалить
event-history = Прежние версии
event-current = сейчас
event-return = Вернуть
repeat-never = никогда
repeat-custom = раз в несколько…
repeat-own = по своему правилу
unit-days = дней
unit-weeks = недель
unit-months = месяцев, того же числа
unit-months-nth = месяцев, в тот же день недели
unit-years = лет
remind-never = не напоминать
remind-start = в начале
remind-minutes = { $count ->
    [one] за { $count } минуту
    [few] за { $count } минуты
   *[many] за { $count } минут
  }
remind-hours = { $count ->
    [one] за { $count } час
    [few] за { $count } часа
   *[many] за { $count } часов
  }
remind-days = { $count ->
    [one] за { $count } день
    [few] за { $count } дня
   *[many] за { $count } дней
  }
answer-needsaction = не ответил(а)
answer-accepted = придёт
answer-declined = не придёт
answer-tentative = возможно
answer-delegated = вместо себя — другой
answer-completed = сделано
answer-inprocess = в работе
both-title = Это событие тем временем изменили
both-advice = Пока ничего не сохранено. Ниже — то, что ввели вы; если сохранить сейчас, оно заменит написанное другими.
both-theirs = сейчас: { $value }
both-yours = у вас: { $value }

wrong-title = Дайте событию название.
wrong-link = Напишите адрес, например https://example.org.
wrong-starts = Укажите существующие день и время. Для такого переноса может понадобиться новое правило: выберите его в поле «Повторять».
wrong-ends = Событие не может закончиться раньше, чем началось.
wrong-zone = Напишите часовой пояс, например Europe/Moscow.
wrong-recurrence = Так повторять нельзя. Измените все события или это и следующие; правило выглядит так: FREQ=MONTHLY;BYDAY=-1FR.
wrong-every = Напишите число от 1 до 1000.
wrong-until = Напишите день, например 2027-06-30.
wrong-times = Напишите число от 1 до 10000.
wrong-ends-twice = Назовите или последний день, или число раз, но не то и другое.
wrong-instance = Это событие нельзя отделить от остальных: измените только его или все.
wrong-calendar = Выберите другой календарь того же владельца.
wrong-which = Здесь можно изменить только это событие.
wrong-guests = Напишите по одному адресу почты в строке.
wrong-quick = Напишите, что и когда: завтра 15:00 зубной.
wrong-no-calendar = Нет календаря для событий: сначала создайте его.
wrong-source = Напишите адрес, который начинается с https:// или webcal://, без пароля внутри.
wrong-followed = Вы уже следите за ним.
wrong-color = Выберите цвет.
wrong-description = Не больше 2000 знаков.

done-event-created = Событие в календаре.
done-event-saved = Событие сохранено.
done-event-deleted = Событие удалено.
done-event-duplicated = Теперь их на одно больше.
done-event-moved = Событие перенесено.
done-event-not-moved = Не перенесено: событие уже другое или туда его перенести нельзя. Вот какое оно.
done-event-returned = Событие снова такое, каким было.
done-followed = Теперь вы следите за ним.
done-unfollowed = Вы больше не следите за ним.
done-fetching = Его запросят через несколько секунд или как только пройдёт пять минут с прошлого раза.
done-calendar-created = Календарь создан.
done-calendar-saved = Календарь сохранён.
done-calendar-deleted = Календарь в корзине.
done-calendar-restored = Календарь возвращён вместе со всем, что в нём.

own-heading = Календари
own-manage = Календари…
own-none = У вас нет календарей. Создайте новый ниже или достаньте из корзины.
own-back = К календарю
own-new = Новый календарь
own-title = Название
own-description = Описание
own-color = Цвет
own-zone = Часовой пояс
own-busy = То, что в нём, делает меня занятым
own-create = Создать
own-delete = В корзину
own-delete-hint = Тридцать дней его можно достать из корзины вместе со всем, что в нём.
own-bin = Корзина
own-bin-hint = Удалённые календари хранятся тридцать дней.
own-restore = Достать
own-stale = Этот календарь тем временем изменили. Проверьте введённое и сохраните ещё раз.

# Общие календари.
shared-subject = { $by } открывает вам календарь: { $title }
shared-lead = { $by } открывает вам календарь «{ $title }».
shared-may-busy = Вы будете видеть, когда его владелец занят.
shared-may-read = Вы будете видеть всё, что в нём есть, кроме личного.
shared-may-edit = Вы сможете видеть и менять то, что в нём есть.
shared-may-manage = Вы сможете менять то, что в нём есть, и открывать его другим.
shared-look = Принять или отказаться
shared-why = Вы получили это письмо, потому что вам открыли календарь.

busy = Занято
offers-heading = Открытые мне
offers-new = Новый
offers-of = Владелец: { $owner }.
offers-through = Через: { $groups }.
offers-take = Принять
offers-refuse = Нет, спасибо
offers-leave = Убрать
done-offer-taken = Календарь теперь среди ваших.
done-offer-refused = Календаря нет среди ваших.
share-heading = Доступ
share-with = Адрес электронной почты
share-with-hint = Того, кто здесь входит. Остальным можно дать ссылку.
share-rights = Что будет можно
share-button = Открыть доступ
share-end = Закрыть доступ
share-end-of = Закрыть доступ: { $name }
share-group-heading = С группой
share-group = Группа
share-group-button = Открыть группе
share-may-busy = Видеть, когда я занят
share-may-read = Видеть всё, кроме личного
share-may-edit = Видеть и менять всё
share-may-manage = Менять и открывать другим
share-reply-waiting = ещё не ответили
share-reply-taken = календарь у себя
share-reply-refused = календарь не показывают
share-reply-group = каждый в группе отвечает за себя
done-shared = Доступ открыт, письмо уйдёт.
done-share-ended = Доступ закрыт.
wrong-with = Здесь такого человека нет, или это вы. Остальным дайте ссылку.
wrong-group = Вас нет в этой группе, или её больше нет.
wrong-rights = Выберите, что будет можно.
link-heading = Ссылка
link-hint = У кого есть ссылка, тот увидит календарь или подпишется на него в своей программе, не входя сюда. Личное видно как «занято», участники не называются.
link-copy = Скопировать
link-copied = Скопировано
link-page = Страница:
link-programs = Для программ календаря:
link-tells-all = По ссылке видно, что есть в календаре.
link-tells-busy = По ссылке видно только, когда вы заняты.
link-only-busy = Показывать только занятость
link-all = Показывать всё
link-renew = Другая ссылка
link-withdraw = Закрыть ссылку
link-publish = Сделать ссылку
link-publish-busy = Сделать ссылку только с занятостью
done-published = Ссылка готова.
done-link-renewed = Ссылка новая. Прежняя никуда не ведёт.
done-link-withdrawn = Ссылка больше никуда не ведёт.
import-heading = Взять из файла
import-hint = Файл из другой программы (.ics). Сначала видно, что в нём есть, и никого этим не приглашают.
import-file = Файл
import-new = Новые
import-changed = Новее, чем здесь
import-known = Уже есть
import-refused = Нельзя взять
import-do = Взять
import-done = Всё в календаре.
import-wrong = Файл не удалось прочесть.

answer-ask = Вас приглашают. Придёте?
done-answer-yes = Вы придёте. Организатор узнает об этом.
done-answer-maybe = Возможно, вы придёте. Организатор узнает об этом.
done-answer-no = Вы не придёте. Организатор узнает об этом.
answer-again = Ответ можно изменить.
answer-for = Кого спрашивают
answer-cancelled = Событие отменено, отвечать не нужно.
answer-over = Событие уже прошло, отвечать не нужно.
follow-heading = Календари, за которыми вы следите
follow-none = Вы не следите ни за чужими календарями, ни за праздниками.
follow-source = Адрес календаря (.ics)
follow-source-hint = Как его даёт другой календарь: https:// или webcal://
follow-add = Следить
follow-country = Государственные праздники
follow-add-country = Показывать праздники
follow-built-in = Известно здесь, ни у кого не спрашивая
calendar-partial = Часть того, за чем вы следите, сейчас показать нельзя. Загляните позже.
follow-away = Сейчас узнать о нём нельзя. Загляните позже.
follow-waiting = Его запрашивают; загляните через минуту.
follow-fresh = { $count ->
    [one] { $count } запись
    [few] { $count } записи
   *[many] { $count } записей
 }
follow-failing = Не удаётся получить с { $since }: { $why } Показано то, что было получено раньше.
follow-fetched = Получен: { $at }
follow-due = Следующий раз: { $at }
follow-unread = { $count ->
    [one] Не удалось прочитать { $count } запись:
    [few] Не удалось прочитать { $count } записи, в том числе:
   *[many] Не удалось прочитать { $count } записей, в том числе:
 }
follow-title-hint = Пусто: как он называет себя сам
follow-daily = То, что в нём, есть в письме о дне, если я просил такое письмо
follow-fetch = Получить сейчас
follow-end = Больше не следить
follow-from = Из календаря
follow-trouble-private = адрес в частной сети, а такие не запрашиваются.
follow-trouble-name = такой машины никто не знает. Проверьте адрес.
follow-trouble-unreachable = сервер не отвечает.
follow-trouble-certificate = его сервер не может доказать, что это он: за его сертификат не ручается никто, кому здесь доверяют.
follow-trouble-slow = ответ идёт слишком долго.
follow-trouble-large = он слишком велик.
follow-trouble-redirects = сервер ведёт в никуда.
follow-trouble-status = сервер отказывает. Возможно, это секретный адрес, который сменили.
follow-trouble-gone = его больше нет.
follow-trouble-page = это адрес веб-страницы. Поищите на ней ссылку на сам календарь.
follow-trouble-unreadable = приходит не календарь или его нельзя прочитать.
follow-trouble-too-many = в нём слишком много записей.
