"""Steps that change a value on its way into a field: functions from a value to a value, or to None for nothing."""
