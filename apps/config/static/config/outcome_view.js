// Who meets a rule gets a variant, or is in one of several by shares.
import { bar, button, choice, field, h, percent } from "./dom.js";
import { DEFAULT, splitOf, variantOf } from "./definitions.js";
import { compact } from "./json.js";

/** Show an outcome; `set` puts another one in its place. */
export function outcomeView(view, outcome, where, place, set, { isRest = false } = {}) {
  const variants = view.draft.variants.map(({ name }) => [`variant ${name}`, name]);
  const label = `${where}: outcome`;
  const options = [...variants, ["split", "a share of each variant"], ["default", isRest ? "the default variant" : "the default variant, as without rules"]];
  if (outcome.kind === "custom") options.push(["custom", "custom rule"]);
  const value = outcome.kind === "variant" ? `variant ${outcome.name}` : outcome.kind;
  const select = choice(options, value, label, (chosen) => {
    set(chosenOutcome(view, chosen, outcome));
    view.redraw(label);
  });
  return h(
    "div",
    { class: "config-outcome", "data-place": place, "data-where": label },
    h("div", { class: "config-row" }, h("span", { class: "config-word" }, isRest ? "give" : "then give"), select),
    outcome.kind === "split" && splitView(view, outcome, where),
    outcome.kind === "custom" && h("code", { class: "config-code" }, compact(outcome.rule)),
  );
}

function chosenOutcome(view, chosen, before) {
  if (chosen === "split") return splitOf(view.draft.variants.map(({ name }) => name));
  if (chosen === "default") return DEFAULT;
  return chosen === "custom" ? before : variantOf(chosen.slice("variant ".length));
}

const sizeOf = ({ weight }) => Number(weight) || 0;

function splitView(view, split, where) {
  const summary = h("div", { class: "config-split-sum" });
  const shares = split.parts.map(() => h("output", { class: "config-share" }));
  const draw = () => {
    const sizes = split.parts.map(sizeOf);
    const total = sizes.reduce((sum, one) => sum + one, 0);
    summary.replaceChildren(bar(sizes));
    shares.forEach((share, index) => (share.textContent = percent(sizes[index], total)));
  };
  const rows = split.parts.map((part, index) => partView(view, split, part, index, where, shares[index], draw));
  draw();
  const names = view.draft.variants.map(({ name }) => name);
  const missing = names.filter((name) => !split.parts.some((part) => part.name === name));
  return h(
    "div",
    { class: "config-split" },
    summary,
    h("ul", {}, rows),
    missing.length > 0 &&
      button("Add a share", () => {
        split.parts.push({ name: missing[0], weight: "0" });
        view.redraw(`${where}, share ${split.parts.length}: weight`);
      }, { label: `Add a share to ${where}`, kind: "config-quiet" }),
    byView(view, split, where),
  );
}

function partView(view, split, part, index, where, share, draw) {
  const label = `${where}, share ${index + 1}`;
  const names = view.draft.variants.map(({ name }) => [name, name]);
  const weight = (text) => {
    if (!/^\d{1,10}$/.test(text)) return;
    view.typed(() => (part.weight = String(Number(text))));
    draw();
  };
  return h(
    "li",
    { class: "config-row" },
    h("span", { class: `config-dot config-hue-${index % 6}`, "aria-hidden": "true" }),
    choice(names, part.name, `${label}: variant`, (name) => view.typed(() => (part.name = name))),
    field(part.weight, `${label}: weight`, weight, { type: "number", min: "0", step: "1", inputmode: "numeric", class: "config-input config-weight" }),
    share,
    split.parts.length > 1 &&
      button("Remove", () => {
        split.parts.splice(index, 1);
        view.redraw(`${where}: outcome`);
      }, { label: `Remove ${label}`, kind: "config-quiet" }),
  );
}

function byView(view, split, where) {
  const attribute = split.by?.attribute ?? "targetingKey";
  const set = (text) => {
    const plain = text === "" || text === "targetingKey";
    split.by = plain ? null : { attribute: text, salted: split.by?.salted ?? true };
    view.changed();
  };
  const pinned = view.draft.bucketing ?? view.bucketing;
  return h(
    "div",
    { class: "config-by" },
    h("label", {}, h("span", {}, "Bucket by "),
      field(attribute, `${where}: bucket by`, set, { list: "config-attributes", class: "config-input config-attribute" })),
    h("p", { class: "config-note" }, `Who has the same ${attribute} gets the same. The bucketing is pinned to ${pinned}: no upgrade moves anybody.${split.by && !split.by.salted ? " Without the flag's key in it, the same people are first in every flag that splits so." : ""}`),
  );
}
