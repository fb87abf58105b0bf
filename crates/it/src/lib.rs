//! Nothing stands here: the whole program is tested in `tests/it`, which is one binary so that it is linked once.
