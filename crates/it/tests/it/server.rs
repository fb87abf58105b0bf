//! HTTP/1.1, HTTP/2, TLS, limits and shutdown of the front.
