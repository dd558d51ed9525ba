from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('importexport', '0007_endpoints'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='unchanged',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
    ]
