"""Database triggers record what must never happen at the moment it does, whatever heals it afterwards."""

from django.db import connection

TRIGGERS = """
CREATE TABLE chaos_violation (id serial PRIMARY KEY, rule text NOT NULL, what text NOT NULL);

CREATE FUNCTION chaos_older() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO chaos_violation (rule, what)
  VALUES ('an older state never replaces a newer one', OLD.external_number || ': ' || OLD.store_updated_at || ' -> ' || NEW.store_updated_at);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_older AFTER UPDATE ON orders_order FOR EACH ROW
  WHEN (NEW.store_updated_at < OLD.store_updated_at) EXECUTE FUNCTION chaos_older();

CREATE FUNCTION chaos_too_soon() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO chaos_violation (rule, what)
  VALUES ('no manual update within 10 minutes of the last accepted one', 'order ' || OLD.order_id
    || ': ' || OLD.accepted_at || ', ' || NEW.accepted_at);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_too_soon AFTER UPDATE ON orders_refresh FOR EACH ROW
  WHEN (NEW.accepted_at > OLD.accepted_at AND NEW.accepted_at < OLD.accepted_at + interval '10 minutes') EXECUTE FUNCTION chaos_too_soon();

CREATE FUNCTION chaos_thawed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO chaos_violation (rule, what)
  SELECT 'a written-off line is frozen', 'line ' || l.id || ' of order ' || l.order_id
  FROM orders_orderline l JOIN orders_linewriteoff w ON w.line_id = l.id AND w.reversed_at IS NULL
  WHERE l.id = NEW.id AND (l.quantity, l.price, l.discount) IS DISTINCT FROM (w.quantity, w.price, w.discount);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER chaos_thawed AFTER UPDATE ON orders_orderline DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.written_off_at IS NOT NULL) EXECUTE FUNCTION chaos_thawed();
"""


def install() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)


def recorded() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rule, what FROM chaos_violation ORDER BY id")
        return [f"{rule} ({what})" for rule, what in cursor.fetchall()]
