// An Apollo Gateway in the place of the suite's router: composes the products subgraph, as its
// process prints it, with the two that come with the suite.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { composeServices } from '@apollo/composition';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { parse } from 'graphql';

const { PORT, PRODUCTS_URL, USERS_PORT, INVENTORY_PORT } = process.env;
process.env.APOLLO_TELEMETRY_DISABLED = '1';

const suite = createRequire(import.meta.url).resolve(
  '@apollo/federation-subgraph-compatibility-tests/package.json',
);
const bundled = async (name, port) => ({
  name,
  url: `http://127.0.0.1:${port}/`,
  typeDefs: parse(
    await readFile(new URL(`dist/subgraphs/${name}/${name}.graphql`, `file://${suite}`), 'utf8'),
  ),
});

const answer = await fetch(PRODUCTS_URL, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: '{ _service { sdl } }' }),
});
const { data } = await answer.json();

const { supergraphSdl, errors } = composeServices([
  { name: 'products', url: PRODUCTS_URL, typeDefs: parse(data._service.sdl) },
  await bundled('users', USERS_PORT),
  await bundled('inventory', INVENTORY_PORT),
]);
if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));

const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl }) });
const { url } = await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(PORT) },
});
console.log(`gateway at ${url}`);
