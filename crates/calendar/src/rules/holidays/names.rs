//! What holidays are called that several countries have.

use super::{Names, n};

pub(super) const NEW_YEAR: Names = n("New Year's Day", "Новый год");
pub(super) const NEW_YEARS: Names = n("New Year holidays", "Новогодние каникулы");
pub(super) const EPIPHANY: Names = n("Epiphany", "Богоявление");
pub(super) const CHRISTMAS_EVE: Names = n("Christmas Eve", "Сочельник");
pub(super) const CHRISTMAS: Names = n("Christmas Day", "Рождество Христово");
pub(super) const SECOND_CHRISTMAS: Names = n("Second Day of Christmas", "Второй день Рождества");
pub(super) const ST_STEPHEN: Names = n("St Stephen's Day", "День святого Стефана");
pub(super) const ORTHODOX_CHRISTMAS: Names = n("Orthodox Christmas", "Рождество Христово");
pub(super) const GOOD_FRIDAY: Names = n("Good Friday", "Страстная пятница");
pub(super) const HOLY_SATURDAY: Names = n("Holy Saturday", "Великая суббота");
pub(super) const EASTER: Names = n("Easter Sunday", "Пасха");
pub(super) const EASTER_MONDAY: Names = n("Easter Monday", "Пасхальный понедельник");
pub(super) const ASCENSION: Names = n("Ascension Day", "Вознесение Господне");
pub(super) const PENTECOST: Names = n("Pentecost", "Пятидесятница");
pub(super) const WHIT_MONDAY: Names = n("Whit Monday", "Духов день");
pub(super) const CORPUS_CHRISTI: Names = n("Corpus Christi", "Праздник Тела Христова");
pub(super) const ASSUMPTION: Names = n("Assumption of Mary", "Успение Богородицы");
pub(super) const ALL_SAINTS: Names = n("All Saints' Day", "День всех святых");
pub(super) const IMMACULATE: Names = n("Immaculate Conception", "Непорочное зачатие Девы Марии");
pub(super) const WOMEN: Names = n("International Women's Day", "Международный женский день");
pub(super) const LABOUR: Names = n("Labour Day", "Праздник труда");
pub(super) const VICTORY: Names = n("Victory Day", "День Победы");
pub(super) const INDEPENDENCE: Names = n("Independence Day", "День независимости");
pub(super) const REPUBLIC: Names = n("Republic Day", "День Республики");
pub(super) const NATIONAL: Names = n("National Day", "Национальный праздник");
