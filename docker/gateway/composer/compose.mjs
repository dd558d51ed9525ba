// Composes services into a supergraph:
//
//   node compose.mjs FOLDER name=URL [name=URL ...] > supergraph.graphql
//
// reads FOLDER/<name>/schema.graphql of each. On standard error stands one JSON object a line for
// each thing that is wrong; the exit code is then 1, and nothing is printed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

const [folder, ...pairs] = process.argv.slice(2);
const problems = [];

const services = pairs.map((pair) => {
  const [name] = pair.split('=', 1);
  const url = pair.slice(name.length + 1);
  try {
    const typeDefs = parse(readFileSync(join(folder, name, 'schema.graphql'), 'utf8'));
    return { name, url, typeDefs };
  } catch (error) {
    problems.push({ service: name, code: 'INVALID_GRAPHQL', message: error.message });
    return { name, url };
  }
});

if (problems.length === 0) {
  const { supergraphSdl, errors = [] } = composeServices(services);
  for (const { message, extensions } of errors) {
    problems.push({ service: servicesIn(message), code: extensions.code, message });
  }
  if (problems.length === 0) process.stdout.write(supergraphSdl.trimEnd() + '\n');
}

// The composer names services only in its text: as [files], or as subgraph "files".
function servicesIn(message) {
  const named = services.filter(({ name }) => message.includes(`[${name}]`) || message.includes(`"${name}"`));
  return named.map(({ name }) => name).join(', ');
}

for (const problem of problems) console.error(JSON.stringify(problem));
process.exitCode = problems.length === 0 ? 0 : 1;
