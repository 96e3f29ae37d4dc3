"""The one place that touches the client library of Together, and of servers that speak like it."""
