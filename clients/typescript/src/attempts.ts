/** When a request is tried again, and after how long. */

import { Unreachable } from "./errors.js";

/** How long one call may take, attempts and pauses included, and how often it is tried. */
export interface Policy {
  milliseconds: number;
  attempts: number;
}

export const PATIENCE: Policy = { milliseconds: 30_000, attempts: 4 };
const AGAIN = new Set([408, 425, 429, 502, 503, 504]);
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * Send a request until it is answered: exponential pauses with full jitter, within the time of the
 * policy. What must not be done twice (`safe` is false) is sent once. Rejects with Unreachable.
 *
 * The time is over as soon as `send` resolves: what it has not read by then is read without end.
 */
export async function sent(
  send: (signal: AbortSignal) => Promise<Response>,
  policy: Policy,
  safe: boolean,
): Promise<Response> {
  const until = performance.now() + policy.milliseconds;
  for (let made = 1; ; made += 1) {
    const cut = new AbortController();
    const late = setTimeout(() => cut.abort(new Error("it took too long")), until - performance.now());
    const outcome = await send(cut.signal)
      .catch((error: unknown) => error as Error)
      .finally(() => clearTimeout(late));
    const answered = outcome instanceof Response;
    if (answered && outcome.ok) return outcome;
    const again = answered ? outcome.status === 429 || (safe && AGAIN.has(outcome.status)) : safe;
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (made - 1));
    const asked = answered ? 1000 * Number(outcome.headers.get("Retry-After") ?? 0) || 0 : 0;
    const pause = Math.max(asked, Math.random() * longest);
    if (!again || made >= policy.attempts || performance.now() + pause >= until) {
      if (answered) return outcome;
      throw new Unreachable("UNREACHABLE", `no answer: ${reason(outcome)}`);
    }
    await slept(pause);
  }
}

export function slept(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function reason(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
