// What can be imported into, asked for once on a page.
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
