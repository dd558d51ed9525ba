// The suite looks for the router at port 4000; tests of ours take whatever port is free.
require('@apollo/federation-subgraph-compatibility-tests/dist/utils/client').ROUTER_URL =
  process.env.ROUTER_URL;
