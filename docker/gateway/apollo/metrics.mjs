// What the gateway was asked and how it went, for Prometheus.
import { Counter, Histogram, register } from 'prom-client';

const operations = new Counter({
  name: 'gateway_operations_total',
  help: 'Operations answered, by kind and by the first error’s code',
  labelNames: ['kind', 'outcome'],
});
const duration = new Histogram({
  name: 'gateway_operation_seconds',
  help: 'Time from the request to its answer',
  labelNames: ['kind'],
});
const subgraphs = new Histogram({
  name: 'gateway_subgraph_request_seconds',
  help: 'Time of one request to a service, by its status or failure',
  labelNames: ['service', 'outcome'],
});

export const countOperations = {
  async requestDidStart() {
    const done = duration.startTimer();
    return {
      async willSendResponse({ operation, response }) {
        const kind = operation?.operation ?? 'none';
        const { errors = [] } = response.body.singleResult ?? {};
        operations.inc({ kind, outcome: errors[0]?.extensions?.code ?? 'ok' });
        done({ kind });
      },
    };
  },
};

export function countSubgraphRequest(service, outcome, milliseconds) {
  subgraphs.observe({ service, outcome: String(outcome) }, milliseconds / 1000);
}

export async function metrics() {
  return { headers: [['content-type', register.contentType]], body: await register.metrics() };
}
