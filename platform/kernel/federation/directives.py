"""The federation directives at the one version that both public composers accept."""

from functools import partial

import graphene_federation
from graphene_federation.apollo_versions import FederationVersion

# @theguild/federation-composition 0.27 knows no link version after 2.9; Apollo's takes both.
FEDERATION_VERSION = FederationVersion.VERSION_2_9

key = partial(graphene_federation.key, federation_version=FEDERATION_VERSION)
shareable = partial(graphene_federation.shareable, federation_version=FEDERATION_VERSION)
