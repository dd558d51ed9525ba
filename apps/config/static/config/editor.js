// The page of a flag in an environment: one definition, shown as rules and as JSON, both kept in step.
import { Builder } from "./builder.js";
import { begin, read, write } from "./definitions.js";
import { debounced } from "./dom.js";
import { Findings } from "./findings.js";
import { parse, pretty } from "./json.js";
import { Publishing, leaving } from "./publishing.js";
import { Tester } from "./tester.js";

const WAIT_MS = 200;
const page = document.getElementById("config-editor");
const source = document.getElementById("config-json");
const problem = document.getElementById("config-json-problem");
const attributes = document.getElementById("config-attributes");
const { urls, offered, flag } = Object.fromEntries(["urls", "offered", "flag"].map((name) => [name, JSON.parse(page.dataset[name])]));

const root = document.getElementById("config-builder");
const builder = new Builder(root, { ...flag, offered, changed: drawn });
const findings = new Findings(document.getElementById("config-found"), urls.validate, {
  builder: root,
  settled: (errors) => publishing?.settled(errors),
});
const tester = new Tester(document.getElementById("config-tester"), urls.try, {
  key: `${flag.id}.${flag.environment}`,
  builder: root,
  definition: () => source.value,
});
const form = document.getElementById("config-publish");
const publishing = form && new Publishing(form, {
  urls, base: flag.base, builder: root, findings,
  definition: () => source.value,
  take: (text) => {
    source.value = text;
    written();
  },
});

/** The builder has changed: write the JSON. */
function drawn() {
  source.value = pretty(write(builder.draft));
  problem.textContent = "";
  source.removeAttribute("aria-invalid");
  look();
}

/** The JSON has changed: draw the builder. */
function written() {
  try {
    builder.show(read(parse(source.value)));
    problem.textContent = "";
    source.removeAttribute("aria-invalid");
  } catch (error) {
    builder.refuse(error.message);
    problem.textContent = error.message;
    source.setAttribute("aria-invalid", "true");
  }
  look();
}

function look() {
  fit();
  if (source.value !== source.defaultValue) window.addEventListener("beforeunload", leaving);
  else window.removeEventListener("beforeunload", leaving);
  findings.look(source.value);
  tester.again();
  offer();
}

function fit() {
  source.rows = Math.min(40, Math.max(12, source.value.split("\n").length + 1));
}

/** Offer the attributes that its rules name. */
function offer() {
  const found = new Set(["targetingKey"]);
  for (const [, name] of source.value.matchAll(/"var":\s*"([^"$\\]+)"/g)) found.add(name);
  attributes.replaceChildren(...[...found].map((name) => Object.assign(document.createElement("option"), { value: name })));
}

source.addEventListener("input", debounced(written, WAIT_MS));
document.getElementById("config-begin")?.addEventListener("click", () => {
  const type = document.getElementById("config-type");
  source.value = pretty(begin(type.value, flag.bucketing));
  document.getElementById("config-beginning").remove();
  written();
  root.querySelector("input").focus();
});
document.getElementById("config-tidy").addEventListener("click", () => {
  if (builder.draft) drawn();
});
if (source.value.trim()) written();
fit();
