# Сегменты: кто в них, почему, и как это меняют.

segments-title = Сегменты
segments-search = Ключ, название или владелец
segments-which = Какие
which-active = действующие
which-archived = в архиве
segments-show = Показать
segments-count = { $count ->
    [one] { $count } сегмент
    [few] { $count } сегмента
   *[many] { $count } сегментов
  }, { $people }
segments-none = Сегментов пока нет. Первый можно завести за минуту.
segments-none-fits = Таких сегментов нет.
segments-all = Показать все действующие
pages = Страницы
pages-first = С начала
pages-next = Дальше
people-count = { $count ->
    [one] { $shown } человек
    [few] { $shown } человека
   *[many] { $shown } человек
  }
members-of-all = { $people }, { $part } от всех
members-ways = раскаткой { $rollout }, жеребьёвкой { $draw }, вручную { $hand }
step-next = с { $at } — { $share }
save = Сохранить
back = Назад
by-house = сама ратуша
by-person = человек из дома
by-key = сервис
stale = Пока страница была открыта, сегмент изменил кто-то другой. Введённое вами осталось; посмотрите, что действует сейчас, и сохраните ещё раз, если верно ваше.

# Как сегмент называется.
segment-new = Новый сегмент
segment-create = Создать
segment-key = Ключ
segment-key-hint = Под ним его навсегда узнают программы: от 1 до 100 знаков A-Z a-z 0-9 _ - . например VOICE_MESSAGES.
segment-title = Название
segment-owner = Владелец
segment-owner-hint = Команда, которая за него отвечает.
segment-description = Описание
segment-archived = в архиве
segment-people = Люди
segment-overlap = Пересечение
segment-about = Название, владелец и описание
segment-rule = Правило
segment-edit-rule = Изменить правило
segment-days = Последние 31 день
days-said = Вошли: { $joined }, вышли: { $left }.
days-none = Никто не входил и не выходил.
days-long = Изменений так много, что считать их по дням для страницы слишком долго. Всё есть в отчёте.
days-each = По дням
segment-draws = Жеребьёвки
segment-versions = Версии
segment-one = Сегмент
done-segment-created = Сегмент создан, и в нём пока никого. Задайте правило, проведите жеребьёвку или добавьте людей вручную.
done-segment-saved = Сохранено
version-of = Версия { $version }:
version-current = сейчас
version-return = Вернуться к ней

# Правила.
rule-title = Правило { $key }
rule-none = раскатки нет
rule-share = { $share } от всех, кого касается правило
rule-exact = ровно { $share } от тех, кого правило касалось при сохранении
rule-step = с { $at } — { $share }
rule-step-done = с { $at } уже { $share }
rule-until = до { $at }
rule-over = закончилось { $at }
rule-where = если { $condition }
rule-include = только люди из { $keys }
rule-exclude = никто из { $keys }
rule-layer = из слоя { $name }
rule-hashing = точки вычисляются, как в { $name }
rule-salt = с солью { $salt }
rule-variants = варианты: { $names }
where-language = язык — один из: { $values }
where-zone = часовой пояс — один из: { $values }
where-before = учётная запись создана раньше, чем { $at }
where-since = учётная запись создана { $at } или позже
where-one-of = { $name } — одно из: { $values }
where-none-of = { $name } — ничто из: { $values }
where-at-least = { $name } — не меньше { $number }
where-at-most = { $name } — не больше { $number }
where-present = { $name } известно
where-absent = { $name } неизвестно
rule-share-field = Доля, %
rule-share-hint = От 0 до 100, не больше 7 знаков после запятой. Пусто: раскатки нет. Рост доли никого не исключает.
rule-exact-field = Ровно эта доля
rule-exact-hint = от тех, кого правило касается при сохранении; отклонение, которое накопится позже, исправит подстройка
rule-steps-field = Шаги
rule-steps-hint = С этого момента — такая доля: по одному в строке, по порядку.
rule-until-field = До
until-hint = Дата, можно со временем, по вашим часам, например 2027-01-31 12:00. Пусто: без конца.
rule-among = Кого касается
rule-conditions-field = Условия
rule-conditions-hint = По одному в строке; верны должны быть все. Значения с запятой берутся в кавычки; * — любое значение.
rule-include-field = Только люди из всех этих сегментов
rule-include-hint = По одному ключу в строке.
rule-exclude-field = Никто из этих сегментов
rule-exclude-hint = По одному ключу в строке.
rule-layer-field = Слой
rule-layer-hint = У сегментов одного слоя нет общих людей. Пусто: сегмент ни от кого не зависит.
rule-variants-title = Варианты
rule-variants-field = Имена и веса
rule-variants-hint = Ни одного или не меньше двух: по одному в строке.
rule-preview = Предпросмотр
rule-wrong = Ничего не сохранено: исправьте то, что отмечено выше.
edit-does = Это изменение добавит { $adds ->
    [one] { $added } человека
    [few] { $added } человека
   *[many] { $added } человек
  } и исключит { $removed }. В сегменте будет { $members }.
done-rule-saved = Правило сохранено и действует

# О чём спрашивают, прежде чем сделать.
archive-ask = Отправить { $key } в архив?
archive-act = В архив
archive-does = Сегмент сразу исчезнет у всех ({ $people }), навсегда. Его история останется, а ключ больше не выдаётся.
archive-named = Его называют правила этих сегментов, и для них в нём не будет никого: { $keys }
done-archived = Сегмент в архиве
end-ask = Закончить раскатку { $key }?
end-act = Закончить раскатку
done-ended = Раскатка закончена
retune-ask = Подстроить { $key }?
retune-act = Подстроить долю
done-retuned = Доля снова точная
return-ask = Вернуться к этому правилу { $key }?
return-act = Вернуться
done-returned = Снова действует прежнее правило

# Жеребьёвки.
draws-none = Жеребьёвок не было.
draw-title = Жеребьёвка в { $key }
draw-lead = Один раз, случайно, ровно эта доля тех, кто подходит сейчас. Все они войдут в сегмент одновременно.
draw-share = Доля, %
draw-share-hint = От тех, кто подходит, с округлением до целого человека.
draw-ends = Действует до
draw-act = Провести жеребьёвку
draw-said = Жеребьёвка { $number }: { $share } от { $matching }, { $drawn }
draw-until = до
draw-ended = закончилась
draw-drawing = записывается
draw-failed = не удалась
draw-over = закончилась
draw-seed = зерно
draw-end-ask = Отменить эту жеребьёвку в { $key }?
draw-end-act = Отменить
draw-end-does = Кто попал в сегмент только так, сразу выйдет из него (выбрано было: { $people }).
done-drawn = Жеребьёвка проведена
done-draw-ended = Жеребьёвка отменена

# Пересечение.
overlap-title = Пересечение { $key }
overlap-with = С чем
overlap-hint = До 9 других сегментов: по одному ключу в строке.
overlap-act = Посчитать
overlap-all = Во всех сразу
overlap-any = Хотя бы в одном
overlap-parts = { $ofone } от { $one }, { $ofother } от { $other }

# Люди.
members-title = Люди в { $key }
members-none = В нём никого нет.
put-in = Добавить
take-out = Исключить
put-until = До
put-hint = Исключённый вручную защищён: ни раскатка, ни жеребьёвка его больше не добавят.
done-put-in = Человек в сегменте
done-taken-out = Человек исключён и защищён от раскатки и жеребьёвок
done-unchanged = Ничего не изменилось: так уже и было
person-look = Где состоит человек?
person-id = Id человека
person-id-hint = Он стоит в адресе страницы человека.
person-title = Сегменты человека
person-in = Состоит
person-in-none = Ни в одном сегменте.
person-out = Не состоит
person-points = В каждой раскатке у человека одна точка от 0 до 9999, и он в сегменте, пока она меньше доли: при 30 % — меньше 3000.
person-change = Изменить вручную
person-story = Последний месяц
person-story-none = Ничего не менялось.
step-joined = вошёл
step-left = вышел
why-by-hand = вручную
why-by-hand-until = вручную, до { $until }
why-drawn = жеребьёвка { $draw }, с { $since }
why-drawn-until = жеребьёвка { $draw }, с { $since } до { $until }
why-rollout = раскатка: точка { $point } из { $of }, версия правила { $version }
why-beyond = за пределами доли: точка { $point }, а раскатка кончается на { $of }
why-no-segment = сегмент в архиве
why-shielded = защищён: исключён вручную
why-held-out = оставлен вне всего группой { $name }
why-no-rollout = раскатка не идёт
why-condition = не выполнено: { $condition }
why-not-in = не состоит в { $key }, а правило этого требует
why-excluded = состоит в { $key }, а правило таких не берёт
cause-by-hand = вручную
cause-drawn = жеребьёвка
cause-rollout = раскатка
cause-no-segment = сегмент отправлен в архив
cause-shielded = исключён вручную
cause-held-out = оставлен вне всех раскаток
cause-no-rollout = раскатка закончилась
cause-beyond-share = за пределами доли
cause-condition = условие больше не выполнено
cause-not-included = не состоит в сегменте, которого требует правило
cause-excluded = состоит в сегменте, из которого правило не берёт
cause-person-unknown = человек удалён

# Что не так.
wrong-line = Строка { $line }: { $wrong }
wrong-empty = Заполните это поле.
wrong-long = Не больше { $max } знаков.
wrong-characters = Уберите управляющие символы.
wrong-key = От 1 до 100 знаков A-Z a-z 0-9 _ - . без пробелов.
wrong-taken = Этот ключ занят или был занят: его называет история. Выберите другой.
wrong-person = Введите id человека, например 0190f3c2-7c1e-7a3b-9d54-6f2e8a1b0c9d.
wrong-nobody = Сегменты не знают никого с таким id. Новый человек становится известен за секунды.
wrong-instant = Введите дату, например 2027-01-31, или дату и время: 2027-01-31 12:00.
wrong-past = Введите момент, который ещё не наступил.
wrong-share = Введите проценты от 0 до 100, не больше 7 знаков после запятой, например 12,5.
wrong-no-share = Введите долю или очистите остальные поля раскатки.
wrong-exact = В слое точных долей нет. Оставьте что-нибудь одно.
wrong-no-segment = Такого сегмента нет.
wrong-archived = Этот сегмент в архиве.
wrong-step = Напишите момент и долю, например: 2027-01-31 12:00 30
wrong-steps = Не больше 50 шагов, в порядке их моментов.
wrong-variant = Напишите имя и целое число, например: blue 50
wrong-variants = Ни одного или от 2 до 20 вариантов с разными именами и весами до 1000000, не все из которых 0.
wrong-condition = Напишите так, как в одной из строк выше.
wrong-language = Напишите en или ru.
wrong-zone = Напишите часовые пояса из базы IANA, например Europe/Moscow.
wrong-number = Напишите число, например 18.
wrong-values = Напишите от 1 до 100 значений через запятую; те, где есть запятая или кавычка, берутся в кавычки.
wrong-many-conditions = Не больше 20 условий.
wrong-many-segments = Не больше 50 сегментов.
wrong-exclude = Не больше 50 сегментов, и ни одного из тех, что стоят выше.
wrong-cycle = Сегмент зависел бы сам от себя: { $way }. Уберите что-нибудь из этого.
wrong-layer = Слишком большую часть этого слоя занимают другие сегменты. Уменьшите долю или назовите другой слой.
wrong-hashing = У этой раскатки точки другого дома, в слое она стоять не может.
wrong-overlap = Не больше { $max } других сегментов.
wrong-drawn = По этой форме жеребьёвка уже была, и с другими полями. Откройте форму заново.
