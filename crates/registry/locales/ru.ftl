# Страницы реестра: вход, свой профиль, люди, ключи, журнал.

# Общее для нескольких страниц.
save = Сохранить
cancel = Отмена
copy = Скопировать
copied = Скопировано
email = Электронная почта
name = Имя
language = Язык
zone = Часовой пояс
zone-hint = Начните вводить город латиницей, например Moscow или Samara.
roles = Роли
roles-none = Ролей нет
made = Создан
used = последнее использование:
used-never = ещё не использовался
revoke = Отозвать
revoked = отозван
revoke-of = Отозвать: { $name }
pages = Страницы
pages-first = Первая страница
pages-next = Следующая страница
back-to-person = Назад к человеку
password-new = Новый пароль
password-again = Ещё раз то же самое
password-rule = { $count ->
    [one] Не короче { $count } символа.
    [few] Не короче { $count } символов. Хорошо подходят несколько не связанных между собой слов.
   *[many] Не короче { $count } символов. Хорошо подходят несколько не связанных между собой слов.
  }

# Что сделано: один раз вверху следующей страницы.
done-saved = Сохранено.
done-password = Пароль изменён. Все остальные сеансы завершены.
done-session = Сеанс завершён.
done-sessions = Все остальные сеансы завершены.
done-ended = Все сеансы этого человека завершены.
done-revoked = Отозвано. Больше не действует.
done-granted = Роль выдана.
done-ungranted = Роль снята.
done-blocked = Доступ закрыт. Все сеансы этого человека завершены.
done-unblocked = Доступ снова открыт.
done-deleted = Человек удалён.
done-signed-out = Вы вышли.
done-sent = Ссылка отправлена этому человеку письмом.
done-welcome = Пароль установлен. Войдите с ним.
done-reset-asked = Если эта почта здесь у кого-нибудь есть, письмо со ссылкой уже идёт туда. Ссылка сработает один раз.
done-reset-noted = Записано. Попросите у администратора ссылку, чтобы задать новый пароль.
done-group-made = Группа создана. Добавьте в неё людей.
done-group-added = Теперь они в группе.
done-group-removed = Их больше нет в группе.
done-group-handed-over = Группа передана.
done-group-left = Вы вышли из группы.
done-group-deleted = Группа удалена.

# Почему поле не принято.
wrong-required = Заполните это поле.
wrong-too-long = Слишком длинно.
wrong-too-short = Слишком коротко.
wrong-control-character = Здесь есть символы, которые нельзя сохранить.
wrong-email = Введите адрес вида anna@example.org.
wrong-taken = Этот адрес занят другим человеком.
wrong-zone = Такого часового пояса нет. Выберите из списка.
wrong-language = Выберите из списка.
wrong-scopes = Выберите хотя бы одно.
wrong-again = Пароли не совпадают.
wrong-current = Это не ваш текущий пароль.
wrong-same = Это ваш текущий пароль. Возьмите другой.
wrong-password-common = Такой пароль подбирают одним из первых. Возьмите несколько не связанных между собой слов.
wrong-password-about-you = Не используйте своё имя, адрес или название сервиса.
wrong-password-repetitive = Здесь повторяются одни и те же символы.
wrong-password-sequence = Это идущие подряд буквы, цифры или ряд клавиатуры.
wrong-date = Введите дату вида 2026-11-21.
wrong-id = Это не номер человека.
wrong-other = Это не принято. Проверьте и попробуйте ещё раз.

# Почему действие не выполнено.
refused-credentials = Неверная почта или пароль. Проверьте и попробуйте ещё раз.
refused-blocked = Сейчас вход для вас закрыт. Узнайте причину у администратора.
refused-wait = { $seconds ->
    [one] Слишком много попыток. Подождите { $seconds } секунду и попробуйте снова.
    [few] Слишком много попыток. Подождите { $seconds } секунды и попробуйте снова.
   *[many] Слишком много попыток. Подождите { $seconds } секунд и попробуйте снова.
  }
refused-stale = За это время кто-то изменил данные этого человека. Проверьте, что здесь теперь, и сохраните ещё раз.
refused-last-admin = Не останется ни одного администратора. Сначала назначьте другого.
refused-outranked = У этого человека есть роль, которой нет у вас. Обратитесь к администратору.
refused-admin-only = Это может только администратор.
refused-state = Состояние этого человека этого не позволяет.
refused-no-email = У этого человека нет адреса для входа. Сначала введите его.
refused-too-many = Их уже слишком много. Отзовите то, чем не пользуетесь.
refused-other = Не получилось. Ничего не изменилось.
refused-nobody = В этом доме такого человека нет.
refused-not-active = Этот человек ещё не может войти и потому не может вести группу.
refused-not-in = Этого человека нет в группе.
refused-keeper-stays = Тот, кто ведёт группу, не может из неё выйти. Сначала передайте её или удалите.
refused-too-many-members = В группе не больше 1000 человек. Создайте ещё одну.
refused-too-many-kept = Никто не ведёт больше 50 групп. Удалите одну или передайте.
refused-too-many-memberships = Этот человек уже в стольких группах, в скольких можно быть.

# Главная страница.
home-title = Добро пожаловать
home-hello = Здравствуйте, { $name }
home-lead = Городские службы для людей в одном доме: кто участвует, что предстоит и кому об этом сообщить.
home-how = Войдите по адресу почты и паролю. Если вас пригласили, сначала откройте полученную ссылку.
home-yours = Здесь ваше и то, за что вы отвечаете.
home-account = Ваша учётная запись
home-profile = Имя, язык и часовой пояс
home-password = Сменить пароль для входа
home-sessions = { $count ->
    [one] Вы вошли на { $count } устройстве
    [few] Вы вошли на { $count } устройствах
   *[many] Вы вошли на { $count } устройствах
  }
home-app-passwords = { $count ->
    [0] Для календарей и других программ
    [one] Есть у { $count } программы
    [few] Есть у { $count } программ
   *[many] Есть у { $count } программ
  }
home-groups = Люди с общим делом
home-house = Управление
home-people = Учётные записи, роли и приглашения
home-keys = Доступ для других сервисов
home-audit = Кто, что и когда сделал

# Вход и выход.
sign-in-password = Пароль
sign-in-forgot = Забыли пароль?
forgotten-title = Новый пароль
forgotten-lead = Введите свою почту. Если она здесь у кого-нибудь есть, туда придёт письмо со ссылкой, чтобы задать новый пароль.
forgotten-lead-admin = Введите свою почту. Письма отсюда пока ни до кого не доходят, поэтому ссылку, чтобы задать новый пароль, вам даст администратор: скажите ему, что просили.
forgotten-act = Попросить

# Профиль.
me-title = Профиль
me-account = Учётная запись
me-theme = Тема на этом устройстве

# Свой пароль.
password-title = Пароль
password-lead = После смены вы останетесь здесь, а все остальные ваши сеансы завершатся.
password-current = Текущий пароль
password-change = Сменить пароль

# Сеансы.
sessions-title = Сеансы
sessions-lead = { $count ->
    [one] Вы вошли на { $count } устройстве.
    [few] Вы вошли на { $count } устройствах. Завершите те, которых не знаете.
   *[many] Вы вошли на { $count } устройствах. Завершите те, которых не знаете.
  }
sessions-here = этот
sessions-seen = Последний раз:
sessions-started = вход:
sessions-end = Завершить
sessions-end-of = Завершить сеанс: { $device }
sessions-end-others = Завершить все остальные
sessions-end-others-question = Завершить все остальные сеансы?
sessions-end-others-outcome = Здесь вы останетесь. На всех остальных устройствах снова понадобится пароль.
sessions-only = Это ваш единственный сеанс.
device-on = { $browser } на { $system }
device-unknown = Неизвестное устройство

# Пароли приложений.
app-passwords-title = Пароли приложений
app-passwords-lead = Календари и другие программы, которые не умеют входить через страницу, используют отдельный пароль. Каждый можно отозвать, не трогая остальные.
app-passwords-none = Паролей приложений пока нет. Создайте по одному на каждую программу.
app-passwords-new = Новый пароль приложения
app-passwords-name = Для чего он?
app-passwords-name-hint = Например: календарь на телефоне
app-passwords-make = Создать пароль приложения
app-passwords-once = Пароль для: { $name }
app-passwords-once-advice = Введите его в программе сейчас. Больше он не будет показан.
app-passwords-revoke-question = Отозвать пароль приложения «{ $name }»?
app-passwords-revoke-outcome = Программа, которая его использует, больше не сможет войти.

# Группы.
groups-title = Группы
groups-lead = Люди, у которых общее дело: хор, класс, бригада. Календарь можно открыть сразу всем.
groups-none = Вы пока ни в одной группе. Создайте её и добавьте людей.
groups-people = { $count ->
    [one] { $count } человек
    [few] { $count } человека
   *[many] { $count } человек
  }
groups-kept = ведёте вы
groups-new = Новая группа
groups-name = Название
groups-name-hint = Например: родители 5 «Б»
groups-make = Создать группу
groups-all = Все группы дома
groups-all-none = Пока нет ни одной.
groups-back = Все мои группы
group-keeper = ведёт группу
group-hand-over = Передать
group-hand-over-to = Передать группу: { $name }
group-remove = Убрать
group-remove-of = Убрать из группы: { $name }
group-leave = Выйти из группы
group-add-title = Добавить человека
group-person = Адрес электронной почты
group-person-hint = Того, кто здесь входит.
group-add = Добавить
group-change = Название
group-delete = Удалить группу
group-delete-question = Удалить группу «{ $name }»?
group-delete-outcome = Её люди потеряют то, что открыто группе.

# Люди.
people-title = Люди
people-search = Имя или почта
people-state = Состояние
people-any = Любое
people-role = Роль
people-any-role = С ролью и без
people-find = Найти
people-add = Добавить человека
people-none = Никто не подходит под этот поиск.
people-all = Показать всех
people-count = { $count ->
    [one] { $count } человек
    [few] { $count } человека
   *[many] { $count } человек
  }
people-some = { $count ->
    [one] { $count } человек на этой странице
    [few] { $count } человека на этой странице
   *[many] { $count } человек на этой странице
  }
state-invited = приглашён
state-active = доступ открыт
state-blocked = доступ закрыт
state-deleted = удалён
role-admin = Администратор
role-registrar = Регистратор
role-auditor = Аудитор
role-analyst = Аналитик
nameless = Без имени

# Новый человек.
person-new-title = Новый человек
person-new-lead = Он получит ссылку, по которой задаст пароль. Пока письма не отправляются сами, ссылку передаёте вы.
person-new-add = Добавить и пригласить

# Один человек.
person-sessions-none = Нигде не выполнен вход.
person-audit = Последние действия
person-audit-all = Все действия, связанные с этим человеком
person-acts = Учётная запись
person-invite = Создать ссылку-приглашение
person-reset = Создать ссылку для нового пароля
person-block = Закрыть доступ
person-unblock = Открыть доступ
person-end-sessions = Завершить все сеансы
person-export = Выгрузить всё, что о нём хранится
person-delete = Удалить
person-block-question = Закрыть доступ: { $name }?
person-block-outcome = Все сеансы завершатся, и войти не получится, пока вы снова не откроете доступ.
person-end-sessions-question = Завершить все сеансы: { $name }?
person-end-sessions-outcome = На каждом устройстве снова понадобится пароль.
person-delete-question = Удалить: { $name }?
person-delete-outcome = Имя, адрес, пароль, сеансы и роли стираются навсегда. Остаётся только номер, чтобы журнал не терял связности.
grant-add = Выдать роль
grant-remove = Снять
grant-remove-of = Снять роль: { $role }
grant-relation = Роль
link-invitation = Приглашение
link-once = Ссылка для: { $name }
link-reset = Новый пароль
link-advice = Передайте её этому человеку. Она сработает один раз, до { $until }, и больше не будет показана.

# Ключи API.
keys-title = Ключи API
keys-lead = С ключом к этому дому обращаются другие сервисы. Ключ открывает только то, что перечислено в его областях.
keys-none = Ключей пока нет.
keys-new = Новый ключ
keys-name = Для какого он сервиса?
keys-scopes = Что он открывает
keys-make = Создать ключ
keys-once = Ключ для: { $name }
keys-once-advice = Передайте его сервису сейчас. Больше он не будет показан.
keys-revoke-question = Отозвать ключ «{ $name }»?
keys-revoke-outcome = Сервис, который его использует, больше не получит доступа.
scope-metrics-read = видеть метрики
scope-people-read = читать данные людей
scope-people-write = добавлять и менять людей
scope-people-replicate = передавать людей из другого источника
scope-audit-read = читать журнал

# Журнал.
audit-title = Журнал
audit-act = Действие
audit-from = С
audit-until = По
audit-on = Над кем (номер)
audit-of = Кто (номер)
audit-show = Показать
audit-none = Подходящих действий не было.
audit-by = кто:
actor-nobody = без входа
actor-person = человек
actor-key = ключ API
actor-house = сама система
detail-app-password = пароль приложения
detail-count = число
detail-failures = неверных попыток
detail-fields = поля
detail-key = ключ
detail-keeper = ведёт
detail-person = человек
detail-relation = роль
detail-scope = где
detail-scopes = области
detail-session = сеанс
detail-state = состояние
act-person-created = Человек добавлен
act-person-changed = Данные человека изменены
act-person-blocked = Доступ закрыт
act-person-unblocked = Доступ открыт
act-person-deleted = Человек удалён
act-person-exported = Данные человека выгружены
act-person-retired = Человека больше нет в источнике
act-grant-added = Роль выдана
act-grant-removed = Роль снята
act-invitation-issued = Приглашение создано
act-invitation-accepted = Приглашение принято
act-reset-asked = Запрошен новый пароль
act-reset-issued = Создана ссылка для нового пароля
act-reset-accepted = Новый пароль задан по ссылке
act-password-changed = Пароль изменён
act-session-started = Вход
act-sign-in-refused = Во входе отказано
act-sign-in-locked-out = Вход временно закрыт
act-session-ended = Выход
act-session-revoked = Сеанс завершён
act-sessions-revoked = Сеансы завершены
act-session-theft = Замечен украденный токен, сеанс завершён
act-key-created = Ключ API создан
act-key-revoked = Ключ API отозван
act-app-password-created = Пароль приложения создан
act-app-password-revoked = Пароль приложения отозван
act-sign-in-unlocked = Блокировка входа снята
act-signing-key-rotated = Ключ подписи обновлён
act-group-created = Группа создана
act-group-renamed = Группа переименована
act-group-handed-over = Группа передана
act-group-member-added = Человек добавлен в группу
act-group-member-removed = Человек убран из группы
act-group-deleted = Группа удалена

# Ссылки из приглашений и для новых паролей.
invitation-title = Здравствуйте, { $name }
invitation-lead = Придумайте пароль для входа.
reset-title = Новый пароль
reset-lead = После этого все ваши сеансы завершатся, и войти можно будет с новым паролем.
set-password = Задать пароль
link-gone-title = Эта ссылка больше не действует
link-gone-advice = Её уже использовали, или она устарела. Войдите, если пароль у вас есть, или попросите новый, если забыли его. Кого пригласили, пусть попросит у администратора новое приглашение.

# Письма.
letter-hello = Здравствуйте, { $name }!
letter-hello-nameless = Здравствуйте!
letter-link-until = Ссылка сработает один раз и действует до этого времени: { $until }.
letter-invitation-subject = Приглашение в «{ $house }»
letter-invitation-preview = Выберите пароль и входите. Ссылка действует до этого времени: { $until }.
letter-invitation-body = Для вас создана учётная запись в «{ $house }»: это городские службы для людей. Выберите пароль, а потом входите с адресом { $email }.
letter-invitation-act = Выбрать пароль
letter-invitation-unexpected = Если это вам ни о чём не говорит, делать ничего не нужно: без пароля записью никто не воспользуется.
letter-invitation-why = Вы получили это письмо, потому что { $email } пригласили в «{ $house }».
letter-reset-subject = Новый пароль для «{ $house }»
letter-reset-preview = Ссылка действует до этого времени: { $until }.
letter-reset-body = Вы или администратор по вашей просьбе запросили новый пароль для { $email }. На всех устройствах, где сейчас выполнен вход, придётся войти снова.
letter-reset-act = Выбрать новый пароль
letter-reset-unexpected = Если вы об этом не просили, делать ничего не нужно: старый пароль останется, а этой ссылки больше ни у кого нет.
letter-reset-why = Вы получили это письмо, потому что для { $email } запросили новый пароль в «{ $house }».
