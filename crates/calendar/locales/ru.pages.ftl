# Формы и отдельные страницы.

remind-calendar = как принято в календаре
remind-calendar-so = как принято в календаре ({ $what })
remind-eve = накануне в девять
remind-own = в своё время
remind-once = больше никогда
both-yes = да
both-no = нет
event-organizer = Организатор события — { $name }.
event-organizer-hint = Вы можете ответить, выбрать свои напоминания и удалить событие, то есть отказаться.
task-done = Сделано
task-open = Сделать снова
task-is-done = сделано
times-as-typed = К событию, как оно было введено
done-task-done = Дело сделано.
done-task-open = Дело снова нужно сделать.
done-event-not-yours = Событие не перенесено: его организует кто-то другой.

settings-heading = Письма и приглашения
settings-daily = Письмо о дне
settings-daily-wanted = Писать мне каждый день, что есть в моих календарях
settings-daily-at = Во сколько
settings-daily-hint = Если в этот день ничего нет, письма не будет.
settings-reminders-hint = За сколько до события напоминать, выбирают на странице каждого календаря.
done-settings-saved = Ваш выбор сохранён.
wrong-daily_at = Напишите время, например 07:00.
wrong-whose = Выберите, чьи приглашения вам нужны.
own-reminders = Напоминания
own-reminders-hint = О событиях, у которых нет своих напоминаний, письмом. О целых днях — накануне в девять, если что-то отмечено.
own-place = Место в списке
own-place-first = первым
own-place-after = после «{ $title }»
own-back-heading = Как было
wrong-reminders = Выберите не больше пяти.
deleted-heading = Удалённые события
deleted-lead = Что удалили из календаря «{ $title }» за последние тридцать дней.
deleted-none = В последнее время ничего не удаляли.
deleted-put-back-of = Вернуть: { $title }
deleted-back = Назад
return-heading = Вернуть календарь
return-lead = Весь календарь «{ $title }», каким он был в выбранное время последних 180 дней. Сначала видно, что изменится.
return-date = День
return-time = Время
return-look = Посмотреть, что изменится
return-what = К этому времени: { $when }
return-nothing = Ничего: он такой же, как тогда.
return-comes-back = вернётся
return-changes = изменится
return-goes = исчезнет
return-more = { $count ->
    [one] И ещё { $count } событие; его участники тоже об этом узнают.
    [few] И ещё { $count } события; их участники тоже об этом узнают.
   *[many] И ещё { $count } событий; их участники тоже об этом узнают.
 }
return-left-out = { $count ->
    [one] С тех пор изменилось { $count } чужое событие; оно останется таким, как его ведёт организатор.
    [few] С тех пор изменились { $count } чужих события; они останутся такими, как их ведут организаторы.
   *[many] С тех пор изменилось { $count } чужих событий; они останутся такими, как их ведут организаторы.
}
return-do = Вернуть
wrong-at = Выберите день и время за последние 180 дней; чем ближе, тем меньше изменений: не больше 2000 событий.
done-calendar-returned = Календарь такой, каким был тогда.

holidays-of = Праздники: { $country }
holiday-instead = { $name } (выходной вместо)
first-calendar = Мой календарь

import-line = Строка { $line }:
import-more = И ещё столько:
import-wrong-uid-twice = в файле это дважды
import-wrong-kind = этот календарь не берёт записи такого вида
import-wrong-full = календарь полон: начните другой

listed-heading = В списке открытых календарей
listed-hint = Дайте календарю имя, и его найдёт любой: в списке, по адресу, который можно продиктовать, и в поисковике. Ссылка остаётся прежней.
listed-as = Открыт по адресу
listed-name = Имя в адресе
listed-name-hint = Латинские буквы, цифры и дефисы, например summer-concerts.
listed-list = Добавить в список
listed-rename = Сменить имя
listed-unlist = Убрать из списка
wrong-public-name = Напишите от 3 до 60 латинских строчных букв и цифр; между ними можно ставить дефисы.
wrong-public-taken = Это имя занято другим календарём.
done-listed = Теперь календарь найдёт любой.
done-unlisted = Календаря больше нет в списке. Ссылка остаётся.
public-list-heading = Открытые календари
public-list-lead = Что происходит в городе. Посмотрите календарь здесь или следите за ним в своём.
public-list-find = Открытые календари города
public-list-words = Название
public-list-search = Найти
public-list-none = Открытых календарей пока нет.
public-list-nothing = Открытого календаря с таким названием нет.
public-list-busy = только занятость
public-list-more = Ещё календари
public-list-take-down = Убрать из списка
public-list-take-down-of = Убрать «{ $title }» из списка
done-taken-down = Календаря больше нет в списке.

ical-text-too-long = слишком длинно: уберите вложения или разделите
ical-line-too-long = слишком длинная строка: дайте ссылки на вложения вместо самих вложений
ical-too-many-properties = слишком много строк: разделите файл
ical-too-many-components = слишком много частей: разделите файл
ical-too-deep = части вложены друг в друга слишком глубоко
ical-too-much-copied = общих для всех событий сведений слишком много: разделите файл
ical-not-utf8 = это не UTF-8: сохраните файл в UTF-8
ical-not-calendar = это не календарь: первой строкой должна быть BEGIN:VCALENDAR
ical-nothing-to-continue = строка начинается с пробела, но продолжать ей нечего
ical-no-property = { $about } — не свойство: строка выглядит как ИМЯ:значение
ical-open-quote = кавычка в { $about } не закрыта
ical-value = значение { $about } не читается
ical-not-closed = { $about } начинается и не кончается
ical-not-opened = { $about } кончается, не начавшись
ical-outside = { $about } стоит вне календаря
ical-second-calendar = в нём больше одного календаря
ical-version = это версия { $about }: выгрузите заново как iCalendar 2.0
ical-scale = даты не григорианские: { $about }
ical-method = это сообщение: уберите METHOD
ical-no-method = это не сообщение: нет METHOD
ical-no-entry = в нём нет ни событий, ни дел
ical-unsupported = { $about } нельзя положить в календарь
ical-two-kinds = { $about } не могут быть одним и тем же
ical-no-uid = нет UID
ical-uid-too-long = слишком длинный UID
ical-too-many-attendees = приглашено слишком много людей: можно { $about }
ical-two-uids = два разных UID: { $about }
ical-two-organizers = два организатора: { $about }
ical-two-masters = сама серия записана дважды
ical-moved-twice = повторение { $about } записано дважды
ical-twice = { $about } записано дважды
ical-missing = нет { $about }
ical-together = { $about } не могут стоять вместе
ical-different-kinds = { $about } должны быть либо оба днями, либо оба временем
ical-end-before-start = кончается раньше, чем начинается
ical-negative-duration = длится меньше нуля
ical-recurs = непонятно, как повторяется: { $about }
