"""A whole installation under faults: real PostgreSQL, Valkey and workers, a shop that fails in every known
way; and assertions about what must hold afterwards (``make chaos``)."""
