//! The hostile ring: the real binary is killed, its database is taken away, its disk is filled, and it is ended at the
//! named points of what spans servers. Whatever happens, at the end nothing acknowledged is lost, nothing refused is
//! there, and nothing is left half done.

mod crash_points;
mod draws;
mod events;
mod full_disk;
mod kills;
mod letters;
mod load;
mod participants;
mod reminders;
mod restarts;
mod segments;
mod timers;
