// Ends with 0 when the gateway of this container is ready.
const url = `http://127.0.0.1:${process.env.PORT}/health/ready`;
const answer = await fetch(url, { signal: AbortSignal.timeout(4000) }).catch(() => ({}));
process.exitCode = answer.ok ? 0 : 1;
