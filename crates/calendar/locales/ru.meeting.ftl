# Поиск времени и переговорные.

times-heading = Найти время
times-lead = Напишите, кто участвует, и увидите, когда все свободны.
times-people = Кто участвует, кроме вас
times-length = Сколько длится
times-minutes = { $count ->
    [60] час
    [90] полтора часа
    [120] два часа
    [180] три часа
    [240] четыре часа
    [one] { $count } минута
    [few] { $count } минуты
   *[many] { $count } минут
  }
times-within = В течение
times-days = { $count ->
    [7] недели
    [14] двух недель
    [31] месяца
    [one] { $count } дня
    [few] { $count } дней
   *[many] { $count } дней
  }
times-from = Начиная с этого дня
times-hours-from = Не раньше
times-hours-to = Не позже
times-weekends = Выходные тоже подходят
times-everyones = В эти часы у каждого по его собственным часам
times-room = Переговорная
times-no-room = не нужна
times-seats = { $count ->
    [one] на { $count } человека
    [few] на { $count } человек
   *[many] на { $count } человек
  }
times-find = Найти
times-again = Искать снова
times-none = Такого времени нет: возьмите больше дней или часов или меньшую длительность.
times-missing = В это время заняты: { $people }
times-you = вы
times-unknown = Неизвестно, когда они заняты: { $people }
times-rooms = С переговорной:
times-lacks-room = В это время такая переговорная не свободна.
rooms-heading = Переговорные
rooms-lead = Переговорную приглашают как человека, по её адресу. Она соглашается, если свободна.
rooms-none = Переговорных пока нет.
rooms-room = Переговорная
rooms-thing = Вещь
rooms-free = свободна ближайший час
rooms-taken = занята в ближайший час
rooms-invite = Пригласить
rooms-more = Ещё переговорные
rooms-new = Новая переговорная
rooms-with-hint = Того, кто есть в реестре и должен стать переговорной. С этого времени на приглашения он отвечает сам.
rooms-sort = Что это
rooms-seats = Мест
rooms-make = Сделать переговорной
rooms-end = Больше не переговорная
rooms-end-of = Больше не переговорная: { $name }
done-room-made = Переговорную можно приглашать.
done-room-ended = Это больше не переговорная, сама она никому не отвечает.
wrong-minutes = Выберите, сколько это длится.
wrong-to = Не больше 62 дней и не в прошлое.
wrong-from = Напишите существующий день.
wrong-hours = Напишите время, например 09:00.
wrong-people = Не больше 500 адресов.
wrong-place = Не больше 200 знаков.
wrong-seats = Напишите число от 0 до 100 000.

# Приглашения.

invitations-heading = Приглашения
invitations-count = Приглашения ({ $count })
invitations-none = Ничто не ждёт вашего ответа.
invitations-by = Приглашает { $by }
invitations-apart = От тех, кого вы не знаете
invitations-apart-hint = Этого нет в вашем календаре, и напоминаний не будет. Кого вы впустите или кому ответите «да» или «возможно», того вы с этих пор знаете.
invitations-let-in = Впустить
invitations-remove = Убрать
invitations-block = Заблокировать отправителя
invitations-who = Чьи приглашения вам нужны
invitations-whose = Сразу попадают в календарь
invitations-whose-hint = Вы знаете тех, кого приглашали, кому отвечали и с кем кто-то из вас поделился календарём. Остальные ждут здесь.
invitations-of-everybody = От всех
invitations-of-house = От людей этого дома и от знакомых извне
invitations-of-known = Только от знакомых
invitations-blocked = Заблокированы
invitations-unblock = Снова принимать
done-let-in = Событие в календаре и ждёт вашего ответа.
done-dismissed = Приглашение убрано. Никто об этом не узнает.
done-blocked = Вы больше ничего от них не получите. Они об этом не узнают.
done-unblocked = То, что они пришлют с этих пор, снова будет приходить.
done-whose-saved = Ваш выбор сохранён.

# Страница опубликованного календаря.
public-busy = Этот календарь показывает только, когда его владелец занят.
public-zone = Показать в этом поясе
public-heading = В своём календаре
public-hint = Программа календаря, которая за ним следит, обновляет его сама.
public-follow = Следить за ним здесь
public-webcal = Следить за ним в моей программе
public-file = Файл (.ics)

# Прежде чем кому-то написать.
tells-heading = Об этом узнают
tells-save = { $count ->
    [one] Сохранить и сообщить { $count } человеку
    [few] Сохранить и сообщить { $count } людям
   *[many] Сохранить и сообщить { $count } людям
}
tells-move = { $count ->
    [one] Перенести и сообщить { $count } человеку
    [few] Перенести и сообщить { $count } людям
   *[many] Перенести и сообщить { $count } людям
}
tells-delete = { $count ->
    [one] Удалить и сообщить { $count } человеку
    [few] Удалить и сообщить { $count } людям
   *[many] Удалить и сообщить { $count } людям
}
tells-what-invitation = Приглашение
tells-what-change = Изменение
tells-what-cancellation = Отмена
tells-what-answer = Ответ
tells-by-house = в календаре здесь
tells-by-mail = по почте
