"""The programs as idiomatic JAX: functions of the sizes; `_restructured` where experts would differ."""
