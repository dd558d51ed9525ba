// The variants of a flag: a name, and a value of the flag's type.
import { typeOf } from "./definitions.js";
import { announce, area, button, choice, field, h } from "./dom.js";
import { Num, parse, pretty } from "./json.js";

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export const emptyValue = (type) => ({ boolean: false, string: "", number: new Num("0"), object: new Map() })[type];

/** A row: its name is taken in when the field is left, since rules name it. */
export function variantRow(view, variant, index) {
  const { variants } = view.draft;
  const label = `Variant ${index + 1}`;
  const name = field(variant.name, `${label}: name`, () => {}, {
    class: "config-input config-attribute",
    onchange: () => {
      if (!name.value || !view.rename(variant, name.value)) name.value = variant.name;
      else view.redrawLater();
    },
  });
  const remove = button("Remove", () => {
    variants.splice(index, 1);
    view.redraw("Add a variant");
    announce(`The variant ${variant.name} is removed.`);
  }, { label: `Remove variant ${index + 1}`, kind: "config-quiet", disabled: variants.length === 1 });
  return h("tr", { "data-place": `/variants/${variant.name.replaceAll("~", "~0").replaceAll("/", "~1")}`, "data-where": `variant ${variant.name}` },
    h("td", {}, name), h("td", {}, valueView(view, variant, `${label}: value`)), h("td", {}, remove));
}

function valueView(view, variant, label) {
  const set = (value) => view.typed(() => (variant.value = value));
  switch (typeOf(variant.value)) {
    case "boolean":
      return choice([["true", "true"], ["false", "false"]], String(variant.value), label, (text) => set(text === "true"));
    case "number":
      return judged(field(variant.value.text, label, () => {}, { inputmode: "decimal" }), (text) => {
        if (!NUMBER.test(text.trim())) throw new Error("a number, such as 10 or 1.0");
        set(new Num(text.trim()));
      });
    case "string":
      return variant.value === null ? h("code", {}, "null") : field(variant.value, label, set);
    default:
      return judged(area(pretty(variant.value), label, () => {}, { class: "config-input config-code" }), (text) => set(parse(text)));
  }
}

/** A field of which only some texts are taken in; of the others it says why not. */
function judged(input, take) {
  const said = h("span", { class: "config-said", role: "alert" });
  input.addEventListener("input", () => {
    try {
      take(input.value);
      said.textContent = "";
      input.removeAttribute("aria-invalid");
    } catch (error) {
      said.textContent = error.message;
      input.setAttribute("aria-invalid", "true");
    }
  });
  return h("span", { class: "config-judged" }, input, said);
}
