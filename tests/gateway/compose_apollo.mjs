// Composes services by Apollo's own composer, which the product does not use: what it says is the
// reference that tests compare with. Standard input: {services: [{name, url, sdl}], supergraph},
// the last being what our composer made of them; output: one JSON object.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../docker/gateway/apollo/package.json', import.meta.url));
const { composeServices } = require('@apollo/composition');
const { Supergraph } = require('@apollo/federation-internals');
const { parse, printSchema } = require('graphql');

const input = JSON.parse(readFileSync(0, 'utf8'));
const { schema, errors = [], hints = [] } = composeServices(
  input.services.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
);
const printed = (api) => printSchema(api.toGraphQLJSSchema());

console.log(
  JSON.stringify({
    errors: errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`),
    hints: hints.map(({ definition, message }) => ({
      level: definition.level.name,
      message: `${definition.code}: ${message}`,
    })),
    api: schema && printed(schema.toAPISchema()),
    apiOfOurs: printed(Supergraph.build(input.supergraph).apiSchema()),
  }),
);
