// Conditions of a rule: what the builder shows of JsonLogic, and the JsonLogic that it writes.
// What it has no words for is `custom`, and is written as it was read.
import { Num, call, same } from "./json.js";

/** Stand in templates for what is filled in. */
const ATTRIBUTE = Symbol("attribute");
const VALUE = Symbol("value");
const VARIANT = Symbol("variant");

const not = (rule) => call("!", [rule]);
const compared = (name, ...more) => call(name, [ATTRIBUTE, ...more, VALUE]);
const versions = (sign) => compared("sem_ver", sign);
const dates = (sign) => compared("septet.date", sign);
const contained = call("in", [VALUE, ATTRIBUTE]);
const segment = call("septet.segment", VALUE);
const flag = call("==", [call("septet.variant", VALUE), VARIANT]);

/** Each operator: its words, what its value is, and the rule that it stands for. */
export const OPERATORS = [
  ["is", "is", "one", compared("==")],
  ["is-not", "is not", "one", compared("!=")],
  ["in", "is one of", "list", compared("in")],
  ["not-in", "is none of", "list", compared("septet.not_in")],
  ["starts", "starts with", "text", compared("starts_with")],
  ["not-starts", "does not start with", "text", not(compared("starts_with"))],
  ["ends", "ends with", "text", compared("ends_with")],
  ["not-ends", "does not end with", "text", not(compared("ends_with"))],
  ["contains", "contains", "text", contained],
  ["not-contains", "does not contain", "text", not(contained)],
  ["regex", "matches the pattern", "text", compared("septet.regex")],
  ["less", "is less than", "one", compared("<")],
  ["most", "is at most", "one", compared("<=")],
  ["more", "is more than", "one", compared(">")],
  ["least", "is at least", "one", compared(">=")],
  ["ver-eq", "is the version", "text", versions("=")],
  ["ver-ne", "is not the version", "text", versions("!=")],
  ["ver-lt", "is a version before", "text", versions("<")],
  ["ver-le", "is a version up to", "text", versions("<=")],
  ["ver-gt", "is a version after", "text", versions(">")],
  ["ver-ge", "is a version from", "text", versions(">=")],
  ["ver-major", "has the major version of", "text", versions("^")],
  ["ver-minor", "has the minor version of", "text", versions("~")],
  ["cidr", "is an address in", "texts", compared("septet.cidr")],
  ["before", "is before the date", "text", dates("<")],
  ["after", "is after the date", "text", dates(">")],
  ["from", "is on or after the date", "text", dates(">=")],
  ["until", "is on or before the date", "text", dates("<=")],
  ["set", "is set", "none", call("!!", [ATTRIBUTE])],
  ["not-set", "is not set", "none", call("!", [ATTRIBUTE])],
  ["segment", "in the segment", "segment", segment],
  ["not-segment", "not in the segment", "segment", not(segment)],
  ["flag", "the flag gives", "flag", flag],
  ["not-flag", "the flag does not give", "flag", not(flag)],
].map(([id, label, takes, template]) => ({ id, label, takes, template }));

export const BY_ID = new Map(OPERATORS.map((one) => [one.id, one]));

const isScalar = (value) => typeof value === "string" || typeof value === "boolean" || value instanceof Num;
const isText = (value) => typeof value === "string";
const FITS = {
  one: isScalar,
  text: isText,
  list: (value) => Array.isArray(value) && value.every(isScalar),
  texts: (value) => Array.isArray(value) && value.every(isText),
  none: () => false,
  segment: isText,
  flag: isText,
};
/** What a value is before anything is filled in. */
export const EMPTY = { one: "", text: "", list: [], texts: [], none: null, segment: "", flag: "" };

export const leaf = (operator = "is", attribute = "", value = "") => ({ kind: "leaf", operator, attribute, value, variant: "" });
export const group = (all = true, items = []) => ({ kind: "group", all, items });

/** Return the rule that a condition stands for. */
export function writeCondition(condition) {
  if (condition.kind === "custom") return condition.rule;
  if (condition.kind === "leaf") return filled(BY_ID.get(condition.operator).template, condition);
  const items = condition.items.map(writeCondition);
  if (items.length === 0) return true;
  return items.length === 1 ? items[0] : call(condition.all ? "and" : "or", items);
}

/** Return the condition that a rule is, as a group. */
export function readConditions(rule) {
  const read = readCondition(rule);
  if (read.kind === "group") return read;
  return group(true, [read]);
}

function readCondition(rule) {
  const read = readGroup(rule) ?? readLeaf(rule);
  return read && same(writeCondition(read), rule) ? read : { kind: "custom", rule };
}

function readGroup(rule) {
  if (rule === true) return group();
  if (!(rule instanceof Map) || rule.size !== 1) return null;
  const [[name, given]] = rule;
  if ((name !== "and" && name !== "or") || !Array.isArray(given)) return null;
  return group(name === "and", given.map(readCondition));
}

function readLeaf(rule) {
  for (const operator of OPERATORS) {
    const found = { ...leaf(operator.id), value: EMPTY[operator.takes] };
    if (matches(operator.template, rule, found, operator.takes)) return found;
  }
  return null;
}

function filled(template, condition) {
  if (template === ATTRIBUTE) return call("var", condition.attribute);
  if (template === VALUE) return condition.value;
  if (template === VARIANT) return condition.variant;
  if (Array.isArray(template)) return template.map((one) => filled(one, condition));
  if (template instanceof Map) {
    return new Map([...template].map(([name, given]) => [name, filled(given, condition)]));
  }
  return template;
}

function matches(template, rule, found, takes) {
  if (template === ATTRIBUTE) {
    const name = rule instanceof Map && rule.size === 1 ? rule.get("var") : undefined;
    found.attribute = name;
    return typeof name === "string";
  }
  if (template === VALUE || template === VARIANT) {
    found[template.description] = rule;
    return template === VALUE ? FITS[takes](rule) : isText(rule);
  }
  if (Array.isArray(template)) {
    return (
      Array.isArray(rule) && rule.length === template.length &&
      template.every((one, index) => matches(one, rule[index], found, takes))
    );
  }
  if (template instanceof Map) {
    if (!(rule instanceof Map) || rule.size !== 1) return false;
    const [[name, inner]] = template;
    return rule.has(name) && matches(inner, rule.get(name), found, takes);
  }
  return template === rule;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Return what somebody has typed: numbers, true and false are such, and a text in quotes is a text. */
export function typed(text) {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return new Num(trimmed);
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  if (trimmed.startsWith('"')) {
    try {
      return JSON.parse(trimmed);
    } catch {
      return text;
    }
  }
  return text;
}

/** Return how a value is typed. */
export function shown(value) {
  if (typeof value !== "string") return value instanceof Num ? value.text : String(value);
  const plain = typed(value) === value && value.trim() === value && !/[\n\r]/.test(value);
  return plain ? value : JSON.stringify(value);
}
