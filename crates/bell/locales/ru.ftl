# Что видит оператор: что подошло, что опаздывает, что отложено.

bell-title = Таймеры
bell-lead = Что случится позже: таймеры, которые ждут, и то, что не удалось слишком много раз и ждёт вас. Сначала устраните причину, затем повторите.
bell-waiting = { $count ->
    [0] Ничего не ждёт
    [one] Ждёт { $count }
    [few] Ждут { $count }
   *[many] Ждут { $count }
  }
bell-late = Опаздывает: { $count }
bell-parked = Отложено: { $count }
bell-first = первый сработает
bell-timers = Отложенные таймеры
bell-timers-none = Отложенных таймеров нет.
bell-changes = Изменения для других служб
bell-changes-waiting = { $count ->
    [0] Ни одно изменение не ждёт
    [one] Ждёт { $count } изменение
    [few] Ждут { $count } изменения
   *[many] Ждут { $count } изменений
  }
bell-changes-kept = Изменений здесь пока никто не слушает; { $count ->
    [0] в запасе ни одного
    [one] хранится { $count }
    [few] хранятся { $count }
   *[many] хранятся { $count }
  }
bell-changes-none = Отложенных изменений нет.
bell-owner = Чей:
bell-was-due = должен был сработать
bell-parked-at = отложено
bell-attempts = { $count ->
    [one] { $count } попытка
    [few] { $count } попытки
   *[many] { $count } попыток
  }
bell-behind = { $count ->
    [one] за ним ждёт ещё { $count }
    [few] за ним ждут ещё { $count }
   *[many] за ним ждут ещё { $count }
  }
bell-retry = Повторить
done-retried = Повторяем.
