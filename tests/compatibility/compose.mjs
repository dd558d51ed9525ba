// Composes subgraphs, [{name, sdl}] at standard input, by both public composers.
import { readFileSync } from 'node:fs';
import { composeServices as byApollo } from '@apollo/composition';
import { composeServices as byTheGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';

const services = JSON.parse(readFileSync(0, 'utf8')).map(({ name, sdl }) => ({
  name,
  url: `http://${name}.example.com`,
  typeDefs: parse(sdl),
}));

const told = ({ supergraphSdl, errors = [] }) => ({
  supergraph: supergraphSdl,
  errors: errors.map(({ message }) => message),
});
console.log(JSON.stringify([told(byApollo(services)), told(byTheGuild(services))]));
