"""Layouts around templates, pictures that go with mails, services by the plugins of Apprise."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_endpoints_fan_outs_and_snoozing")]

    operations = [
        migrations.AlterField(
            model_name="notificationprovider",
            name="kind",
            field=models.CharField(
                choices=[
                    ("mailgun", "Mailgun"),
                    ("postmark", "Postmark"),
                    ("twilio", "Twilio"),
                    ("vonage", "Vonage"),
                    ("web_push", "Web Push"),
                    ("fcm", "Fcm"),
                    ("slack", "Slack"),
                    ("teams", "Teams"),
                    ("discord", "Discord"),
                    ("telegram", "Telegram"),
                    ("apprise", "Apprise"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="notificationdevice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("web_push", "Web Push"),
                    ("fcm", "Fcm"),
                    ("slack", "Slack"),
                    ("teams", "Teams"),
                    ("discord", "Discord"),
                    ("telegram", "Telegram"),
                    ("apprise", "Apprise"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="pictures",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="notificationtemplate",
            name="is_layout",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="notificationtemplate",
            name="layout",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AddField(
            model_name="notificationtemplate",
            name="written_by",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="templateversion",
            name="layout",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
    ]
