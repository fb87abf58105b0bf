//! Every route, every role, own and foreign objects.
