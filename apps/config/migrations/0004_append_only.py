"""A version never changes, and goes only after what it is of, or where, is gone."""

from django.db import migrations

TARGETS = {
    "config_flagversion": ("config_featureflag", "flag_id"),
    "config_segmentversion": ("config_segment", "segment_id"),
}

SQLITE = """
CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table} BEGIN
    SELECT RAISE(ABORT, 'versions are append-only');
END;
CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table}
WHEN EXISTS (SELECT 1 FROM {target} WHERE id = OLD.{column})
AND EXISTS (SELECT 1 FROM config_environment WHERE id = OLD.environment_id) BEGIN
    SELECT RAISE(ABORT, 'versions are append-only');
END;
"""
POSTGRESQL = """
CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF NOT EXISTS (SELECT 1 FROM {target} WHERE id = OLD.{column})
        OR NOT EXISTS (SELECT 1 FROM config_environment WHERE id = OLD.environment_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'versions are append-only';
END $$;
CREATE TRIGGER {table}_keep_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
"""


def guard(apps, editor):
    for table, (target, column) in TARGETS.items():
        if editor.connection.vendor == "sqlite":
            told = SQLITE.format(table=table, target=target, column=column)
            # One statement at a time is taken.
            for statement in told.split("END;\n")[:-1]:
                editor.execute(f"{statement}END;")
        else:
            editor.execute(POSTGRESQL.format(table=table, target=target, column=column))


class Migration(migrations.Migration):
    dependencies = [("config", "0003_carry_enabled")]
    operations = [
        migrations.RemoveField(model_name="featureflag", name="enabled"),
        migrations.RunPython(guard),
    ]
