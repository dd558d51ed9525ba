// Apollo Gateway in front of Septet: `node apollo.mjs`. README.md beside this folder tells
// what each part is for; the variables are the same for Hive Gateway.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { watchFile } from 'node:fs';
import { createServer } from 'node:http';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { maxTokens, withinLimits } from '../limits.mjs';
import {
  fetchFromService,
  FORWARDED,
  introspection,
  ourCode,
  pollingMilliseconds,
  SUPERGRAPH,
} from '../services.mjs';
import { countOperations, countSubgraphRequest, metrics } from './metrics.mjs';

const { HOST = '127.0.0.1', PORT = '4000' } = process.env;
const MOST_BODY_BYTES = 1_000_000;

// Apollo Gateway reports to its maker unless it is told not to.
process.env.APOLLO_TELEMETRY_DISABLED ??= '1';

class Service extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    for (const name of FORWARDED) {
      const value = context.headers?.[name];
      if (value) request.http.headers.set(name, value);
    }
  }

  fetcher = async (url, request) => {
    const onAnswer = (outcome, took) => countSubgraphRequest(this.name, outcome, took);
    try {
      return await fetchFromService(url, request, { onAnswer });
    } catch {
      throw this.unavailable('gives no answer');
    }
  };

  // A refusal as HTTP keeps the code that the service gave it.
  async errorFromResponse(response) {
    const { errors: [error] = [] } = await response.json().catch(() => ({}));
    if (!error?.extensions?.code) return this.unavailable(`answers ${response.status}`);
    return new GraphQLError(error.message, { extensions: error.extensions });
  }

  unavailable(how) {
    return new GraphQLError(`${this.name} ${how}`, { extensions: { code: 'UNAVAILABLE' } });
  }
}

const gateway = new ApolloGateway({
  buildService: ({ name, url }) => new Service({ name, url }),
  // A new supergraph is taken over while running; one that cannot be read leaves the old one.
  supergraphSdl: async ({ update }) => {
    watchFile(SUPERGRAPH, { interval: pollingMilliseconds }, async () => {
      try {
        update(await readFile(SUPERGRAPH, 'utf8'));
        console.log(`serving the new ${SUPERGRAPH}`);
      } catch (error) {
        console.error(`still serving the old supergraph: ${error.message}`);
      }
    });
    return { supergraphSdl: await readFile(SUPERGRAPH, 'utf8') };
  },
});

const server = new ApolloServer({
  gateway,
  introspection,
  hideSchemaDetailsFromClientErrors: !introspection,
  parseOptions: { maxTokens },
  validationRules: [withinLimits(GraphQLError)],
  includeStacktraceInErrorResponses: false,
  stopOnTerminationSignals: false,
  formatError: (error, { originalError }) => {
    const code = originalError?.extensions?.code ?? error.extensions.code;
    return { ...error, extensions: { ...error.extensions, code: ourCode(code, error.message) } };
  },
  plugins: [countOperations],
});
await server.start();

async function answer(request) {
  const path = new URL(request.url, 'http://gateway').pathname;
  if (path === '/health/live' || path === '/health/ready') return { status: 200, body: 'ok' };
  if (path === '/metrics') return metrics();
  if (path !== '/graphql') return { status: 404, body: 'GraphQL is at /graphql' };

  request.headers['x-request-id'] ??= randomUUID();
  const text = await bodyOf(request);
  if (text === undefined) return { status: 413, body: `at most ${MOST_BODY_BYTES} bytes` };
  let body;
  try {
    body = text && JSON.parse(text);
  } catch {
    return { status: 400, body: 'the body is not JSON' };
  }
  const result = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: request.method,
      headers: new HeaderMap(Object.entries(request.headers).map(([k, v]) => [k, String(v)])),
      search: new URL(request.url, 'http://gateway').search,
      body,
    },
    context: async () => ({ headers: request.headers }),
  });
  result.headers.set('x-request-id', request.headers['x-request-id']);
  return { status: result.status, headers: result.headers, body: result.body.string };
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const http = createServer(async (request, response) => {
  try {
    const { status = 200, headers = [], body } = await answer(request);
    for (const [name, value] of headers) response.setHeader(name, value);
    response.writeHead(status).end(body);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end('internal error');
  }
});
http.listen(Number(PORT), HOST, () => console.log(`Apollo Gateway at http://${HOST}:${PORT}/graphql`));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => http.close(async () => {
    await server.stop();
    process.exit(0);
  }));
}
