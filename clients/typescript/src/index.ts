/** A typed client of Septet: GraphQL, uploads that resume, streams, proofs of the audit log. */

export { PATIENCE, type Policy } from "./attempts.js";
export { type Options, Septet, type StreamEvent, type Upload } from "./client.js";
export { ProofError, SeptetError, Unreachable } from "./errors.js";
export * from "./graphql.js";
export {
  type Checkpoint,
  checkConsistency,
  checkReceipt,
  type LogKey,
  logKey,
  openCheckpoint,
  type Receipt,
} from "./proofs.js";
