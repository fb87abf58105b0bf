//! Which days are holidays where.

use jiff::civil::Weekday::{Monday, Saturday, Thursday};

use super::names::*;
use super::{Country, Day, Moved, Names, always, easter, n, nth, on, pascha};

/// All of them, by their codes.
pub const COUNTRIES: &[Country] = &[
    AUSTRIA, BELARUS, CZECHIA, GERMANY, ESTONIA, SPAIN, FINLAND, FRANCE, BRITAIN, GEORGIA, GREECE, ITALY,
    POLAND, PORTUGAL, SERBIA, RUSSIA, SWEDEN, TURKEY, USA,
];

const AUSTRIA: Country = Country {
    code: "at",
    names: n("Austria", "Австрия"),
    zones: &["Europe/Vienna"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 6, EPIPHANY),
        easter(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        easter(39, ASCENSION),
        easter(50, WHIT_MONDAY),
        easter(60, CORPUS_CHRISTI),
        on(8, 15, ASSUMPTION),
        on(10, 26, NATIONAL),
        on(11, 1, ALL_SAINTS),
        on(12, 8, IMMACULATE),
        on(12, 25, CHRISTMAS),
        on(12, 26, ST_STEPHEN),
    ],
};

const BELARUS: Country = Country {
    code: "by",
    names: n("Belarus", "Беларусь"),
    zones: &["Europe/Minsk"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 2, NEW_YEAR).since(2020),
        on(1, 7, ORTHODOX_CHRISTMAS),
        on(3, 8, n("Women's Day", "День женщин")),
        pascha(9, n("Radunitsa", "Радуница")),
        on(5, 1, LABOUR),
        on(5, 9, VICTORY),
        on(7, 3, n("Independence Day", "День Независимости")),
        on(11, 7, n("October Revolution Day", "День Октябрьской революции")),
        on(
            12,
            25,
            n("Christmas Day (western)", "Рождество Христово (католическое)"),
        ),
    ],
};

const CZECHIA: Country = Country {
    code: "cz",
    names: n("Czechia", "Чехия"),
    zones: &["Europe/Prague"],
    moved: Moved::No,
    rules: &[
        on(
            1,
            1,
            n(
                "New Year's Day, Restoration of the Independent Czech State",
                "Новый год, День восстановления самостоятельного чешского государства",
            ),
        ),
        easter(-2, GOOD_FRIDAY),
        easter(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        on(5, 8, VICTORY),
        on(
            7,
            5,
            n("Saints Cyril and Methodius Day", "День Кирилла и Мефодия"),
        ),
        on(7, 6, n("Jan Hus Day", "День Яна Гуса")),
        on(9, 28, n("Czech Statehood Day", "День чешской государственности")),
        on(
            10,
            28,
            n(
                "Independent Czechoslovak State Day",
                "День независимого Чехословацкого государства",
            ),
        ),
        on(
            11,
            17,
            n(
                "Struggle for Freedom and Democracy Day",
                "День борьбы за свободу и демократию",
            ),
        ),
        on(12, 24, CHRISTMAS_EVE),
        on(12, 25, CHRISTMAS),
        on(12, 26, ST_STEPHEN),
    ],
};

const GERMANY: Country = Country {
    code: "de",
    names: n("Germany", "Германия"),
    zones: &["Europe/Berlin"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        easter(-2, GOOD_FRIDAY),
        easter(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        easter(39, ASCENSION),
        easter(50, WHIT_MONDAY),
        on(10, 3, n("Day of German Unity", "День германского единства")),
        on(10, 31, n("Reformation Day", "День Реформации")).only(2017),
        on(12, 25, CHRISTMAS),
        on(12, 26, SECOND_CHRISTMAS),
    ],
};

const ESTONIA: Country = Country {
    code: "ee",
    names: n("Estonia", "Эстония"),
    zones: &["Europe/Tallinn"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(2, 24, INDEPENDENCE),
        easter(-2, GOOD_FRIDAY),
        easter(0, EASTER),
        on(5, 1, n("Spring Day", "День весны")),
        easter(49, PENTECOST),
        on(6, 23, n("Victory Day", "День победы")),
        on(6, 24, n("Midsummer Day", "Иванов день")),
        on(
            8,
            20,
            n(
                "Restoration of Independence Day",
                "День восстановления независимости",
            ),
        ),
        on(12, 24, CHRISTMAS_EVE),
        on(12, 25, CHRISTMAS),
        on(12, 26, SECOND_CHRISTMAS),
    ],
};

const SPAIN: Country = Country {
    code: "es",
    names: n("Spain", "Испания"),
    zones: &["Europe/Madrid", "Atlantic/Canary"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 6, EPIPHANY),
        easter(-2, GOOD_FRIDAY),
        on(5, 1, LABOUR),
        on(8, 15, ASSUMPTION),
        on(10, 12, NATIONAL),
        on(11, 1, ALL_SAINTS),
        on(12, 6, n("Constitution Day", "День Конституции")),
        on(12, 8, IMMACULATE),
        on(12, 25, CHRISTMAS),
    ],
};

const FINLAND: Country = Country {
    code: "fi",
    names: n("Finland", "Финляндия"),
    zones: &["Europe/Helsinki"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 6, EPIPHANY),
        easter(-2, GOOD_FRIDAY),
        easter(0, EASTER),
        easter(1, EASTER_MONDAY),
        on(5, 1, n("May Day", "Первое мая")),
        easter(39, ASCENSION),
        easter(49, PENTECOST),
        always(
            Day::From(6, 20, Saturday),
            n("Midsummer Day", "День летнего солнцестояния"),
        ),
        always(Day::From(10, 31, Saturday), ALL_SAINTS),
        on(12, 6, INDEPENDENCE),
        on(12, 25, CHRISTMAS),
        on(12, 26, ST_STEPHEN),
    ],
};

const FRANCE: Country = Country {
    code: "fr",
    names: n("France", "Франция"),
    zones: &["Europe/Paris"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        easter(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        on(5, 8, n("Victory Day 1945", "День Победы 1945 года")),
        easter(39, ASCENSION),
        easter(50, WHIT_MONDAY),
        on(7, 14, n("Bastille Day", "День взятия Бастилии")),
        on(8, 15, ASSUMPTION),
        on(11, 1, ALL_SAINTS),
        on(11, 11, n("Armistice Day", "День перемирия")),
        on(12, 25, CHRISTMAS),
    ],
};

const EARLY_MAY: Names = n("Early May bank holiday", "Майский выходной");
const SPRING: Names = n("Spring bank holiday", "Весенний выходной");

const BRITAIN: Country = Country {
    code: "gb",
    names: n(
        "United Kingdom (England and Wales)",
        "Великобритания (Англия и Уэльс)",
    ),
    zones: &["Europe/London"],
    moved: Moved::After,
    rules: &[
        on(1, 1, NEW_YEAR),
        easter(-2, GOOD_FRIDAY),
        easter(1, EASTER_MONDAY),
        nth(5, 1, Monday, EARLY_MAY).until(2019),
        on(5, 8, EARLY_MAY).only(2020),
        nth(5, 1, Monday, EARLY_MAY).since(2021),
        nth(5, -1, Monday, SPRING).until(2021),
        on(6, 2, SPRING).only(2022),
        nth(5, -1, Monday, SPRING).since(2023),
        on(
            6,
            3,
            n("Platinum Jubilee of the Queen", "Платиновый юбилей королевы"),
        )
        .only(2022),
        nth(8, -1, Monday, n("Summer bank holiday", "Летний выходной")),
        on(9, 19, n("State funeral of the Queen", "Похороны королевы")).only(2022),
        on(5, 8, n("Coronation of the King", "Коронация короля")).only(2023),
        on(12, 25, CHRISTMAS),
        on(12, 26, n("Boxing Day", "День подарков")),
    ],
};

const GEORGIA: Country = Country {
    code: "ge",
    names: n("Georgia", "Грузия"),
    zones: &["Asia/Tbilisi"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 2, n("Day of Luck", "Бедоба")),
        on(1, 7, ORTHODOX_CHRISTMAS),
        on(1, 19, EPIPHANY),
        on(3, 3, n("Mother's Day", "День матери")),
        on(3, 8, WOMEN),
        pascha(-2, GOOD_FRIDAY),
        pascha(-1, HOLY_SATURDAY),
        pascha(0, EASTER),
        pascha(1, EASTER_MONDAY),
        on(4, 9, n("Day of National Unity", "День национального единства")),
        on(5, 9, VICTORY),
        on(5, 12, n("St Andrew's Day", "День апостола Андрея")),
        on(5, 17, n("Day of Family Sanctity", "День святости семьи")).since(2024),
        on(5, 26, INDEPENDENCE),
        on(8, 28, n("Dormition of Mary", "Мариамоба")),
        on(10, 14, n("Svetitskhovloba", "Светицховлоба")),
        on(11, 23, n("St George's Day", "Гиоргоба")),
    ],
};

const GREECE: Country = Country {
    code: "gr",
    names: n("Greece", "Греция"),
    zones: &["Europe/Athens"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 6, EPIPHANY),
        pascha(-48, n("Clean Monday", "Чистый понедельник")),
        on(3, 25, INDEPENDENCE),
        pascha(-2, GOOD_FRIDAY),
        pascha(0, EASTER),
        pascha(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        pascha(50, WHIT_MONDAY),
        on(8, 15, ASSUMPTION),
        on(10, 28, n("Ochi Day", "День «Охи»")),
        on(12, 25, CHRISTMAS),
        on(12, 26, SECOND_CHRISTMAS),
    ],
};

const ITALY: Country = Country {
    code: "it",
    names: n("Italy", "Италия"),
    zones: &["Europe/Rome"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 6, EPIPHANY),
        easter(0, EASTER),
        easter(1, EASTER_MONDAY),
        on(4, 25, n("Liberation Day", "День освобождения")),
        on(5, 1, LABOUR),
        on(6, 2, REPUBLIC),
        on(8, 15, ASSUMPTION),
        on(10, 4, n("St Francis of Assisi", "День святого Франциска")).since(2026),
        on(11, 1, ALL_SAINTS),
        on(12, 8, IMMACULATE),
        on(12, 25, CHRISTMAS),
        on(12, 26, ST_STEPHEN),
    ],
};

const POLAND: Country = Country {
    code: "pl",
    names: n("Poland", "Польша"),
    zones: &["Europe/Warsaw"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 6, EPIPHANY),
        easter(0, EASTER),
        easter(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        on(5, 3, n("Constitution Day", "День Конституции 3 мая")),
        easter(49, PENTECOST),
        easter(60, CORPUS_CHRISTI),
        on(8, 15, ASSUMPTION),
        on(11, 1, ALL_SAINTS),
        on(11, 11, INDEPENDENCE),
        on(11, 12, n("Centenary of independence", "Столетие независимости")).only(2018),
        on(12, 24, CHRISTMAS_EVE).since(2025),
        on(12, 25, CHRISTMAS),
        on(12, 26, SECOND_CHRISTMAS),
    ],
};

const PORTUGAL: Country = Country {
    code: "pt",
    names: n("Portugal", "Португалия"),
    zones: &["Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        easter(-2, GOOD_FRIDAY),
        easter(0, EASTER),
        on(4, 25, n("Freedom Day", "День свободы")),
        on(5, 1, LABOUR),
        easter(60, CORPUS_CHRISTI),
        on(6, 10, n("Portugal Day", "День Португалии")),
        on(8, 15, ASSUMPTION),
        on(10, 5, REPUBLIC),
        on(11, 1, ALL_SAINTS),
        on(
            12,
            1,
            n("Restoration of Independence", "День восстановления независимости"),
        ),
        on(12, 8, IMMACULATE),
        on(12, 25, CHRISTMAS),
    ],
};

const SERBIA: Country = Country {
    code: "rs",
    names: n("Serbia", "Сербия"),
    zones: &["Europe/Belgrade"],
    moved: Moved::AfterSunday,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 2, NEW_YEAR),
        on(1, 7, ORTHODOX_CHRISTMAS).stays(),
        on(2, 15, n("Statehood Day", "День государственности")),
        on(2, 16, n("Statehood Day", "День государственности")),
        pascha(-2, GOOD_FRIDAY),
        pascha(-1, HOLY_SATURDAY),
        pascha(0, EASTER).stays(),
        pascha(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        on(5, 2, LABOUR),
        on(11, 11, n("Armistice Day", "День перемирия")),
    ],
};

const RUSSIA: Country = Country {
    code: "ru",
    names: n("Russia", "Россия"),
    zones: &[
        "Europe/Moscow",
        "Europe/Kaliningrad",
        "Europe/Samara",
        "Europe/Volgograd",
        "Europe/Kirov",
        "Europe/Astrakhan",
        "Europe/Saratov",
        "Europe/Ulyanovsk",
        "Asia/Yekaterinburg",
        "Asia/Omsk",
        "Asia/Novosibirsk",
        "Asia/Barnaul",
        "Asia/Tomsk",
        "Asia/Novokuznetsk",
        "Asia/Krasnoyarsk",
        "Asia/Irkutsk",
        "Asia/Chita",
        "Asia/Yakutsk",
        "Asia/Vladivostok",
        "Asia/Khandyga",
        "Asia/Sakhalin",
        "Asia/Ust-Nera",
        "Asia/Magadan",
        "Asia/Srednekolymsk",
        "Asia/Kamchatka",
        "Asia/Anadyr",
    ],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 2, NEW_YEARS),
        on(1, 3, NEW_YEARS),
        on(1, 4, NEW_YEARS),
        on(1, 5, NEW_YEARS),
        on(1, 6, NEW_YEARS),
        on(1, 7, ORTHODOX_CHRISTMAS),
        on(1, 8, NEW_YEARS),
        on(
            2,
            23,
            n("Defender of the Fatherland Day", "День защитника Отечества"),
        ),
        on(3, 8, WOMEN),
        on(5, 1, n("Spring and Labour Day", "Праздник Весны и Труда")),
        on(5, 9, VICTORY),
        on(6, 12, n("Russia Day", "День России")),
        on(11, 4, n("National Unity Day", "День народного единства")),
    ],
};

const SWEDEN: Country = Country {
    code: "se",
    names: n("Sweden", "Швеция"),
    zones: &["Europe/Stockholm"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(1, 6, EPIPHANY),
        easter(-2, GOOD_FRIDAY),
        easter(0, EASTER),
        easter(1, EASTER_MONDAY),
        on(5, 1, LABOUR),
        easter(39, ASCENSION),
        easter(49, PENTECOST),
        on(6, 6, NATIONAL),
        always(
            Day::From(6, 20, Saturday),
            n("Midsummer Day", "День летнего солнцестояния"),
        ),
        always(Day::From(10, 31, Saturday), ALL_SAINTS),
        on(12, 25, CHRISTMAS),
        on(12, 26, SECOND_CHRISTMAS),
    ],
};

/// First days of the feast of breaking the fast, as the Presidency of Religious Affairs announced them.
const RAMADAN_FEAST: &[(i16, i8, i8)] = &[
    (2016, 7, 5),
    (2017, 6, 25),
    (2018, 6, 15),
    (2019, 6, 4),
    (2020, 5, 24),
    (2021, 5, 13),
    (2022, 5, 2),
    (2023, 4, 21),
    (2024, 4, 10),
    (2025, 3, 30),
    (2026, 3, 20),
];
/// First days of the feast of sacrifice.
const SACRIFICE_FEAST: &[(i16, i8, i8)] = &[
    (2016, 9, 12),
    (2017, 9, 1),
    (2018, 8, 21),
    (2019, 8, 11),
    (2020, 7, 31),
    (2021, 7, 20),
    (2022, 7, 9),
    (2023, 6, 28),
    (2024, 6, 16),
    (2025, 6, 6),
    (2026, 5, 27),
];

const TURKEY: Country = Country {
    code: "tr",
    names: n("Türkiye", "Турция"),
    zones: &["Europe/Istanbul"],
    moved: Moved::No,
    rules: &[
        on(1, 1, NEW_YEAR),
        on(
            4,
            23,
            n(
                "National Sovereignty and Children's Day",
                "День национального суверенитета и детей",
            ),
        ),
        on(5, 1, n("Labour and Solidarity Day", "День труда и солидарности")),
        on(
            5,
            19,
            n(
                "Atatürk, Youth and Sports Day",
                "День памяти Ататюрка, молодёжи и спорта",
            ),
        ),
        on(
            7,
            15,
            n(
                "Democracy and National Unity Day",
                "День демократии и национального единства",
            ),
        )
        .since(2017),
        on(8, 30, n("Victory Day", "День победы")),
        on(10, 29, REPUBLIC),
        always(
            Day::Announced(RAMADAN_FEAST, 3),
            n("Ramadan Feast", "Рамазан-байрам"),
        ),
        always(
            Day::Announced(SACRIFICE_FEAST, 4),
            n("Feast of Sacrifice", "Курбан-байрам"),
        ),
    ],
};

const USA: Country = Country {
    code: "us",
    names: n("United States (federal)", "США (федеральные)"),
    zones: &[
        "America/New_York",
        "America/Detroit",
        "America/Chicago",
        "America/Denver",
        "America/Boise",
        "America/Phoenix",
        "America/Los_Angeles",
        "America/Anchorage",
        "Pacific/Honolulu",
    ],
    moved: Moved::Around,
    rules: &[
        on(1, 1, NEW_YEAR),
        nth(
            1,
            3,
            Monday,
            n("Martin Luther King Jr. Day", "День Мартина Лютера Кинга"),
        ),
        nth(
            2,
            3,
            Monday,
            n("Washington's Birthday", "День рождения Вашингтона"),
        ),
        nth(5, -1, Monday, n("Memorial Day", "День поминовения")),
        on(6, 19, n("Juneteenth", "День отмены рабства")).since(2021),
        on(7, 4, INDEPENDENCE),
        nth(9, 1, Monday, n("Labor Day", "День труда")),
        nth(10, 2, Monday, n("Columbus Day", "День Колумба")),
        on(11, 11, n("Veterans Day", "День ветеранов")),
        nth(11, 4, Thursday, n("Thanksgiving Day", "День благодарения")),
        on(12, 25, CHRISTMAS),
    ],
};
