"""Settings of calls between services, read from the environment like those of `project.settings`.

A comment above a setting tells its unit and meaning: the reference page is made of them.
"""

import os
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from kernel import services
from kernel.discovery.addresses import SCHEMES
from kernel.env import Environment

env = Environment(os.environ)

# --- Calls between services ---------------------------------------------------------------------

# Where services that this process does not serve are found: name=URL, with commas between. A name
# with several processes is given several times, or by what knows them: `dns+http://host:port`,
# `srv+http://name`, `file:///services.json`, `consul+http://host:8500/name`,
# `etcd+http://host:2379/folder`, `registry:` (docs/mesh.md). By default each at its own port of
# this host.
SERVICE_URLS = services.addresses(env.items("SERVICE_URLS"), SCHEMES)

# What Consul (X-Consul-Token) or etcd (Authorization) is shown, where SERVICE_URLS has them asked;
# a secret, or the file that DISCOVERY_TOKEN_FILE names. By default nothing.
DISCOVERY_TOKEN = env.secret("DISCOVERY_TOKEN")

# Where processes that serve write down that they are there: in the `database` that they share, in
# `redis` at REDIS_URL, or nowhere. By default nowhere where one process serves all seven.
MESH_REGISTRY = env.choice(
    "MESH_REGISTRY",
    "off" if env.text("SERVICES", "all").strip() == "all" else "database",
    ("off", "database", "redis"),
)
if MESH_REGISTRY == "redis" and not env.text("REDIS_URL", ""):
    raise ImproperlyConfigured("MESH_REGISTRY=redis: expected REDIS_URL to say where that is")

# Where other processes reach this one, such as http://10.0.0.7:8000, for the registry. By default
# the address that it listens on, or the name of this host where that is any.
MESH_ADDRESS = env.origin("MESH_ADDRESS")

# The zone that this process is in: of a service with processes in several zones those of the same
# one are asked, while half of them are well.
MESH_ZONE = env.text("MESH_ZONE", "")

# Ask a second process where the first takes longer than 95 of 100 do, and what is asked changes
# nothing: shorter waits for some more load.
MESH_HEDGING = env.flag("MESH_HEDGING", default=False)

# A file with certificates (PEM) of who vouches for other processes of the platform, over https://;
# by default the machine's.
MESH_CA_FILE = env.text("MESH_CA_FILE", "")

# A file with the certificate (PEM) that this process shows other processes.
MESH_CERTIFICATE_FILE = env.text("MESH_CERTIFICATE_FILE", "")

# The file with its private key (PEM, without a passphrase).
MESH_KEY_FILE = env.text("MESH_KEY_FILE", "")

# Let nobody connect but by TLS with a certificate that MESH_CA_FILE vouches for, and show that of
# MESH_CERTIFICATE_FILE. Probes and scrapes then need OPERATIONS_PORT, which stays without.
MESH_TLS = env.flag("MESH_TLS", default=False)
if MESH_TLS and not (MESH_CA_FILE and MESH_CERTIFICATE_FILE and MESH_KEY_FILE):
    raise ImproperlyConfigured(
        "MESH_TLS=true: expected MESH_CA_FILE, MESH_CERTIFICATE_FILE and MESH_KEY_FILE with it"
    )

# How long a process that is told to end by SIGTERM says so to probes, and goes on answering, before
# it takes no more connections: until balancers have noticed. 0s: it ends at once, as by Ctrl-C.
DRAIN_TIME = env.duration("DRAIN_TIME", timedelta(seconds=0))
