// A flag's definition as the builder holds it, and back. What it does not know stays where it is.
import { readConditions, writeCondition, group } from "./conditions.js";
import { Num, call, same } from "./json.js";

let made = 0;
/** Name something for as long as the page is open, wherever it is moved. */
export const fresh = () => `n${(made += 1)}`;

export const DEFAULT = { kind: "default" };
export const variantOf = (name) => ({ kind: "variant", name });
export const splitOf = (names) => ({
  kind: "split",
  by: null,
  parts: names.map((name, index) => ({ name, weight: String(index ? 0 : 100) })),
});

const FIRST_VALUES = {
  boolean: () => new Map([["on", true], ["off", false]]),
  string: () => new Map([["blue", "blue"], ["grey", "grey"]]),
  number: () => new Map([["few", new Num("10")], ["many", new Num("100")]]),
  object: () => new Map([["first", new Map()], ["second", new Map()]]),
};

/** Return what a flag begins with that nothing was said of. */
export function begin(type, bucketing) {
  const variants = FIRST_VALUES[type]();
  return new Map([
    ["state", "ENABLED"],
    ["variants", variants],
    ["defaultVariant", [...variants.keys()].at(-1)],
    ["bucketing", bucketing],
  ]);
}

/** Return the type of a value in a flag's words. */
export function typeOf(value) {
  if (value instanceof Num) return "number";
  if (value instanceof Map || Array.isArray(value)) return "object";
  return typeof value === "boolean" ? "boolean" : "string";
}

/** Return the draft that a definition is. Throws where it is none that can be shown. */
export function read(definition) {
  const variants = definition instanceof Map ? definition.get("variants") : null;
  if (!(variants instanceof Map)) throw new Error("variants are an object with at least one in it");
  const given = definition.get("defaultVariant") ?? null;
  return {
    source: definition,
    enabled: definition.get("state") !== "DISABLED",
    bucketing: definition.get("bucketing") ?? null,
    variants: [...variants].map(([name, value]) => ({ id: fresh(), name, value })),
    // A name that is no text is left as it is.
    default: given,
    ...readTargeting(definition.get("targeting")),
  };
}

/** Return the definition that a draft is. */
export function write(draft) {
  const definition = new Map(draft.source);
  const wasDisabled = definition.get("state") === "DISABLED";
  if (draft.enabled === wasDisabled) {
    definition.set("state", draft.enabled ? "ENABLED" : "DISABLED");
  }
  definition.set("variants", new Map(draft.variants.map(({ name, value }) => [name, value])));
  if (draft.default !== null || definition.has("defaultVariant")) definition.set("defaultVariant", draft.default);
  const targeting = writeTargeting(draft);
  if (targeting !== undefined) definition.set("targeting", targeting);
  else if (!isEmpty(definition.get("targeting"))) definition.delete("targeting");
  return definition;
}

const isEmpty = (rule) => rule === undefined || rule === null || (rule instanceof Map && rule.size === 0);

function readTargeting(targeting) {
  if (isEmpty(targeting)) return { rules: [], rest: DEFAULT };
  const branches = targeting instanceof Map && targeting.size === 1 ? targeting.get("if") : undefined;
  if (Array.isArray(branches) && branches.length > 1) {
    const rules = [];
    for (let index = 0; index + 1 < branches.length; index += 2) {
      rules.push({ id: fresh(), when: readConditions(branches[index]), then: readOutcome(branches[index + 1]) });
    }
    const rest = branches.length % 2 ? readOutcome(branches.at(-1)) : DEFAULT;
    const found = { rules, rest };
    if (same(writeTargeting(found), targeting)) return found;
  }
  return { rules: [], rest: readOutcome(targeting) };
}

function writeTargeting({ rules, rest }) {
  if (rules.length === 0) return rest.kind === "default" ? undefined : writeOutcome(rest);
  const branches = rules.flatMap(({ when, then }) => [writeCondition(when), writeOutcome(then)]);
  if (rest.kind !== "default") branches.push(writeOutcome(rest));
  return call("if", branches);
}

export function writeOutcome(outcome) {
  if (outcome.kind === "custom") return outcome.rule;
  if (outcome.kind === "default") return null;
  if (outcome.kind === "variant") return outcome.name;
  const parts = outcome.parts.map(({ name, weight }) => [name, new Num(weight)]);
  return call("fractional", [...writeBy(outcome.by), ...parts]);
}

function readOutcome(rule) {
  const read = readSimple(rule);
  return read && same(writeOutcome(read), rule) ? read : { kind: "custom", rule };
}

function readSimple(rule) {
  if (rule === null) return DEFAULT;
  if (typeof rule === "string") return variantOf(rule);
  const given = rule instanceof Map && rule.size === 1 ? rule.get("fractional") : undefined;
  if (!Array.isArray(given)) return null;
  const by = Array.isArray(given[0]) ? null : readBy(given[0]);
  if (by === undefined) return null;
  const parts = (by ? given.slice(1) : given).map(readPart);
  return parts.length && parts.every(Boolean) ? { kind: "split", by, parts } : null;
}

function readPart(part) {
  if (!Array.isArray(part) || part.length !== 2) return null;
  const [name, weight] = part;
  return typeof name === "string" && weight instanceof Num && /^\d+$/.test(weight.text) ? { name, weight: weight.text } : null;
}

// With the flag's key before it, the same unit is in another bucket of each flag.
const salted = (attribute) => call("cat", [call("var", "$flagd.flagKey"), call("var", attribute)]);

function writeBy(by) {
  if (by === null) return [];
  return [by.salted ? salted(by.attribute) : call("var", by.attribute)];
}

function readBy(rule) {
  if (!(rule instanceof Map) || rule.size !== 1) return undefined;
  if (typeof rule.get("var") === "string") return { attribute: rule.get("var"), salted: false };
  const attribute = rule.get("cat")?.[1]?.get?.("var");
  return typeof attribute === "string" && same(salted(attribute), rule) ? { attribute, salted: true } : undefined;
}

/** Let everything that names a variant name it anew. */
export function renameVariant(draft, before, after) {
  if (draft.default === before) draft.default = after;
  for (const outcome of [draft.rest, ...draft.rules.map(({ then }) => then)]) {
    if (outcome.kind === "variant" && outcome.name === before) outcome.name = after;
    for (const part of outcome.parts ?? []) if (part.name === before) part.name = after;
  }
}

export function newRule(draft) {
  return { id: fresh(), when: group(), then: variantOf(draft.variants[0]?.name ?? "") };
}

export function copyOf(rule) {
  return { ...structuredCopy(rule), id: fresh() };
}

function structuredCopy(value) {
  // Rules that were read are never changed, so they may be shared; Num and Map would lose their kind.
  if (value instanceof Num || value instanceof Map || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(structuredCopy);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, structuredCopy(one)]));
}
