// What can be imported into, asked for once on a page.
import { h } from "../kernel/elements.js";
import { graph } from "./api.js";

const QUERY = `{ datasets { name title writable modes key
  fields { name title description kind required unique choices maxLength pattern readOnly } } }`;
let asked = null;

/** Return all datasets; throws Failure. */
export async function all() {
  asked ??= graph(QUERY);
  try {
    return (await asked).datasets;
  } catch (error) {
    asked = null;
    throw error;
  }
}

/** Make options of datasets: those of the tenant's own tables first. */
export function grouped(datasets) {
  const group = (label, some) => some.length > 0 && h("optgroup", { label }, some.map(({ name, title }) => h("option", { value: name }, title && title !== name ? `${title} (${name})` : name)));
  const isOwn = ({ name }) => name.startsWith("tables.");
  return [group("Tables of this tenant", datasets.filter(isOwn)), group("Of the platform", datasets.filter((one) => !isOwn(one)))];
}
