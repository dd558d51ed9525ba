
import django.db.models.deletion
import kernel.clock
import kernel.ids
import kernel.secrets.fields
import kernel.tenancy.context
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduler', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('kind', models.CharField(choices=[('scheduled', 'Scheduled'), ('manual', 'Manual'), ('backfill', 'Backfill'), ('following', 'Following')], default='scheduled', max_length=9)),
                ('fire_time', models.DateTimeField()),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('waiting', 'Waiting'), ('running', 'Running'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('skipped', 'Skipped'), ('cancelled', 'Cancelled'), ('terminated', 'Terminated')], default='queued', max_length=10)),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('asked_by', models.JSONField(blank=True, default=dict, editable=False)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('job_id', models.UUIDField(editable=False, null=True)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_message', models.CharField(blank=True, max_length=1000)),
                ('result', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('started_at', models.DateTimeField(editable=False, null=True)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('deadline_at', models.DateTimeField(editable=False, null=True)),
                ('late_at', models.DateTimeField(editable=False, null=True)),
                ('cancel_asked', models.BooleanField(default=False, editable=False)),
                ('forget_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'job run',
            },
        ),
        migrations.CreateModel(
            name='JobRunLine',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('text', models.CharField(max_length=1000)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'line of a job run',
            },
        ),
        migrations.CreateModel(
            name='JobScheduleVersion',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('number', models.PositiveIntegerField()),
                ('definition', models.JSONField()),
                ('changed_by', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'version of a job schedule',
            },
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='after_id',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='anchor_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='asked_by',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='calendar',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='catch_up_seconds',
            field=models.PositiveIntegerField(default=3600),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='concurrency_group',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='concurrency_limit',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='disable_after',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='dst_policy',
            field=models.CharField(choices=[('vixie', 'Vixie'), ('skip', 'Skip')], default='vixie', max_length=5),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='ends_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='every_seconds',
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='failures_in_a_row',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='grace_seconds',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='jitter_seconds',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='keep_runs_days',
            field=models.PositiveIntegerField(default=30),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='kind',
            field=models.CharField(choices=[('cron', 'Cron'), ('once', 'Once'), ('interval', 'Interval'), ('rule', 'Rule'), ('after', 'After')], default='cron', max_length=8),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='last_ping_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='last_run_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='maximum_attempts',
            field=models.PositiveIntegerField(default=3),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='maximum_runs',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='misfire',
            field=models.CharField(choices=[('skip', 'Skip'), ('fire_once', 'Fire Once'), ('fire_all', 'Fire All')], default='fire_once', max_length=9),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='misfire_cap',
            field=models.PositiveIntegerField(default=10),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='next_run_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='note',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='overlap',
            field=models.CharField(choices=[('skip', 'Skip'), ('buffer_one', 'Buffer One'), ('buffer_all', 'Buffer All'), ('cancel_other', 'Cancel Other'), ('terminate_other', 'Terminate Other'), ('allow_all', 'Allow All')], default='skip', max_length=15),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='owner',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='parameters',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='ping_generation',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='recent',
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='retry_seconds',
            field=models.PositiveIntegerField(default=30),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='rule',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='runs_made',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='starts_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='tags',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='target',
            field=models.CharField(blank=True, max_length=2000),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='target_kind',
            field=models.CharField(choices=[('chore', 'Chore'), ('webhook', 'Webhook'), ('event', 'Event'), ('ping', 'Ping')], default='event', max_length=7),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='timeout_seconds',
            field=models.PositiveIntegerField(default=3600),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='version',
            field=models.PositiveIntegerField(default=1, editable=False),
        ),
        migrations.AddField(
            model_name='jobschedule',
            name='webhook_secret',
            field=kernel.secrets.fields.EncryptedTextField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='jobschedule',
            name='cron',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddIndex(
            model_name='jobschedule',
            index=models.Index(condition=models.Q(('enabled', True), ('next_run_at__isnull', False)), fields=['next_run_at'], name='scheduler_due'),
        ),
        migrations.AddIndex(
            model_name='jobschedule',
            index=models.Index(condition=models.Q(('enabled', True), ('next_run_at__isnull', False)), fields=['tenant_id', 'next_run_at', 'id'], name='scheduler_due_of_tenant'),
        ),
        migrations.AddIndex(
            model_name='jobschedule',
            index=models.Index(condition=models.Q(('after_id__isnull', False)), fields=['tenant_id', 'after_id'], name='scheduler_following'),
        ),
        migrations.AddIndex(
            model_name='jobschedule',
            index=models.Index(condition=models.Q(('concurrency_group', ''), _negated=True), fields=['tenant_id', 'concurrency_group', 'id'], name='scheduler_groups'),
        ),
        migrations.AddField(
            model_name='jobrun',
            name='schedule',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='scheduler.jobschedule'),
        ),
        migrations.AddField(
            model_name='jobrunline',
            name='run',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='scheduler.jobrun'),
        ),
        migrations.AddField(
            model_name='jobscheduleversion',
            name='schedule',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='scheduler.jobschedule'),
        ),
        migrations.AddIndex(
            model_name='jobrun',
            index=models.Index(fields=['tenant_id', 'fire_time', 'id'], name='scheduler_runs_newest'),
        ),
        migrations.AddIndex(
            model_name='jobrun',
            index=models.Index(fields=['tenant_id', 'state', 'fire_time', 'id'], name='scheduler_runs_state'),
        ),
        migrations.AddIndex(
            model_name='jobrun',
            index=models.Index(fields=['schedule', 'fire_time', 'id'], name='scheduler_runs_of'),
        ),
        migrations.AddIndex(
            model_name='jobrun',
            index=models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['schedule', 'state'], name='scheduler_runs_going_on'),
        ),
        migrations.AddIndex(
            model_name='jobrun',
            index=models.Index(condition=models.Q(('deadline_at__isnull', False), ('state', 'running')), fields=['deadline_at'], name='scheduler_runs_overdue'),
        ),
        migrations.AddIndex(
            model_name='jobrun',
            index=models.Index(condition=models.Q(('late_at__isnull', False)), fields=['late_at'], name='scheduler_runs_late'),
        ),
        migrations.AddIndex(
            model_name='jobrun',
            index=models.Index(condition=models.Q(('forget_at__isnull', False)), fields=['forget_at'], name='scheduler_runs_old'),
        ),
        migrations.AddConstraint(
            model_name='jobrun',
            constraint=models.UniqueConstraint(fields=('schedule', 'kind', 'fire_time'), name='scheduler_one_run'),
        ),
        migrations.AddIndex(
            model_name='jobrunline',
            index=models.Index(fields=['run', 'id'], name='scheduler_lines_of'),
        ),
        migrations.AddConstraint(
            model_name='jobscheduleversion',
            constraint=models.UniqueConstraint(fields=('schedule', 'number'), name='scheduler_one_version'),
        ),
    ]
