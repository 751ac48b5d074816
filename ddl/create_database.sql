CREATE DATABASE IF NOT EXISTS {{ table.database | name }}
