// JSON that stays as it was written: a number keeps its text (1.0 is not 1), an object the order of its members.

/** A number by its text. */
export class Num {
  constructor(text) {
    this.text = String(text);
  }
}

export class JsonError extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS = [["true", true], ["false", false], ["null", null]];
const DEPTH = 100;

/** Return what a text says: Map for an object, Num for a number. Throws JsonError with its line. */
export function parse(text) {
  const reader = { text, at: 0 };
  const value = readValue(reader, 0);
  skip(reader);
  if (reader.at < text.length) fail(reader, "nothing may follow");
  return value;
}

export function lineOf(text, at) {
  return text.slice(0, at).split("\n").length;
}

function fail(reader, message) {
  throw new JsonError(`line ${lineOf(reader.text, reader.at)}: ${message}`, reader.at);
}

function take(reader, pattern) {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  if (found) reader.at = pattern.lastIndex;
  return found?.[0];
}

function skip(reader) {
  take(reader, SPACE);
}

function next(reader, mark) {
  skip(reader);
  if (reader.text[reader.at] !== mark) return false;
  reader.at += 1;
  return true;
}

function readValue(reader, depth) {
  if (depth > DEPTH) fail(reader, "nested too deeply");
  if (next(reader, "{")) return readObject(reader, depth);
  if (next(reader, "[")) return readList(reader, depth);
  if (reader.text[reader.at] === '"') return readString(reader);
  const number = take(reader, NUMBER);
  if (number !== undefined) return new Num(number);
  for (const [word, value] of WORDS) {
    if (reader.text.startsWith(word, reader.at)) {
      reader.at += word.length;
      return value;
    }
  }
  return fail(reader, reader.at < reader.text.length ? "a value is expected" : "it ends too early");
}

function readString(reader) {
  const found = take(reader, STRING);
  if (found === undefined) fail(reader, "a text in double quotes is expected");
  return JSON.parse(found);
}

function readObject(reader, depth) {
  const members = new Map();
  if (next(reader, "}")) return members;
  do {
    skip(reader);
    const name = readString(reader);
    if (members.has(name)) fail(reader, `${JSON.stringify(name)} comes twice`);
    if (!next(reader, ":")) fail(reader, "a colon is expected");
    members.set(name, readValue(reader, depth + 1));
  } while (next(reader, ","));
  if (!next(reader, "}")) fail(reader, "a comma or } is expected");
  return members;
}

function readList(reader, depth) {
  const items = [];
  if (next(reader, "]")) return items;
  do items.push(readValue(reader, depth + 1));
  while (next(reader, ","));
  if (!next(reader, "]")) fail(reader, "a comma or ] is expected");
  return items;
}

/** Return a value as JSON on one line. */
export function compact(value) {
  if (value instanceof Num) return value.text;
  if (value instanceof Map) {
    return `{${[...value].map(([name, one]) => `${JSON.stringify(name)}: ${compact(one)}`).join(", ")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(compact).join(", ")}]`;
  return JSON.stringify(value);
}

/** Return a value as JSON for people: what is short stays on a line. */
export function pretty(value, indent = "", width = 76) {
  const short = compact(value);
  const nested = value instanceof Map || Array.isArray(value);
  if (!nested || (indent && indent.length + short.length <= width) || short.length < 3) return short;
  const inner = `${indent}  `;
  const lines =
    value instanceof Map
      ? [...value].map(([name, one]) => `${inner}${JSON.stringify(name)}: ${pretty(one, inner, width)}`)
      : value.map((one) => `${inner}${pretty(one, inner, width)}`);
  const [open, close] = value instanceof Map ? "{}" : "[]";
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

/** Whether two values are written alike. */
export function same(one, other) {
  return compact(one) === compact(other);
}

/** Make an object of one member, as every rule is. */
export function call(name, given) {
  return new Map([[name, given]]);
}
