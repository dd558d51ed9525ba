from django.db import migrations, models

_CHANNELS = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("push", "Push"),
    ("in_app", "Inbox"),
    ("webhook", "Webhook"),
    ("chat", "Chat"),
]


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0005_layouts_and_pictures"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="channel",
            field=models.CharField(choices=_CHANNELS, max_length=10),
        ),
        migrations.AlterField(
            model_name="notificationdevice",
            name="channel",
            field=models.CharField(choices=_CHANNELS, editable=False, max_length=10),
        ),
        migrations.AlterField(
            model_name="notificationprovider",
            name="channel",
            field=models.CharField(choices=_CHANNELS, editable=False, max_length=10),
        ),
    ]
