"""A storm over a whole installation: real PostgreSQL, Valkey and workers, a shop that fails in every known
way; and what holds afterwards (``make chaos``)."""
