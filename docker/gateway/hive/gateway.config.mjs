// Hive Gateway in front of Septet: `hive-gateway supergraph --config-path gateway.config.mjs`.
// README.md beside this folder tells what each part is for; the variables are the same for Apollo.
import { readFile } from 'node:fs/promises';
import { defineConfig, useCustomFetch } from '@graphql-hive/gateway';
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

const NULLED = /^Cannot return null for non-nullable field/;

function likeOneProcess(error) {
  const { request, serviceName, code = 'INVALID_INPUT' } = error.extensions;
  // Only a service that gave no answer has its request beside it: an address, for no stranger.
  if (request) {
    const extensions = { code: 'UNAVAILABLE', serviceName };
    return new GraphQLError(`${serviceName} gives no answer`, { path: error.path, extensions });
  }
  error.extensions.code = ourCode(code, error.message);
  return error;
}

const errorsLikeOneProcess = {
  onParse:
    () =>
    ({ result: { message, extensions } }) => {
      if (message) extensions.code = ourCode(extensions.code, message);
    },
  onExecute: () => ({
    onExecuteDone({ result, setResult }) {
      if (!result.errors) return;
      // A reference to a row that is gone is null, which is no error; Apollo tells of it here too.
      const valueCompletion = result.errors.filter(({ message }) => NULLED.test(message));
      const errors = result.errors.filter(({ message }) => !NULLED.test(message));
      setResult({
        ...result,
        errors: errors.length ? errors.map(likeOneProcess) : undefined,
        extensions: valueCompletion.length ? { valueCompletion } : undefined,
      });
    },
  }),
};

export const gatewayConfig = defineConfig({
  // A file named on the command line would be watched only until it is replaced for the first time.
  supergraph: () => readFile(SUPERGRAPH, 'utf8'),
  pollingInterval: pollingMilliseconds,
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) =>
      Object.fromEntries(FORWARDED.map((name) => [name, request.headers.get(name)])),
  },
  prometheus: {
    metrics: true,
    // Clients choose the names of operations: as labels they would grow without end.
    labels: { operationName: false },
  },
  plugins: () => [
    useCustomFetch((url, request) => fetchFromService(url, request)),
    { onValidate: ({ addValidationRule }) => addValidationRule(withinLimits(GraphQLError)) },
    errorsLikeOneProcess,
  ],
  maxTokens,
  subgraphErrors: { errorCode: 'UNAVAILABLE' },
  healthCheckEndpoint: '/health/live',
  readinessCheckEndpoint: '/health/ready',
  disableIntrospection: introspection ? undefined : {},
  blockFieldSuggestions: !introspection,
  multipart: false,
  landingPage: false,
  graphiql: false,
});
