"""What AWS delivers: record fields, what their values mean, folders, record formats. Pure."""
