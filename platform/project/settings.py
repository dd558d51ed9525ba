"""Every setting of Septet, read once from the environment; with nothing set it runs on SQLite.

A comment above a setting tells its unit and meaning: the reference page is made of them.
"""

import os
from datetime import timedelta
from pathlib import Path

import django_stubs_ext

from kernel import services
from kernel.env import Environment
from kernel.identity.keys import ENVIRONMENTS
from project.accounts.oidc import providers
from project.derived import caches, of_https, of_mail
from project.installed import installed_apps
from project.libraries import *  # noqa: F403  settings of Django and its libraries
from project.of_database import *  # noqa: F403  settings of PostgreSQL and of backups
from project.of_database import databases
from project.of_mesh import *  # noqa: F403  settings of calls between services
from project.of_redis import *  # noqa: F403  settings of what processes share
from project.of_redis import REDIS_URL
from project.of_services import *  # noqa: F403  settings of single services
from project.of_watching import *  # noqa: F403  settings of logs and traces
from project.secret_key import secret_key_in

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment(os.environ)

# --- What this process serves and where ---------------------------------------------------------

# Which of the seven services this process serves: `all`, or names with commas between them.
SERVICES = services.select(env.text("SERVICES", "all"))

# The address to listen on. In a container: 0.0.0.0.
HOST = env.text("HOST", "127.0.0.1")

# The port to listen on. By default a lone service has its own (audit 3009), several share 8000.
PORT = env.number("PORT", services.default_port(SERVICES), at_least=0, at_most=65535)

# A port for probes and metrics alone, at the same address: `/health/…` and `/metrics`. Then the
# port above has no `/metrics`. 0: none; `serve` and `dev` answer both there, other processes none.
OPERATIONS_PORT = env.number("OPERATIONS_PORT", 0, at_least=0, at_most=65535)

# A folder, made where it is missing, in which processes keep what they count so that any of them
# tells Prometheus of all: for servers with several processes at one port, and for Celery workers.
PROMETHEUS_MULTIPROC_DIR = env.text("PROMETHEUS_MULTIPROC_DIR", "")
if PROMETHEUS_MULTIPROC_DIR:
    env.folder("PROMETHEUS_MULTIPROC_DIR", Path())

# Names this site answers to. `*` is any.
ALLOWED_HOSTS = list(env.items("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]", HOST)))

# Origins, such as https://septet.example.com, from which a signed-in browser may write.
CSRF_TRUSTED_ORIGINS = list(env.origins("TRUSTED_ORIGINS"))

# Proxies whose `X-Forwarded-For` is believed: addresses and networks. By default nobody's is, and
# the client is who connects. Name your edge here, or all its clients count as one.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# This site is reached by HTTPS only, which a proxy in front of it ends. That proxy sets
# `X-Forwarded-Proto` and lets no client set it. Cookies then travel by HTTPS alone, browsers
# remember to use it, and who asks for a page by HTTP is sent there. Off: plain HTTP, for a laptop.
HTTPS = env.flag("HTTPS", default=False)

# How long browsers remember to use HTTPS for this host and all under it.
HSTS_TIME = env.duration("HSTS_TIME", timedelta(days=365))

# Let browsers ship that with themselves. It is for who owns the whole domain, and hard to undo.
HSTS_PRELOAD = env.flag("HSTS_PRELOAD", default=False)

# The longest body of any request but uploads of files, in bytes: of a form above all. What GraphQL
# reads has a limit of its own.
MAX_BODY_BYTES = env.number("MAX_BODY_BYTES", 2_500_000, at_least=1)

# Threads that answer requests.
WEB_THREADS = env.number("WEB_THREADS", 8, at_least=1, at_most=256)

# `manage.py dev` fills its tenant with examples. Without, it makes the tenant, its administrator
# and a key.
DEMO_DATA = env.flag("DEMO_DATA", default=True)

# Threads that run jobs in an embedded process or in one `manage.py worker`; with
# CELERY_BROKER_URL, processes of one Celery worker.
WORKER_THREADS = env.number("WORKER_THREADS", 2, at_least=1, at_most=64)

# Threads that handle events in an embedded process, in a worker or in one `manage.py consume`.
CONSUMER_THREADS = env.number("CONSUMER_THREADS", 2, at_least=1, at_most=64)

# Over Kafka, groups that fewer of these threads may work for at the same time: `audit.trail=1`.
CONSUMER_CONCURRENCY = env.numbers("CONSUMER_CONCURRENCY", at_least=1, at_most=64)

# How long an event that was handed over is kept, to be replayed.
EVENT_RETENTION = env.duration("EVENT_RETENTION", timedelta(days=7))

# How long a batch of rows that was imported into a dataset can be undone, and told again.
DATASET_BATCHES_KEPT = env.duration("DATASET_BATCHES_KEPT", timedelta(days=30))

# How long a stopping process waits for the requests and jobs that it has begun.
STOP_TIMEOUT = env.duration("STOP_TIMEOUT", timedelta(seconds=20))

# Show tracebacks in the browser. Never where strangers can reach it.
DEBUG = env.flag("DEBUG", default=False)

# --- Where things are kept ----------------------------------------------------------------------

# The folder for everything the embedded platform writes: database, files, generated secret.
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / "var")

# The key that signs sessions. By default one is made once and kept in the data folder.
SECRET_KEY = env.text("SECRET_KEY", "") or secret_key_in(DATA_DIR)

# The keys that encrypt secrets at rest: id:key with commas between, a key being 32 bytes in base64;
# the first encrypts, all decrypt. `manage.py rotate_keys --print` makes one.
ENCRYPTION_KEYS = env.text("ENCRYPTION_KEYS", "")

# Their file where ENCRYPTION_KEYS gives none, made at first use: without it no secret can be read.
ENCRYPTION_KEYS_FILE = env.path("ENCRYPTION_KEYS_FILE", DATA_DIR / "encryption_keys.json")

# The folder of published audit checkpoints: best where who writes the database cannot write.
AUDIT_CHECKPOINT_FOLDER = env.path("AUDIT_CHECKPOINT_FOLDER", DATA_DIR / "audit_checkpoints")

# Where they go as well, with commas between: s3://bucket/prefix, https://host/path#whsec_<base64>.
AUDIT_CHECKPOINTS_TO = env.secret("AUDIT_CHECKPOINTS_TO")

# The database: sqlite:///file or postgres://user:password@host:port/name. Of a cluster whose
# primary changes all hosts, with commas, and ?target_session_attrs=read-write (docs/database.md).
DATABASES = databases(env.database("DATABASE_URL", f"sqlite:///{DATA_DIR}/septet.sqlite3"))
EMBEDDED = DATABASES["default"]["ENGINE"].endswith("sqlite3")

# The broker that carries jobs to Celery workers: `redis://`, `rediss://`, or Sentinels by
# `sentinel://host:26379;sentinel://host:26379`. With it no job runs in a process that serves.
# Databases of their own need brokers of their own: another number after the last slash will do.
CELERY_BROKER_URL = env.url("CELERY_BROKER_URL", "", ("redis", "rediss", "sentinel"))

# The name that the Sentinels of CELERY_BROKER_URL have for the master.
CELERY_SENTINEL_MASTER = env.text("CELERY_SENTINEL_MASTER", "mymaster")

# --- Events over Kafka --------------------------------------------------------------------------

# Brokers, host:port with commas between. With them events travel over Kafka; without, inside this
# process and its database. All processes of an installation have the same here.
KAFKA_BOOTSTRAP_SERVERS = env.items("KAFKA_BOOTSTRAP_SERVERS")

# How brokers are spoken to: with or without TLS (SSL), with or without a sign-in (SASL).
KAFKA_SECURITY_PROTOCOL = env.choice(
    "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
)

# How to sign in at a protocol with SASL.
KAFKA_SASL_MECHANISM = env.choice(
    "KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
)

# Who signs in.
KAFKA_SASL_USERNAME = env.text("KAFKA_SASL_USERNAME", "")

# The password, or in KAFKA_SASL_PASSWORD_FILE the path of a file with nothing else in it.
KAFKA_SASL_PASSWORD = env.secret("KAFKA_SASL_PASSWORD")

# A file with certificates (PEM) of who vouches for the brokers; by default the machine's.
KAFKA_CA_FILE = env.text("KAFKA_CA_FILE", "")

# A file with our own certificate (PEM), where brokers ask for one.
KAFKA_CERTIFICATE_FILE = env.text("KAFKA_CERTIFICATE_FILE", "")

# The file with its private key (PEM, without a passphrase).
KAFKA_KEY_FILE = env.text("KAFKA_KEY_FILE", "")

# What names of topics, groups and clients begin with where installations share a cluster: `test-`.
KAFKA_PREFIX = env.text("KAFKA_PREFIX", "")

# Partitions of a topic that is made: the most processes that read for one group at the same time.
# More can be had later, but then for a while events of one key are not in order.
KAFKA_PARTITIONS = env.number("KAFKA_PARTITIONS", 6, at_least=1, at_most=1000)

# How a group agrees who reads which partitions: the brokers decide (`consumer`, KIP-848, from Kafka
# 4.0 on), or its members among themselves (`classic`, cooperative-sticky).
KAFKA_GROUP_PROTOCOL = env.choice("KAFKA_GROUP_PROTOCOL", "consumer", ("consumer", "classic"))

# A name of this process that is the same after a restart, and that no other has. Its partitions
# then wait for it as long as a session lasts. By default others get them as soon as it stops.
KAFKA_INSTANCE_ID = env.text("KAFKA_INSTANCE_ID", "")

# Where groups begin that have never read, `beginning` or `end`, such as `audit.trail=end`. By
# default from the beginning, so that a new group misses nothing.
KAFKA_OFFSET_RESET = env.choices("KAFKA_OFFSET_RESET", choices=("beginning", "end"))

# Copies of a topic that is made. 0: as many as the cluster makes by itself.
KAFKA_REPLICATION = env.number("KAFKA_REPLICATION", 0, at_most=9)

# --- Documents ----------------------------------------------------------------------------------

# LibreOffice by its name or path: it makes the pictures of pages in previews of templates that were
# made in Word and Excel. Empty, or not installed: there are none, and the preview says so.
OFFICE_PROGRAM = env.text("OFFICE_PROGRAM", "soffice")

# --- Credentials --------------------------------------------------------------------------------

# `live` or `test`: part of every API key, so that nobody takes a key of the one for the other. A
# key of another environment opens nothing here. By default `test` on the embedded database.
KEY_ENVIRONMENT = env.choice("KEY_ENVIRONMENT", "test" if EMBEDDED else "live", ENVIRONMENTS)

# How long a tenant that is to be deleted can be had back. Nobody gets in meanwhile.
TENANT_GRACE = env.duration("TENANT_GRACE", timedelta(days=14))

# Who may issue tokens (JWT) for people: a JSON list of issuers, or the path of a file with it. See
# docs/security/tokens.md. By default nobody.
JWT_ISSUERS = env.text("JWT_ISSUERS", "")

# The file with the private keys that sign this process's questions to other services, made when
# there is none. Processes behind one address in SERVICE_URLS share it. By default in the data
# folder, under the name of the process's first service.
SERVICE_KEYS = env.path("SERVICE_KEYS", DATA_DIR / "service_keys" / f"{SERVICES[0]}.json")

# --- People who sign in -------------------------------------------------------------------------

# A session that nobody uses for so long ends.
SESSION_IDLE_TIMEOUT = env.duration("SESSION_IDLE_TIMEOUT", timedelta(hours=1))

# A session ends so long after the sign-in, used or not.
SESSION_LIFETIME = env.duration("SESSION_LIFETIME", timedelta(hours=24))

# Wrong passwords for one name, within SIGN_IN_LOCKOUT, that lock it.
SIGN_IN_FAILURES = env.number("SIGN_IN_FAILURES", 5, at_least=1, at_most=100)

# How long a name stays locked.
SIGN_IN_LOCKOUT = env.duration("SIGN_IN_LOCKOUT", timedelta(minutes=15))

# Let staff into the back office only with a second factor: an authenticator app or a passkey. By
# default off for the embedded database.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=not EMBEDDED)

# Sign-in at your own OpenID Connect provider: its issuer, such as
# https://id.example.com/realms/main. After setting it for the first time run `manage.py migrate`.
OIDC_ISSUER = env.text("OIDC_ISSUER", "")

# The client that this platform is at the provider.
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID", "septet")

# Its secret.
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET", "")

# What the button calls the provider.
OIDC_NAME = env.text("OIDC_NAME", "your organisation")

# The claim that lists a person's groups.
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")

# What a group of the provider's makes of a person here: group=staff, group=staff:<duty>
# (operations, support, compliance, product), group=superuser or group=<tenant's slug>:<role>. Who
# is in none of them and has no account gets none.
OIDC_GROUPS = env.pairs("OIDC_GROUPS")

# Where mail goes: smtp://user:password@host:port?tls=1, smtps://…, file:///folder or console:. By
# default each message becomes a file in the data folder, in `mail`.
MAIL = env.mail("EMAIL_URL", DATA_DIR / "mail")

# Whom mail comes from.
EMAIL_FROM = env.text("EMAIL_FROM", "Septet <septet@localhost>")

# The private key that signs mails for the domain of EMAIL_FROM by DKIM: RSA of 2048 bits or more,
# in PEM, or in EMAIL_DKIM_KEY_FILE the path of its file. Not signed without.
EMAIL_DKIM_KEY = env.secret("EMAIL_DKIM_KEY")

# Under which name its public key is in the DNS: <selector>._domainkey.<domain>.
EMAIL_DKIM_SELECTOR = env.text("EMAIL_DKIM_SELECTOR", "septet")

# Where people and receivers of webhooks reach this site: links that leave it begin so. By default
# this machine, under its own port.
PUBLIC_ORIGIN = env.origin("PUBLIC_ORIGIN") or f"http://localhost:{PORT}"

# --- Limits of a GraphQL request ----------------------------------------------------------------

# `public`: the callers are anybody's clients. `gateway`: the only caller is a federation gateway
# that has limits of its own. It chooses the defaults of the limits below.
GRAPHQL_LIMITS = env.choice("GRAPHQL_LIMITS", "public", ("public", "gateway"))
_FOR_GATEWAY = GRAPHQL_LIMITS == "gateway"

# The longest body of a GraphQL request, in bytes.
GRAPHQL_MAX_BODY_BYTES = env.number(
    "GRAPHQL_MAX_BODY_BYTES", 2_000_000 if _FOR_GATEWAY else 1_000_000, at_least=1
)

# The most tokens in a GraphQL document.
GRAPHQL_MAX_TOKENS = env.number("GRAPHQL_MAX_TOKENS", 15_000 if _FOR_GATEWAY else 1_000, at_least=1)

# How deep selections may nest; introspection is exempt.
GRAPHQL_MAX_DEPTH = env.number("GRAPHQL_MAX_DEPTH", 12, at_least=1)

# The most aliases in a GraphQL document.
GRAPHQL_MAX_ALIASES = env.number("GRAPHQL_MAX_ALIASES", 30 if _FOR_GATEWAY else 15)

# The most directives in a GraphQL document.
GRAPHQL_MAX_DIRECTIVES = env.number("GRAPHQL_MAX_DIRECTIVES", 50)

# The most representations in one `_entities` call.
GRAPHQL_MAX_REPRESENTATIONS = env.number("GRAPHQL_MAX_REPRESENTATIONS", 1_000, at_least=1)

# The most an operation may cost, as `@cost` and `@listSize` estimate it: about one for each object.
GRAPHQL_MAX_COST = env.number("GRAPHQL_MAX_COST", 20_000 if _FOR_GATEWAY else 5_000, at_least=1)

# How long an operation may take. What takes longer is stopped, its SQL statement included.
GRAPHQL_TIMEOUT = env.duration("GRAPHQL_TIMEOUT", timedelta(seconds=30))

# Answer queries of plain fields by plans made once, straight from rows to JSON. Off: by the
# executor alone, which gives the same answers and is several times slower.
GRAPHQL_COMPILED = env.flag("GRAPHQL_COMPILED", default=True)

# --- Who may ask what by GraphQL ----------------------------------------------------------------

# Tell anybody the schema. When off: introspection, and suggestions in errors, are for signed-in
# staff, so GraphiQL works for them; `_service`, which gateways ask, is for any credential; without
# one there is `__typename` only. By default on for the embedded database and while debugging.
GRAPHQL_INTROSPECTION = env.flag("GRAPHQL_INTROSPECTION", default=DEBUG or EMBEDDED)

# Memory for documents that clients name by their hash (automatic persisted queries), in bytes for
# each endpoint. 0 switches them off.
GRAPHQL_PERSISTED_BYTES = env.number("GRAPHQL_PERSISTED_BYTES", 4_000_000)

# Documents that clients registered: a manifest, or a folder with one `<client>.json` for each. A
# manifest is `{"<id>": "<text>"}` or Apollo's. It is read once.
GRAPHQL_TRUSTED_DOCUMENTS = env.text("GRAPHQL_TRUSTED_DOCUMENTS", "")

# Run registered documents only, GraphiQL's own included. What gateways and other services of the
# platform send is their own text, so a service's path is exempt where GRAPHQL_LIMITS is `gateway`,
# and so is every request with a service's token.
GRAPHQL_ONLY_TRUSTED = env.flag("GRAPHQL_ONLY_TRUSTED", default=False)

# --- How much one caller may ask for ------------------------------------------------------------

# What one credential may use: an API key, a token's subject, a signed-in person. As for the other
# rates: units of cost a minute in the long run, a colon, and units at once; 0 is no limit.
RATE_LIMIT_CREDENTIAL = env.rate("RATE_LIMIT_CREDENTIAL", "120000:40000")

# What all credentials of a tenant may use together.
RATE_LIMIT_TENANT = env.rate("RATE_LIMIT_TENANT", "480000:160000")

# What an address may use without a credential; of IPv6 it is the /64 that counts. Off by default
# behind a gateway, whose own address all its clients have.
RATE_LIMIT_ADDRESS = env.rate("RATE_LIMIT_ADDRESS", "0" if _FOR_GATEWAY else "6000:2000")

# How often an address may show a credential that is refused. After that it is asked to wait, except
# with credentials that were good in the last minutes.
RATE_LIMIT_ATTEMPTS = env.rate("RATE_LIMIT_ATTEMPTS", "0" if _FOR_GATEWAY else "60:30")

# --- Calls to addresses that users give ---------------------------------------------------------

# What may be called besides the public internet, such as an internal webhook: networks
# (10.1.0.0/16) and hosts (hooks.internal, 10.2.0.7:8080), with commas between them. A host may be
# at any address. Ports are those of OUTBOUND_PORTS unless an entry names its own.
OUTBOUND_ALLOWED = env.items("OUTBOUND_ALLOWED")

# Call nothing but what OUTBOUND_ALLOWED names.
OUTBOUND_ONLY_ALLOWED = env.flag("OUTBOUND_ONLY_ALLOWED", default=False)

# The ports that may be called.
OUTBOUND_PORTS = env.ports("OUTBOUND_PORTS", (80, 443))

# Calls that go to one host at the same time; others wait for their turn.
OUTBOUND_PER_HOST = env.number("OUTBOUND_PER_HOST", 8, at_least=1, at_most=1000)

# --- For tests ------------------------------------------------------------------------------------

# Of crashes, as `name:n`: the process kills itself when it passes this point of
# kernel.faults for the n-th time.
FAULT = env.text("FAULT", "")

# --- What follows from the above ----------------------------------------------------------------

CACHES = caches(REDIS_URL)
INSTALLED_APPS = installed_apps(SERVICES, with_provider=bool(OIDC_ISSUER))
SOCIALACCOUNT_PROVIDERS = providers(OIDC_ISSUER, OIDC_NAME, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)
globals().update(of_mail(MAIL) | of_https(HTTPS, HSTS_TIME, HSTS_PRELOAD))
DEFAULT_FROM_EMAIL = EMAIL_FROM
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [("docs", BASE_DIR / "docs" / "images")]
SESSION_COOKIE_AGE = int(SESSION_LIFETIME.total_seconds())
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES  # forms, and query strings of pages
