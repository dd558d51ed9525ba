// What both gateways have in common: where their supergraph is, and how they talk to a service.
import { setTimeout as sleep } from 'node:timers/promises';

const { SUBGRAPH_TIMEOUT_MS = '5000', READ_RETRIES = '2', INTROSPECTION, NODE_ENV } = process.env;
export const { SUPERGRAPH = 'supergraph.graphql' } = process.env;
export const pollingMilliseconds = Number(process.env.SUPERGRAPH_POLLING_MS ?? '10000');
const RETRY_DELAY_MS = 100;
const WORTH_ANOTHER_TRY = new Set([429, 502, 503, 504]);

// Whether strangers are told the schema; in production not, unless it is said.
export const introspection = (INTROSPECTION ?? (NODE_ENV === 'production' ? 'off' : 'on')) === 'on';

// What a service needs to know of the caller. Cookies stay outside: through a gateway nobody is
// signed in, and a service must never take a browser's session for a program's credential.
export const FORWARDED = ['authorization', 'x-request-id', 'traceparent', 'tracestate'];

// The codes of a gateway's own errors, as the services have them (docs/reference/errors.md).
const CODES = { BAD_USER_INPUT: 'INVALID_INPUT', INTERNAL_SERVER_ERROR: 'INTERNAL' };
const TOO_MUCH = /tokens.*(abort|exceed)|token limit/i;
export const ourCode = (code, message) =>
  TOO_MUCH.test(message) ? 'LIMIT_EXCEEDED' : (CODES[code] ?? code);

// The timeout is that of all tries together. A write may have happened although its answer was
// lost: only reads are sent again.
export async function fetchFromService(url, request, { onAnswer = () => {} } = {}) {
  const isRead = !/^\s*mutation\b/.test(JSON.parse(request.body).query);
  const signal = AbortSignal.timeout(Number(SUBGRAPH_TIMEOUT_MS));
  for (let left = isRead ? Number(READ_RETRIES) : 0; ; left--) {
    const started = performance.now();
    const answer = await fetch(url, { ...request, signal }).catch((error) => error);
    const failed = answer instanceof Error || WORTH_ANOTHER_TRY.has(answer.status);
    onAnswer(answer.status ?? answer.name, performance.now() - started);
    if (failed && left > 0 && !signal.aborted) await sleep(RETRY_DELAY_MS);
    else if (answer instanceof Error) throw answer;
    else return answer;
  }
}
