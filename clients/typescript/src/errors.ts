/** What can go wrong, by the codes of the platform. */

/** The platform refused something. `code` never changes its meaning; the message is for people. */
export class SeptetError extends Error {
  constructor(
    readonly code: string,
    readonly reason: string,
    readonly told: { status?: number; path?: string; id?: string; data?: unknown } = {},
  ) {
    super(`${code}: ${reason}`);
    this.name = "SeptetError";
  }
}

/** No answer came, or none that the platform gives. What was asked may have been done. */
export class Unreachable extends SeptetError {
  constructor(code: string, reason: string, told: SeptetError["told"] = {}) {
    super(code, reason, told);
    this.name = "Unreachable";
  }
}

/** What was to be proved is not. */
export class ProofError extends Error {
  override name = "ProofError";
}

export interface ToldError {
  message?: string;
  path?: (string | number)[];
  extensions?: { code?: string; id?: string };
}

/** Return the error that an entry of `errors` tells of. */
export function errorOf(told: ToldError, status: number, data?: unknown): SeptetError {
  const { code = "INTERNAL", id = "" } = told.extensions ?? {};
  return new SeptetError(code, told.message ?? "", {
    status,
    path: (told.path ?? []).join("."),
    id,
    data,
  });
}
