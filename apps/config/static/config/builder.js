// The builder: variants, the default, and rules in order. It draws a draft, and changes it in place.
import { groupView } from "./condition_view.js";
import { copyOf, fresh, newRule, renameVariant, typeOf } from "./definitions.js";
import { announce, button, choice, field, h } from "./dom.js";
import { outcomeView } from "./outcome_view.js";
import { emptyValue, variantRow } from "./variant_view.js";

export class Builder {
  /** `changed` is called after each change of the draft. */
  constructor(root, { offered, bucketing, changed }) {
    Object.assign(this, { root, offered, bucketing, changed });
    this.draft = null;
  }

  show(draft) {
    this.draft = draft;
    this.#draw();
  }

  /** Say why nothing can be shown. */
  refuse(message) {
    this.draft = null;
    this.root.replaceChildren(h("p", { class: "config-note" }, `The JSON beside it is to be mended first: ${message}`));
  }

  /** Take in what was typed, without drawing anything anew: the cursor stays where it is. */
  typed(change) {
    change();
    this.changed();
  }

  /** Draw anew after parts have come or gone; the keyboard goes on at the part of this name. */
  redraw(focus = null) {
    this.changed();
    this.#draw();
    if (focus) this.#focus(focus);
  }

  /** Draw anew once the keyboard has gone on to another field, and leave it there. */
  redrawLater() {
    this.changed();
    setTimeout(() => {
      const { activeElement } = document;
      const inside = this.root.contains(activeElement);
      const { selectionStart, selectionEnd } = activeElement;
      this.#draw();
      if (!inside) return;
      this.#focus(activeElement.getAttribute("aria-label"));
      if (typeof selectionStart === "number") document.activeElement.setSelectionRange?.(selectionStart, selectionEnd);
    });
  }

  #focus(name) {
    const wanted = CSS.escape(name);
    const found = this.root.querySelector(`[aria-label="${wanted}"]:not(:disabled)`) ?? this.root.querySelector(`[data-focus="${wanted}"]`);
    found?.focus();
  }

  #draw() {
    this.root.replaceChildren(this.#stateView(), this.#variantsView(), this.#rulesView());
  }

  #stateView() {
    const { draft } = this;
    const box = h("input", {
      type: "checkbox", id: "config-enabled", "data-place": "/state", "data-where": "enabled",
      onchange: () => this.typed(() => (draft.enabled = box.checked)),
    });
    box.checked = draft.enabled;
    return h("div", { class: "config-row config-enabled" }, box, h("label", { for: "config-enabled" }, "Enabled"),
      h("span", { class: "config-note" }, "Otherwise programs get their own default."));
  }

  #variantsView() {
    const { draft } = this;
    const rows = draft.variants.map((variant, index) => variantRow(this, variant, index));
    const names = draft.variants.map(({ name }) => [name, name]);
    const none = ["", "none: programs' own default"];
    const value = draft.default === null || draft.default === "" ? "" : String(draft.default);
    return h(
      "section",
      { class: "config-part", "data-place": "/variants", "data-where": "variants" },
      h("h3", {}, "Variants"),
      h("table", { class: "config-variants" },
        h("thead", {}, h("tr", {}, ["name", "value", ""].map((one) => h("th", { scope: "col" }, one || h("span", { class: "septet-sr" }, "remove"))))),
        h("tbody", {}, rows)),
      button("Add a variant", () => this.#addVariant(), { kind: "config-quiet" }),
      h("div", { class: "config-row", "data-place": "/defaultVariant", "data-where": "default variant" },
        h("span", { class: "config-word" }, "By default"),
        choice([...names, none], value, "Default variant", (name) => this.typed(() => (draft.default = name || null)))),
    );
  }

  #addVariant() {
    const { variants } = this.draft;
    let number = variants.length + 1;
    while (variants.some(({ name }) => name === `variant-${number}`)) number += 1;
    variants.push({ id: fresh(), name: `variant-${number}`, value: emptyValue(typeOf(variants[0]?.value ?? "")) });
    this.redraw(`Variant ${variants.length}: name`);
  }

  rename(variant, name) {
    const before = variant.name;
    if (this.draft.variants.some((one) => one !== variant && one.name === name)) {
      announce(`There is a variant ${name} already.`);
      return false;
    }
    variant.name = name;
    renameVariant(this.draft, before, name);
    return true;
  }

  #rulesView() {
    const { draft } = this;
    const rules = draft.rules.map((rule, index) => this.#ruleView(rule, index));
    const last = draft.rules.length;
    const place = last ? `/targeting/if/${2 * last}` : "/targeting";
    return h(
      "section",
      { class: "config-part", "data-place": "/targeting", "data-where": "rules" },
      h("h3", {}, "Rules"),
      rules.length
        ? h("ol", { class: "config-rules" }, rules)
        : h("p", { class: "config-note" }, "No rules: everybody gets the same. A rule gives some of them something else; the first one that fits decides."),
      button("Add a rule", () => {
        draft.rules.push(newRule(draft));
        this.redraw(`Add a condition to rule ${draft.rules.length}`);
      }),
      h("div", { class: "config-rest" },
        h("h4", {}, last ? "Everybody else" : "Everybody"),
        outcomeView(this, draft.rest, "everybody else", place, (rest) => (draft.rest = rest), { isRest: true })),
    );
  }

  #ruleView(rule, index) {
    const { rules } = this.draft;
    const name = `rule ${index + 1}`;
    const place = `/targeting/if/${2 * index}`;
    const move = (to, way) => {
      rules.splice(to, 0, ...rules.splice(index, 1));
      this.redraw(`Move rule ${to + 1} ${way}`);
      if (!this.root.contains(document.activeElement)) this.#focus(`rule ${to + 1}`);
      announce(`Rule ${index + 1} is rule ${to + 1} now.`);
    };
    const tools = [
      button("↑", () => move(index - 1, "up"), { label: `Move ${name} up`, kind: "config-quiet", disabled: index === 0 }),
      button("↓", () => move(index + 1, "down"), { label: `Move ${name} down`, kind: "config-quiet", disabled: index === rules.length - 1 }),
      button("Duplicate", () => {
        rules.splice(index + 1, 0, copyOf(rule));
        this.redraw(`Duplicate rule ${index + 2}`);
        announce(`Rule ${index + 2} is a copy of rule ${index + 1}.`);
      }, { label: `Duplicate ${name}`, kind: "config-quiet" }),
      button("Remove", () => {
        rules.splice(index, 1);
        this.redraw(rules.length ? `Remove rule ${Math.min(index + 1, rules.length)}` : "Add a rule");
        announce(`Rule ${index + 1} is removed.`);
      }, { label: `Remove ${name}`, kind: "config-quiet" }),
    ];
    return h(
      "li",
      { class: "config-rule", "data-place": place, "data-where": name, "data-focus": name, tabindex: "-1" },
      h("div", { class: "config-rule-head" }, h("h4", {}, `Rule ${index + 1}`), h("div", { class: "config-tools" }, tools)),
      groupView(this, rule.when, name, place),
      outcomeView(this, rule.then, name, `/targeting/if/${2 * index + 1}`, (then) => (rule.then = then)),
    );
  }
}
